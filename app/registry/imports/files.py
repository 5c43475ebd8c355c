"""Reading a delimited file of somebody else's: its encoding, its separator, its columns, line by line.

Not for: what the columns mean.
Holds always: memory and time are bounded by the limits below, whatever the file holds; a text stays a text (codes keep their
zeros, a formula is letters); every line that cannot be read is named, and reading goes on behind it.
Files are UTF-8, or else Windows-1252 (latin-1 with typographic quotes, as ISTAT writes); separated by tab, `;` or `,`, as
the heading shows; headings are compared without case, accents and punctuation, and may be broken into lines.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.registry.folding import fold
from app.registry.imports.changes import Draft
from app.registry.load import RegistryFileError

MOST_BYTES = 64 * 1024 * 1024
LONGEST_LINE = 64 * 1024  # below the csv module's limit of a field
MOST_ROWS = 100_000  # a plan of so many changes stays below 256 MiB; the largest real file, IndicePA's, has a quarter
LONGEST_TEXT = 300
SEPARATORS = "\t;,"
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffd]")
_ACCENT_IN_UTF8 = re.compile(rb"\xc3[\x80-\xbf]")
_QUOTED = re.compile('"[^"]*"')
_MARKS = {b"PK\x03\x04": "is a spreadsheet: save it as CSV", b"\xff\xfe": "is UTF-16: save it as UTF-8"}
_MARKS[b"\xfe\xff"] = _MARKS[b"\xff\xfe"]

Columns = Mapping[str, tuple[str, ...]]
"""Our name of a column → the headings under which it may stand."""


class _Reader(Protocol):
    """What `csv.reader` gives: records, and how many lines it has read."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of the file: its first line, and the text of each wanted column without blanks around; absent ones are empty."""

    line: int
    fields: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")


def read_rows(file: Path, draft: Draft, *, required: Columns, optional: Columns) -> Iterator[SourceRow]:
    """The rows of a file; what is wrong with single lines goes to `draft`.

    Raises `RegistryFileError` for a file that cannot be read at all: encoding, headings, limits.
    """
    encoding = _encoding_of(file)
    with file.open(encoding=encoding, errors="replace", newline="") as text:
        separator = _separator(next(text, ""))
        text.seek(0)
        records = _records(csv.reader(text, delimiter=separator, strict=True), draft)
        _line, heading = next(records, (1, []))
        places = _places(file, heading, required, optional)
        for count, (line, record) in enumerate(records):
            if count >= MOST_ROWS:
                raise RegistryFileError(file.name, line, f"has more than {MOST_ROWS} rows")
            if len(record) != len(heading):
                draft.problem(line, f"has {len(record)} fields instead of {len(heading)}")
            elif (row := _row(line, record, places, draft)) is not None:
                yield row


def _encoding_of(file: Path) -> str:
    """Look at the whole file once, a line at a time. Raises `RegistryFileError`."""
    wrong_at, mixed = 0, False
    try:
        with file.open("rb") as data:
            _refuse_other_formats(file, data.read(4))
            data.seek(0)
            for line in itertools.count(1):
                read = data.readline(LONGEST_LINE + 1)
                if not read:
                    break
                if len(read) > LONGEST_LINE:
                    raise RegistryFileError(file.name, line, f"is longer than {LONGEST_LINE // 1024} KiB: is it a table?")
                mixed = mixed or _ACCENT_IN_UTF8.search(read) is not None
                if not wrong_at and not _is_utf8(read):
                    wrong_at = line
            size = data.tell()
    except OSError as error:
        raise RegistryFileError(file.name, 0, f"cannot be read: {error.strerror}") from error
    if size > MOST_BYTES:
        raise RegistryFileError(file.name, 0, f"is larger than {MOST_BYTES // 1024 // 1024} MiB")
    if wrong_at and mixed:
        raise RegistryFileError(file.name, wrong_at, "is not UTF-8, and other lines are: save the file as UTF-8")
    return "cp1252" if wrong_at else "utf-8-sig"


def _refuse_other_formats(file: Path, first: bytes) -> None:
    for mark, message in _MARKS.items():
        if first.startswith(mark):
            raise RegistryFileError(file.name, 1, message)


def _is_utf8(read: bytes) -> bool:
    try:
        read.decode()
    except UnicodeDecodeError:
        return False
    return True


def _separator(line: str) -> str:
    """What stands most often in the heading's first line, outside of quotes."""
    bare = _QUOTED.sub("", line)
    return max(SEPARATORS, key=bare.count)


def _records(reader: _Reader, draft: Draft) -> Iterator[tuple[int, list[str]]]:
    """(first line, fields) of each record that is not blank. One that is none goes to `draft`."""
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            draft.problem(line, f"is not a row of a table: {error}")
            continue
        if any(text.strip() for text in record):
            yield line, record


def _places(file: Path, heading: list[str], required: Columns, optional: Columns) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, text in enumerate(heading):
        found.setdefault(fold(text), place)
    places: dict[str, int] = {}
    for name, headings in {**required, **optional}.items():
        for wanted in headings:
            with contextlib.suppress(KeyError):
                places.setdefault(name, found[fold(wanted)])
    missing = [headings[0] for name, headings in required.items() if name not in places]
    if missing:
        raise RegistryFileError(file.name, 1, f"lacks the columns {', '.join(missing)}")
    return places


def _row(line: int, record: list[str], places: Mapping[str, int], draft: Draft) -> SourceRow | None:
    fields = {name: record[place] for name, place in places.items()}
    for name, text in fields.items():
        if _UNFIT.search(text):
            draft.problem(line, f"{name} holds a character that is no text")
            return None
        if len(text) > LONGEST_TEXT:
            draft.problem(line, f"{name} is longer than {LONGEST_TEXT} characters")
            return None
    return SourceRow(line, {name: " ".join(text.split()) for name, text in fields.items()})
