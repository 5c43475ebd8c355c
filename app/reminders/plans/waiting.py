"""What of the plan of an edition waits for a person today.

Not for: why a step waits (`running.py`).
Holds always: few statements, none where no step is due soon.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from app.editions.current import EditionView
from app.reminders.channels import PAPER
from app.reminders.plans.marks import is_approved
from app.reminders.plans.previews import template_of_step
from app.reminders.plans.running import SKIPS
from app.reminders.plans.steps import Step, frame_of, list_steps

SOON: Final = dt.timedelta(days=3)
LATELY: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PlanWaiting:
    """How many steps: `unapproved`, due within three days or already; `letters`, due on paper; `skipped`, which the program has
    skipped by itself in the last week."""

    unapproved: int = 0
    letters: int = 0
    skipped: int = 0


def plan_waiting(edition: EditionView, now: dt.datetime) -> PlanWaiting:
    """The numbers."""
    steps, frame = list_steps(edition.id), frame_of(edition)
    soon = [one for one in steps if one.state == "planned" and one.due(frame).at <= now + SOON]
    letters = [one for one in soon if one.content.channel == PAPER]
    unapproved = [one for one in soon if one.content.channel != PAPER and not _approved(one, edition)]
    skipped = [one for one in steps if one.state == "skipped" and one.note in SKIPS and one.changed_at > now - LATELY]
    return PlanWaiting(len(unapproved), len(letters), len(skipped))


def _approved(step: Step, edition: EditionView) -> bool:
    return is_approved(step, template_of_step(edition.id, step), edition)
