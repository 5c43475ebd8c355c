"""Finding entities: by code, by name without accents, and their labels.

Not for: changing them (`load.py`) or for who answers for whom.
Holds always: reads only, Core queries with an order that never depends on the database's collation of equal rows;
entities that no longer exist are found by code, never by a search.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.among import among
from app.extensions import db, table_of
from app.registry.folding import fold
from app.registry.models import KINDS, MUNICIPALITY, Entity
from app.web.incoming import NUL

LONGEST_SEARCH = 100
ENTITY_KINDS = KINDS  # for rooms that ask for one; the table is this room's
MUNICIPALITY_KIND = MUNICIPALITY
entity_table = table_of(Entity)  # for rooms that join it in a query of their own; they read, and never write
MUNICIPALITY_CODE_DIGITS = 6


def label(name: str, province_sign: str | None) -> str:
    """How a person tells one from another: "Samone (TN)"."""
    return f"{name} ({province_sign})" if province_sign else name


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One entity as others see it. Population in residents, point in WGS 84 degrees; None is unknown."""

    id: int
    code: str
    kind: str
    name: str
    name_other_language: str | None
    province_sign: str | None
    province: str | None
    region: str | None
    population: int | None
    latitude: float | None
    longitude: float | None

    @property
    def label(self) -> str:
        """Name and province's sign."""
        return label(self.name, self.province_sign)


def own_label(row: Any) -> str:
    """How an entity (or a row with these columns of it) is called in its other language, else in Italian: "Bozen (BZ)"."""
    return label(row.name_other_language or row.name, row.province_sign)


_COLUMNS = (
    Entity.id,
    Entity.code,
    Entity.kind,
    Entity.name,
    Entity.name_other_language,
    Entity.province_sign,
    Entity.province,
    Entity.region,
    Entity.population,
    Entity.latitude,
    Entity.longitude,
)


def search_entities(
    text: str,
    *,
    kinds: Collection[str] | None = None,
    among: sa.Select[int] | None = None,
    limit: int = 20,
    offset: int = 0,
) -> list[EntityRow]:
    """Entities in force whose name, in either language, holds `text` (accents, case and apostrophes do not matter).

    First the names equal to it, then those that begin with it, then those with a word that begins with it, then those that
    hold it, then those that hold all of its words somewhere; within each by name. A code finds its entity. An empty text
    finds nobody, or with `among` (ids) all of those that are in force.
    """
    folded = _folded(text)
    if not folded and among is None:
        return []
    column = Entity.search_name
    rank = sa.case(
        (sa.or_(column.contains(f"| {folded} |"), Entity.code == text.strip()), 0),
        (column.contains(f"| {folded}"), 1),
        (column.contains(f" {folded}"), 2),
        (column.contains(folded), 3),
        else_=4,
    )
    query = sa.select(*_COLUMNS).where(*_matching(text, folded, kinds, among))
    query = query.order_by(rank, column, Entity.code).limit(limit).offset(offset)
    return _rows(db.session.execute(query).all())


def select_matching(text: str) -> sa.Select[int]:
    """The ids of those that `search_entities` would find, for a query of another room; all in force for an empty text."""
    folded = _folded(text)
    conditions = _matching(text, folded, None) if folded else [Entity.valid_to.is_(None)]
    return sa.select(Entity.id).where(*conditions)


def count_entities(text: str, *, kinds: Collection[str] | None = None, among: sa.Select[int] | None = None) -> int:
    """How many `search_entities` would find without a limit."""
    folded = _folded(text)
    if not folded and among is None:
        return 0
    wanted = sa.select(sa.func.count(Entity.id)).where(*_matching(text, folded, kinds, among))
    return db.session.execute(wanted).scalar_one()


def find_by_code(code: str) -> EntityRow | None:
    """The entity with this code, also one that no longer exists."""
    if NUL in code:  # from a path; PostgreSQL refuses it
        return None
    return next(iter(_rows(db.session.execute(sa.select(*_COLUMNS).where(Entity.code == code)).all())), None)


def find_by_id(entity_id: int) -> EntityRow | None:
    """The entity with this id, also one that no longer exists."""
    return next(iter(_rows(db.session.execute(sa.select(*_COLUMNS).where(Entity.id == entity_id)).all())), None)


def find_by_ids(entity_ids: Collection[int], *, in_force: bool = False) -> list[EntityRow]:
    """The entities with these ids, also those that no longer exist unless only those `in_force` are meant, by name and code."""
    if not entity_ids:
        return []
    query = sa.select(*_COLUMNS).where(among(entity_table.c.id, entity_ids))
    query = query.where(Entity.valid_to.is_(None)) if in_force else query
    query = query.order_by(Entity.search_name, Entity.code)
    return _rows(db.session.execute(query).all())


def find_by_name(name: str) -> list[EntityRow]:
    """All entities in force that bear exactly this name in either language (accents apart), by province."""
    folded = _folded(name)
    if not folded:
        return []
    query = sa.select(*_COLUMNS).where(Entity.search_name.contains(f"| {folded} |"), Entity.valid_to.is_(None))
    return _rows(db.session.execute(query.order_by(Entity.province, Entity.code)).all())


