"""How the open data are written: GeoJSON (RFC 7946), CSV (RFC 4180), JSON Lines and the codebook, entry by entry.

Not for: which entries (`files.py`), a map for uMap (`umap.py`).
Holds always: a file is valid also without an entry; a writer holds one entry at a time; no cell of a CSV runs as a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask_babel import force_locale

from app.practices.opendata.columns import COLUMN_NAMES, COLUMNS, JOINT, Entry, flat, labels_of, nested, values_of
from app.practices.opendata.licences import Licence
from app.practices.vocabulary import Labels
from app.web.spreadsheets import inert

BOM: Final = "\ufeff"
CODEBOOK_COLUMNS: Final = ("column", "type", "meaning_it", "meaning_en", "code", "label_it", "label_en")
TITLE: Final = "Buone pratiche per le famiglie, Centri per le famiglie e iniziative delle Regioni"
_json: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself. `number`: of the version, 0 before the first; `source`: address of the dataset's page;
    `labels`: by language, of `vocabulary.labels`."""

    number: int
    published: str
    source: str
    site: str
    licence: Licence
    holder: str
    labels: dict[str, Labels]


def json_text(value: Any) -> str:
    """JSON on one line."""
    return _json.encode(value).decode()


def feature(entry: Entry, shown: Callable[[str], str] = str) -> str:
    """An entry as a Feature: a point of longitude and latitude, or no place; flat properties without the coordinates.

    `shown`: what becomes of each text.
    """
    properties = {name: shown(value) if isinstance(value, str) else value for name, value in flat(entry).items()}
    lat, lon = properties.pop("lat", None), properties.pop("lon", None)
    geometry = None if lat is None or lon is None else {"type": "Point", "coordinates": [lon, lat]}
    return json_text({"type": "Feature", "id": entry.row.code, "geometry": geometry, "properties": properties})


def write_geojson(about: About, entries: Iterable[Entry]) -> Iterator[str]:
    """A FeatureCollection that says title, version, licence and source beside its features."""
    says = {"title": TITLE, "version": about.number, "published": about.published}
    says |= {"license": about.licence.url, "attribution": about.holder, "source": about.source}
    yield f'{{"type":"FeatureCollection",{json_text(says)[1:-1]},"features":['
    yield from joined(feature(entry) for entry in entries)
    yield "\n]}\n"


def write_jsonl(about: About, entries: Iterable[Entry]) -> Iterator[str]:
    """An object a line, as the API gives it."""
    for entry in entries:
        yield f"{json_text(nested(entry))}\n"


def write_csv(about: About, entries: Iterable[Entry]) -> Iterator[str]:
    """Commas, CRLF, quotes where needed, UTF-8 with BOM, so that a spreadsheet reads the accents; a line of headers."""
    yield BOM + _line(COLUMN_NAMES)
    for entry in entries:
        yield _line([_cell(value) for _column, value in values_of(entry)])


def write_codebook(about: About, entries: Iterable[Entry]) -> Iterator[str]:
    """A line for each column, and one for each code that it may hold, in Italian and in English; a CSV like the other one."""
    yield BOM + _line(CODEBOOK_COLUMNS)
    for column in COLUMNS:
        yield _line([column.name, column.type, *_meanings(column.meaning), "", "", ""])
        english = labels_of(column, about.labels["en"], "en")
        for code, label in labels_of(column, about.labels["it"], "it").items():
            yield _line([column.name, column.type, "", "", code, inert(label), inert(english.get(code, label))])


def joined(parts: Iterable[str]) -> Iterator[str]:
    """The parts with a comma and a line break between them."""
    for place, part in enumerate(parts):
        yield f",\n{part}" if place else f"\n{part}"


def _meanings(meaning: Any) -> list[str]:
    found = []
    for language in ("it", "en"):
        with force_locale(language):
            found.append(inert(str(meaning)))
    return found


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        value = JOINT.join(value)
    return "" if value is None else inert(value)


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
