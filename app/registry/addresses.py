"""The e-mail addresses of an entity's offices: which there are, and changes that wait.

Not for: which message goes to which (`recipients.py`), sending (`mail`) or bringing many in at once (`imports`).
Holds always: an address is stored in small letters, and ended rather than deleted; what an entity proposes holds only once
somebody has confirmed it; the audit tells of ids and purposes, never of an address.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from app.audit.chain import Scalar, record
from app.extensions import db, table_of
from app.registry.entities import label
from app.registry.models import PURPOSES, AddressChange, ContactAddress, Entity

LONGEST_EMAIL = 254
MOST_WAITING = 20
address_table = table_of(ContactAddress)  # for rooms that join it in a query of their own; they read, and never write


class UnfitAddressError(ValueError):
    """What was written is not an e-mail address that mail can be sent to."""


class UnknownPurposeError(ValueError):
    """A purpose that is none of `PURPOSES`."""


class AlreadyRegisteredError(Exception):
    """The entity has this address for this purpose already."""


class UnknownAddressError(Exception):
    """No address in use of this entity has this id."""


class UnknownChangeError(Exception):
    """No change that waits has this id: it never was, or somebody has decided it."""


class TooManyChangesError(Exception):
    """So many changes of this entity wait that another cannot be proposed."""


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address in use. `source`: who told us (csv, ipa, entity, desk); `no_reminders_at`: since when it gets no reminder."""

    id: int
    purpose: str
    email: str
    source: str
    created_at: dt.datetime
    no_reminders_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change that waits for somebody's word. An empty `email` ends `replaces_email`; without the latter it is an addition."""

    id: int
    entity_id: int
    entity_code: str
    entity_label: str
    purpose: str
    email: str
    replaces_id: int | None
    replaces_email: str | None
    proposed_by: str
    proposed_at: dt.datetime


def purpose_label(purpose: str) -> str:
    """How a person reads a purpose."""
    return purpose_labels()[purpose]


def purpose_labels() -> dict[str, str]:
    """Every purpose with how a person reads it, in the order of `PURPOSES`."""
    return {
        "pec": _("posta elettronica certificata (PEC)"),
        "registry_office": _("ufficio protocollo"),
        "mayor": _("ufficio del sindaco"),
        "social_services": _("servizi sociali"),
        "other": _("altro ufficio"),
    }


