"""An entry of a publication: the record with the columns by which the public pages find it.

Not for: which practices are published (`publishing.py`).
Holds always: nothing stands in an entry that is not in the record that was approved or in the registry.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from app.practices.fields import MANY
from app.practices.gate import let_through
from app.practices.places import Point, point_of_body
from app.practices.record import PublicRecord, write_record
from app.registry.folding import fold

TAGGED: Final = MANY
"""The fields of several codes, which stand in `tags`."""

LONGEST_TITLE: Final = 300  # what the column holds


def tag(field: str, code: str) -> str:
    """How a code of a field stands in `tags`: a filter looks for it between two spaces."""
    return f" {field}:{code} "


def entry_of(row: Any, approved: PublicRecord, number: int, on: dt.date) -> dict[str, Any]:
    """The entry of an approved practice. `row`: of `publishing.waiting_to_be_published`; `on`: the day."""
    record = let_through(approved)
    latitude, longitude = position_of(row, record, on)
    tags = [f"{name}:{code}" for name in TAGGED for code in getattr(record, name)]
    places = (row.entity_name, row.entity_province or "", row.entity_region or "")
    words = (record.title, record.description, record.results, *record.others.values(), *places)
    return {
        "practice_id": row.id,
        "code": row.code,
        "from_number": number,
        "kind": row.kind,
        "year": row.year,
        "edition_label": row.edition_label,
        "entity_code": row.entity_code,
        "entity_name": row.entity_name,
        "entity_kind": row.entity_kind,
        "province_sign": row.entity_province_sign,
        "province": row.entity_province,
        "region_code": row.entity_region_code,
        "region": row.entity_region,
        "title": record.title[:LONGEST_TITLE],
        "area": record.area,
        "level": record.level,
        "latitude": latitude,
        "longitude": longitude,
        "tags": f" {' '.join(tags)} ",
        "search_text": f" {' '.join(fold(word) for word in words if word)} ",
        "record": write_record(record),
    }


def position_of(row: Any, record: PublicRecord, on: dt.date) -> Point:
    """Where it stands on the map: at its own address, else at its entity's place, which also stands for a reserved seat."""
    if record.latitude is not None and record.longitude is not None:
        return record.latitude, record.longitude
    if row.entity_latitude is not None and row.entity_longitude is not None:
        return row.entity_latitude, row.entity_longitude
    return point_of_body(row, record, on)
