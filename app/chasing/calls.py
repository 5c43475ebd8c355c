"""Calls to and from entities: written down with what they came to, taken back by who wrote them, read for lists.

Not for: one entity's page with all that happened (`record.py`).
Holds always: a call belongs to an edition and an entity; one that was taken back is kept and counts nowhere; each change
leaves an audit entry without what was said.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import Scalar, record
from app.chasing.claims import forget_claim
from app.chasing.models import OUTCOMES, Call
from app.extensions import db, table_of

__all__ = ["OUTCOMES", "LastCall", "NewCall", "UnknownCallError", "add_call", "call_table", "last_calls", "set_call_removed"]
LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 2_000
_TIME: Final = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]")
call_table: Final = table_of(Call)
_ROW: Final = call_table.c


class UnknownCallError(Exception):
    """No call with this id stands at this entity that this member of staff wrote and that is in that state."""


@dataclass(frozen=True, slots=True)
class NewCall:
    """What somebody wrote down of a call. `outcome`: one of `OUTCOMES`; `call_back_time`: HH:MM in Rome, "" for any."""

    outcome: str
    spoke_with: str = ""
    note: str = ""
    call_back_on: dt.date | None = None
    call_back_time: str = ""


@dataclass(frozen=True, slots=True)
class LastCall:
    """The latest call with an entity. `call_back_time`: as in `NewCall`."""

    outcome: str
    at: dt.datetime
    call_back_on: dt.date | None
    call_back_time: str = ""


def add_call(edition_id: int, entity: tuple[int, str], call: NewCall, *, staff_id: int, now: dt.datetime) -> int:
    """Write a call down and return its id. `entity`: its id and code. Commits. Raises ValueError for what does not fit."""
    if call.outcome not in OUTCOMES:
        raise ValueError(f"an outcome is one of {', '.join(OUTCOMES)}")
    call_id = note_call(edition_id, entity, call, staff_id=staff_id, now=now)
    db.session.commit()
    return call_id


def note_call(
    edition_id: int, entity: tuple[int, str], call: NewCall, *, staff_id: int, now: dt.datetime, operator_id: int | None = None
) -> int:
    """As `add_call`, within its caller's transaction, with any outcome. Flushes only.

    `operator_id`: who was on the line, where staff fills in by telephone.
    """
    if len(call.spoke_with) > LONGEST_NAME or len(call.note) > LONGEST_NOTE:
        raise ValueError("a name or a note that is too long")
    if call.call_back_time and (call.call_back_on is None or not _TIME.fullmatch(call.call_back_time)):
        raise ValueError("a time to call back is HH:MM of a day")
    entity_id, code = entity
    values = {"edition_id": edition_id, "entity_id": entity_id, "staff_id": staff_id, "at": now, "outcome": call.outcome}
    values |= {"spoke_with": call.spoke_with, "note": call.note, "call_back_on": call.call_back_on, "operator_id": operator_id}
    values |= {"call_back_time": call.call_back_time}
    forget_claim(edition_id, entity_id)
    call_id = db.session.execute(sa.insert(Call).values(**values).returning(Call.id)).scalar_one()
    back = f"{call.call_back_on.isoformat()} {call.call_back_time}".strip() if call.call_back_on else None
    detail: dict[str, Scalar] = {"call": call_id, "outcome": call.outcome, "call_back_on": back}
    record("call_noted", actor=f"staff:{staff_id}", subject=f"entity:{code}", detail=detail, now=now)
    return call_id


def set_call_removed(entity: tuple[int, str], call_id: int, *, removed: bool, staff_id: int, now: dt.datetime) -> None:
    """Take one's own call back, or put it back. Commits. Raises UnknownCallError; what stands so already stays so."""
    entity_id, code = entity
    own = (_ROW.id == call_id, _ROW.entity_id == entity_id, _ROW.staff_id == staff_id)
    stands = _ROW.removed_at.is_(None) if removed else _ROW.removed_at.is_not(None)
    change = sa.update(Call).where(*own, stands).values(removed_at=now if removed else None)
    if db.session.execute(change.returning(Call.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownCallError(call_id)
    action = "call_removed" if removed else "call_restored"
    record(action, actor=f"staff:{staff_id}", subject=f"entity:{code}", detail={"call": call_id}, now=now)
    db.session.commit()


def last_calls(edition_id: int, entity_ids: Collection[int]) -> dict[int, LastCall]:
    """Entity's id → its latest call, of those that have one. One query."""
    if not entity_ids:
        return {}
    own = (_ROW.edition_id == edition_id, _ROW.entity_id.in_(entity_ids), _ROW.removed_at.is_(None))
    latest = sa.select(sa.func.max(_ROW.id)).where(*own).group_by(_ROW.entity_id)
    query = sa.select(_ROW.entity_id, _ROW.outcome, _ROW.at, _ROW.call_back_on, _ROW.call_back_time).where(_ROW.id.in_(latest))
    return {row[0]: LastCall(*row[1:]) for row in db.session.connection().execute(query.order_by(_ROW.entity_id))}
