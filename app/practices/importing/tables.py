"""Reads a CSV table: UTF-8 with or without its mark, UTF-16 with it, or the Windows and latin letters of old files; parted by
semicolons, commas or tabs. Pure.

Holds always: the first line names the columns; a line with more cells than that is refused with its number; the numbers of
lines are those that an editor shows, also where a cell has line breaks in it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from typing import Any, Final

from app.practices.importing.plain import plain_line, plain_text
from app.practices.importing.source import (
    CSV,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_COLUMNS,
    MOST_FEATURES,
    Feature,
    Problem,
    Problems,
    Source,
    UnfitFileError,
    degrees_of,
)
from app.registry.folding import fold

PARTING: Final = (";", "\t", ",")
MOST_PARTED: Final = 5_000
MOST_LINES: Final = 500_000
LONGEST_HEAD: Final = 100_000
LATITUDES: Final = frozenset({"lat", "latitude", "latitudine", "y"})
LONGITUDES: Final = frozenset({"lon", "lng", "long", "longitude", "longitudine", "x"})
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_DEGREES: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,15})?")


def read_table(content: bytes) -> Source:
    """The rows of a table. Raises UnfitFileError."""
    text = _decoded(content)
    if text.count("\n") > MOST_LINES:
        raise UnfitFileError(Problem("many"))
    parting = _parting(text)
    if max(line.count(parting) for line in _lines(text)) > MOST_PARTED:
        raise UnfitFileError(Problem("columns"))
    rows = csv.reader(_lines(text), delimiter=parting, strict=True)
    problems = Problems()
    try:
        columns = _head(next(rows, []))
        features = _features(rows, columns, problems)
    except csv.Error as error:
        raise UnfitFileError(Problem("line", rows.line_num)) from error
    problems.refuse()
    if not features:
        raise UnfitFileError(Problem("empty"))
    return Source(CSV, "", tuple(columns), (), tuple(features))


def _decoded(content: bytes) -> str:
    if b"\0" in content and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnfitFileError(Problem("encoding"))
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            return content.decode(encoding).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise UnfitFileError(Problem("encoding"))


def _lines(text: str) -> Iterator[str]:
    """The lines one after another: a list or a stream of all would cost many times the text."""
    return (found.group() for found in _LINE.finditer(text))


def _parting(text: str) -> str:
    """What parts the cells: of the first line, outside of quotes, what stands there most often."""
    head, quoted = text[:LONGEST_HEAD].partition("\n")[0], False
    counts = dict.fromkeys(PARTING, 0)
    for letter in head:
        quoted ^= letter == '"'
        if not quoted and letter in counts:
            counts[letter] += 1
    return max(counts, key=lambda one: counts[one])


def _head(cells: list[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise UnfitFileError(Problem("columns"))
    columns = [plain_line(cell, LONGEST_NAME) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    doubled = next((name for name in columns if not name or columns.count(name) > 1), None)
    if not columns or doubled is not None:
        raise UnfitFileError(Problem("head", 1, doubled or ""))
    return columns


def _features(rows: Any, columns: list[str], problems: Problems) -> list[Feature]:
    features: list[Feature] = []
    before = rows.line_num
    for cells in rows:
        line, before = before + 1, rows.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(features) >= MOST_FEATURES:
            raise UnfitFileError(Problem("many", line))
        if any(cell.strip() for cell in cells[len(columns) :]):
            problems.add("line", line)
            continue
        texts = {name: text for name, cell in zip(columns, cells, strict=False) if (text := plain_text(cell, LONGEST_TEXT))}
        latitude, longitude = _degrees(texts, line, problems)
        features.append(Feature(line, "", texts, latitude, longitude))
    return features


def _degrees(texts: dict[str, str], line: int, problems: Problems) -> tuple[float, float] | tuple[None, None]:
    """The columns with degrees, taken out of the texts; both, or neither."""
    found: list[float | None] = []
    for names in (LATITUDES, LONGITUDES):
        column = next((name for name in texts if fold(name) in names), None)
        written = texts.pop(column) if column else ""
        if written and not _DEGREES.fullmatch(written):
            problems.add("coordinates", line, column or "", written)
            written = ""
        found.append(float(written.replace(",", ".")) if written else None)
    if found[0] is None or found[1] is None:
        return None, None
    if degrees_of(*found) is None:
        problems.add("coordinates", line, "", f"{found[0]:g}, {found[1]:g}")
        return None, None
    return found[0], found[1]
