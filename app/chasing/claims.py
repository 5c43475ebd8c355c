"""Who has taken an entity to call it, so that two callers do not ring the same office.

Not for: whom to call (`call_queue.py`), or calls (`calls.py`).
Holds always: one statement decides who has an entity; it is taken for `HELD` and free again by itself, and once a call with it
is written down; taking and leaving leave an audit entry in their own transaction. It binds no call: whoever wants to may ring.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.tables import staff_table
from app.audit.chain import record
from app.chasing.models import CallClaim
from app.extensions import db, table_of

HELD: Final = dt.timedelta(minutes=30)
claim_table: Final = table_of(CallClaim)
_ROW: Final = claim_table.c
_INSERTS: Final[dict[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has taken an entity, and until when."""

    staff_id: int
    staff: str
    until: dt.datetime


def take(edition_id: int, entity: tuple[int, str], *, staff_id: int, now: dt.datetime) -> bool:
    """Take an entity (its id and code) for `HELD`, or go on having it; whether it is this member's. Commits."""
    if not _take(edition_id, entity, staff_id, now):
        db.session.rollback()
        return False
    db.session.commit()
    return True


def take_first(edition_id: int, entities: Iterable[tuple[int, str]], *, staff_id: int, now: dt.datetime) -> str | None:
    """Take the first of these that is free and return its code; None where there is none. Commits."""
    return next((one[1] for one in entities if take(edition_id, one, staff_id=staff_id, now=now)), None)


def leave(edition_id: int, entity: tuple[int, str], *, staff_id: int, now: dt.datetime) -> bool:
    """Leave what this member has taken to others; whether there was such a thing. Commits."""
    mine = (_ROW.edition_id == edition_id, _ROW.entity_id == entity[0], _ROW.staff_id == staff_id, _ROW.until > now)
    gone = db.session.execute(sa.delete(CallClaim).where(*mine).returning(_ROW.entity_id)).scalar_one_or_none()
    if gone is None:
        db.session.rollback()
        return False
    record("call_claim_released", actor=f"staff:{staff_id}", subject=f"entity:{entity[1]}", detail={}, now=now)
    db.session.commit()
    return True


def forget_claim(edition_id: int, entity_id: int) -> None:
    """Nobody has this entity any more: a call with it has been written down. Flushes only."""
    db.session.execute(sa.delete(CallClaim).where(_ROW.edition_id == edition_id, _ROW.entity_id == entity_id))


def claim_on(edition_id: int, entity_id: int, now: dt.datetime) -> Claim | None:
    """Who has this entity now. One query."""
    query = sa.select(_ROW.staff_id, staff_table.c.name, _ROW.until).join_from(
        claim_table, staff_table, staff_table.c.id == _ROW.staff_id
    )
    own = (_ROW.edition_id == edition_id, _ROW.entity_id == entity_id, _ROW.until > now)
    row = db.session.connection().execute(query.where(*own)).one_or_none()
    return None if row is None else Claim(*row)


def _take(edition_id: int, entity: tuple[int, str], staff_id: int, now: dt.datetime) -> bool:
    """One statement: of two at once, the database lets one in."""
    values = {"edition_id": edition_id, "entity_id": entity[0], "staff_id": staff_id, "until": now + HELD}
    insert = _INSERTS[db.session.get_bind().dialect.name](claim_table).values(**values)
    free = sa.or_(_ROW.until <= now, _ROW.staff_id == staff_id)
    changed = {"staff_id": staff_id, "until": now + HELD}
    insert = insert.on_conflict_do_update(index_elements=[_ROW.edition_id, _ROW.entity_id], set_=changed, where=free)
    if db.session.execute(insert.returning(_ROW.entity_id)).scalar_one_or_none() is None:
        return False
    record("call_claimed", actor=f"staff:{staff_id}", subject=f"entity:{entity[1]}", detail={}, now=now)
    return True
