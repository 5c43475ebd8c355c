"""The code in an entity's letter. A stand-in with the agreed names until the room of sign-in brings its own."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection
from typing import Protocol

import sqlalchemy as sa

from app.accounts.models import ActivationCode
from app.config import settings
from app.extensions import db


class AnEdition(Protocol):
    """What of an edition a code needs."""

    @property
    def id(self) -> int: ...


def issue_code(edition: AnEdition, entity_id: int, now: dt.datetime) -> str:
    """The code of this entity, the same again while it is neither used nor ended. Flushes only."""
    return codes_for(edition, (entity_id,), now)[entity_id]


def codes_for(edition: AnEdition, entity_ids: Collection[int], now: dt.datetime) -> dict[int, str]:
    """The codes of many. Flushes only."""
    known = sa.select(ActivationCode.entity_id, ActivationCode.serial).where(
        ActivationCode.edition_id == edition.id, ActivationCode.entity_id.in_(entity_ids)
    )
    serials = {row.entity_id: row.serial for row in db.session.execute(known.order_by(ActivationCode.entity_id))}
    new = [
        {"edition_id": edition.id, "entity_id": entity_id, "serial": 1, "issued_at": now}
        for entity_id in entity_ids
        if entity_id not in serials
    ]
    if new:
        db.session.execute(sa.insert(ActivationCode), new)
    return {entity_id: _code(edition.id, entity_id, serials.get(entity_id, 1)) for entity_id in entity_ids}


def format_code(digits: str) -> str:
    """Sixteen digits in groups of four."""
    plain = "".join(digits.split())
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _code(edition_id: int, entity_id: int, serial: int) -> str:
    text = f"activation-code|{edition_id}|{entity_id}|{serial}".encode()
    number = int.from_bytes(hmac.digest(settings().secret_key.encode(), text, hashlib.sha256)) % 10**14
    return format_code(f"{number:014d}{98 - number * 100 % 97:02d}")
