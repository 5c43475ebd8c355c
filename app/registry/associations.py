"""Who leads whom. A stand-in with the agreed names until the registry's own is here."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import EntityRow, find_by_id
from app.registry.models import Association, Membership


def members_of(lead_id: int, on: dt.date) -> list[EntityRow]:
    """The members in force of every association that this entity leads, by name."""
    query = (
        sa.select(Membership.entity_id)
        .join(Association, Association.id == Membership.association_id)
        .where(Association.lead_id == lead_id, _in_force(Membership, on), _in_force(Association, on))
        .order_by(Membership.entity_id)
        .distinct()
    )
    found = [find_by_id(entity_id) for entity_id in db.session.execute(query).scalars()]
    return sorted((row for row in found if row is not None), key=lambda row: row.name)


def lead_ids(on: dt.date) -> frozenset[int]:
    """Whoever leads an association in force."""
    query = sa.select(Association.lead_id).where(Association.lead_id.is_not(None), _in_force(Association, on))
    return frozenset(lead for lead in db.session.execute(query.order_by(Association.id)).scalars() if lead is not None)


def _in_force(table: type[Association] | type[Membership], on: dt.date) -> sa.ColumnElement[bool]:
    begun = sa.or_(table.valid_from.is_(None), table.valid_from <= on)
    return sa.and_(begun, sa.or_(table.valid_to.is_(None), table.valid_to > on))
