"""`flask reminders …`: what the plans of editions have due, by a timer."""

from __future__ import annotations

from collections import Counter

import click
from flask.cli import AppGroup

from app.clock import now
from app.reminders.plans.running import SKIPS, run_plans

reminders_group = AppGroup("reminders", help="The plans of editions.")
WAITING = {
    "unapproved": "waiting for an approval",
    "faulty": "waiting until something is put right",
    "not_open": "waiting for the opening",
    "paper": "waiting for letters on paper",
    "changed": "changed at this moment, tried again next time",
}


@reminders_group.command("plan")
def plan_command() -> None:
    """Turn the steps that are due and approved into batches.

    Any number of times, and several at once: each step becomes one batch.
    """
    ran = run_plans(now())
    counted = Counter("skipped" if one.outcome in SKIPS else one.outcome for one in ran)
    told = [f"{counted['queued']} queued", f"{counted['skipped']} skipped"]
    told += [f"{counted[name]} {words}" for name, words in WAITING.items() if counted[name]]
    click.echo(", ".join(told))
