"""The outbox: messages are queued in the transaction of what they tell of, and read back for pages.

Not for: sending (`app.mail.delivering`, whose `deliver_due` is offered here too), or who should get a message.
Holds always: a `dedupe_key` is queued once; recipient and texts are frozen when queued; texts hold `{link}` in place of a
secret; a Message-ID is derived from the row and stays the same at each try.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.config import settings
from app.extensions import db, table_of
from app.mail.delivering import Tally, deliver_due
from app.mail.messages import UnfitMessageError, check_recipient, check_subject, domain_of, mail_host, message_id_of
from app.mail.models import EMAIL, STATES, Delivery
from app.mail.pace import spread

__all__ = [
    "DeliveryRow",
    "Message",
    "Tally",
    "cancel_messages",
    "counts_by_state",
    "deliver_due",
    "deliveries_of",
    "last_time",
    "next_times",
    "queue_message",
]

_TABLE = table_of(Delivery)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_LONGEST = {"kind": 40, "reference": 80, "dedupe_key": 120, "language": 8}


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent. `reference`: what the kind's hook needs ("entity:17"). `not_before`: None for as soon as may be.

    `dedupe_key` decides what is the same message: of two with one key, the second is not queued.
    """

    kind: str
    reference: str
    recipient: str
    language: str
    subject: str
    text: str
    dedupe_key: str
    html: str | None = None
    not_before: dt.datetime | None = None
    channel: str = EMAIL


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as a page shows it. `state`: one of `app.mail.models.STATES`; `reply`: the server's last word."""

    id: int
    kind: str
    reference: str
    recipient: str
    subject: str
    state: str
    reason: str
    reply: str
    attempts: int
    not_before: dt.datetime
    created_at: dt.datetime
    changed_at: dt.datetime
    channel: str


_SHOWN = tuple(_TABLE.c[name] for name in DeliveryRow.__slots__)


def queue_message(message: Message, now: dt.datetime) -> bool:
    """Put a message into the outbox; False, and nothing done, where its `dedupe_key` is known. Flushes only.

    Raises ValueError for a recipient or a subject that cannot travel (line breaks, several addresses) and for empty or
    overlong names.
    """
    check_message(message)
    host = mail_host(settings())
    row = {
        **{name: getattr(message, name) for name in ("kind", "reference", "recipient", "language", "subject", "text", "html")},
        **{"domain": domain_of(message.recipient), "channel": message.channel},
        **{"dedupe_key": message.dedupe_key, "not_before": message.not_before or now, "created_at": now, "changed_at": now},
        **{"state": "queued", "reason": "", "reply": "", "attempts": 0},
    }
    insert = _INSERTS[db.session.get_bind().dialect.name](_TABLE).values(**row)
    insert = insert.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(_TABLE.c.id)
    delivery_id = db.session.execute(insert).scalar_one_or_none()
    if delivery_id is None:
        return False
    message_id = message_id_of(delivery_id, message.dedupe_key, now, host)
    db.session.execute(sa.update(Delivery).where(Delivery.id == delivery_id).values(message_id=message_id))
    return True


def cancel_messages(reference: str, kinds: Collection[str], reason: str, now: dt.datetime) -> int:
    """Cancel what is still to be sent of these kinds about a reference, and say how many there were. Flushes only.

    A message that a worker has in hand loses its claim, unless its data phase has begun. Waits for a worker that is writing
    its link at this moment, and holds these rows: call it before anything that such a worker could wait for.
    """
    row = _TABLE.c
    waiting = sa.and_(row.reference == reference, row.kind.in_(kinds), row.state.in_(("queued", "retry_wait", "claimed")))
    ids = db.session.execute(sa.select(row.id).where(waiting).order_by(row.id).with_for_update()).scalars().all()
    values = {"state": "cancelled", "reason": reason, "claim_token": None, "lease_until": None, "changed_at": now}
    if ids:
        db.session.execute(sa.update(Delivery).where(row.id.in_(ids)).values(**values))
    return len(ids)


def last_time(kind: str, since: dt.datetime) -> dt.datetime | None:
    """When the last message of a kind goes out or went out, of those that are not earlier than `since`; None for none. Messages
    that were tried in vain do not count: they have times of their own."""
    row = _TABLE.c
    latest = [
        sa.select(row.not_before)
        .where(row.state == state, row.kind == kind, row.not_before >= since)
        .order_by(row.not_before.desc())
        .limit(1)
        .scalar_subquery()
        for state in ("queued", "claimed", "data", "accepted", "delivered", "bounced")
    ]
    times = [time for time in db.session.execute(sa.select(*latest)).one() if time is not None]
    return max(times, default=None)


def next_times(kind: str, count: int, per_hour: int, now: dt.datetime) -> list[dt.datetime]:
    """When `count` more messages of a kind may go out, so that with those before them they keep a pace: the first at once, or a
    step after the last one that waits or has just gone."""
    step = dt.timedelta(hours=1) / per_hour
    last = last_time(kind, now - step)
    return spread(now if last is None else max(now, last + step), count, per_hour, working_hours=False)


def deliveries_of(reference: str, limit: int = 50) -> list[DeliveryRow]:
    """The deliveries of a reference ("entity:17"), newest first."""
    query = sa.select(*_SHOWN).where(_TABLE.c.reference == reference)
    query = query.order_by(_TABLE.c.created_at.desc(), _TABLE.c.id.desc()).limit(limit)
    return [DeliveryRow(*row) for row in db.session.execute(query)]


def counts_by_state() -> dict[str, int]:
    """How many deliveries are in each state, all states named."""
    query = sa.select(_TABLE.c.state, sa.func.count().label("number")).group_by(_TABLE.c.state).order_by(_TABLE.c.state)
    found = {row.state: row.number for row in db.session.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def check_message(message: Message) -> None:
    """Raises ValueError for a message that could not travel or does not fit its row."""
    check_recipient(message.recipient)
    check_subject(message.subject)
    for name, longest in _LONGEST.items():
        value = getattr(message, name)
        if not 0 < len(value) <= longest or not value.isprintable():
            raise UnfitMessageError(f"{name} should be 1 to {longest} printable characters")
    if any("\0" in part for part in (message.text, message.html or "")):
        raise UnfitMessageError("the text holds a NUL character")
