"""An entity's figures beside those of similar ones: of its size, of its Region, of both.

Not for: which of them answered what: nothing but public bodies' names, whether they are represented and what is public is read.
Holds always: the entity itself is in none of its groups; a group of fewer than `SMALLEST_GROUP` is not told at all; two groups
whose difference would be such a group are not both told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from app.chasing.respondents import respondent_table
from app.extensions import db
from app.practices.gate import SMALLEST_NUMBER
from app.practices.models import CENTRE
from app.practices.published import CURRENT, ENTRY
from app.practices.record import PublicRecord, read_record
from app.practices.statistics import Codes, add_rows
from app.registry.entities import entity_table

SIZE, REGION, BOTH = GROUPS = ("size", "region", "both")
SMALLEST_GROUP: Final = SMALLEST_NUMBER
MOST_IDEAS: Final = 6
_ROW: Final = respondent_table.c
_ENTITY: Final = entity_table.c


@dataclass(frozen=True, slots=True)
class Peer:
    """By what an entity is compared. `size_class` as in `respondent`; `represented`: it answered, or another did for it."""

    entity_id: int
    edition_id: int
    kind: str
    region_code: str | None
    region: str
    size_class: int
    represented: bool


@dataclass(slots=True)
class Group:
    """Entities like this one. `represented`: answered or answered for; `publishing`: how many have something public of the
    year; `entries`: how much that is; `areas`, `recipients`: practices and initiatives by code."""

    key: str
    entities: int = 0
    represented: int = 0
    publishing: int = 0
    entries: int = 0
    areas: Codes = field(default_factory=dict)
    recipients: Codes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Idea:
    """A public practice of a similar entity."""

    code: str
    title: str
    entity: str
    area: str
    record: PublicRecord


def peer_of(entity_id: int, edition_id: int) -> Peer | None:
    """By what the entity is compared in an edition; None where the edition does not ask it, or nobody has counted yet."""
    columns = (_ROW.kind, _ROW.region_code, _ENTITY.region, _ROW.size_class, _ROW.answered, _ROW.covered)
    query = sa.select(*columns).join_from(respondent_table, entity_table, _ENTITY.id == _ROW.entity_id)
    row = db.session.execute(query.where(_ROW.edition_id == edition_id, _ROW.entity_id == entity_id)).one_or_none()
    if row is None:
        return None
    represented = bool(row.answered or row.covered)
    return Peer(entity_id, edition_id, row.kind, row.region_code, row.region or "", row.size_class, represented)


def similar_to(peer: Peer, year: int) -> list[Group]:
    """Its groups, in the order of `GROUPS`, with what is public of a year. Two statements."""
    groups = {key: Group(key) for key in GROUPS}
    in_region, in_size = _of_region(peer), _of_size(peer)
    for row in db.session.execute(_people(peer, year, in_region, in_size)):
        for key in _keys(row.in_region, row.in_size):
            group = groups[key]
            group.entities += row.entities
            group.represented += int(row.represented)
            group.publishing += row.publishing
            group.entries += int(row.entries)
    for row in db.session.execute(_published(peer, year, in_region, in_size)):
        for key in _keys(row.in_region, row.in_size):
            add_rows([(row.area, row.tags, row.number)], groups[key].areas, groups[key].recipients)
    return _told(groups)


def ideas_for(peer: Peer, year: int, without: Collection[str]) -> list[Idea]:
    """The latest practices of entities of its size, those of its Region first, in areas of which it has none (`without`: those
    in which it has some). One statement; none for an entity of unknown size."""
    if not peer.size_class:
        return []
    columns = (ENTRY.code, ENTRY.title, ENTRY.entity_name, ENTRY.province_sign, ENTRY.area, ENTRY.record)
    query = sa.select(*columns).join_from(entity_table, respondent_table, _ENTITY.id == _ROW.entity_id)
    query = query.join(ENTRY.code.table, ENTRY.entity_code == _ENTITY.code).where(*_others(peer), _of_size(peer))
    query = query.where(CURRENT, ENTRY.year <= year, ENTRY.kind != CENTRE, ENTRY.area != "", ENTRY.area.not_in(without))
    first = sa.case((_of_region(peer), 0), else_=1)
    rows = db.session.execute(query.order_by(first, ENTRY.year.desc(), ENTRY.id.desc()).limit(MOST_IDEAS))
    return [Idea(row.code, row.title, _label(row), row.area, read_record(row.record)) for row in rows]


def _label(row: Any) -> str:
    return f"{row.entity_name} ({row.province_sign})" if row.province_sign else str(row.entity_name)


def _others(peer: Peer) -> tuple[sa.ColumnElement[bool], ...]:
    return _ROW.edition_id == peer.edition_id, _ROW.kind == peer.kind, _ROW.entity_id != peer.entity_id


def _of_region(peer: Peer) -> sa.ColumnElement[bool]:
    return _ROW.region_code == peer.region_code if peer.region_code else sa.false()


def _of_size(peer: Peer) -> sa.ColumnElement[bool]:
    return _ROW.size_class == peer.size_class if peer.size_class else sa.false()


def _flags(*conditions: sa.ColumnElement[bool]) -> list[sa.Label[Any]]:
    names = ("in_region", "in_size")
    return [sa.case((condition, 1), else_=0).label(name) for name, condition in zip(names, conditions, strict=True)]


def _people(peer: Peer, year: int, in_region: sa.ColumnElement[bool], in_size: sa.ColumnElement[bool]) -> sa.Select[Any]:
    public = sa.select(ENTRY.entity_code, sa.func.count().label("entries")).where(CURRENT, ENTRY.year == year)
    own = public.group_by(ENTRY.entity_code).subquery("own").c
    represented = sa.func.sum(sa.case((sa.or_(_ROW.answered, _ROW.covered), 1), else_=0)).label("represented")
    sums = (sa.func.count().label("entities"), represented, sa.func.count(own.entity_code).label("publishing"))
    entries = sa.func.coalesce(sa.func.sum(own.entries), 0).label("entries")
    query = sa.select(*_flags(in_region, in_size), *sums, entries)
    query = query.join_from(respondent_table, entity_table, _ENTITY.id == _ROW.entity_id)
    query = query.outerjoin(own.entity_code.table, own.entity_code == _ENTITY.code)
    query = query.where(*_others(peer), sa.or_(in_region, in_size))
    return query.group_by(sa.text("in_region"), sa.text("in_size"))


def _published(peer: Peer, year: int, in_region: sa.ColumnElement[bool], in_size: sa.ColumnElement[bool]) -> sa.Select[Any]:
    query = sa.select(*_flags(in_region, in_size), ENTRY.area, ENTRY.tags, sa.func.count().label("number"))
    query = query.join_from(entity_table, respondent_table, _ENTITY.id == _ROW.entity_id)
    query = query.join(ENTRY.code.table, ENTRY.entity_code == _ENTITY.code)
    query = query.where(*_others(peer), sa.or_(in_region, in_size), CURRENT, ENTRY.year == year, ENTRY.kind != CENTRE)
    return query.group_by(sa.text("in_region"), sa.text("in_size"), ENTRY.area, ENTRY.tags)


def _keys(in_region: int, in_size: int) -> list[str]:
    return [key for key, holds in ((SIZE, in_size), (REGION, in_region), (BOTH, in_region and in_size)) if holds]


def _told(groups: dict[str, Group]) -> list[Group]:
    """Those that are large enough; what is of both is left out where the rest of a larger group would be too small."""
    told = [group for group in groups.values() if group.entities >= SMALLEST_GROUP]
    wider = [group for group in told if group.key != BOTH]
    both = groups[BOTH]
    differences = [group.entities - both.entities for group in wider]
    if both in told and any(0 < rest < SMALLEST_GROUP for rest in differences):
        told.remove(both)
    return told
