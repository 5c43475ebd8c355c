"""The outbox as these tests need it: addresses to send to, and what would arrive once each message is claimed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import operator_messages, second_step
from app.accounts.messages import HOOKS as LINK_HOOKS
from app.extensions import db
from app.mail.models import Delivery
from app.registry.models import ContactAddress
from app.responses import telephone_messages
from tests.accounts.few import BASE_URL, entity

HOOKS = {**LINK_HOOKS, **operator_messages.HOOKS, **second_step.HOOKS, **telephone_messages.HOOKS}
OFFICE = "protocollo@comune.example.org"
MASKED = "pr***@comune.example.org"


@dataclass(frozen=True)
class Arrived:
    kind: str
    recipient: str
    subject: str
    text: str
    html: str
    reason: str | None

    @property
    def path(self) -> str:
        """The path of the link."""
        found = re.search(rf"^{BASE_URL}(/\S+)$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]

    @property
    def digits(self) -> str:
        """The code of a second step."""
        found = re.search(r"^(\d{6})$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]

    @property
    def token(self) -> str:
        return self.path.rpartition("/")[2]


def register(code: str, email: str = OFFICE, purpose: str = "registry_office") -> None:
    """Give the entity an address."""
    values = {"entity_id": entity(code).id, "purpose": purpose, "email": email, "source": "test"}
    db.session.execute(sa.insert(ContactAddress).values(**values, created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    db.session.commit()


def queued() -> list[Delivery]:
    return list(db.session.execute(sa.select(Delivery).order_by(Delivery.id)).scalars())


def claim(now: dt.datetime) -> list[Arrived]:
    """Each message of this room that waits, as its hook lets it go; without its links made where it is not wanted any more."""
    arrived = []
    for delivery in queued():
        if delivery.state != "queued" or delivery.kind not in HOOKS:
            continue
        hook = HOOKS[delivery.kind]
        reason = hook.wanted(delivery, now)
        filled = hook.fill(delivery, now) if reason is None else delivery
        arrived.append(Arrived(delivery.kind, delivery.recipient, filled.subject, filled.text, filled.html or "", reason))
        delivery.state = "accepted" if reason is None else "cancelled"
    db.session.commit()
    return arrived