def read_email(text: str) -> str:
    """An e-mail address as it is stored. Raises `UnfitAddressError`. Whether somebody reads it is not asked."""
    written = text.strip()
    try:
        validated = validate_email(written, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise UnfitAddressError(str(error)) from error
    email = str(validated.normalized).lower()
    if len(email) > LONGEST_EMAIL:
        raise UnfitAddressError(f"an address has at most {LONGEST_EMAIL} characters")
    return email


def masked(email: str) -> str:
    """An address as it may be shown to whoever has not signed in: "se***@comune.firenze.it"."""
    local, at, domain = email.rpartition("@")
    return f"{local[:2] if len(local) > 2 else local[:1]}***{at}{domain}"


def addresses_of(entity_id: int) -> list[AddressRow]:
    """The addresses in use of an entity, by purpose in the order of `PURPOSES`, then by address."""
    row = ContactAddress
    query = sa.select(row.id, row.purpose, row.email, row.source, row.created_at, row.no_reminders_at).where(
        ContactAddress.entity_id == entity_id, ContactAddress.ended_at.is_(None)
    )
    rows = [AddressRow(*row) for row in db.session.execute(query.order_by(ContactAddress.email, ContactAddress.id))]
    return sorted(rows, key=lambda row: PURPOSES.index(row.purpose))


def add_address(entity_id: int, *, purpose: str, email: str, source: str, actor: str, now: dt.datetime) -> int:
    """Register an address; its id. Raises `UnknownPurposeError`, `UnfitAddressError` or `AlreadyRegisteredError`."""
    address = fit_address(purpose, email)
    code = hold_addresses(entity_id)
    if live_id(entity_id, purpose, address) is not None:
        db.session.rollback()
        raise AlreadyRegisteredError
    added = insert_address(entity_id, purpose, address, source, now)
    detail: dict[str, Scalar] = {"address": added, "purpose": purpose, "source": source}
    record("address_added", actor=actor, subject=f"entity:{code}", detail=detail, now=now)
    db.session.commit()
    return added


def end_address(entity_id: int, address_id: int, *, actor: str, now: dt.datetime) -> None:
    """Use an address no longer. Raises `UnknownAddressError`."""
    code = hold_addresses(entity_id)
    if not end_live(entity_id, address_id, now):
        db.session.rollback()
        raise UnknownAddressError
    record("address_ended", actor=actor, subject=f"entity:{code}", detail={"address": address_id}, now=now)
    db.session.commit()


def propose_change(
    entity_id: int, *, purpose: str, email: str, replaces_id: int | None, proposed_by: str, now: dt.datetime
) -> int:
    """Ask for another address, in place of `replaces_id` or beside the others; an empty `email` asks to end `replaces_id`.

    The id of the change, the same again for a proposal that waits already. Raises `UnknownPurposeError`,
    `UnfitAddressError`, `AlreadyRegisteredError`, `UnknownAddressError` or `TooManyChangesError`.
    """
    address = fit_address(purpose, email) if email.strip() or replaces_id is None else ""
    code = hold_addresses(entity_id)
    _refuse_proposal(entity_id, purpose, address, replaces_id)
    waiting = waiting_changes(entity_id)
    for change in waiting:
        if (change.purpose, change.email, change.replaces_id) == (purpose, address, replaces_id):
            db.session.rollback()
            return change.id
    if len(waiting) >= MOST_WAITING:
        db.session.rollback()
        raise TooManyChangesError
    values = {"entity_id": entity_id, "replaces_id": replaces_id, "purpose": purpose, "email": address}
    insert = sa.insert(AddressChange).values(**values, proposed_by=proposed_by, proposed_at=now).returning(AddressChange.id)
    change_id = db.session.execute(insert).scalar_one()
    detail: dict[str, Scalar] = {"change": change_id, "purpose": purpose, "replaces": replaces_id}
    record("address_change_proposed", actor=proposed_by, subject=f"entity:{code}", detail=detail, now=now)
    db.session.commit()
    return change_id


def waiting_changes(
    entity_id: int | None = None, *, change_id: int | None = None, limit: int | None = None, offset: int = 0
) -> list[ChangeRow]:
    """The changes that wait, the oldest first: of one entity, or of all; or only the one with this id."""
    query = (
        sa.select(*_CHANGE_COLUMNS)
        .join(Entity, Entity.id == AddressChange.entity_id)
        .outerjoin(ContactAddress, ContactAddress.id == AddressChange.replaces_id)
        .where(AddressChange.outcome.is_(None))
        .order_by(AddressChange.proposed_at, AddressChange.id)
    )
    if entity_id is not None:
        query = query.where(AddressChange.entity_id == entity_id)
    if change_id is not None:
        query = query.where(AddressChange.id == change_id)
    query = query.limit(limit).offset(offset or None)
    return [_change_row(row) for row in db.session.execute(query)]


def select_waiting_changes() -> sa.Select[int]:
    """The id of its entity for each change that waits, for a query of another room."""
    return sa.select(AddressChange.entity_id).where(AddressChange.outcome.is_(None))


def decide_change(change_id: int, *, agrees: bool, decided_by: str, now: dt.datetime) -> ChangeRow:
    """Confirm or refuse a change that waits, and give it; confirmed, it holds at once. Raises `UnknownChangeError`."""
    change = settle_change(change_id, agrees=agrees, decided_by=decided_by, now=now)
    db.session.commit()
    return change


def settle_change(change_id: int, *, agrees: bool, decided_by: str, now: dt.datetime) -> ChangeRow:
    """As `decide_change`, within its caller's transaction. Flushes only."""
    change = _take_waiting(change_id)
    if agrees:
        if change.replaces_id is not None:
            end_live(change.entity_id, change.replaces_id, now)
        if change.email and live_id(change.entity_id, change.purpose, change.email) is None:
            insert_address(change.entity_id, change.purpose, change.email, "entity", now)
    _close(change, "confirmed" if agrees else "refused", decided_by, now)
    return _change_row(change)


def withdraw_change(entity_id: int, change_id: int, now: dt.datetime, *, actor: str = "") -> None:
    """The entity takes its own proposal back. Raises `UnknownChangeError`, also for another entity's."""
    change = _take_waiting(change_id)
    if change.entity_id != entity_id:
        db.session.rollback()
        raise UnknownChangeError
    _close(change, "withdrawn", actor or change.proposed_by, now)
    db.session.commit()


_CHANGE_COLUMNS = (
    AddressChange.id,
    AddressChange.entity_id,
    AddressChange.purpose,
    AddressChange.email,
    AddressChange.replaces_id,
    AddressChange.proposed_by,
    AddressChange.proposed_at,
    Entity.code,
    Entity.name,
    Entity.province_sign,
    ContactAddress.email.label("replaces_email"),
)


def _change_row(row: sa.Row[*tuple[Any, ...]]) -> ChangeRow:
    return ChangeRow(
        id=row.id,
        entity_id=row.entity_id,
        entity_code=row.code,
        entity_label=label(row.name, row.province_sign),
        purpose=row.purpose,
        email=row.email,
        replaces_id=row.replaces_id,
        replaces_email=row.replaces_email,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
    )


def fit_address(purpose: str, email: str) -> str:
    """The address as it is stored. Raises `UnknownPurposeError` or `UnfitAddressError`."""
    if purpose not in PURPOSES:
        raise UnknownPurposeError(purpose)
    return read_email(email)


def hold_addresses(entity_id: int) -> str:
    """The entity's code; its row is held, so that of two who write the same address at once the second finds the first's."""
    held = sa.select(Entity.code).where(Entity.id == entity_id).with_for_update(key_share=True)
    return db.session.execute(held).scalar_one()


def live_id(entity_id: int, purpose: str, email: str) -> int | None:
    """The id of this address of the entity, while it is in use."""
    query = sa.select(ContactAddress.id).where(
        ContactAddress.entity_id == entity_id,
        ContactAddress.purpose == purpose,
        ContactAddress.email == email,
        ContactAddress.ended_at.is_(None),
    )
    return db.session.execute(query.order_by(ContactAddress.id).limit(1)).scalar_one_or_none()


def insert_address(entity_id: int, purpose: str, email: str, source: str, now: dt.datetime) -> int:
    """A new address in use; its id. Flushes only."""
    values = {"entity_id": entity_id, "purpose": purpose, "email": email, "source": source, "created_at": now}
    return db.session.execute(sa.insert(ContactAddress).values(**values).returning(ContactAddress.id)).scalar_one()


def end_live(entity_id: int, address_id: int, now: dt.datetime) -> bool:
    """Use an address of the entity no longer, and say whether it was in use until now. Flushes only."""
    live = (ContactAddress.id == address_id, ContactAddress.entity_id == entity_id, ContactAddress.ended_at.is_(None))
    ended = db.session.execute(sa.update(ContactAddress).where(*live).values(ended_at=now).returning(ContactAddress.id))
    return ended.scalar_one_or_none() is not None


def _refuse_proposal(entity_id: int, purpose: str, address: str, replaces_id: int | None) -> None:
    if replaces_id is not None and all(row.id != replaces_id for row in addresses_of(entity_id)):
        db.session.rollback()
        raise UnknownAddressError
    if address and live_id(entity_id, purpose, address) is not None:
        db.session.rollback()
        raise AlreadyRegisteredError


def _take_waiting(change_id: int) -> sa.Row[*tuple[Any, ...]]:
    """The change, held until the transaction ends, with its entity's code."""
    entity_id = db.session.execute(sa.select(AddressChange.entity_id).where(AddressChange.id == change_id)).scalar_one_or_none()
    if entity_id is not None:
        hold_addresses(entity_id)
    query = sa.select(*_CHANGE_COLUMNS).join(Entity, Entity.id == AddressChange.entity_id)
    query = query.outerjoin(ContactAddress, ContactAddress.id == AddressChange.replaces_id)
    waiting = query.where(AddressChange.id == change_id, AddressChange.outcome.is_(None))
    change = db.session.execute(waiting).one_or_none()
    if change is None:
        db.session.rollback()
        raise UnknownChangeError
    return change


def _close(change: sa.Row[*tuple[Any, ...]], outcome: str, decided_by: str, now: dt.datetime) -> None:
    closed = sa.update(AddressChange).where(AddressChange.id == change.id)
    db.session.execute(closed.values(outcome=outcome, decided_by=decided_by, decided_at=now))
    detail = {"change": change.id, "outcome": outcome}
    record("address_change_decided", actor=decided_by, subject=f"entity:{change.code}", detail=detail, now=now)
