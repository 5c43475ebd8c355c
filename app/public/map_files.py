"""The files that the map's script loads of the current publication: points, titles, and the rows in which words are found.

Not for: what stands in them (`app.practices.map_data`).
Holds always: an address names a publication and its revision, so a browser may keep what it got; that of another one is gone.
Only browsers keep them, nobody between: what an entity takes back must not stay with third parties.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import brotli
import msgspec
from flask import Response, abort, request

from app.practices.finding import read_filters
from app.practices.map_data import MapFiles, map_files, rows_with
from app.public import blueprint
from app.public.open_pages import standing
from app.web.content_encoding import BROTLI, asked_encoding, unpacked

KEPT: Final = "private, max-age=31536000, immutable"
ASKED: Final = "private, no-cache"
QUICKLY: Final = 3
"""Brotli's quality for an answer that is made for one search."""


@blueprint.get("/mappa/dati.json")
@blueprint.get("/mappa/punti-<etag>.json")
def map_points(etag: str | None = None) -> Response:
    """Where every entry stands, and what the filters ask of it; without an etag of the publication as it is now."""
    if etag is not None:
        return _file(_files(etag).points, f"punti-{etag}", KEPT)
    version = standing().version
    if version is None:
        abort(404)
    return _file(map_files(version).points, f"punti-{version.etag}", ASKED)


@blueprint.get("/mappa/titoli-<etag>.json")
def map_titles(etag: str) -> Response:
    """The titles and entities of the same rows."""
    return _file(_files(etag).titles, f"titoli-{etag}", KEPT)


@blueprint.get("/mappa/trova-<etag>.json")
def map_rows(etag: str) -> Response:
    """The rows that have every word of `q`: the same as the list finds. Null where `q` holds no word."""
    files, text = _files(etag), read_filters(request.args).filters.text
    rows = rows_with(text, files) if text else None
    tag = f"trova-{etag}-{sha256(text.encode()).hexdigest()[:16]}"
    return _file(brotli.compress(msgspec.json.encode({"rows": rows}), quality=QUICKLY), tag, KEPT)


def _files(etag: str) -> MapFiles:
    """The files of the publication that is this one now: what was taken back is in no address."""
    version = standing().version
    if version is None or version.etag != etag:
        abort(404)
    return map_files(version)


def _file(packed: bytes, tag: str, cached: str) -> Response:
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        encoding = asked_encoding(BROTLI)
        response = Response(unpacked(packed, encoding), content_type="application/json; charset=utf-8")
        if encoding:
            response.headers["Content-Encoding"] = encoding
    response.headers["ETag"] = f'W/"{tag}"'
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = cached
    return response
