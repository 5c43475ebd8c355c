"""Reading a list of entities' codes from a file or a text box: one a line, alone or in the first column of a CSV.

Not for: what is done with them.
Holds always: a file that is not such a list is refused as a whole, naming the line; nothing is taken from it then. Codes are
text: leading zeros count, and are put back where a spreadsheet has dropped them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import MUNICIPALITY_CODE_DIGITS, entity_table

MOST_BYTES: Final = 512 * 1024
MOST_LINES: Final = 20_000
LONGEST_CODE: Final = 32
_HEADINGS: Final = frozenset({"codice", "codice_istat", "codice istat", "code", "istat", "codice ente", "codice_ente"})
_AT_ONCE: Final = 500


class UnreadableListError(ValueError):
    """Not a list of codes. `reason`: size, encoding, lines, code or empty; `line`: where, 0 for the whole; `text`: what stands
    there, shortened."""

    def __init__(self, reason: str, line: int = 0, text: str = "") -> None:
        super().__init__(f"{reason} in line {line}")
        self.reason = reason
        self.line = line
        self.text = text[:LONGEST_CODE]


@dataclass(frozen=True, slots=True)
class CodeList:
    """The entities that a list names, each once, and (line, code) of the codes that are nobody's today."""

    entity_ids: tuple[int, ...]
    unknown: tuple[tuple[int, str], ...]


def decode_list(content: bytes) -> str:
    """The text of a file: UTF-8, or the encoding of older spreadsheets. Raises `UnreadableListError`."""
    if len(content) > MOST_BYTES:
        raise UnreadableListError("size")
    if b"\0" in content or content.startswith(b"PK"):
        raise UnreadableListError("encoding")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_codes(text: str) -> list[tuple[int, str]]:
    """(line, code) of every line that is not empty; a heading in the first one is left out. Raises `UnreadableListError`."""
    if len(text) > MOST_BYTES:
        raise UnreadableListError("size")
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise UnreadableListError("lines")
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        code = _first_column(line)
        if not code or (not found and code.lower() in _HEADINGS):
            continue
        if not _looks_like_a_code(code):
            raise UnreadableListError("code", number, code)
        found.append((number, code))
    if not found:
        raise UnreadableListError("empty")
    return found


def find_listed(text: str) -> CodeList:
    """Whom a list means. Raises `UnreadableListError`."""
    written = read_codes(text)
    wanted = list(dict.fromkeys(one for _line, code in written for one in _spellings(code)))
    ids: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        entity = entity_table.c
        query = sa.select(entity.code, entity.id).where(entity.code.in_(wanted[start : start + _AT_ONCE]))
        rows = db.session.execute(query.where(entity.valid_to.is_(None)).order_by(entity.code))
        ids |= {row.code: row.id for row in rows}
    found = [(line, code, _id_of(code, ids)) for line, code in written]
    return CodeList(
        entity_ids=tuple(dict.fromkeys(entity_id for _line, _code, entity_id in found if entity_id is not None)),
        unknown=tuple((line, code) for line, code, entity_id in found if entity_id is None),
    )


def _first_column(line: str) -> str:
    for mark in (";", ",", "\t"):
        line = line.partition(mark)[0]
    return line.strip().strip("\"'").strip()


def _looks_like_a_code(code: str) -> bool:
    return len(code) <= LONGEST_CODE and code.isascii() and code.replace("-", "").replace("_", "").isalnum()


def _spellings(code: str) -> Sequence[str]:
    return (code, code.zfill(MUNICIPALITY_CODE_DIGITS)) if code.isdigit() else (code,)


def _id_of(code: str, ids: Mapping[str, int]) -> int | None:
    return next((ids[one] for one in _spellings(code) if one in ids), None)
