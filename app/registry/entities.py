"""Finding entities: by code, by name without accents, and their labels.

Not for: changing them (`load.py`) or for who answers for whom.
Holds always: reads only, Core queries with an order that never depends on the database's collation of equal rows;
entities that no longer exist are found by code, never by a search.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.registry.folding import fold
from app.registry.models import Entity


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


def search_entities(text: str, *, kinds: Collection[str] | None = None, limit: int = 20, offset: int = 0) -> list[EntityRow]:
    """Entities in force whose name, in either language, holds `text` (accents, case and apostrophes do not matter).

    First the names equal to it, then those that begin with it, then those with a word that begins with it, then the rest;
    within each by name. A code finds its entity. An empty text finds nobody.
    """
    folded = fold(text)
    if not folded:
        return []
    column = Entity.search_name
    rank = sa.case(
        (sa.or_(column.contains(f"| {folded} |"), Entity.code == text.strip()), 0),
        (column.contains(f"| {folded}"), 1),
        (column.contains(f" {folded}"), 2),
        else_=3,
    )
    query = sa.select(*_COLUMNS).where(*_matching(text, folded, kinds))
    query = query.order_by(rank, column, Entity.code).limit(limit).offset(offset)
    return _rows(db.session.execute(query).all())


def count_entities(text: str, *, kinds: Collection[str] | None = None) -> int:
    """How many `search_entities` would find without a limit."""
    folded = fold(text)
    if not folded:
        return 0
    return db.session.execute(sa.select(sa.func.count(Entity.id)).where(*_matching(text, folded, kinds))).scalar_one()


def find_by_code(code: str) -> EntityRow | None:
    """The entity with this code, also one that no longer exists."""
    return next(iter(_rows(db.session.execute(sa.select(*_COLUMNS).where(Entity.code == code)).all())), None)


def find_by_name(name: str) -> list[EntityRow]:
    """All entities in force that bear exactly this name in either language (accents apart), by province."""
    folded = fold(name)
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


def _matching(text: str, folded: str, kinds: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    found = sa.or_(Entity.search_name.contains(folded), Entity.code == text.strip())
    conditions: list[sa.ColumnElement[bool]] = [found, Entity.valid_to.is_(None)]
    if kinds is not None:
        conditions.append(Entity.kind.in_(kinds))
    return conditions


def _rows(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> list[EntityRow]:
    return [EntityRow(*row) for row in rows]
