"""Turning the steps of plans that are due into batches: by a timer, any number of times, by any number of processes.

Not for: whom a batch reaches or queueing it (`app.reminders.batches`), or sending.
Holds always:
- a step goes only if somebody has approved it exactly as it stands, nothing blocks it, and its edition is open (a letter goes
  before that as well); else it waits, and is skipped once its last chance has passed;
- that a step is done and its batch with all its messages are one transaction: a process that is killed leaves both or neither,
  and of two that run at once one makes the batch;
- a step after which a later one has gone already is skipped: nobody is reminded in the wrong order;
- a step that is late gives way to a later one that is approved and whose day has come: else that one, which is nearer to the
  deadline, would fall away, since nobody gets two messages in a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.chasing.respondents import fresh_respondents
from app.editions.current import EDITION, EditionView, edition_view, select_editions
from app.extensions import db, table_of
from app.mail.pace import ROME
from app.reminders.batches import ClosedChannelError, EmptyBatchError, OtherBatchError, latest_batch, queue_batch
from app.reminders.channels import PAPER
from app.reminders.models import PlanStep
from app.reminders.plans.checks import PLACES, Fault
from app.reminders.plans.marks import is_approved
from app.reminders.plans.previews import batch_plan, plan_faults, template_of_step
from app.reminders.plans.resolving import LETTER, Frame, last_chance
from app.reminders.plans.steps import ChangedStepError, Step, editions_with_steps, frame_of, list_steps

COMMAND: Final = "command"
LATE, OUT_OF_ORDER, NOBODY, OVER, OVERTAKEN = SKIPS = ("late", "out_of_order", "nobody", "over", "overtaken")
"""Why the program skips a step by itself, as it stands in its note."""
_ROW: Final = table_of(PlanStep).c


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a step that was due. `outcome`: queued, one of `SKIPS`, or why it waits: `waits_for`."""

    step_id: int
    outcome: str
    batch_id: int | None = None


def run_plans(now: dt.datetime) -> list[Ran]:
    """Do what is due in the plans of all editions. Commits after each step."""
    editions, found = editions_with_steps(), list[Ran]()
    for edition_id in editions:
        row = db.session.execute(select_editions().where(EDITION.id == edition_id)).one()
        found += run_plan(edition_view(row), now)
    db.session.rollback()
    return found


def run_plan(edition: EditionView, now: dt.datetime) -> list[Ran]:
    """Do what is due in the plan of an edition, in the order of time."""
    steps, frame = list_steps(edition.id), frame_of(edition)
    due = [one for one in steps if one.state == "planned" and one.due(frame).at <= now]
    if not due:
        return []
    fresh_respondents(edition, now)
    faults = plan_faults(edition, steps, now)
    return [_run(edition, one, now, faults) for one in sorted(due, key=lambda one: (one.due(frame).at, one.id))]


def waits_for(edition: EditionView, step: Step, faults: Sequence[Fault], now: dt.datetime) -> str:
    """Why a step does not go by itself, though it is due; "" if it may."""
    return waits_on(edition, step, faults, now, approved=is_approved(step, template_of_step(edition.id, step), edition))


def waits_on(edition: EditionView, step: Step, faults: Sequence[Fault], now: dt.datetime, *, approved: bool) -> str:
    """The same, where it is known whether somebody has approved the step as it stands. Pure."""
    if step.content.channel == PAPER:
        return "paper"
    if step.content.kind != LETTER and not (edition.state == "open" and edition.has_opened(now)):
        return "not_open"
    if any(fault.blocks and fault.step == step.id for fault in faults):
        return "faulty"
    return "" if approved else "unapproved"


def why_skipped(
    edition: EditionView, step: Step, steps: Sequence[Step], now: dt.datetime, *, approved: Collection[int] = ()
) -> str:
    """Why a step is not done any more, one of `SKIPS`; "" if it still may be. `approved`: the ids of the steps that are so as
    they stand."""
    frame = frame_of(edition)
    if now >= frame.closes_at or edition.state in {"closed", "published"}:
        return OVER
    waits_for_opening = step.content.kind != LETTER and edition.state != "open"
    if now > _last_chance(step, frame) and not waits_for_opening:
        return LATE
    place = PLACES[step.content.kind]
    after = [one for one in steps if one.is_done and PLACES[one.content.kind] >= place and one.id != step.id]
    if any(one.due(frame).at > step.due(frame).at for one in after):
        return OUT_OF_ORDER
    if step.id not in approved:
        return ""
    today, own_day = now.astimezone(ROME).date(), step.due(frame).day
    come = [one for one in steps if one.id in approved and one.state == "planned" and own_day < one.due(frame).day <= today]
    return OVERTAKEN if any(PLACES[one.content.kind] >= place for one in come) else ""


def _last_chance(step: Step, frame: Frame) -> dt.datetime:
    return last_chance(step.due(frame).at)


def _run(edition: EditionView, step: Step, now: dt.datetime, faults: Sequence[Fault]) -> Ran:
    steps = list_steps(edition.id)
    try:
        if why := why_skipped(edition, step, steps, now, approved=_approved(edition, steps)):
            return _skip(step, why, now)
        if waiting := waits_for(edition, step, faults, now):
            return Ran(step.id, waiting)
        return _queue(edition, step, steps, now)
    except ChangedStepError:
        db.session.rollback()
        return Ran(step.id, "changed")


def _approved(edition: EditionView, steps: Sequence[Step]) -> set[int]:
    marked = [one for one in steps if one.approved_mark]
    return {one.id for one in marked if is_approved(one, template_of_step(edition.id, one), edition)}


def _queue(edition: EditionView, step: Step, steps: Sequence[Step], now: dt.datetime) -> Ran:
    plan, after = batch_plan(step, steps, now), latest_batch(edition.id)

    def settle() -> None:
        _require_same_edition(edition)
        _settle(step, {"state": "done", "note": ""}, now)

    try:
        batch_id = queue_batch(edition, plan, key=step.key, actor=COMMAND, now=now, after=after, within=settle)
    except EmptyBatchError:
        return _skip(step, NOBODY, now)
    except OtherBatchError:
        return Ran(step.id, "changed")
    except ClosedChannelError:
        return Ran(step.id, "faulty")
    return Ran(step.id, "queued", batch_id)


def _skip(step: Step, why: str, now: dt.datetime) -> Ran:
    _settle(step, {"state": "skipped", "note": why}, now)
    record("plan_step_skipped", actor=COMMAND, subject=f"plan-step:{step.id}", detail={"why": why}, now=now)
    db.session.commit()
    return Ran(step.id, why)


def _settle(step: Step, values: dict[str, str], now: dt.datetime) -> None:
    """End the step in the transaction that is under way. Raises `ChangedStepError` where somebody has changed it since."""
    own = sa.and_(_ROW.id == step.id, _ROW.version == step.version, _ROW.state == "planned", _ROW.removed_at.is_(None))
    ended = {**values, "version": step.version + 1, "changed_by": COMMAND, "changed_at": now}
    if db.session.execute(sa.update(PlanStep).where(own).values(**ended).returning(_ROW.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise ChangedStepError(step.id)


def _require_same_edition(edition: EditionView) -> None:
    """Raises `ChangedStepError` where the edition, whose row is held, has changed since it was read."""
    query = sa.select(EDITION.changed_at).where(EDITION.id == edition.id)
    if db.session.execute(query).scalar_one() != edition.changed_at:
        db.session.rollback()
        raise ChangedStepError(edition.id)
