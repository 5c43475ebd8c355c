"""An answer as it is kept: its content compressed once, and an ETag of what it was before.

Not for: where it is kept (`app.practices.kept`), how it is sent (`open_pages.py`, `kept_answers.py`).
Holds always: the tag is of the content alone, whatever the encoding in which it is sent; it is a weak one for that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import brotli

from app.config import settings


@dataclass(frozen=True, slots=True)
class Packed:
    """`content`: with brotli. `link`, `file_name`: of the headers Link and Content-Disposition, "" for none."""

    content: bytes
    content_type: str
    tag: str
    link: str = ""
    file_name: str = ""

    def size(self) -> int:
        """Its bytes."""
        return len(self.content) + len(self.link)


def pack(content: bytes, content_type: str, link: str = "", file_name: str = "") -> Packed:
    """An answer to be kept."""
    packed = brotli.compress(content, mode=brotli.MODE_TEXT, quality=settings().compress_quality)
    return Packed(packed, content_type, hashlib.sha256(content).hexdigest()[:24], link, file_name)
