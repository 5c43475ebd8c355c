"""Holds: why nothing at all is sent, until a person says that it may.

Not for: groups that are paused (`groups.py`).
Holds always: a hold stops every worker of every machine at its next claim; only a person lifts one, and the log tells who.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.models import MailHold
from app.mail.senders import one_line

RESTORED: Final = "restored"
"""The database does not know what the send journal knows, or has another journal than this machine's."""
BY_HAND: Final = "by_hand"
_TABLE: Final = table_of(MailHold)
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_LONGEST_DETAIL: Final = 500


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold. `reason`: `RESTORED` or `BY_HAND`; `detail`: in words, what was found or said."""

    reason: str
    detail: str
    since: dt.datetime


def holds() -> list[HoldRow]:
    """What stops all sending, the oldest first."""
    query = sa.select(_TABLE.c.reason, _TABLE.c.detail, _TABLE.c.since).order_by(_TABLE.c.since, _TABLE.c.reason)
    return [HoldRow(*row) for row in db.session.execute(query)]


def is_held() -> bool:
    """Whether anything stops all sending."""
    return db.session.execute(sa.select(_TABLE.c.reason).limit(1)).first() is not None


def hold(reason: str, detail: str, now: dt.datetime) -> bool:
    """Send nothing from the next claim on; False where this reason held already. Flushes only."""
    connection = db.session.connection()
    insert = _INSERTS[connection.dialect.name](_TABLE).on_conflict_do_nothing(index_elements=["reason"])
    values = {"reason": reason, "detail": one_line(detail, _LONGEST_DETAIL), "since": now}
    return connection.execute(insert.values(**values).returning(_TABLE.c.reason)).first() is not None


def hold_by_hand(detail: str, *, actor: str, now: dt.datetime) -> bool:
    """`hold` by a person, who says why. Commits."""
    held = hold(BY_HAND, detail, now)
    if held:
        record("mail_held", actor=actor, subject="mail:outbox", detail={}, now=now)
    db.session.commit()
    return held


def lift_hold(reason: str, *, actor: str, now: dt.datetime) -> bool:
    """Let it go on; False where this reason did not hold. Flushes only: what has to be put right first is its caller's deed."""
    lifted = db.session.execute(sa.delete(MailHold).where(_TABLE.c.reason == reason))
    if not getattr(lifted, "rowcount", 0):
        return False
    record("mail_hold_lifted", actor=actor, subject="mail:outbox", detail={"reason": reason}, now=now)
    return True
