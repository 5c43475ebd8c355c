"""Bringing the registry up to a file of municipalities, the shipped one unless another is named.

Not for: mergers, renames and other variations in time, which need a preview and a person who decides.
Holds always: the whole file is checked before the first row is written, and one transaction writes all; a wrong file changes
nothing; loading the same file twice changes nothing. A municipality that the file does not name is left as it is.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.audit.chain import Scalar, record
from app.extensions import db
from app.registry.folding import search_name
from app.registry.models import MUNICIPALITY, Entity
from app.registry.patrons import is_day_of_year
from app.registry.successors import former_codes

SHIPPED = Path(__file__).parent / "data" / "municipalities.csv"


class RegistryFileError(Exception):
    """A registry file that cannot be loaded: which file, which line (from 1), and what is wrong there."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, in municipalities. `not_in_file`: known already, not named by the file, left alone."""

    added: int
    changed: int
    unchanged: int
    not_in_file: int


class _UnfitError(ValueError):
    """What one field should be."""


def _matching(pattern: str, wanted: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise _UnfitError(wanted)
        return text

    return read


def _or_unknown(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: read(text) if text else None


def _degrees(low: float, high: float) -> Callable[[str], float]:
    wanted = f"degrees from {low} to {high}, with a point"

    def read(text: str) -> float:
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text) is None or not low <= float(text) <= high:
            raise _UnfitError(wanted)
        return float(text)

    return read


def _day_of_year(text: str) -> str:
    if not is_day_of_year(text):
        raise _UnfitError("a month and a day as 06-24, or empty")
    return text


_NAME = _matching(r"(?=.*\w)[^\x00-\x1f\x7f-\x9f?]{1,200}", "a name of at most 200 characters, none of them broken")
_COUNT = _or_unknown(lambda text: int(_matching(r"[0-9]{1,9}", "a whole number without dots, or empty")(text)))

# The file's columns in order (README.md beside it gives their sources), what each becomes, and how it is read.
_COLUMNS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "istat_code": ("code", _matching(r"[0-9]{6}", "six digits, leading zeros kept")),
    "name": ("name", _NAME),
    "name_other_language": ("name_other_language", _or_unknown(_NAME)),
    "province_sign": ("province_sign", _matching(r"[A-Z]{2}", "two capital letters")),
    "province": ("province", _NAME),
    "region_code": ("region_code", _matching(r"[0-9]{2}", "two digits")),
    "region": ("region", _NAME),
    "cadastral_code": ("cadastral_code", _matching(r"[A-Z][0-9]{3}", "a capital letter and three digits")),
    "population_2023": ("population", _COUNT),
    "under_18_2023": ("under_18", _COUNT),
    "latitude": ("latitude", _or_unknown(_degrees(35, 48))),
    "longitude": ("longitude", _or_unknown(_degrees(6, 19))),
    "geometry_code": ("geometry_code", _or_unknown(_matching(r"[0-9]{1,6}", "digits, or empty"))),
}
# A last column that a file may have: where it has none, what is known stays.
_OPTIONAL: dict[str, tuple[str, Callable[[str], Any]]] = {"patron_day": ("patron_day", _or_unknown(_day_of_year))}
_UNIQUE = {"code": "istat_code", "cadastral_code": "cadastral_code"}


def load_municipalities(now: dt.datetime, file: Path = SHIPPED) -> LoadReport:
    """Add and correct municipalities as the file says. Raises `RegistryFileError`, and then nothing has changed."""
    described = read_municipalities(file)
    known, former = _known(), former_codes()
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for line, values in described:
        before = known.pop(values["code"], None)
        if values["code"] in former:
            db.session.rollback()
            raise RegistryFileError(file.name, line, f"{values['code']} is a former code: the file is older than the registry")
        if before is None:
            added.append({"kind": MUNICIPALITY, **values})
        elif before["kind"] != MUNICIPALITY:
            db.session.rollback()
            raise RegistryFileError(file.name, line, f"{values['code']} is the code of an entity of kind {before['kind']}")
        elif any(before[name] != value for name, value in values.items()):
            changed.append({**values, "row_id": before["id"]})
    left = sum(1 for row in known.values() if row["kind"] == MUNICIPALITY)
    report = LoadReport(len(added), len(changed), len(described) - len(added) - len(changed), left)
    _write(added, changed)
    if added or changed:
        detail: dict[str, Scalar] = {"file": file.name, "added": report.added, "changed": report.changed}
        record("registry_loaded", actor="command", subject="registry:municipalities", detail=detail, now=now)
    db.session.commit()
    return report


def read_municipalities(file: Path) -> list[tuple[int, dict[str, Any]]]:
    """(line, columns of `entity`) of each row of the file. Raises `RegistryFileError` on the first thing that is wrong."""
    rows: list[tuple[int, dict[str, Any]]] = []
    seen: dict[tuple[str, str], int] = {}
    for line, fields in _lines(file):
        values = _values(file.name, line, fields)
        for name, column in _UNIQUE.items():
            first = seen.setdefault((name, values[name]), line)
            if first != line:
                raise RegistryFileError(file.name, line, f"{column} {values[name]} stands in line {first} already")
        rows.append((line, values))
    if not rows:
        raise RegistryFileError(file.name, 1, "the file names no municipality")
    return rows


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RegistryFileError(str(file), 0, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise RegistryFileError(file.name, line, "is not written in UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        columns = _COLUMNS | (_OPTIONAL if header[len(_COLUMNS) :] == list(_OPTIONAL) else {})
        if header != list(columns):
            raise RegistryFileError(file.name, 1, f"the columns should be {','.join(_COLUMNS)}")
        for fields in reader:
            if len(fields) != len(columns):
                message = f"has {len(fields)} fields instead of {len(columns)}"
                raise RegistryFileError(file.name, reader.line_num, message)
            yield reader.line_num, fields
    except csv.Error as error:
        raise RegistryFileError(file.name, reader.line_num, f"is not comma-separated text: {error}") from error


def _values(file: str, line: int, fields: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    columns = _COLUMNS | (_OPTIONAL if len(fields) > len(_COLUMNS) else {})
    for (column, (name, read)), text in zip(columns.items(), fields, strict=True):
        try:
            values[name] = read(text.strip())
        except _UnfitError as error:
            raise RegistryFileError(file, line, f"{column} should be {error}, not {text[:40]!r}") from error
    if (values["latitude"] is None) != (values["longitude"] is None):
        raise RegistryFileError(file, line, "latitude and longitude come together or not at all")
    if None not in (values["population"], values["under_18"]) and values["under_18"] > values["population"]:
        raise RegistryFileError(file, line, "under_18_2023 is more than population_2023")
    values["search_name"] = search_name(values["name"], values["name_other_language"])
    return values


def _known() -> dict[str, Mapping[str, Any]]:
    columns: list[Any] = [
        Entity.id,
        Entity.kind,
        Entity.search_name,
        *(getattr(Entity, name) for name, _ in (_COLUMNS | _OPTIONAL).values()),
    ]
    rows = db.session.execute(sa.select(*columns).order_by(Entity.code)).mappings()
    return {row["code"]: dict(row) for row in rows}


def _write(added: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    table = Entity.__table__
    if added:
        db.session.execute(sa.insert(Entity), added)
    if changed:
        columns: dict[str, Any] = {name: sa.bindparam(name) for name in changed[0] if name not in {"row_id", "code"}}
        corrected = [{name: value for name, value in row.items() if name != "code"} for row in changed]
        db.session.connection().execute(
            sa.update(Entity).where(table.c.id == sa.bindparam("row_id")).values(**columns), corrected
        )
