"""A file with receipts that somebody uploads: single messages, a ZIP or an mbox, as raw messages with a name to show.

Not for: what a message is (`reports.py`) or about which delivery it is.
Holds always: names are shown, never used as paths; what is unpacked is counted as it comes out, so that a bomb ends at the
bound; a ZIP in a ZIP is not opened; memory holds what a person may upload, and one message beside it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from app.mail.returns.reading import one_line

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_RECEIPTS: Final = 2_000
MOST_EACH: Final = 2 * 1024 * 1024
MOST_UNPACKED: Final = 64 * 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_FROM: Final = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]*\r?\n")


class UnfitUploadError(Exception):
    """A file that is not taken. `reason`: empty, damaged, locked, large, many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Piece:
    """A message of an upload; `name`: what to call it."""

    name: str
    raw: bytes


def pack(files: Iterable[tuple[str, IO[bytes]]]) -> bytes:
    """All messages of these files as one ZIP of ours. Raises UnfitUploadError."""
    packed, number, left = io.BytesIO(), 0, MOST_BYTES
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for piece in _counted(files, left):
            number += 1
            archive.writestr(f"{number:05} {piece.name}", piece.raw)
    if not number:
        raise UnfitUploadError("empty")
    return packed.getvalue()


def unpack(content: bytes) -> Iterator[Piece]:
    """The messages of what `pack` has made."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield Piece(name.partition(" ")[2], archive.read(name))


def _counted(files: Iterable[tuple[str, IO[bytes]]], left: int) -> Iterator[Piece]:
    number = unpacked = 0
    for name, file in files:
        content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise UnfitUploadError("large")
        for piece in _pieces(name, content):
            number, unpacked = number + 1, unpacked + len(piece.raw)
            if number > MOST_RECEIPTS:
                raise UnfitUploadError("many")
            if unpacked > MOST_UNPACKED:
                raise UnfitUploadError("large")
            yield piece


def _pieces(name: str, content: bytes) -> Iterator[Piece]:
    if not content.startswith(_ZIP):
        yield from _messages(name, content)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                if member.flag_bits & 1:
                    raise UnfitUploadError("locked")
                with archive.open(member) as opened:
                    raw = opened.read(MOST_EACH + 1)
                if len(raw) > MOST_EACH:
                    raise UnfitUploadError("large")
                if not raw.startswith(_ZIP):
                    yield from _messages(member.filename, raw)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise UnfitUploadError("damaged") from error


def _messages(name: str, content: bytes) -> Iterator[Piece]:
    """One message, or those of an mbox."""
    shown = _shown(name)
    if not content.startswith(b"From "):
        if len(content) > MOST_EACH:
            raise UnfitUploadError("large")
        if content.strip():
            yield Piece(shown, content)
        return
    for number, raw in enumerate(_of_mbox(content), start=1):
        if len(raw) > MOST_EACH:
            raise UnfitUploadError("large")
        yield Piece(f"{shown} n. {number}", re.sub(rb"(?m)^>(>*From )", rb"\1", raw))


def _of_mbox(content: bytes) -> Iterator[bytes]:
    begins = list(_FROM.finditer(content))
    for place, match in enumerate(begins):
        end = begins[place + 1].start() if place + 1 < len(begins) else len(content)
        yield content[match.end() : end]


def _shown(name: str) -> str:
    """The last part of a name, as it may be shown."""
    return one_line(name.replace("\\", "/").rpartition("/")[2], 80) or "senza nome"
