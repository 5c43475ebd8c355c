"""How the plan of the present edition stands, for whoever runs the installation: `flask doctor`.

Not for: the desk, which sees it on «Oggi» (`waiting.py`) and in the plan itself.
Holds always: reads only, and names no step by what the desk calls it; a step that could have gone an hour ago and has not means
that nobody runs `reminders plan`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from app.editions.current import EditionView, current_edition
from app.findings import Finding, State
from app.reminders.plans.previews import plan_faults
from app.reminders.plans.running import waits_for
from app.reminders.plans.steps import Step, frame_of, list_steps
from app.reminders.plans.waiting import plan_waiting

WHAT: Final = "plan"
MISSED: Final = dt.timedelta(hours=1)
_PAGE: Final = "/gestione/promemoria/piano"


def check_plan(now: dt.datetime) -> Iterator[Finding]:
    """What is wrong with it, else what comes next; nothing where no edition is on, or it has no plan."""
    edition = current_edition()
    steps = list_steps(edition.id) if edition is not None else []
    if edition is None or not steps:
        return
    wrong = [*_missed(edition, steps, now), *_waiting(edition, now)]
    yield from wrong or [Finding(WHAT, State.OK, _next(edition, steps))]


def _missed(edition: EditionView, steps: list[Step], now: dt.datetime) -> Iterator[Finding]:
    planned = [one for one in steps if one.state == "planned" and one.due(frame_of(edition)).at <= now - MISSED]
    faults = plan_faults(edition, steps, now) if planned else []
    missed = [one for one in planned if not waits_for(edition, one, faults, now)]
    if missed:
        saw = f"approved steps that are due since an hour or more and have not gone: {len(missed)}"
        yield Finding(WHAT, State.WRONG, saw, "run flask --app wsgi reminders plan by a timer, every five minutes")


def _waiting(edition: EditionView, now: dt.datetime) -> Iterator[Finding]:
    found = plan_waiting(edition, now)
    if found.unapproved:
        saw = f"steps due within three days, or already, that nobody has approved: {found.unapproved}"
        yield Finding(WHAT, State.WARNING, saw, f"a coordinator approves them in {_PAGE}")
    if found.letters:
        saw = f"letters on paper that are due: {found.letters}"
        yield Finding(WHAT, State.WARNING, saw, f"a coordinator prepares them from {_PAGE}, and says when they are sent")
    if found.skipped:
        saw = f"steps that the program has skipped in the last week: {found.skipped}"
        yield Finding(WHAT, State.WARNING, saw, f"{_PAGE} says why; a coordinator may plan them again")


def _next(edition: EditionView, steps: list[Step]) -> str:
    coming = sorted(one.due(frame_of(edition)).at for one in steps if one.state == "planned")
    paused = sum(one.state == "paused" for one in steps)
    told = f"the next step is due at {coming[0]:%Y-%m-%d %H:%M} UTC" if coming else "no step is to come"
    return told + (f"; paused: {paused}" if paused else "")
