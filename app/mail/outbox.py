"""Queueing messages. A stand-in with the agreed names until the mail room is here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.mail.models import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one address, as it is frozen when queued."""

    kind: str
    reference: str
    recipient: str
    language: str
    subject: str
    text: str
    html: str | None = None
    dedupe_key: str
    not_before: dt.datetime | None = None


def queue_message(message: Message, now: dt.datetime) -> bool:
    """Write it down, flushed only. False where its `dedupe_key` is known."""
    known = sa.select(Delivery.id).where(Delivery.dedupe_key == message.dedupe_key)
    if db.session.execute(known).scalar_one_or_none() is not None:
        return False
    values = {name: getattr(message, name) for name in Message.__slots__ if name != "not_before"}
    values |= {"not_before": message.not_before or now, "created_at": now, "changed_at": now}
    db.session.execute(sa.insert(Delivery).values(**values))
    return True
