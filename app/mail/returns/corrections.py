"""Addresses that somebody should correct: those that came back, those that a server calls bad, those that are full again and
again.

Not for: holding an address back (`app.mail.suppressions`), or the registry of addresses.
Holds always: an address is compared without regard to case; settling one is somebody's deed with its audit entry, which names
no address; what comes back after that lists the address again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.models import Suppression
from app.mail.returns.kinds import DELAYED, SOFT
from app.mail.returns.models import Correction, MailReturn

BAD_ADDRESS, BOUNCED, FORWARDED, OFTEN = "bad_address", "bounced", "forwarded", "often"
REASONS: Final = (BAD_ADDRESS, BOUNCED, FORWARDED, OFTEN)
"""BAD_ADDRESS: held back. BOUNCED: refused for good, for another reason. FORWARDED: it sends on to a mailbox that refuses.
OFTEN: refused for the moment on several days."""
SOFT_DAYS: Final = 3
SOFT_SPAN: Final = dt.timedelta(days=60)
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ROW: Final = table_of(Correction).c
_HELD: Final = table_of(Suppression).c
_RETURN: Final = table_of(MailReturn).c


class UnknownCorrectionError(Exception):
    """This address does not wait for a correction."""


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """An address to correct. `reason`: one of `REASONS`; `held`: nothing is sent to it; `reference`: empty where none is
    known."""

    email: str
    reason: str
    reference: str
    status: str
    diagnostic: str
    noted_at: dt.datetime
    held: bool


def note_correction(email: str, reason: str, reference: str, status: str, diagnostic: str, now: dt.datetime) -> None:
    """List an address; the latest word stands, but for a bad address nothing lesser takes its place. Flushes only."""
    told: dict[str, object] = {"reason": reason, "reference": reference, "status": status, "diagnostic": diagnostic}
    told |= {"noted_at": now, "settled_at": None}
    table = table_of(Correction)
    insert = _INSERTS[db.session.get_bind().dialect.name](table).values(email=email.lower(), **told)
    lesser = sa.or_(_ROW.reason != BAD_ADDRESS, _ROW.settled_at.is_not(None), sa.literal(reason == BAD_ADDRESS))
    db.session.execute(insert.on_conflict_do_update(index_elements=["email"], set_=told, where=lesser))


def soft_days(email: str, now: dt.datetime) -> int:
    """On how many days of the last weeks this address refused for the moment, since it was last settled."""
    settled = sa.select(_ROW.settled_at).where(_ROW.email == email.lower()).scalar_subquery()
    since = sa.func.coalesce(settled, sa.literal(now - SOFT_SPAN, _RETURN.received_at.type))
    query = sa.select(sa.func.count(_RETURN.day.distinct())).where(
        _RETURN.recipient == email.lower(),
        _RETURN.kind.in_((SOFT, DELAYED)),
        _RETURN.own.is_(True),
        _RETURN.received_at > now - SOFT_SPAN,
        _RETURN.received_at > since,
    )
    return db.session.execute(query).scalar_one()


def corrections(*, limit: int | None = 50, offset: int = 0) -> list[CorrectionRow]:
    """The addresses that wait, the latest first; `limit` None for all."""
    all_rows = _waiting().subquery().c
    query = sa.select(*(all_rows[name] for name in CorrectionRow.__slots__))
    query = query.order_by(all_rows.noted_at.desc(), all_rows.email).limit(limit).offset(offset)
    return [CorrectionRow(*row) for row in db.session.execute(query)]


def count_corrections() -> int:
    """How many there are."""
    return db.session.execute(sa.select(sa.func.count()).select_from(_waiting().subquery())).scalar_one()


def settle_correction(email: str, *, actor: str, now: dt.datetime) -> None:
    """Say that an address was corrected, or is right. Commits. Raises `UnknownCorrectionError`."""
    if not any(row.email == email.lower() for row in _those(email)):
        db.session.rollback()
        raise UnknownCorrectionError
    values = {"reason": BAD_ADDRESS, "reference": "", "status": "", "diagnostic": "", "noted_at": now, "settled_at": now}
    insert = _INSERTS[db.session.get_bind().dialect.name](table_of(Correction)).values(email=email.lower(), **values)
    db.session.execute(insert.on_conflict_do_update(index_elements=["email"], set_={"settled_at": now}))
    record("address_correction_settled", actor=actor, subject="mail:correction", detail={}, now=now)
    db.session.commit()


def _those(email: str) -> list[CorrectionRow]:
    one = _waiting().subquery().c
    query = sa.select(*(one[name] for name in CorrectionRow.__slots__)).where(one.email == email.lower()).order_by(one.email)
    return [CorrectionRow(*row) for row in db.session.execute(query)]


def _waiting() -> sa.CompoundSelect[Any]:
    """What is listed, and what a server has called bad while we were sending."""
    is_held = sa.exists().where(_HELD.email == _ROW.email)
    listed = sa.select(
        *(_ROW.email, _ROW.reason, _ROW.reference, _ROW.status, _ROW.diagnostic, _ROW.noted_at, is_held.label("held"))
    ).where(_ROW.settled_at.is_(None))
    known = sa.exists().where(_ROW.email == _HELD.email, sa.or_(_ROW.settled_at.is_(None), _ROW.settled_at >= _HELD.at))
    empty = sa.literal("", sa.String)
    held = sa.select(
        *(_HELD.email, sa.literal(BAD_ADDRESS, sa.String), empty, empty, _HELD.reply, _HELD.at, sa.true().label("held"))
    ).where(~known)
    return sa.union_all(listed, held)
