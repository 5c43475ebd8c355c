"""Addresses that get no reminders: a person's own, registered among an entity's others, whom the desk leaves out.

Not for: the offices, which are always reminded, or people who fill in (`app.accounts.reminded`).
Holds always: only an address with the purpose "other" can be left out; each deed leaves its entry, which names no address.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db
from app.registry.addresses import UnknownAddressError
from app.registry.models import ContactAddress, Entity

MAY_BE_LEFT_OUT: Final = "other"


def remind_address(entity_id: int, address_id: int, *, wanted: bool, actor: str, now: dt.datetime) -> bool:
    """Send reminders to an address, or none; whether that is new. Commits. Raises `UnknownAddressError` for one that is none of
    the entity's, or an office's."""
    own = (ContactAddress.id == address_id, ContactAddress.entity_id == entity_id, ContactAddress.ended_at.is_(None))
    query = sa.select(ContactAddress.no_reminders_at, Entity.code).join(Entity, Entity.id == ContactAddress.entity_id)
    query = query.where(*own, ContactAddress.purpose == MAY_BE_LEFT_OUT)
    row = db.session.execute(query.with_for_update(of=ContactAddress)).one_or_none()
    if row is None:
        db.session.rollback()
        raise UnknownAddressError(address_id)
    if (row.no_reminders_at is None) == wanted:
        db.session.rollback()
        return False
    db.session.execute(sa.update(ContactAddress).where(*own).values(no_reminders_at=None if wanted else now))
    action = "address_reminders_resumed" if wanted else "address_reminders_stopped"
    record(action, actor=actor, subject=f"entity:{row.code}", detail={"address": address_id}, now=now)
    db.session.commit()
    return True


def remind_everywhere(email: str, *, wanted: bool, actor: str, now: dt.datetime) -> int:
    """The same for a person's own address in every entity that has it among its others; how many changed. Flushes only."""
    other = ContactAddress.no_reminders_at.is_not(None) if wanted else ContactAddress.no_reminders_at.is_(None)
    own = (ContactAddress.email == email.lower(), ContactAddress.purpose == MAY_BE_LEFT_OUT, ContactAddress.ended_at.is_(None))
    query = sa.select(ContactAddress.id, Entity.code).join(Entity, Entity.id == ContactAddress.entity_id).where(*own, other)
    rows = db.session.execute(query.order_by(ContactAddress.id).with_for_update(of=ContactAddress)).all()
    action = "address_reminders_resumed" if wanted else "address_reminders_stopped"
    for row in rows:
        mine = sa.update(ContactAddress).where(ContactAddress.id == row.id)
        db.session.execute(mine.values(no_reminders_at=None if wanted else now))
        record(action, actor=actor, subject=f"entity:{row.code}", detail={"address": row.id}, now=now)
    return len(rows)
