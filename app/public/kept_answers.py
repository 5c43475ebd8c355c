"""Answers for programs that are made once for what they depend on, kept compressed, and sent with an ETag of their content.

Not for: pages (`open_pages.py`), files, which the database keeps (`app.practices.opendata.files`), nor the memory in which
these are kept (`app.practices.kept`).
Holds always: what is kept depends on its state and its key alone, and on nobody's session.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from flask import Response

from app.config import settings
from app.practices.kept import ANSWERS, State, kept
from app.public.packed import Packed, pack
from app.web.content_encoding import asked_encoding, unpacked
from app.web.open_answers import open_answer


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer holds. `link`: its header Link, "" for none; `file_name`: where it is to be saved as a file, "" else."""

    content: bytes
    content_type: str
    link: str = ""
    file_name: str = ""


def kept_answer(state: State, about: Hashable, make: Callable[[], Made]) -> Response:
    """The answer about this, all that it depends on in this state; made where it is not kept."""

    def packed() -> Packed:
        made = make()
        return pack(made.content, made.content_type, made.link, made.file_name)

    found = kept(ANSWERS, state, about, packed, Packed.size)
    return open_answer(lambda: _response(found), found.tag, weak=True)


def _response(found: Packed) -> Response:
    encoding = asked_encoding() if settings().compress else ""
    response = Response(unpacked(found.content, encoding), content_type=found.content_type)
    headers = response.headers
    if encoding:
        headers["Content-Encoding"] = encoding
    if found.link:
        headers["Link"] = found.link
    if found.file_name:
        headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    headers["Vary"] = "Accept-Encoding"
    return response
