"""What came back, as pages show it: for one delivery, and what waits for a person; and what a person decides about it.

Not for: taking messages in (`handling.py`).
Holds always: a link in a foreign message is text, never followed; each deed of staff and its audit entry are one transaction,
and the entry names no address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.config import settings
from app.extensions import db, table_of
from app.mail.returns.handling import OF_PERSONS, without_links
from app.mail.returns.models import MailReturn, ReturnContent
from app.mail.returns.redirecting import queue_redirect
from app.mail.returns.reports import words_of

LONGEST_WORDS: Final = 1_500
_ROW: Final = table_of(MailReturn).c
_CONTENT: Final = table_of(ReturnContent).c
_WAITING: Final = sa.and_(_ROW.waits.is_(True), _ROW.settled_at.is_(None))


class UnknownReturnError(Exception):
    """No returned message with this id waits for a person."""


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """What came back about a delivery. `kind`: one of `app.mail.returns.kinds.KINDS`; `own`: it speaks of the delivery's
    address."""

    id: int
    delivery_id: int | None
    kind: str
    source: str
    received_at: dt.datetime
    recipient: str
    own: bool
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A message that somebody should look at. `words`: what it says, without our own links; `can_go_on`: it can be sent to the
    desk's mailbox; `cut`: it was too long to be kept whole."""

    id: int
    kind: str
    source: str
    received_at: dt.datetime
    sender: str
    subject: str
    recipient: str
    diagnostic: str
    cut: bool
    words: str
    can_go_on: bool


_SHOWN: Final = tuple(_ROW[name] for name in ReturnRow.__slots__)


def returns_of(delivery_ids: Collection[int], *, most: int = 5) -> dict[int, list[ReturnRow]]:
    """Delivery → what came back about it, the latest first, the last `most` of each. One query."""
    found: dict[int, list[ReturnRow]] = {}
    if not delivery_ids:
        return found
    query = sa.select(*_SHOWN).where(_ROW.delivery_id.in_(delivery_ids))
    for row in db.session.execute(query.order_by(_ROW.received_at.desc(), _ROW.id.desc()).limit(most * 20 * len(delivery_ids))):
        listed = found.setdefault(row.delivery_id, [])
        if len(listed) < most:
            listed.append(ReturnRow(*row))
    return found


def count_waiting_returns() -> int:
    """How many wait for a person."""
    return db.session.execute(sa.select(sa.func.count()).select_from(MailReturn).where(_WAITING)).scalar_one()


def count_by_kind(since: dt.datetime) -> dict[str, int]:
    """Kind → how many came since an instant."""
    number = sa.func.count().label("number")
    query = sa.select(_ROW.kind, number).where(_ROW.received_at >= since).group_by(_ROW.kind).order_by(_ROW.kind)
    return {row.kind: row.number for row in db.session.execute(query)}


def waiting_returns(*, limit: int = 20, offset: int = 0) -> list[WaitingRow]:
    """Those that wait, the latest first, with their words."""
    columns = (_ROW.id, _ROW.kind, _ROW.source, _ROW.received_at, _ROW.sender, _ROW.subject, _ROW.recipient, _ROW.diagnostic)
    joined = table_of(MailReturn).outerjoin(table_of(ReturnContent), _CONTENT.return_id == _ROW.id)
    query = sa.select(*columns, _ROW.cut, _CONTENT.content).select_from(joined).where(_WAITING)
    query = query.order_by(_ROW.received_at.desc(), _ROW.id.desc()).limit(limit).offset(offset)
    found = []
    for row in db.session.execute(query):
        whole = row.kind in OF_PERSONS and not row.cut
        content = row.content or b""
        said = without_links(words_of(content), settings()) if whole else content.decode("utf-8", "replace")
        found.append(WaitingRow(*row[:9], said[:LONGEST_WORDS], whole and bool(content)))
    return found


def settle_return(return_id: int, *, actor: str, now: dt.datetime) -> None:
    """Say that somebody has looked at it; its content goes. Commits. Raises `UnknownReturnError`."""
    _take(return_id, now)
    db.session.execute(sa.delete(ReturnContent).where(_CONTENT.return_id == return_id))
    record("mail_return_settled", actor=actor, subject=f"mail_return:{return_id}", detail={}, now=now)
    db.session.commit()


def send_on(return_id: int, *, actor: str, now: dt.datetime) -> None:
    """Send a person's message that was held back to the desk's mailbox. Commits. Raises `UnknownReturnError`."""
    row = db.session.execute(
        sa.select(_ROW.digest, _ROW.subject, _ROW.kind, _ROW.cut, _CONTENT.return_id)
        .join(table_of(ReturnContent), _CONTENT.return_id == _ROW.id)
        .where(_ROW.id == return_id, _WAITING)
    ).one_or_none()
    if row is None or row.kind not in OF_PERSONS or row.cut:
        db.session.rollback()
        raise UnknownReturnError(return_id)
    _take(return_id, now)
    queue_redirect(return_id, row.digest, row.subject, now)
    record("mail_return_sent_on", actor=actor, subject=f"mail_return:{return_id}", detail={}, now=now)
    db.session.commit()


def _take(return_id: int, now: dt.datetime) -> None:
    """End its waiting. Flushes only. Raises UnknownReturnError."""
    update = sa.update(MailReturn).where(_ROW.id == return_id, _WAITING).values(settled_at=now)
    if db.session.execute(update.returning(MailReturn.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownReturnError(return_id)
