"""What the map's page loads of a publication: where each entry stands and what filters ask of it; then titles and entities.

Columns rather than objects: a row is an entry, rows of one place stand together, and a filter's column names a set of values
that several rows share. Titles come in a file of their own, after the map can be used.
Not for: drawing and filtering (`static/js/map_rows.js`, twin of `finding.py`), the page (`app.public.map_page`).
Holds always: made of what is public alone; the same publication gives the same bytes and the same rows; each is made once for a
publication and process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import brotli
import msgspec
import sqlalchemy as sa

from app.extensions import db
from app.practices.entries import TAGGED
from app.practices.finding import PARAMETERS, TEXT, Filters, condition
from app.practices.kept import FIGURES, kept, state_of
from app.practices.plane import is_on_plane, on_plane
from app.practices.published import CURRENT, ENTRY, Version
from app.registry.entities import label as entity_label

QUALITY: Final = 10
"""Of brotli: a tenth smaller than 9, in half a second for 5,000 entries; paid once for a publication."""
_TAGGED: Final = frozenset(PARAMETERS.values()).intersection(TAGGED)
_COLUMNS: Final = (
    *(ENTRY.code, ENTRY.kind, ENTRY.year, ENTRY.region_code, ENTRY.area, ENTRY.level, ENTRY.tags, ENTRY.title),
    *(ENTRY.latitude, ENTRY.longitude, ENTRY.entity_code, ENTRY.entity_name, ENTRY.province_sign),
)
_STRIPE: Final = 250
"""Height of the stripes of the plane in which places are told from west to east, so that each is near the one before."""
_VALUES: Final = {"kind": "kind", "year": "year", "region": "region_code", "area": "area", "level": "level"}


@dataclass(frozen=True, slots=True)
class MapFiles:
    """`points`, `titles`: JSON in brotli. `rows`: code of an entry → its row."""

    points: bytes
    titles: bytes
    rows: dict[str, int]

    def size(self) -> int:
        """About its bytes in memory: a row's code and number take a hundred."""
        return len(self.points) + len(self.titles) + 100 * len(self.rows)


def map_files(version: Version) -> MapFiles:
    """The files of the last publication."""
    return kept(FIGURES, state_of(version), "map", _read, MapFiles.size)


def _read() -> MapFiles:
    rows: Any = db.session.connection().execute(sa.select(*_COLUMNS).where(CURRENT).order_by(ENTRY.code))
    return pack(list(rows))


def rows_with(text: str, files: MapFiles) -> list[int]:
    """The rows, ascending, whose entries have every word of a text: what the list finds. One statement."""
    query = sa.select(ENTRY.code).where(CURRENT, condition(Filters(text))).order_by(ENTRY.code)
    codes = db.session.connection().execute(query).scalars()
    return sorted(files.rows[code] for code in codes if code in files.rows)


def pack(entries: Sequence[Any]) -> MapFiles:
    """The files of these entries, rows of `_COLUMNS`."""
    placed = sorted(((_position(entry), entry) for entry in entries), key=lambda pair: _turn(*pair))
    ordered = [entry for _place, entry in placed]
    points = {"codes": " ".join(entry.code for entry in ordered), **_places([place for place, _entry in placed])}
    columns = {name: _column(ordered, field) for name, field in PARAMETERS.items() if name != TEXT}
    entities = list(dict.fromkeys(entity_label(entry.entity_name, entry.province_sign) for entry in ordered))
    number = {name: at for at, name in enumerate(entities)}
    titles = {
        "titles": "\n".join(" ".join(entry.title.split()) for entry in ordered),
        "entities": "\n".join(entities),
        "of": [number[entity_label(entry.entity_name, entry.province_sign)] for entry in ordered],
    }
    rows = {entry.code: at for at, entry in enumerate(ordered)}
    return MapFiles(_packed({**points, "columns": columns}), _packed(titles), rows)


def _position(entry: Any) -> tuple[int, int] | None:
    """Where it stands; None without degrees, and where they lie off the plane: one entry never costs everybody the map."""
    if entry.latitude is None or entry.longitude is None or not is_on_plane(entry.latitude, entry.longitude):
        return None
    return on_plane(entry.latitude, entry.longitude)


def _turn(place: tuple[int, int] | None, entry: Any) -> tuple[Any, ...]:
    """Stripe by stripe, each from west to east; those without a position last."""
    if place is None:
        return (1, 0, 0, 0, entry.entity_code, entry.code)
    return (0, place[1] // _STRIPE, place[0], place[1], entry.entity_code, entry.code)


def _places(positions: list[tuple[int, int] | None]) -> dict[str, list[int]]:
    """`x`, `y`: of each place, from the one before; `rows`: how many rows stand there. Rows beyond them have no position."""
    found: dict[str, list[int]] = {"x": [], "y": [], "rows": []}
    before: tuple[int, int] = (0, 0)
    last: tuple[int, int] | None = None
    for place in positions:
        if place is None:
            break
        if place == last:
            found["rows"][-1] += 1
            continue
        found["x"].append(place[0] - before[0])
        found["y"].append(place[1] - before[1])
        found["rows"].append(1)
        before = last = place
    return found


def _column(entries: Sequence[Any], field: str) -> dict[str, Any]:
    """`values`: of the filter; `sets`: combinations of them, the most frequent first; `of`: the set of each row."""
    owned = [_values(entry, field) for entry in entries]
    values = sorted({value for row in owned for value in row})
    counted: dict[tuple[str, ...], int] = {}
    for row in owned:
        counted[row] = counted.get(row, 0) + 1
    sets = sorted(counted, key=lambda row: (-counted[row], row))
    number = {row: at for at, row in enumerate(sets)}
    at = {value: index for index, value in enumerate(values)}
    return {"values": values, "sets": [[at[value] for value in row] for row in sets], "of": [number[row] for row in owned]}


def _values(entry: Any, field: str) -> tuple[str, ...]:
    if field in _TAGGED:
        found = (one.partition(":") for one in entry.tags.split())
        return tuple(sorted({code for name, _colon, code in found if name == field}))
    value = getattr(entry, _VALUES[field])
    return () if value in (None, "") else (str(value),)


def _packed(content: dict[str, Any]) -> bytes:
    packed: bytes = brotli.compress(msgspec.json.encode(content), mode=brotli.MODE_TEXT, quality=QUALITY)
    return packed
