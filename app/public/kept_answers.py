"""Answers for programs that are made once for what they depend on, kept compressed, and sent with an ETag of their content.

Not for: pages (`open_pages.py`), files, which the database keeps (`app.practices.opendata.files`).
Holds always: what is kept depends on its key alone and on nobody's session; memory is bounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import brotli
from flask import Response

from app.config import settings
from app.context import this_request
from app.database import kept_with
from app.extensions import db
from app.public.open_pages import Kept, Shelf, encoding_for, unpacked
from app.web.open_answers import open_answer


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer holds. `link`: its header Link, "" for none."""

    content: bytes
    content_type: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Packed(Kept):
    """The same as it is kept."""

    content_type: str
    link: str


class AnswerShelf(Shelf):
    """The answers that were asked for last."""


def kept_answer(about: Hashable, make: Callable[[], Made]) -> Response:
    """The answer about this, all that it depends on; made where it is not kept."""
    shelf = kept_with(db.engine, AnswerShelf)
    found = shelf.get(about)
    if not isinstance(found, Packed):
        found = _pack(make())
        shelf.put(about, found)
    kept = found
    return open_answer(lambda: _response(kept), kept.tag, weak=True)


def _pack(made: Made) -> Packed:
    packed = brotli.compress(made.content, mode=brotli.MODE_TEXT, quality=settings().compress_quality)
    return Packed(packed, hashlib.sha256(made.content).hexdigest()[:24], made.content_type, made.link)


def _response(kept: Packed) -> Response:
    encoding = encoding_for(this_request().headers.get("Accept-Encoding", "")) if settings().compress else ""
    response = Response(unpacked(kept.packed, encoding), content_type=kept.content_type)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if kept.link:
        response.headers["Link"] = kept.link
    response.headers["Vary"] = "Accept-Encoding"
    return response
