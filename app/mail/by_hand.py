"""What somebody sends by hand, from a group that no worker touches: handed out, marked as sent, known again by its key.

Not for: what stands in an export, or who may take one (the room that queued it).
Holds always: flushes only; what is not wanted any more is cancelled when it would be handed out; what was never handed out
cannot be marked as sent. `attempts` of such a delivery counts how often it was handed out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.hooks import ClaimedDelivery
from app.mail.models import Delivery

SENT: Final = "by hand"
_ROW: Final = table_of(Delivery).c
_TAKEN: Final = (
    *(_ROW.id, _ROW.kind, _ROW.reference, _ROW.recipient, _ROW.language, _ROW.subject, _ROW.text, _ROW.html),
    *(_ROW.message_id, _ROW.attempts, _ROW.created_at, _ROW.group_id, _ROW.dedupe_key, _ROW.tries_noted, _ROW.channel),
)


@dataclass(frozen=True, slots=True)
class HandedOut:
    """How far a group is. `waiting`: not sent yet; `taken`: how many of them were handed out, the last time at `at`."""

    waiting: int
    taken: int
    at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KnownDelivery:
    """A delivery of a group, as receipts are matched with it."""

    id: int
    dedupe_key: str
    message_id: str
    kind: str
    reference: str
    recipient: str
    state: str
    created_at: dt.datetime


def waiting_by_hand(group_id: int) -> list[ClaimedDelivery]:
    """What is still to be sent of a group, by recipient, held until the transaction ends."""
    mine = sa.select(*_TAKEN).where(_ROW.group_id == group_id, _ROW.state == "queued")
    rows = db.session.execute(mine.order_by(_ROW.recipient, _ROW.id).with_for_update())
    return [ClaimedDelivery(*row) for row in rows]


def hand_out(ids: Collection[int], now: dt.datetime) -> None:
    """Note that these were handed out."""
    mine = sa.update(Delivery).where(_ROW.id.in_(ids), _ROW.state == "queued")
    db.session.execute(mine.values(attempts=Delivery.attempts + 1, changed_at=now))


def cancel_unwanted(reasons: Mapping[int, str], now: dt.datetime) -> None:
    """Cancel these, each for its reason."""
    for delivery_id, reason in reasons.items():
        mine = sa.update(Delivery).where(_ROW.id == delivery_id, _ROW.state == "queued")
        db.session.execute(mine.values(state="cancelled", reason=reason[:200], changed_at=now))


def mark_sent_by_hand(group_id: int, now: dt.datetime) -> int:
    """Somebody has sent what was handed out; how many messages."""
    mine = sa.and_(_ROW.group_id == group_id, _ROW.state == "queued", _ROW.attempts > 0)
    changed = db.session.execute(sa.update(Delivery).where(mine).values(state="accepted", reply=SENT, changed_at=now))
    return int(getattr(changed, "rowcount", 0))


def how_far(group_id: int) -> HandedOut:
    """How much of a group waits, and how much of that was handed out."""
    taken = sa.case((_ROW.attempts > 0, 1), else_=0)
    last = sa.func.max(sa.case((_ROW.attempts > 0, _ROW.changed_at), else_=sa.null()))
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(taken), 0), sa.type_coerce(last, _ROW.changed_at.type))
    row = db.session.execute(query.where(_ROW.group_id == group_id, _ROW.state == "queued")).one()
    return HandedOut(row[0], int(row[1]), row[2])


def known_deliveries(group_id: int) -> list[KnownDelivery]:
    """All of a group."""
    columns = (_ROW[name] for name in KnownDelivery.__slots__)
    rows = db.session.execute(sa.select(*columns).where(_ROW.group_id == group_id).order_by(_ROW.id))
    return [KnownDelivery(*row) for row in rows]
