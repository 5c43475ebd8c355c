"""Who gets what by e-mail. A stand-in with the agreed names until the registry's own is here."""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import db
from app.registry.models import ContactAddress


def recipients_of(entity_id: int, message: str) -> list[str]:
    """The live addresses of the entity for this kind of message, in order."""
    query = sa.select(ContactAddress.email).where(ContactAddress.entity_id == entity_id, ContactAddress.ended_at.is_(None))
    return list(db.session.execute(query.order_by(ContactAddress.id)).scalars())


def masked(email: str) -> str:
    """`se***@comune.firenze.it`."""
    name, _, host = email.partition("@")
    return f"{name[:2]}***@{host}"
