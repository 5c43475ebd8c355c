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
from flask import Request, Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from app.accounts.permissions import signed_in
from app.clock import now
from app.config import settings
from app.context import this_g, this_request
from app.database import kept_with
from app.editions.current import CURRENT_ID, EDITION, EditionView, current_edition, edition_table
from app.extensions import db
from app.practices.published import LATEST_NUMBER, Version, current_version, version_table
from app.prepared import Prepared
from app.public.frame import ROME, stage_of
from app.web.language import current_language

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of compressed pages with their keys, for each process: some thousand of them."""
OVERHEAD: Final = 1_000
"""Bytes that a page takes beside its content and the text of its key."""
CACHING: Final = "private, no-cache"
"""A browser keeps it and asks each time whether it is still so; nobody between keeps it."""
HTML: Final = "text/html; charset=utf-8"
_ONE: Final = sa.select(sa.literal_column("1").label("one")).subquery()
_MARKS: Final = Prepared(
    sa.select(version_table.c.number, version_table.c.revision, EDITION.id, sa.cast(EDITION.changed_at, sa.Text)).select_from(
        _ONE.outerjoin(version_table, version_table.c.number == LATEST_NUMBER).outerjoin(
            edition_table, EDITION.id == CURRENT_ID
        )
    )
)
"""By which the last publication and the current edition are known to be as they were: what changes them changes these."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """The last publication and the current edition, as they stand. One object as long as they do."""

    version: Version | None
    edition: EditionView | None


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
        self._costs: dict[Hashable, int] = {}
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
        cost = len(page.packed) + 2 * len(repr(key)) + OVERHEAD  # whoever asks chooses how long a key is
        with self._lock:
            self.bytes += cost - self._costs.get(key, 0)
            self._pages[key], self._costs[key] = page, cost
            self._pages.move_to_end(key)
            while self.bytes > self._most:
                oldest, _page = self._pages.popitem(last=False)
                self.bytes -= self._costs.pop(oldest)


class _Known:
    """How things stood last, and by which marks."""

    def __init__(self) -> None:
        self.last: tuple[tuple[object, ...], Standing] | None = None


def open_page(about: Hashable, draw: Callable[[Version | None], str]) -> Response:
    """The answer with the page that shows `about`, all that it depends on beside what every page does. One statement where it
    is kept. `draw`: the page for this publication, None: before the first."""
    stands = standing()
    here, current = this_g(), this_request()
    here.edition = stands.edition
    if signed_in() is not None:
        return Response(draw(stands.version), mimetype="text/html")
    key = (current.endpoint, about, stands, current_language(), *_moment(stands.edition))
    shelf = kept_with(db.engine, Shelf)
    page = shelf.get(key)
    if page is None:
        page = _pack(draw(stands.version))
        shelf.put(key, page)
    return _answer(page, current)


def standing() -> Standing:
    """How things stand now."""
    engine = db.engine
    marks = tuple(_MARKS.row_alone(engine, {}) or ())
    known = kept_with(engine, _Known)
    if known.last is not None and known.last[0] == marks:
        return known.last[1]
    found = Standing(current_version(), current_edition())
    version = found.version
    # The marks are read by another connection: what a transaction that had begun before reads may be older than they are.
    if marks[:2] == ((version.number, version.revision) if version else (None, None)):
        known.last = (marks, found)
    return found


def _moment(edition: EditionView | None) -> tuple[Hashable, ...]:
    """What the frame says of an edition at this instant: it changes by the day, and when it opens and closes."""
    if edition is None:
        return ()
    instant = now()
    running = edition.opens_at <= instant < edition.closes_at
    return stage_of(edition, instant), running, instant.astimezone(ROME).date()


def _pack(html: str) -> Kept:
    content = html.encode()
    tag = hashlib.sha256(content).hexdigest()[:24]
    return Kept(brotli.compress(content, mode=brotli.MODE_TEXT, quality=settings().compress_quality), tag)


def _answer(page: Kept, current: Request) -> Response:
    headers = [("ETag", f'W/"{page.tag}"'), ("Cache-Control", CACHING), ("Vary", "Accept-Encoding")]
    asked = current.environ.get("HTTP_IF_NONE_MATCH")
    if asked and (page.tag in asked or asked == "*") and current.if_none_match.contains_weak(page.tag):
        response = Response(status=304, headers=headers)
        del response.headers["Content-Type"]
        return response
    encoding = encoding_for(current.environ.get("HTTP_ACCEPT_ENCODING", "")) if settings().compress else ""
    if encoding:
        headers.append(("Content-Encoding", encoding))
    return Response(unpacked(page.packed, encoding), headers=headers, content_type=HTML)


@lru_cache(maxsize=256)
def encoding_for(accepted: str) -> str:
    """The best of what a client says that it reads; "" for none."""
    known = parse_accept_header(accepted, Accept)
    return next((name for name in ("br", "gzip") if known[name] > 0), "") if accepted else ""


def unpacked(packed: bytes, encoding: str) -> bytes:
    """The page in this encoding: all that matter read the one in which it is kept."""
    if encoding == "br":
        return packed
    content = bytes(brotli.decompress(packed))
    return gzip.compress(content, 6) if encoding == "gzip" else content
