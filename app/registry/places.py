"""Everybody who exists today with names, province and place, read at once: for whoever asks of thousands of names and points.

Not for: a single search (`entities.py`).
Holds always: a municipality answers also for the geometries of those whose place it has taken.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import label
from app.registry.folding import fold
from app.registry.models import Entity
from app.registry.successors import Succession

_COLUMNS: Final = (
    *(Entity.id, Entity.code, Entity.kind, Entity.name, Entity.search_name, Entity.province_sign, Entity.province),
    *(Entity.region_code, Entity.latitude, Entity.longitude, Entity.geometry_code, Entity.valid_to, Entity.successor_id),
)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One entity. `names`: folded, in both languages; `provinces`: folded sign and name."""

    id: int
    code: str
    kind: str
    label: str
    names: tuple[str, ...]
    provinces: tuple[str, ...]
    region_code: str | None
    latitude: float | None
    longitude: float | None
    geometry_codes: tuple[str, ...]


def read_places(day: dt.date) -> list[Place]:
    """All of them that stand on this day, by code. One statement."""
    rows = db.session.execute(sa.select(*_COLUMNS).order_by(Entity.code)).all()
    succession = Succession({row.id: (row.valid_to, row.successor_id) for row in rows if row.valid_to is not None})
    geometries: dict[int, list[str]] = {}
    for row in rows:
        standing = succession.standing_on(row.id, day) if row.geometry_code else None
        if standing is not None:
            geometries.setdefault(standing, []).append(row.geometry_code)
    return [
        Place(
            row.id,
            row.code,
            row.kind,
            label(row.name, row.province_sign),
            tuple(name for part in row.search_name.split("|") if (name := part.strip())),
            (fold(row.province_sign or ""), fold(row.province or "")),
            row.region_code,
            row.latitude,
            row.longitude,
            tuple(geometries.get(row.id, ())),
        )
        for row in rows
        if row.valid_to is None or day < row.valid_to
    ]
