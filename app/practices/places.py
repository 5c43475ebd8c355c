"""Where a body that is no municipality stands on the map: the registry gives a point to municipalities alone.

Not for: an address of its own, nor a municipality's point (`entries.position_of`).
Holds always: the point is that of a municipality to which the practice belongs: the first that it names, else the most
populous member of the body, else, for a Region or a Province, the most populous of its territory.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db
from app.practices.record import PublicRecord
from app.registry.associations import members_of
from app.registry.entities import entity_table

Point = tuple[float | None, float | None]
_ENTITY: Final = entity_table.c
_MUNICIPALITIES: Final = (
    sa.select(_ENTITY.latitude, _ENTITY.longitude)
    .where(_ENTITY.kind == "municipality", _ENTITY.latitude.is_not(None), _ENTITY.valid_to.is_(None))
    .order_by(sa.func.coalesce(_ENTITY.population, 0).desc(), _ENTITY.id)
    .limit(1)
)
NOWHERE: Final[Point] = (None, None)


def point_of_body(row: Any, record: PublicRecord, on: dt.date) -> Point:
    """(latitude, longitude) for a body without a point of its own. `row`: of `publishing.waiting_to_be_published`."""
    named = [_ENTITY.code == code for code in record.municipalities[:1]]
    members = [member.id for member in members_of(row.entity_id, on)]
    ways = (
        named,
        [_ENTITY.id.in_(members)] if members else [],
        [_ENTITY.province_sign == row.entity_province_sign] if row.entity_kind in {"province", "metropolitan"} else [],
        [_ENTITY.region_code == row.entity_region_code] if row.entity_kind == "region" else [],
    )
    for conditions in ways:
        found = db.session.execute(_MUNICIPALITIES.where(*conditions)).one_or_none() if conditions else None
        if found is not None:
            return found.latitude, found.longitude
    return NOWHERE