def labels_of(codes: Collection[str]) -> dict[str, str]:
    """Code → label, for the codes that exist."""
    if not codes:
        return {}
    query = sa.select(Entity.code, Entity.name, Entity.province_sign).where(Entity.code.in_(codes))
    return {row.code: label(row.name, row.province_sign) for row in db.session.execute(query.order_by(Entity.code))}


def resolve(text: str) -> list[EntityRow]:
    """The entities in force that a person may mean: by code (leading zeros may be left out), by name, by name and province
    as in "Samone (TN)" or "Samone, Trento", each with or without "Comune di" before it. None, one, or several of one name.
    """
    written = text.strip()
    if written.isascii() and written.isdigit():
        found = find_by_code(written) or find_by_code(written.zfill(MUNICIPALITY_CODE_DIGITS))
        return [found] if found is not None and is_in_force(found.id) else []
    folded = _folded(written)
    for name in dict.fromkeys((folded, folded.removeprefix("comune di "))):
        found_by_name = find_by_name(name) or _by_name_and_province(name)
        if found_by_name:
            return found_by_name
    return []


def is_in_force(entity_id: int) -> bool:
    """Whether the entity exists and has not ended."""
    query = sa.select(Entity.id).where(Entity.id == entity_id, Entity.valid_to.is_(None))
    return db.session.execute(query).scalar_one_or_none() is not None


def _by_name_and_province(folded: str) -> list[EntityRow]:
    """ "samone tn", "samone trento": every place where the words may part is tried."""
    words = folded.split()
    for parting in range(len(words) - 1, 0, -1):
        name, province = " ".join(words[:parting]), " ".join(words[parting:])
        found = [row for row in find_by_name(name) if province in (fold(row.province_sign or ""), fold(row.province or ""))]
        if found:
            return found
    return []


def _folded(text: str) -> str:
    return fold(text[:LONGEST_SEARCH])


def _matching(
    text: str, folded: str, kinds: Collection[str] | None, among: sa.Select[int] | None = None
) -> list[sa.ColumnElement[bool]]:
    every_word = sa.and_(sa.true(), *(Entity.search_name.contains(word) for word in folded.split()))
    found = sa.or_(every_word, Entity.code == text.strip())
    conditions: list[sa.ColumnElement[bool]] = [found if folded else sa.true(), Entity.valid_to.is_(None)]
    if among is not None:
        conditions.append(Entity.id.in_(among))
    if kinds is not None:
        conditions.append(Entity.kind.in_(kinds))
    return conditions


def _rows(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> list[EntityRow]:
    return [EntityRow(*row) for row in rows]


def entities_in_force(*, kind: str | None = None, region_code: str | None = None) -> list[EntityRow]:
    """Every entity that exists today, only of this kind and Region if given, by code."""
    given = {Entity.kind: kind, Entity.region_code: region_code}
    wanted = [column == value for column, value in given.items() if value is not None]
    query = sa.select(*_COLUMNS).where(Entity.valid_to.is_(None), *wanted).order_by(Entity.code)
    return _rows(db.session.execute(query).all())


def names_in_force() -> Sequence[sa.Row[str, str, str, str | None, str | None]]:
    """Kind, code, name, province's sign and name in the other language of every entity of today, by kind and code."""
    columns = (Entity.kind, Entity.code, Entity.name, Entity.province_sign, Entity.name_other_language)
    query = sa.select(*columns).where(Entity.valid_to.is_(None)).order_by(Entity.kind, Entity.code)
    return db.session.execute(query).all()


def count_municipalities(on: dt.date) -> dict[str, int]:
    """Region's code ("": none) → the municipalities in force on a day."""
    region = sa.func.coalesce(Entity.region_code, "")
    query = sa.select(region, sa.func.count()).where(Entity.kind == MUNICIPALITY)
    query = query.where(sa.or_(Entity.valid_from.is_(None), Entity.valid_from <= on))
    query = query.where(sa.or_(Entity.valid_to.is_(None), Entity.valid_to > on))
    return dict(db.session.execute(query.group_by(region).order_by(region)).all())


def place_names() -> dict[str, str]:
    """The names of Regions by code and of provinces by sign, as the municipalities of today bear them."""
    rows = sa.select(Entity.region_code, Entity.region, Entity.province_sign, Entity.province).distinct()
    rows = rows.where(Entity.kind == MUNICIPALITY, Entity.valid_to.is_(None)).order_by(Entity.region_code, Entity.province_sign)
    names: dict[str, str] = {}
    for region_code, region, sign, province in db.session.execute(rows):
        names |= {key: name for key, name in ((region_code, region), (sign, province)) if key and name}
    return names


def codes_in_force(codes: Collection[str]) -> set[str]:
    """Those of these codes that an entity of today bears."""
    if not codes:
        return set()
    return set(db.session.execute(sa.select(Entity.code).where(Entity.code.in_(codes), Entity.valid_to.is_(None))).scalars())


def count_in_force() -> int:
    """How many entities exist today."""
    return db.session.execute(sa.select(sa.func.count(Entity.id)).where(Entity.valid_to.is_(None))).scalar_one()
