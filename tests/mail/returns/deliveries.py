"""Deliveries that were sent, for what comes back about them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.config import settings
from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import Message, queue_message
from app.mail.returns.addresses import return_path
from tests.mail.returns.writing import About

RETURN_SETTINGS = {
    "mail_return_address": "ritorni@questionario.example",
    "smtp_sender": "rilevazione@questionario.example",
    "mail_reply_to": "segreteria@questionario.example",
    "base_url": "https://questionario.example",
}


def sent(number: int, now: dt.datetime, *, state: str = "accepted", kind: str = "reminder", recipient: str = "") -> About:
    """A delivery in a state, to an address of its own, as a returned message would speak of it. Commits."""
    to = recipient or f"ufficio{number}@example.org"
    reference, key = f"entity:{number}", f"{kind}/{number}"
    told = Message(kind, reference, to, "it", "Promemoria", "Testo", key)
    queue_message(told, now)
    row = db.session.execute(sa.select(Delivery.id, Delivery.message_id).where(Delivery.dedupe_key == key)).one()
    db.session.execute(sa.update(Delivery).where(Delivery.id == row.id).values(state=state, claim_token="a" * 32))
    db.session.commit()
    return About(to, str(row.message_id), return_path(settings(), row.id), row.id)


def state_of(about: About) -> str:
    db.session.rollback()
    return str(db.session.execute(sa.select(Delivery.state).where(Delivery.id == about.number)).scalar_one())
