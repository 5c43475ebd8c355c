"""Who leads and who belongs: the members of the associations that an entity leads, and the leads of a member.

Not for: who answers for whom in an edition.
Holds always: reads only; what is told holds on the day that is named.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import EntityRow, find_by_id, label
from app.registry.models import Association, Entity, Membership


@dataclass(frozen=True, slots=True)
class LeadRow:
    """Who leads one of a member's associations."""

    entity_id: int
    code: str
    label: str
    association_name: str
    association_kind: str


def members_of(lead_id: int, on: dt.date) -> list[EntityRow]:
    """The members of the associations that this entity leads, by name."""
    query = (
        sa.select(Entity.id)
        .join(Membership, Membership.entity_id == Entity.id)
        .join(Association, Association.id == Membership.association_id)
        .where(Association.lead_id == lead_id, Entity.valid_to.is_(None))
        .order_by(Entity.name, Entity.code)
    )
    return [row for one in dict.fromkeys(db.session.execute(query).scalars()) if (row := find_by_id(one))]


def leads_of(member_id: int, on: dt.date) -> list[LeadRow]:
    """Who leads the associations of this member, by name."""
    query = (
        sa.select(Entity.id, Entity.code, Entity.name, Entity.province_sign, Association.name, Association.kind)
        .select_from(Membership)
        .join(Association, Association.id == Membership.association_id)
        .join(Entity, Entity.id == Association.lead_id)
        .where(Membership.entity_id == member_id)
        .order_by(Entity.name, Entity.code)
    )
    return [LeadRow(row[0], row[1], label(row[2], row[3]), row[4], row[5]) for row in db.session.execute(query)]
