"""New addresses that get no link yet: until then those who read before can stop the change.

Not for: whether a change is held, whom it is told, or stopping it (`app.accounts.address_stops`).
Holds always: an address that is held gets neither links to enter nor links for a password, wherever it is asked for; the one in
whose place it came gets them until then, unless it is held itself; everything else goes to the new one at once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.extensions import db, table_of
from app.registry.models import AddressHold, ContactAddress

_HOLD = table_of(AddressHold).c
_ADDRESS = table_of(ContactAddress).c
_REPLACED = table_of(ContactAddress).alias("replaced")


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A change that can still be stopped. `replaced`: the address in whose place `email` came, None for an addition."""

    entity_id: int
    added_id: int
    purpose: str
    email: str
    replaced_id: int | None
    replaced: str | None
    takes_effect_at: dt.datetime


def gets_links(now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition under which an address of `contact_address` gets links at this instant."""
    added = sa.select(_HOLD.added_id).where(*_open(now))
    replaced = sa.select(_HOLD.replaced_id).where(*_open(now), _HOLD.replaced_id.is_not(None))
    reads = sa.or_(_ADDRESS.ended_at.is_(None), _ADDRESS.id.in_(replaced))
    return sa.and_(reads, _ADDRESS.id.not_in(added))


def link_addresses(entity_id: int, now: dt.datetime) -> set[str]:
    """Every address to which a link of this entity may still go."""
    query = sa.select(_ADDRESS.email).where(_ADDRESS.entity_id == entity_id, gets_links(now)).order_by(_ADDRESS.email)
    return set(db.session.execute(query).scalars())


def add_hold(
    entity_id: int, *, added_id: int, replaced_id: int | None, token_hash: str, takes_effect_at: dt.datetime, now: dt.datetime
) -> None:
    """Let the address get no link before `takes_effect_at`. Flushes only."""
    values = {"entity_id": entity_id, "added_id": added_id, "replaced_id": replaced_id, "token_hash": token_hash}
    db.session.execute(sa.insert(AddressHold).values(**values, held_at=now, takes_effect_at=takes_effect_at))


def open_holds(now: dt.datetime, *, entity_id: int | None = None, token_hash: str | None = None) -> list[HoldRow]:
    """The changes that can still be stopped, of one entity or of one link, the first to take effect first."""
    address = _ADDRESS
    columns: list[Any] = [_HOLD.entity_id, _HOLD.added_id, address.purpose, address.email, _HOLD.replaced_id]
    columns += [_REPLACED.c.email.label("replaced"), _HOLD.takes_effect_at]
    query = sa.select(*columns).join_from(table_of(AddressHold), table_of(ContactAddress), address.id == _HOLD.added_id)
    query = query.outerjoin(_REPLACED, _REPLACED.c.id == _HOLD.replaced_id).where(*_open(now), address.ended_at.is_(None))
    if entity_id is not None:
        query = query.where(_HOLD.entity_id == entity_id)
    if token_hash is not None:
        query = query.where(_HOLD.token_hash == token_hash)
    rows: Any = db.session.execute(query.order_by(_HOLD.takes_effect_at, _HOLD.added_id))
    return [HoldRow(*row) for row in rows]


def reader_before(address_id: int, now: dt.datetime) -> int | None:
    """The address that reads for as long as this one is held: it itself where it is not; None where it was only added."""
    held = sa.select(_HOLD.replaced_id).where(_HOLD.added_id == address_id, *_open(now))
    row = db.session.execute(held).one_or_none()
    return address_id if row is None else row.replaced_id


def close_hold(added_id: int, *, stopped_by: str, now: dt.datetime) -> bool:
    """Note that the change was stopped, and say whether it was this call that did. Flushes only."""
    held = sa.update(AddressHold).where(_HOLD.added_id == added_id, *_open(now))
    stopped = held.values(stopped_at=now, stopped_by=stopped_by).returning(_HOLD.added_id)
    return db.session.execute(stopped).scalar_one_or_none() is not None


def _open(now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (_HOLD.stopped_at.is_(None), _HOLD.takes_effect_at > now)
