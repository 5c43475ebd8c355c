"""Files that come with a message: which are taken, and what they are called.

Not for: storing them (`writing.py`) or giving them out (the surfaces, always as a download).
Holds always: what a file is is decided by its bytes, and its name must say the same; nothing is unpacked, opened or executed:
of a document that is a ZIP only the list of its parts is read; a name is shown and never used as a path.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_FILES: Final = 3
MOST_BYTES: Final = 5 * 1024 * 1024
LONGEST_NAME: Final = 100
_MOST_PARTS: Final = 2_000
_MOST_UNPACKED: Final = 100 * 1024 * 1024
_PART: Final = b"PK\x01\x02"
_MACROS: Final = ("vbaproject.bin", "vbadata.xml", "activex", "oleobject", "basic/", "scripts/")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ODF: Final = "application/vnd.oasis.opendocument."
_OOXML: Final = "application/vnd.openxmlformats-officedocument."


class UnfitFileError(Exception):
    """A file that is not taken. `name`: to show; `reason`: empty, large, kind, other (its name says another kind), macros,
    damaged."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is fit to be kept. `kind`: one of `KINDS`."""

    name: str
    kind: str
    content: bytes


def read_file(name: str, content: bytes) -> NewFile:
    """The file as it is kept. Raises UnfitFileError."""
    shown = shown_name(name)
    if not content:
        raise UnfitFileError(shown, "empty")
    if len(content) > MOST_BYTES:
        raise UnfitFileError(shown, "large")
    stem, _dot, ending = shown.rpartition(".")
    kind = {"jpeg": "jpg"}.get(ending.lower(), ending.lower())
    if not stem or kind not in KINDS:
        raise UnfitFileError(shown, "kind")
    reason = _LOOKS[kind](content)
    if reason:
        raise UnfitFileError(shown, reason)
    return NewFile(shown, kind, content)


def shown_name(name: str) -> str:
    """The last part of a name as it may be shown and offered: no path, no control or direction characters, not too long."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    plain = " ".join(re.sub(r'["<>:|?*;%]', "_", plain).split()).strip(". ") or "allegato"
    stem, dot, ending = plain.rpartition(".")
    return plain if len(plain) <= LONGEST_NAME else f"{stem[: LONGEST_NAME - 11]}{dot}{ending[:10]}"


def media_type(kind: str) -> str:
    """The type under which a file of this kind is given out."""
    return KINDS[kind]


def _begins(*signatures: bytes) -> Callable[[bytes], str]:
    def look(content: bytes) -> str:
        return "" if content.startswith(signatures) else "other"

    return look


def _text(content: bytes) -> str:
    """Plain text, in UTF-8 or the encoding of older spreadsheets, that no browser would take for a page."""
    if content.startswith((b"PK", b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf")) or b"\0" in content:
        return "other"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return "other" if _CONTROL.search(text) or text.lstrip().startswith("<") else ""


def _packed(expected: Callable[[zipfile.ZipFile], bool]) -> Callable[[bytes], str]:
    """Looks at the list of parts of a document that is a ZIP, and unpacks none of them."""

    def look(content: bytes) -> str:
        if not content.startswith(b"PK\x03\x04"):
            return "other"
        if content.count(_PART) > _MOST_PARTS:
            return "large"
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = archive.infolist()
                fits = expected(archive)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, KeyError):
            return "damaged"
        if sum(part.file_size for part in parts) > _MOST_UNPACKED or any(part.flag_bits & 1 for part in parts):
            return "damaged"
        if any(mark in part.filename.lower() for part in parts for mark in _MACROS):
            return "macros"
        return "" if fits else "other"

    return look


def _office(main: str) -> Callable[[bytes], str]:
    return _packed(lambda archive: {"[Content_Types].xml", main} <= set(archive.namelist()))


def _open_document(kind: str) -> Callable[[bytes], str]:
    wanted = f"{_ODF}{kind}".encode()

    def is_it(archive: zipfile.ZipFile) -> bool:
        first = archive.infolist()[0] if archive.infolist() else None
        if first is None or first.filename != "mimetype" or first.compress_type != zipfile.ZIP_STORED:
            return False
        return first.file_size == len(wanted) and archive.read(first) == wanted

    return _packed(is_it)


KINDS: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "csv": "text/csv",
    "txt": "text/plain",
    "docx": f"{_OOXML}wordprocessingml.document",
    "xlsx": f"{_OOXML}spreadsheetml.sheet",
    "odt": f"{_ODF}text",
    "ods": f"{_ODF}spreadsheet",
}
"""Kind (and ending of the name) → the type under which it is given out."""
_LOOKS: Final[dict[str, Callable[[bytes], str]]] = {
    "pdf": _begins(b"%PDF-"),
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    "jpg": _begins(b"\xff\xd8\xff"),
    "csv": _text,
    "txt": _text,
    "docx": _office("word/document.xml"),
    "xlsx": _office("xl/workbook.xml"),
    "odt": _open_document("text"),
    "ods": _open_document("spreadsheet"),
}
"""Kind → what is wrong with these bytes, empty where they are of that kind."""
