"""What the receipts of certified mail say of deliveries: counted for groups, listed, and those that are missing.

Not for: taking receipts in (`handling.py`).
Holds always: reads only; a missing receipt is a person's business, and nothing is sent again for it. Source of the hours:
decree of 2 November 2005, by which a provider says within 24 hours that a message could not be delivered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.models import PEC, Delivery

WAITS: Final = dt.timedelta(hours=24)
ACCEPTED, DELIVERED, FAILED, SILENT = OUTCOMES = ("accepted", "delivered", "failed", "silent")
"""Accepted by our provider; delivered into the recipient's mailbox; not delivered; sent a day ago, and neither."""
_ROW: Final = table_of(Delivery).c


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A certified message and its receipts. `state`: one of `app.mail.models.STATES`; `error`: why it was not delivered."""

    id: int
    reference: str
    recipient: str
    subject: str
    state: str
    pec_accepted_at: dt.datetime | None
    pec_delivered_at: dt.datetime | None
    pec_failed_at: dt.datetime | None
    pec_error: str
    changed_at: dt.datetime


def _is(outcome: str, now: dt.datetime) -> sa.ColumnElement[bool]:
    if outcome == ACCEPTED:
        return _ROW.pec_accepted_at.is_not(None)
    if outcome == DELIVERED:
        return _ROW.pec_delivered_at.is_not(None)
    if outcome == FAILED:
        return _ROW.pec_failed_at.is_not(None)
    nothing = sa.and_(_ROW.pec_delivered_at.is_(None), _ROW.pec_failed_at.is_(None))
    return sa.and_(_ROW.channel == PEC, _ROW.state == "accepted", nothing, _ROW.changed_at <= now - WAITS)


def outcomes_of(group_ids: Collection[int], now: dt.datetime) -> dict[int, dict[str, int]]:
    """Group → how many of each of `OUTCOMES`. One query."""
    found = {group_id: dict.fromkeys(OUTCOMES, 0) for group_id in group_ids}
    counted = (sa.func.sum(sa.case((_is(outcome, now), 1), else_=0)).label(outcome) for outcome in OUTCOMES)
    query = sa.select(_ROW.group_id, *counted).where(_ROW.group_id.in_(group_ids)).group_by(_ROW.group_id)
    for row in db.session.execute(query.order_by(_ROW.group_id)):
        found[row.group_id] = {outcome: int(getattr(row, outcome)) for outcome in OUTCOMES}
    return found


def receipts_of(
    group_id: int, outcome: str, now: dt.datetime, *, limit: int | None = None, offset: int = 0
) -> list[ReceiptRow]:
    """The messages of a group with this outcome, all of them where it is empty; by recipient."""
    query = sa.select(*(_ROW[name] for name in ReceiptRow.__slots__)).where(_ROW.group_id == group_id)
    query = query.where(_is(outcome, now)) if outcome else query
    return [ReceiptRow(*row) for row in db.session.execute(query.order_by(_ROW.recipient, _ROW.id).limit(limit).offset(offset))]


def receipts_about(reference: str, *, limit: int = 50) -> list[ReceiptRow]:
    """The certified messages about something ("entity:17"), the newest first."""
    query = sa.select(*(_ROW[name] for name in ReceiptRow.__slots__)).where(_ROW.reference == reference, _ROW.channel == PEC)
    return [ReceiptRow(*row) for row in db.session.execute(query.order_by(_ROW.created_at.desc(), _ROW.id.desc()).limit(limit))]


def silent(now: dt.datetime, *, limit: int = 20, offset: int = 0) -> list[ReceiptRow]:
    """Those of all groups that were sent a day ago and of which no receipt says what became of them, the oldest first."""
    query = sa.select(*(_ROW[name] for name in ReceiptRow.__slots__)).where(_is(SILENT, now))
    return [
        ReceiptRow(*row) for row in db.session.execute(query.order_by(_ROW.changed_at, _ROW.id).limit(limit).offset(offset))
    ]


def count_silent(now: dt.datetime) -> int:
    """How many there are."""
    return db.session.execute(sa.select(sa.func.count()).select_from(Delivery).where(_is(SILENT, now))).scalar_one()
