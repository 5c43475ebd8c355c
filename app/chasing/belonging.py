"""Which municipalities belong to which kind of association on a day, as a part of other queries.

Not for: who leads them (`app.registry.associations`).
Holds always: in place of a member that has ended stands its successor, as in the counts and in the rules of coverage.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from app.registry.associations import KINDS, association_table, membership_table
from app.responses.claims import DAY, ENDS

NO_ASSOCIATION: Final = "none"
ASSOCIATIONS: Final = (*KINDS, NO_ASSOCIATION)
"""What a filter may ask for."""


def select_belonging() -> sa.Select[Any]:
    """(kind of association, member's id), each pair once; the parameters are those of `app.responses.claims`."""
    association, membership = association_table.c, membership_table.c
    member = sa.func.coalesce(ENDS.c.successor, membership.entity_id)
    query = sa.select(association.kind, member.label("member")).distinct()
    query = query.select_from(
        membership_table.join(association_table, association.id == membership.association_id).outerjoin(
            ENDS, ENDS.c.origin == membership.entity_id
        )
    )
    return query.where(_in_force(association), _in_force(membership))


def belongs_to(entity_id: sa.ColumnElement[int], kind: str, today: dt.date) -> sa.ColumnElement[bool]:
    """Whether an entity belongs to an association of this kind, one of `ASSOCIATIONS`, on a day."""
    belongs = select_belonging().subquery("belongs").c
    members = sa.select(belongs.member).where(belongs.member.is_not(None))
    if kind != NO_ASSOCIATION:
        return entity_id.in_(members.where(belongs.kind == kind).params(day=today))
    return entity_id.not_in(members.params(day=today))


def _in_force(table: Any) -> sa.ColumnElement[bool]:
    begun = sa.or_(table.valid_from.is_(None), table.valid_from <= DAY)
    return sa.and_(begun, sa.or_(table.valid_to.is_(None), table.valid_to > DAY))
