"""An entity's live sessions, for the entity itself: where somebody is signed in, and ending one or all the others.

Not for: opening and finding sessions (`sessions.py`), or a reset, which ends them all.
Holds always: every query names the entity; a session is shown under a short keyed hash, from which neither its id nor the hash
that the database knows can be had.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import Operator, WebSession
from app.accounts.operators import STAFF_NAME, shown_name
from app.accounts.telephone import IDLE
from app.accounts.tokens import keyed_hash
from app.audit.chain import record
from app.config import settings
from app.extensions import db
from app.registry.entities import entity_table

KEY_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One live session. `key`: its name in pages and addresses; `operator`: who said to fill in there, None if nobody yet."""

    key: str
    created_at: dt.datetime
    last_seen_at: dt.datetime
    operator: str | None
    current: bool


def list_sessions(entity_id: int, now: dt.datetime, *, current: str = "") -> list[SessionRow]:
    """The entity's live sessions, the one seen last first. `current`: the session key of whoever asks."""
    query = (
        sa.select(WebSession.id_hash, WebSession.created_at, WebSession.last_seen_at, Operator.name, Operator.verified_at)
        .add_columns(STAFF_NAME.label("staff"))
        .outerjoin(Operator, sa.and_(Operator.id == WebSession.operator_id, Operator.entity_id == WebSession.entity_id))
        .where(*_live(entity_id, now))
        .order_by(WebSession.last_seen_at.desc(), WebSession.created_at.desc(), WebSession.id_hash)
    )
    return [
        SessionRow(_key(row.id_hash), row.created_at, row.last_seen_at, _operator(row), row.id_hash == current)
        for row in db.session.execute(query)
    ]


def _operator(row: Any) -> str | None:
    return None if row.name is None else shown_name(row.name, verified=row.verified_at is not None, staff=row.staff)


def end_session_of(entity_id: int, key: str, now: dt.datetime, *, actor: str) -> bool:
    """End the live session of this entity that is shown under `key`, and say whether there was one. Commits."""
    hashes = db.session.execute(sa.select(WebSession.id_hash).where(*_live(entity_id, now)).order_by(WebSession.id_hash))
    found = [one for one in hashes.scalars() if _key(one) == key]
    return _end(entity_id, WebSession.id_hash.in_(found), now, actor) > 0


def end_other_sessions(entity_id: int, session_key: str, now: dt.datetime, *, actor: str) -> int:
    """End every live session of the entity but the one of whoever asks, and say how many there were. Commits."""
    return _end(entity_id, WebSession.id_hash != session_key, now, actor)


def _live(entity_id: int, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    idle = dt.timedelta(minutes=settings().session_idle_minutes)
    return (
        WebSession.entity_id == entity_id,
        WebSession.ended_at.is_(None),
        WebSession.expires_at > now,
        WebSession.last_seen_at > now - idle,
        sa.or_(WebSession.staff_id.is_(None), WebSession.last_seen_at > now - IDLE),
    )


def _key(id_hash: str) -> str:
    return keyed_hash(f"session|{id_hash}")[:KEY_CHARACTERS]


def _end(entity_id: int, which: sa.ColumnElement[bool], now: dt.datetime, actor: str) -> int:
    ended: Any = db.session.execute(sa.update(WebSession).where(*_live(entity_id, now), which).values(ended_at=now))
    count = int(ended.rowcount)
    if count:
        code = db.session.execute(sa.select(entity_table.c.code).where(entity_table.c.id == entity_id)).scalar_one()
        record("sessions_ended", actor=actor, subject=f"entity:{code}", detail={"count": count}, now=now)
    db.session.commit()
    return count
