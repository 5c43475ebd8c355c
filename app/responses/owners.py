"""Whose a response is, for whoever has its number from the audit record, and which numbers are an entity's.

Not for: what a response holds (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import entity_table, label
from app.responses.tables import response_table

_ENTITY, _RESPONSE = entity_table.c, response_table.c


@dataclass(frozen=True, slots=True)
class Owner:
    """An entity that answered."""

    code: str
    label: str


def owners_of(response_ids: Collection[int]) -> dict[int, Owner]:
    """Response's id → its entity, in one query."""
    if not response_ids:
        return {}
    query = sa.select(_RESPONSE.id, _ENTITY.code, _ENTITY.name, _ENTITY.province_sign)
    query = query.join(entity_table, _ENTITY.id == _RESPONSE.entity_id).where(_RESPONSE.id.in_(response_ids))
    rows = db.session.execute(query.order_by(_RESPONSE.id))
    return {row.id: Owner(row.code, label(row.name, row.province_sign)) for row in rows}


def response_ids_of(entity_code: str) -> list[int]:
    """The responses of an entity, of all editions."""
    query = sa.select(_RESPONSE.id).join(entity_table, _ENTITY.id == _RESPONSE.entity_id)
    return list(db.session.execute(query.where(_ENTITY.code == entity_code).order_by(_RESPONSE.id)).scalars())
