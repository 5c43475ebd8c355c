"""Associations as they are on a day: whom a lead answers for, and who leads an entity's associations.

Not for: what leads and members have said in an edition (`responses.coverage`), or changing memberships (`imports`).
Holds always: reads only; in place of a member or lead that has ended stands its successor; a municipality that leads is
normally a member too and is then among the members.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db, table_of
from app.registry.entities import EntityRow, find_by_ids
from app.registry.folding import fold
from app.registry.models import ASSOCIATION_KINDS, Association, Membership
from app.registry.successors import Succession, read_succession

KINDS = ASSOCIATION_KINDS  # for rooms that list them
association_table = table_of(Association)  # for rooms that join them in a query of their own; they read, and never write
membership_table = table_of(Membership)


@dataclass(frozen=True, slots=True)
class LeadRow:
    """Who leads one of an entity's associations. `entity_id`, `code`, `label`: the lead's."""

    entity_id: int
    code: str
    label: str
    association_name: str
    association_kind: str


@dataclass(frozen=True, slots=True)
class AssociationRow:
    """An association in force, with its lead and its members by name. `lead` is None while nobody leads it."""

    code: str
    kind: str
    name: str
    lead: EntityRow | None
    members: tuple[EntityRow, ...]


def association_rows(
    on: dt.date, *, lead_ids: Collection[int] | None = None, member_ids: Collection[int] | None = None
) -> list[AssociationRow]:
    """The associations in force on a day, by name and code; only those that one of `lead_ids` leads, or that have one of
    `member_ids` among their members, if given. Four queries, however many are asked for.
    """
    succession = read_succession()
    associations = _associations(on, succession, lead_ids, member_ids)
    members = _members(on, succession, [row.id for row in associations])
    leads = {row.id: None if row.lead_id is None else succession.standing_on(row.lead_id, on) for row in associations}
    named = {lead for lead in leads.values() if lead is not None}.union(*members.values())
    entities = {entity.id: entity for entity in find_by_ids(named)}
    rows = []
    for row in associations:
        lead = leads[row.id]
        is_asked = lead_ids is None or lead in lead_ids
        if not is_asked or not (member_ids is None or not members[row.id].isdisjoint(member_ids)):
            continue  # found by a predecessor's row, whose place somebody else had taken on that day
        own = sorted((entities[member] for member in members[row.id]), key=_by_name)
        rows.append(AssociationRow(row.code, row.kind, row.name, None if lead is None else entities[lead], tuple(own)))
    return rows


def members_of(lead_id: int, on: dt.date) -> list[EntityRow]:
    """The members in force of all associations that this entity leads, each once, by name."""
    members = {member.id: member for row in association_rows(on, lead_ids=[lead_id]) for member in row.members}
    return sorted(members.values(), key=_by_name)


def leads_of(member_id: int, on: dt.date) -> list[LeadRow]:
    """Who leads the associations that this entity is a member of, by the association's name; never the entity itself."""
    return [
        LeadRow(row.lead.id, row.lead.code, row.lead.label, row.name, row.kind)
        for row in association_rows(on, member_ids=[member_id])
        if row.lead is not None and row.lead.id != member_id
    ]


def leads_by_member(on: dt.date) -> dict[int, set[int]]:
    """Member's id → the ids of who leads its associations on a day, itself among them where it leads one. Three queries."""
    succession = read_succession()
    associations = _associations(on, succession, None, None)
    leads = {row.id: None if row.lead_id is None else succession.standing_on(row.lead_id, on) for row in associations}
    found: dict[int, set[int]] = {}
    for association_id, members in _members(on, succession, leads).items():
        lead = leads[association_id]
        if lead is not None:
            for member in members:
                found.setdefault(member, set()).add(lead)
    return found


def _associations(
    on: dt.date, succession: Succession, lead_ids: Collection[int] | None, member_ids: Collection[int] | None
) -> Sequence[sa.Row[int, str, str, str, int | None]]:
    query = sa.select(Association.id, Association.code, Association.kind, Association.name, Association.lead_id)
    query = query.where(*_in_force(Association, on))
    if lead_ids is not None:
        query = query.where(Association.lead_id.in_({*lead_ids, *succession.predecessors(lead_ids)}))
    if member_ids is not None:
        own = sa.select(Membership.association_id).where(*_in_force(Membership, on))
        query = query.where(
            Association.id.in_(own.where(Membership.entity_id.in_({*member_ids, *succession.predecessors(member_ids)})))
        )
    return db.session.execute(query.order_by(Association.name, Association.code)).all()


def _members(on: dt.date, succession: Succession, association_ids: Collection[int]) -> dict[int, set[int]]:
    members: dict[int, set[int]] = {association_id: set() for association_id in association_ids}
    query = sa.select(Membership.association_id, Membership.entity_id).where(*_in_force(Membership, on))
    query = query.where(Membership.association_id.in_(members)).order_by(Membership.association_id, Membership.entity_id)
    for association_id, entity_id in db.session.execute(query):
        standing = succession.standing_on(entity_id, on)
        if standing is not None:
            members[association_id].add(standing)
    return members


def _in_force(table: type[Association] | type[Membership], on: dt.date) -> tuple[sa.ColumnElement[bool], ...]:
    begun = sa.or_(table.valid_from.is_(None), table.valid_from <= on)
    return begun, sa.or_(table.valid_to.is_(None), table.valid_to > on)


def _by_name(entity: EntityRow) -> tuple[str, str]:
    return fold(entity.name), entity.code
