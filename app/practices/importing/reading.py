"""Which reader a file is for, by what stands in it; its name decides nothing.

Not for: what the columns mean (`mapping.py`). Pure.
"""

from __future__ import annotations

from app.practices.importing.maps import read_map
from app.practices.importing.source import MOST_BYTES, Problem, Source, UnfitFileError
from app.practices.importing.tables import read_table

_ARCHIVES = (b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")


def read_source(content: bytes) -> Source:
    """What a file holds. Raises UnfitFileError."""
    if len(content) > MOST_BYTES:
        raise UnfitFileError(Problem("large"))
    begin = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not content.strip():
        raise UnfitFileError(Problem("empty"))
    if content.startswith(_ARCHIVES):
        raise UnfitFileError(Problem("form"))
    if begin.startswith((b"{", b"[")):
        return read_map(content.removeprefix(b"\xef\xbb\xbf"))
    return read_table(content)
