"""Where an entity has signed in before: its devices and networks. They are counted apart when passwords are tried, and a
device remembers who filled in last.

Not for: signing anybody in; a known device still needs the password.
Holds always: a device's id is 256 random bits in a cookie, new at each sign-in, so that one planted in somebody's browser is
worth nothing after it; only hashes are stored, an address's under the installation's secret.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import KnownPlace
from app.accounts.tokens import has_token_shape, keyed_hash, new_token, token_hash
from app.extensions import db

KEPT = dt.timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Place:
    """From where somebody tries to sign in. `device_hash` is None without a cookie of ours."""

    device_hash: str | None
    network: str

    @property
    def network_hash(self) -> str:
        """The network as the table knows it."""
        return keyed_hash("place|" + self.network)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a place at one entity. `operator_id`: who filled in last on that device."""

    device: bool
    network: bool
    operator_id: int | None


def place_of(device_token: str | None, network: str) -> Place:
    """The place of a request."""
    return Place(token_hash(device_token) if device_token and has_token_shape(device_token) else None, network)


def known_at(entity_id: int, place: Place, now: dt.datetime) -> Known:
    """Whether this device or network has signed in to this entity in the last 400 days."""
    hashes = [place.network_hash, *([place.device_hash] if place.device_hash else [])]
    query = sa.select(KnownPlace.place_hash, KnownPlace.operator_id).where(
        KnownPlace.entity_id == entity_id, KnownPlace.place_hash.in_(hashes), KnownPlace.last_used_at > now - KEPT
    )
    found = {row.place_hash: row.operator_id for row in db.session.execute(query)}
    return Known(place.device_hash in found, place.network_hash in found, found.get(place.device_hash or ""))


def remember_sign_in(entity_id: int, place: Place, now: dt.datetime) -> str:
    """Remember device and network for this entity and return the device's new id for the cookie. Flushes only."""
    token = new_token()
    if place.device_hash is not None:
        moved = sa.update(KnownPlace).where(KnownPlace.place_hash == place.device_hash)
        db.session.execute(moved.values(place_hash=token_hash(token)))
    for place_hash in (token_hash(token), place.network_hash):
        _touch(entity_id, place_hash, now)
    return token


def remember_operator(entity_id: int, device_token: str | None, operator_id: int) -> None:
    """Who fills in on this device, for the next time. A device that is not known to the entity stays so."""
    if device_token and has_token_shape(device_token):
        device = sa.and_(KnownPlace.place_hash == token_hash(device_token), KnownPlace.entity_id == entity_id)
        db.session.execute(sa.update(KnownPlace).where(device).values(operator_id=operator_id))
        db.session.commit()


def forget_places(entity_id: int) -> None:
    """Forget every device and network of the entity: from now on each is a stranger's. Flushes only."""
    db.session.execute(sa.delete(KnownPlace).where(KnownPlace.entity_id == entity_id))


def _touch(entity_id: int, place_hash: str, now: dt.datetime) -> None:
    row = sa.and_(KnownPlace.place_hash == place_hash, KnownPlace.entity_id == entity_id)
    touch = sa.update(KnownPlace).where(row).values(last_used_at=now).returning(KnownPlace.entity_id)
    if db.session.execute(touch).scalar_one_or_none() is not None:
        return
    fresh = sa.insert(KnownPlace).values(place_hash=place_hash, entity_id=entity_id, last_used_at=now)
    # Where another sign-in from the same network remembers it at this instant, one row is enough.
    with contextlib.suppress(IntegrityError), db.session.begin_nested():
        db.session.execute(fresh)
