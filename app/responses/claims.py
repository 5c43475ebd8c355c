"""Who names whom in an edition, as queries: links with their entities as they are on a day, what was denied left out.

Not for: what follows from them for one entity or for all (`coverage`, `standing`).
Holds always: a name means the entity in force at the end of its chain of successors; only entities in force name and are
named; nobody names itself. Every query takes the parameters `edition` and `day` (see `parameters`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from app.editions.files import ROME
from app.extensions import table_of
from app.registry.entities import entity_table
from app.responses.models import CoverageReply, Response, ResponseLink

ANSWERED: Final = ("answer", "nothing")
RESPONSE: Final = table_of(Response).c
LINK: Final = table_of(ResponseLink).c
REPLY: Final = table_of(CoverageReply).c
_ENTITY: Final = entity_table.c
EDITION: Final = sa.bindparam("edition", type_=sa.Integer)
DAY: Final = sa.bindparam("day", type_=sa.Date)


def parameters(edition_id: int, now: dt.datetime) -> dict[str, Any]:
    """What the queries of this module are run with: the edition, and the day that it is in Rome."""
    return {"edition": edition_id, "day": now.astimezone(ROME).date()}


def in_force(entity: Any) -> sa.ColumnElement[bool]:
    """Whether the entity (columns of `entity` or of an alias) exists on the day."""
    begun = sa.or_(entity.valid_from.is_(None), entity.valid_from <= DAY)
    return sa.and_(begun, sa.or_(entity.valid_to.is_(None), entity.valid_to > DAY))


def _has_successor(entity: Any) -> sa.ColumnElement[bool]:
    return sa.and_(entity.valid_to.is_not(None), entity.valid_to <= DAY, entity.successor_id.is_not(None))


def _chains() -> sa.CTE:
    """(origin, successor): each entity that has ended with who stands in its place; a chain that runs in a circle has none."""
    further, last = entity_table.alias("further"), entity_table.alias("last")
    begun = sa.select(_ENTITY.id.label("origin"), _ENTITY.successor_id.label("successor")).where(_has_successor(_ENTITY))
    chain = begun.cte("chain", recursive=True)
    onward = sa.select(chain.c.origin, further.c.successor_id).join(further, further.c.id == chain.c.successor)
    chain = chain.union(onward.where(_has_successor(further.c)))
    ends = sa.select(chain.c.origin, chain.c.successor).join(last, last.c.id == chain.c.successor)
    return ends.where(sa.or_(last.c.valid_to.is_(None), last.c.valid_to > DAY, last.c.successor_id.is_(None))).cte("ends")


ENDS: Final = _chains()
_owner: Final = entity_table.alias("owner")
_named: Final = entity_table.alias("named")


def select_named(*narrowed: sa.ColumnElement[bool], by_target: bool = False) -> sa.Select[Any]:
    """(owner, stage, relation, other) of the links in the edition; `narrowed`: conditions on `RESPONSE` and `LINK`.

    `by_target`: few are named, so begin with the links: SQLite, which counts no rows, would read each response of the edition.
    """
    edition = RESPONSE.edition_id + 0 if by_target else RESPONSE.edition_id
    other = sa.func.coalesce(ENDS.c.successor, LINK.target_id)
    return (
        sa.select(RESPONSE.entity_id.label("owner"), LINK.stage, LINK.relation, _named.c.id.label("other"))
        .select_from(table_of(ResponseLink))
        .join(table_of(Response), RESPONSE.id == LINK.response_id)
        .join(_owner, _owner.c.id == RESPONSE.entity_id)
        .outerjoin(ENDS, ENDS.c.origin == LINK.target_id)
        .join(_named, _named.c.id == other)
        .where(edition == EDITION, in_force(_owner.c), in_force(_named.c), RESPONSE.entity_id != _named.c.id, *narrowed)
    )


def means(entity_ids: Collection[int] | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Whether a link names one of these entities (or of an expanding parameter's), or one whose place it has taken."""
    taken = sa.select(ENDS.c.origin).where(ENDS.c.successor.in_(entity_ids))
    themselves = sa.select(_ENTITY.id).where(_ENTITY.id.in_(entity_ids))
    return LINK.target_id.in_(taken.union_all(themselves))


def denied(lead: sa.ColumnElement[int], member: sa.ColumnElement[int], *said_by: str) -> sa.ColumnElement[bool]:
    """Whether one of these sides ("member", "lead") has said that this lead does not answer for this member."""
    no = sa.select(REPLY.edition_id).where(
        REPLY.edition_id == EDITION,
        REPLY.lead_id == lead,
        REPLY.member_id == member,
        REPLY.said_by.in_(said_by),
        REPLY.agrees.is_(False),
    )
    return no.exists()
