"""Published entries of every kind that the open data must write, and what their formats demand.

`read_geojson` reads with a model of RFC 7946 that others wrote; the schemas ask beside it what our own files promise: where the
places lie, how properties are called, and the structure of a `.umap`, which is uMap's export.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import brotli
import sqlalchemy as sa
from geojson_pydantic import Feature, FeatureCollection, Point

from app.extensions import db
from app.practices.models import CENTRE, INITIATIVE
from app.practices.opendata.files import BROTLI, DataFile, file_of
from app.practices.published import Version, current_version
from app.practices.record import PublicRecord
from app.registry.models import Entity
from tests.public_practices import add_practices, practice_row, publish_all
from tests.responses.people import BOLZANO, FIRENZE, SAMONE_TO

FULL = PublicRecord(
    title='Nidi, "cortili" e parchi',
    area="childhood",
    types=("education", "other"),
    description="Prima riga\nseconda; con virgola, e accenti: perché",
    recipients=("age02", "parents"),
    level="ambito",
    municipalities=("048017", "001235"),
    beneficiaries=12,
    started="2025",
    ended="2025-03",
    status="running",
    partners=("schools",),
    funding=("municipal",),
    results="@SOMMA(A1)",
    address="Via 1",
    latitude=43.77,
    longitude=11.25,
    email="famiglie@example.org",
    phone="+39 055 000",
    url="https://example.org/nidi",
    others={"types": "Teatro nei cortili"},
)
FORMULA = PublicRecord("=1+1", "families", description="+39\t-")
UNKNOWN_AREA = PublicRecord("Di una volta", "old_area")
CENTRE_RECORD = PublicRecord("Il Centro", services=("info",), management=("direct",), professions=("psychologist",))
ROWS: tuple[tuple[str, PublicRecord, dict[str, Any]], ...] = (
    (FIRENZE, FULL, {}),
    (FIRENZE, FORMULA, {}),
    (SAMONE_TO, UNKNOWN_AREA, {"year": 2019, "edition_label": "2019"}),
    (BOLZANO, CENTRE_RECORD, {"kind": CENTRE}),
    (BOLZANO, PublicRecord("Iniziativa", "families", language="de"), {"kind": INITIATIVE}),
)
NOWHERE = "021008"


def publish_rows(now: dt.datetime) -> dict[str, str]:
    """Publish `ROWS` as version 1; title → code. One entity, whose entries have none of their own, has no place."""
    db.session.execute(sa.update(Entity).where(Entity.code == NOWHERE).values(latitude=None, longitude=None))
    codes = add_practices(practice_row(code, record, now, **more) for code, record, more in ROWS)
    publish_all(now)
    return dict(zip([record.title for _code, record, _more in ROWS], codes, strict=True))


def version() -> Version:
    found = current_version()
    assert found is not None
    return found


def text_of(found: DataFile) -> str:
    assert BROTLI == "br"
    content: bytes = brotli.decompress(found.content)
    assert len(content) == found.bytes
    return content.decode()


def text(name: str) -> str:
    return text_of(file_of(current_version(), name))


def table(written: str) -> list[dict[str, str]]:
    """The rows of a CSV as the program writes it: BOM, commas, CRLF."""
    assert written.startswith("\ufeff")
    assert written.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(written[1:], newline="")))


Features = FeatureCollection[Feature[Point, dict[str, Any]]]


def read_geojson(found: dict[str, Any]) -> Features:
    """The FeatureCollection as the model of the format reads it; raises pydantic.ValidationError. Nothing is lost by it."""
    read = Features.model_validate(found)
    assert read.model_dump(mode="json")["features"] == found["features"]
    return read


_POSITION = {
    "type": "array",
    "prefixItems": [{"type": "number", "minimum": 6, "maximum": 19}, {"type": "number", "minimum": 35, "maximum": 48}],
    "minItems": 2,
    "maxItems": 2,
}
"""Longitude and latitude, in that order: Italy's, so that they cannot be confused."""
Schema = dict[str, Any]
POINT: Schema = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {"type": {"const": "Point"}, "coordinates": _POSITION},
    "additionalProperties": False,
}
FEATURE: Schema = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": ["string", "number"]},
        "bbox": {"type": "array"},
        "geometry": {"oneOf": [{"type": "null"}, POINT]},
        "properties": {
            "type": "object",
            "required": ["name", "description"],
            "propertyNames": {"pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    },
    "not": {"anyOf": [{"required": [name]} for name in ("coordinates", "geometries", "features")]},
}
GEOJSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["type", "features"],
    "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": FEATURE}},
    "not": {"anyOf": [{"required": [name]} for name in ("coordinates", "geometries", "geometry", "properties", "crs")]},
}
_PLACED = {**FEATURE["properties"], "geometry": POINT}
UMAP = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["type", "properties", "geometry", "layers"],
    "properties": {
        "type": {"const": "umap"},
        "properties": {"type": "object", "required": ["name", "zoom", "licence"]},
        "geometry": POINT,
        "layers": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "features", "_umap_options"],
                "properties": {
                    "type": {"const": "FeatureCollection"},
                    "features": {
                        "type": "array",
                        "items": FEATURE | {"properties": FEATURE["properties"] | {"geometry": POINT}},
                    },
                    "_umap_options": {
                        "type": "object",
                        "required": ["name", "color", "displayOnLoad", "popupContentTemplate"],
                        "properties": {"color": {"pattern": "^#[0-9a-f]{6}$"}, "name": {"minLength": 1}},
                    },
                },
            },
        },
    },
}
