"""Pages that are the same for all who have not signed in: drawn once for a publication, kept compressed, sent with an ETag.

Not for: files and the interface for programs, pages with a form that posts.
Holds always: what is kept depends on its key alone (what is shown, publication, edition, day, language) and holds nobody's
session: who has signed in gets a page of their own, which nobody keeps; its tag is of its content, so that a new release or
another server says what is true; memory is bounded.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import brotli
import sqlalchemy as sa
from flask import Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from app.accounts.permissions import signed_in
from app.clock import now
from app.config import settings
from app.context import this_g, this_request
from app.database import kept_with
from app.editions.current import COLUMNS, CURRENT_ID, EDITION, EditionView, definition_table, edition_table, edition_view
from app.extensions import db
from app.practices.published import LATEST_NUMBER, VERSION_COLUMNS, Version, version_table
from app.prepared import Prepared
from app.public.frame import ROME, stage_of
from app.web.language import current_language

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of compressed pages, for each process: some thousand of them."""
CACHING: Final = "private, no-cache"
"""A browser keeps it and asks each time whether it is still so; nobody between keeps it."""
_ONE: Final = sa.select(sa.literal_column("1").label("one")).subquery()
_STANDING: Final = Prepared(
    sa.select(*COLUMNS, *VERSION_COLUMNS).select_from(
        _ONE.outerjoin(edition_table, EDITION.id == CURRENT_ID)
        .outerjoin(definition_table, definition_table.c.id == EDITION.definition_id)
        .outerjoin(version_table, version_table.c.number == LATEST_NUMBER)
    )
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A page: `packed` with brotli, and the ETag of its content."""

    packed: bytes
    tag: str


class Shelf:
    """The pages that were asked for last, as many as `MOST_BYTES` hold."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._pages: OrderedDict[Hashable, Kept] = OrderedDict()
        self.bytes = 0

    def get(self, key: Hashable) -> Kept | None:
        """The page of this key."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def put(self, key: Hashable, page: Kept) -> None:
        """Keep a page; the one that was asked for longest ago goes first."""
        with self._lock:
            known = self._pages.pop(key, None)
            self.bytes += len(page.packed) - (len(known.packed) if known else 0)
            self._pages[key] = page
            while self.bytes > self._most:
                _key, gone = self._pages.popitem(last=False)
                self.bytes -= len(gone.packed)


def open_page(about: Hashable, draw: Callable[[Version | None], str]) -> Response:
    """The answer with the page that shows `about`, all that it depends on beside what every page does. One statement where it
    is kept. `draw`: the page for this publication, None: before the first."""
    version, edition = _standing()
    this_g().edition = edition
    if signed_in() is not None:
        return Response(draw(version), mimetype="text/html")
    key = (this_request().endpoint, about, version.etag if version else "", current_language(), *_moment(edition))
    shelf = kept_with(db.engine, Shelf)
    page = shelf.get(key)
    if page is None:
        page = _pack(draw(version))
        shelf.put(key, page)
    return _answer(page)


def _standing() -> tuple[Version | None, EditionView | None]:
    """The last publication and the current edition, as they stand now."""
    row = _STANDING.row_alone(db.engine, {})
    if row is None:
        raise RuntimeError("a statement that always finds a row found none")
    version = row[len(COLUMNS) :]
    return Version(*version) if version[0] is not None else None, edition_view(row) if row[0] is not None else None


def _moment(edition: EditionView | None) -> tuple[Hashable, ...]:
    """What the frame says of an edition at this instant: it changes by the day, and when it opens and closes."""
    instant = now()
    if edition is None:
        return (None,)
    running = edition.opens_at <= instant < edition.closes_at
    return edition, stage_of(edition, instant), running, instant.astimezone(ROME).date()


def _pack(html: str) -> Kept:
    content = html.encode()
    tag = hashlib.sha256(content).hexdigest()[:24]
    return Kept(brotli.compress(content, mode=brotli.MODE_TEXT, quality=settings().compress_quality), tag)


def _answer(page: Kept) -> Response:
    current = this_request()
    if current.if_none_match.contains_weak(page.tag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        encoding = _encoding_for(current.headers.get("Accept-Encoding", "")) if settings().compress else ""
        response = Response(_unpacked(page.packed, encoding), mimetype="text/html")
        if encoding:
            response.headers["Content-Encoding"] = encoding
    response.headers["ETag"] = f'W/"{page.tag}"'
    response.headers["Cache-Control"] = CACHING
    response.headers["Vary"] = "Accept-Encoding"
    return response


@lru_cache(maxsize=256)
def _encoding_for(accepted: str) -> str:
    """The best of what a client says that it reads; "" for none."""
    known = parse_accept_header(accepted, Accept)
    return next((name for name in ("br", "gzip") if known[name] > 0), "") if accepted else ""


def _unpacked(packed: bytes, encoding: str) -> bytes:
    """The page in this encoding: all that matter read the one in which it is kept."""
    if encoding == "br":
        return packed
    content = bytes(brotli.decompress(packed))
    return gzip.compress(content, 6) if encoding == "gzip" else content
