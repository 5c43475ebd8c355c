"""What other dates of an edition do to what has not been sent: said before they are stored, done in the same transaction.

Not for: storing the dates (`app.editions.changing`).
Holds always: what was sent stays as it is; a step whose new day has passed falls away, and nothing is made up for; a batch that
was queued with the old deadline in its texts is paused, for somebody to decide.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import record
from app.editions.current import EditionView
from app.extensions import db, table_of
from app.mail.groups import WAITING, counts_of, groups_by_id, pause_group
from app.reminders.batches import BatchRow, list_batches
from app.reminders.models import PlanStep
from app.reminders.occasions import AFTERWARDS
from app.reminders.plans.resolving import LETTER, Frame, last_chance, resolve
from app.reminders.plans.steps import Step, frame_of, list_steps

STAYS, MOVES, FALLS = FATES = ("stays", "moves", "falls")
MOVED: Final = "moved_deadline"
"""In the note of a step that a moved deadline has let fall away."""
OLD_DEADLINE: Final = "il testo dice la scadenza di prima"
_ROW: Final = table_of(PlanStep).c


@dataclass(frozen=True, slots=True)
class StepEffect:
    """What becomes of a step. `before`, `after`: when it is due; `was_approved`: and has to be approved again."""

    step: Step
    fate: str
    before: dt.datetime
    after: dt.datetime
    was_approved: bool


@dataclass(frozen=True, slots=True)
class Effects:
    """All of it. `batches`: what of them waits (row, messages) says a deadline that does not hold any more, and is paused."""

    edition_id: int
    steps: tuple[StepEffect, ...]
    batches: tuple[tuple[BatchRow, int], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all changes."""
        return not self.batches and all(one.fate == STAYS and not one.was_approved for one in self.steps)

    @property
    def mark(self) -> str:
        """Of exactly these effects: whoever confirms sends it back."""
        told = [f"{one.step.id}/{one.step.version}/{one.fate}/{one.after.isoformat()}" for one in self.steps]
        told += [f"batch {row.id}" for row, _waiting in self.batches]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def effects_of(edition: EditionView, opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime) -> Effects:
    """What these dates would do to the plan and the batches of an edition. Reads only."""
    old, new = frame_of(edition), Frame(opens_at, closes_at)
    waiting = [one for one in list_steps(edition.id) if one.state in {"planned", "paused"}]
    steps = sorted((effect_on(one, old, new, now) for one in waiting), key=lambda one: (one.before, one.step.id))
    return Effects(edition.id, tuple(steps), tuple(_affected(edition) if closes_at != edition.closes_at else ()))


def apply_effects(effects: Effects, actor: str, now: dt.datetime) -> None:
    """Do it, in the transaction in which the dates are stored. Flushes only."""
    for one in effects.steps:
        if one.fate == STAYS and not one.was_approved:
            continue
        values: dict[str, Any] = {"approved_by": None, "approved_at": None, "approved_mark": "", "version": _ROW.version + 1}
        values |= {"changed_by": actor, "changed_at": now}
        values |= {"state": "skipped", "note": MOVED} if one.fate == FALLS else {}
        held = sa.and_(_ROW.id == one.step.id, _ROW.state.in_(("planned", "paused")))
        db.session.execute(sa.update(PlanStep).where(held).values(**values))
    for row, _waiting in effects.batches:
        pause_group(row.group_id, OLD_DEADLINE, now)
    if not effects.is_empty:
        moved = sum(one.fate == MOVES for one in effects.steps)
        detail = {"moved": moved, "fallen": sum(one.fate == FALLS for one in effects.steps), "paused": len(effects.batches)}
        record("plan_moved", actor=actor, subject=f"plan:{effects.edition_id}", detail=detail, now=now)


def effect_on(step: Step, old: Frame, new: Frame, now: dt.datetime) -> StepEffect:
    """What other dates do to one step that has not gone. Pure."""
    before, after = resolve(step.content.timing, old).at, resolve(step.content.timing, new).at
    over = last_chance(after) < now or (step.content.kind != LETTER and not new.opens_at <= after < new.closes_at)
    passed_before = last_chance(before) < now
    fate = FALLS if over and not passed_before else STAYS if before == after else MOVES
    return StepEffect(step, fate, before, after, bool(step.approved_mark))


def _affected(edition: EditionView) -> list[tuple[BatchRow, int]]:
    """The batches of which something waits, and is not paused already; what follows an answer says no deadline."""
    rows = [row for row in list_batches(edition.id) if row.occasion not in AFTERWARDS]
    groups = [row.group_id for row in rows]
    counts, known = counts_of(groups), groups_by_id(groups)
    live = [row for row in rows if known[row.group_id].paused_at is None and known[row.group_id].cancelled_at is None]
    numbers = [(row, sum(counts[row.group_id][state] for state in (*WAITING, "claimed"))) for row in live]
    return [(row, number) for row, number in numbers if number]
