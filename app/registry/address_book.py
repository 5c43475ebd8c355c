"""What the desk does to an entity's addresses: add one, put another in its place, end one; and what became of earlier ones.

Not for: what entities propose (`addresses.py`), or telling anybody (`app.accounts.address_notices`).
Holds always: flushes only, for the caller tells the old addresses in the same transaction; an address that was used before
comes back as a new row, so that the history says when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.among import among
from app.extensions import db, table_of
from app.registry.address_holds import HoldRow, close_hold
from app.registry.addresses import (
    AlreadyRegisteredError,
    UnknownAddressError,
    end_live,
    fit_address,
    hold_addresses,
    insert_address,
    live_id,
)
from app.registry.models import AddressChange, ContactAddress, Entity


@dataclass(frozen=True, slots=True)
class AppliedChange:
    """A change that holds from now on: what was added and what was ended, each with its id, empty where nothing was."""

    entity_code: str
    purpose: str
    added_id: int | None
    added: str
    ended_id: int | None
    ended: str


@dataclass(frozen=True, slots=True)
class EndedAddress:
    """An address that is no longer used. `again`: the same one is in use for the same office today."""

    id: int
    purpose: str
    email: str
    source: str
    created_at: dt.datetime
    ended_at: dt.datetime
    again: bool


def emails_for_reminders(entity_ids: Collection[int]) -> dict[int, set[str]]:
    """Of each of these entities, its addresses in use to which a reminder may go."""
    query = sa.select(ContactAddress.entity_id, ContactAddress.email)
    used = (ContactAddress.ended_at.is_(None), ContactAddress.no_reminders_at.is_(None))
    query = query.where(among(table_of(ContactAddress).c.entity_id, entity_ids), *used)
    found: dict[int, set[str]] = {entity_id: set() for entity_id in entity_ids}
    for row in db.session.execute(query.order_by(ContactAddress.id)):
        found[row.entity_id].add(row.email)
    return found


def apply_change(entity_id: int, *, ends: int | None, purpose: str, email: str, source: str, now: dt.datetime) -> AppliedChange:
    """Add `email`; or put it in the place of the address `ends`; or, where it is empty, end that one. Flushes only.

    Raises `UnknownPurposeError`, `UnfitAddressError`, `UnknownAddressError` or `AlreadyRegisteredError`; nothing changes then.
    """
    address = fit_address(purpose, email) if email.strip() or ends is None else ""
    code = hold_addresses(entity_id)
    ended = "" if ends is None else _live_email(entity_id, ends)
    if address and live_id(entity_id, purpose, address) is not None:
        db.session.rollback()
        raise AlreadyRegisteredError
    if ends is not None:
        end_live(entity_id, ends, now)
    added_id = insert_address(entity_id, purpose, address, source, now) if address else None
    return AppliedChange(code, purpose, added_id, address, ends, ended)


def undo_change(hold: HoldRow, *, stopped_by: str, now: dt.datetime) -> int | None:
    """Stop a held change: end the new address, use the one before it again, and give its id where there was one. Flushes only.

    Raises `UnknownAddressError` where it was stopped already or holds by now.
    """
    hold_addresses(hold.entity_id)
    if not close_hold(hold.added_id, stopped_by=stopped_by, now=now):
        db.session.rollback()
        raise UnknownAddressError
    end_live(hold.entity_id, hold.added_id, now)
    if hold.replaced is None or hold.replaced_id is None:
        return None
    before = db.session.execute(sa.select(ContactAddress.purpose).where(ContactAddress.id == hold.replaced_id)).scalar_one()
    known = live_id(hold.entity_id, before, hold.replaced)
    return insert_address(hold.entity_id, before, hold.replaced, "desk", now) if known is None else known


def ended_addresses(entity_id: int) -> list[EndedAddress]:
    """The addresses of an entity that are no longer used, those ended last first."""
    used = ContactAddress.__table__.alias("used")
    again = sa.exists().where(
        used.c.entity_id == ContactAddress.entity_id,
        used.c.purpose == ContactAddress.purpose,
        used.c.email == ContactAddress.email,
        used.c.ended_at.is_(None),
    )
    row = ContactAddress
    columns: list[sa.ColumnElement[Any] | Any] = [row.id, row.purpose, row.email, row.source, row.created_at, row.ended_at]
    query = sa.select(*columns, again.label("again")).where(row.entity_id == entity_id, row.ended_at.is_not(None))
    found: Any = db.session.execute(query.order_by(row.ended_at.desc(), row.id.desc()))
    return [EndedAddress(*one) for one in found]


def entities_with(emails: Collection[str]) -> dict[str, int]:
    """Address in lower case → an entity that uses it; without those that nobody uses."""
    email = sa.func.lower(ContactAddress.email).label("email")
    used = sa.and_(email.in_([one.lower() for one in emails]), ContactAddress.ended_at.is_(None))
    query = sa.select(email, ContactAddress.entity_id).where(used).order_by(ContactAddress.id.desc())
    return {row.email: row.entity_id for row in db.session.execute(query)} if emails else {}


def count_waiting_changes() -> int:
    """How many proposals of entities wait for the desk's word."""
    query = sa.select(sa.func.count(AddressChange.id)).join(Entity, Entity.id == AddressChange.entity_id)
    return db.session.execute(query.where(AddressChange.outcome.is_(None))).scalar_one()


def _live_email(entity_id: int, address_id: int) -> str:
    live = (ContactAddress.id == address_id, ContactAddress.entity_id == entity_id, ContactAddress.ended_at.is_(None))
    email = db.session.execute(sa.select(ContactAddress.email).where(*live)).scalar_one_or_none()
    if email is None:
        db.session.rollback()
        raise UnknownAddressError
    return email
