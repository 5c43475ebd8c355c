"""Pages that are the same for all who have not signed in: drawn once for a publication, kept compressed, sent with an ETag.

Not for: the memory in which they are kept (`app.practices.kept`), files and the interface for programs, pages with a form that
posts.
Holds always: what is kept depends on its key alone (what is shown, publication, edition, day, language) and holds nobody's
session: who has signed in gets a page of their own, which nobody keeps; its tag is of its content, so that a new release or
another server says what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from flask import Request, Response

from app.accounts.permissions import signed_in
from app.clock import now
from app.config import settings
from app.context import this_g, this_request
from app.database import kept_with
from app.editions.current import CURRENT_ID, EDITION, EditionView, current_edition, edition_table
from app.extensions import db
from app.practices.kept import PAGES, begin_anew, kept, state_of
from app.practices.published import LATEST_NUMBER, Version, current_version, version_table
from app.prepared import Prepared
from app.public.frame import ROME, stage_of
from app.public.packed import Packed, pack
from app.web.content_encoding import asked_encoding, unpacked
from app.web.language import current_language

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
Marks = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """The last publication and the current edition, as they stand. `mark`: changes whenever what the edition says does."""

    version: Version | None
    edition: EditionView | None
    mark: Marks


class _Known:
    """How things stood last, and by which marks."""

    def __init__(self) -> None:
        self.last: tuple[Marks, Standing] | None = None


def open_page(about: Hashable, draw: Callable[[Version | None], str], stands: Standing | None = None) -> Response:
    """The answer with the page that shows `about`, all that it depends on beside what every page does. One statement where it
    is kept. `draw`: the page for this publication, None: before the first. `stands`: where the caller knows it already."""
    stands = standing() if stands is None else stands
    version, edition = stands.version, stands.edition
    here, current = this_g(), this_request()
    here.edition = edition
    if signed_in() is not None:
        return Response(draw(version), mimetype="text/html")
    key = (current.endpoint, about, stands.mark, current_language(), *_moment(edition))
    page = kept(PAGES, state_of(version), key, lambda: pack(draw(version).encode(), HTML), Packed.size)
    return _answer(page, current)


def standing() -> Standing:
    """How things stand now. One statement while they stay."""
    engine = db.engine
    known, marks = kept_with(engine, _Known), _marks()
    last = known.last
    if last is not None and last[0] == marks:
        return last[1]
    if last is not None and _stamp(marks) < _stamp(last[0]) and _stamp(marks := _marks()) < _stamp(last[0]):
        begin_anew()  # what was read after it was known is older still: the database was brought back to what it had been
        known.last = None
    found = Standing(current_version(), current_edition(), marks[2:])
    version = found.version
    # The marks are read by another connection: what a transaction that had begun before reads may be older than they are.
    if marks[:2] == ((version.number, version.revision) if version else (None, None)):
        known.last = (marks, found)
    return found


def _marks() -> Marks:
    return tuple(_MARKS.row_alone(db.engine, {}) or (None, None, None, None))


def _stamp(marks: Sequence[Any]) -> tuple[int, int]:
    return marks[0] or 0, marks[1] or 0


def _moment(edition: EditionView | None) -> tuple[Hashable, ...]:
    """What the frame says of an edition at this instant: it changes by the day, and when it opens and closes."""
    if edition is None:
        return ()
    instant = now()
    running = edition.opens_at <= instant < edition.closes_at
    return stage_of(edition, instant), running, instant.astimezone(ROME).date()


def _answer(page: Packed, current: Request) -> Response:
    headers = [("ETag", f'W/"{page.tag}"'), ("Cache-Control", CACHING), ("Vary", "Accept-Encoding")]
    asked = current.environ.get("HTTP_IF_NONE_MATCH")
    if asked and (page.tag in asked or asked == "*") and current.if_none_match.contains_weak(page.tag):
        response = Response(status=304, headers=headers)
        del response.headers["Content-Type"]
        return response
    encoding = asked_encoding() if settings().compress else ""
    if encoding:
        headers.append(("Content-Encoding", encoding))
    return Response(unpacked(page.content, encoding), headers=headers, content_type=HTML)
