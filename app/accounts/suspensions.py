"""A login that staff have suspended: nobody comes in, by any way, until staff lift it again.

Not for: ending a password or its links (`resets.py`), nor reminders, which go on.
Holds always: suspending ends every session in the same transaction; while it holds no session is opened, no link and no code
works, and no message with a link goes out; lifting it gives back password, links and code as they were, since it is the undo;
the reason is for staff alone and never in the audit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.models import LoginSuspension
from app.accounts.sessions import end_all_sessions
from app.accounts.ways_in import hold_logins
from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.entities import EntityRow

LONGEST_REASON: Final = 500
_ROW: Final = table_of(LoginSuspension).c


class SuspendedLoginError(Exception):
    """The entity's login is suspended: whoever asks is sent to the desk, and told nothing more."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """A suspension that holds. `suspended_by`: as the audit names them."""

    entity_id: int
    reason: str
    suspended_by: str
    suspended_at: dt.datetime


def suspend_login(entity: EntityRow, *, reason: str, actor: str, now: dt.datetime) -> bool:
    """End every session and let nobody in from now on; False where it was suspended already."""
    hold_logins(entity.id)
    if is_suspended(entity.id):
        db.session.rollback()
        return False
    values = {"entity_id": entity.id, "reason": reason, "suspended_by": actor, "suspended_at": now}
    db.session.execute(sa.insert(LoginSuspension).values(**values))
    ended = end_all_sessions(entity.id, now)
    record("login_suspended", actor=actor, subject=f"entity:{entity.code}", detail={"sessions": ended}, now=now)
    db.session.commit()
    return True


def lift_suspension(entity: EntityRow, *, actor: str, now: dt.datetime) -> bool:
    """Let the entity in again as before; False where it was not suspended."""
    hold_logins(entity.id)
    held = sa.update(LoginSuspension).where(_ROW.entity_id == entity.id, _ROW.lifted_at.is_(None))
    lifted = db.session.execute(held.values(lifted_at=now, lifted_by=actor).returning(_ROW.id)).scalar_one_or_none()
    if lifted is None:
        db.session.rollback()
        return False
    record("login_resumed", actor=actor, subject=f"entity:{entity.code}", detail={}, now=now)
    db.session.commit()
    return True


def is_suspended(entity_id: int) -> bool:
    """Whether it is now."""
    return bool(suspensions_of([entity_id]))


def refuse_if_suspended(entity_id: int) -> None:
    """Raise `SuspendedLoginError` where it is; the transaction is rolled back then."""
    if is_suspended(entity_id):
        db.session.rollback()
        raise SuspendedLoginError(entity_id)


def suspensions_of(entity_ids: Collection[int]) -> dict[int, Suspension]:
    """Entity's id → its suspension, of those that are suspended."""
    query = sa.select(_ROW.entity_id, _ROW.reason, _ROW.suspended_by, _ROW.suspended_at)
    query = query.where(_ROW.entity_id.in_(entity_ids), _ROW.lifted_at.is_(None)).order_by(_ROW.entity_id)
    return {row.entity_id: Suspension(*row) for row in db.session.execute(query)}


def select_suspended() -> sa.Select[int]:
    """The ids of the entities whose login is suspended, for a query of another part."""
    return sa.select(_ROW.entity_id).where(_ROW.lifted_at.is_(None))
