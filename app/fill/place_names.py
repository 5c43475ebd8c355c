"""The registry's names in one compact file, so that a browser without a line can search them as the server does.

Not for: the search itself (`static/js/places.js`, twin of `registry.entities.search_entities`).
Holds always: only entities in force, by kind and code; the same registry gives the same bytes and the same address; nothing of
anybody's answers. A line is `code TAB name TAB province's sign TAB name in the other language`, its end left out where empty; a
line `=kind` says which kind follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import brotli
from flask import Response, request

from app.fill import blueprint
from app.registry.entities import names_in_force
from app.web.content_encoding import BROTLI, asked_encoding
from app.web.static import KEPT
from app.web.templating import address as url_for

MOST_KEPT: Final = 2
_packed: dict[str, tuple[bytes, bytes]] = {}
"""Digest → (content, content in brotli) of the latest states of the registry."""


@blueprint.get("/compila/comuni.txt")
def place_names() -> Response:
    """The file. An address with the digest of its content (`?v=`) may be kept for ever."""
    asked = request.args.get("v", "")
    digest = asked if asked in _packed else _pack()
    text, packed = _packed[digest]
    encoding = asked_encoding(BROTLI)
    response = Response(packed if encoding else text, content_type="text/plain; charset=utf-8")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = KEPT if asked == digest else "no-cache"
    return response


def names_address() -> str:
    """The file's address as long as the registry stays as it is."""
    return url_for("fill.place_names", v=_pack())


def _pack() -> str:
    """Make the file of the registry as it is now, and give its digest."""
    text = "\n".join(_lines()).encode()
    digest = hashlib.sha256(text).hexdigest()[:12]
    if digest not in _packed:
        while len(_packed) >= MOST_KEPT:
            _packed.pop(next(iter(_packed)), None)
        _packed[digest] = text, brotli.compress(text, quality=9)
    return digest


def _lines() -> Iterator[str]:
    kind = ""
    for row in names_in_force():
        if row.kind != kind:
            kind = row.kind
            yield f"={kind}"
        fields = (row.code, row.name, row.province_sign or "", row.name_other_language or "")
        yield "\t".join(field.replace("\t", " ").replace("\n", " ") for field in fields).rstrip("\t")
