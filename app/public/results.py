"""`/risultati`: how many municipalities have answered or are covered, by Region, and what was published, for everybody.

Municipalities are public bodies, so small numbers are shown as they are. The numbers are those that the desk keeps: a visit
costs a query, and at most once a minute somebody's visit renews them.
Not for: who has answered, or what; counting what was published (`published_figures.py`).
Holds always: nothing of the response is shown before the edition has opened to all. What a browser may ask again with an ETag
is the page of who has not signed in; it is that browser's alone, for its forms hold that browser's token.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

from flask import Response, abort, make_response, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from app import clock
from app.accounts.permissions import signed_in
from app.chasing.board import fresh_tally, tally_of
from app.chasing.counting import NOWHERE, Line
from app.context import this_app
from app.editions.current import EditionView
from app.practices.published import Version, current_version
from app.public import blueprint
from app.public.frame import ROME, shown_edition
from app.public.published_figures import published_csv, published_figures
from app.web.csrf import FIELD
from app.web.language import current_language
from app.web.numbers import NumberWords, number_words

THOUSAND = 1_000
_KEPT: Final = "public_response_figures"


@dataclass(frozen=True, slots=True)
class Place:
    """A Region's numbers, or the country's, as words; `bar`: its parts in thousandths (`components/charts.html`)."""

    name: str
    municipalities: str
    answered: str
    covered: str
    represented: str
    share: str
    population: str
    bar: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class ResponseFigures:
    """The response at an instant. `edition`: its title."""

    edition: str
    taken_at: dt.datetime
    total: Place
    places: tuple[Place, ...]


@blueprint.get("/risultati")
def results() -> Response:
    """The edition's figures."""
    edition, now = shown_edition(), clock.now()
    opened = edition if edition is not None and edition.has_opened(now) else None
    response, version = _response_figures(opened, now) if opened else None, current_version()
    year = request.args.get("anno", type=int)
    tag = _tag(edition, response, version, year, now)
    if tag is not None and request.if_none_match.contains_weak(tag):
        return _conditional(Response(status=304), tag)
    published = published_figures(version, current_language(), year) if version else None
    page = make_response(render_template("public/results.html", response=response, published=published, version=version))
    return page if tag is None else _conditional(page, tag)


@blueprint.get("/risultati.csv")
def results_csv() -> Response:
    """What was published, counted, as a file; its labels in Italian for everybody, so that any cache may keep it."""
    version = current_version()
    if version is None:
        abort(404)
    tag = f"{version.etag}.{version.modified_at:%Y%m%d%H%M%S}"
    fresh = not request.if_none_match.contains_weak(tag)
    file = Response(published_csv(version) if fresh else b"", status=200 if fresh else 304)
    file.headers["Content-Type"] = "text/csv; charset=utf-8"
    file.headers["Content-Disposition"] = 'attachment; filename="risultati.csv"'
    file.headers["Access-Control-Allow-Origin"] = "*"
    file.headers["Cache-Control"] = "public, max-age=60"
    file.set_etag(tag)
    return file


def _conditional(page: Response, tag: str) -> Response:
    page.set_etag(tag, weak=True)
    page.headers["Cache-Control"] = "private, no-cache"
    page.vary.add("Cookie")
    return page


def _tag(
    edition: EditionView | None, response: ResponseFigures | None, version: Version | None, year: int | None, now: dt.datetime
) -> str | None:
    """All that the page depends on, its browser's form token included; None for who has signed in or is told something."""
    if signed_in() is not None or "_flashes" in session:
        return None
    generate_csrf()  # the browser's token, which the page's forms hold masked
    parts = (
        current_language(),
        now.astimezone(ROME).date(),
        edition and (edition.id, edition.state, edition.changed_at),
        response and response.taken_at,
        version and (version.etag, version.modified_at),
        year,
        session.get(FIELD),
        url_for("static", filename="css/app.css"),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _response_figures(edition: EditionView, now: dt.datetime) -> ResponseFigures:
    """The response, kept by this process in each language while the numbers are fresh."""
    held: dict[str, tuple[int, ResponseFigures]] = this_app().extensions.setdefault(_KEPT, {})
    language = current_language()
    known, taken_at = held.get(language), fresh_tally(edition, now)
    if known is not None and (edition.id, taken_at, edition.title) == (known[0], known[1].taken_at, known[1].edition):
        return known[1]
    board, words = tally_of(edition, now), number_words(language)
    places = tuple(_place(row.name or _without(row.key), row.line, words) for row in board.part.regions)
    made = ResponseFigures(edition.title, board.taken_at, _place(_("Italia"), board.part.total, words), places)
    held[language] = (edition.id, made)
    return made


def _without(key: str) -> str:
    return _("Senza Regione") if key == NOWHERE else key


def _place(name: str, line: Line, words: NumberWords) -> Place:
    """Covered are here those only that have not answered themselves, so that the two numbers add up."""
    everybody, covered = line.universe.entities, line.covered.entities - line.both.entities
    answered = round(line.answered.entities * THOUSAND / everybody) if everybody else 0
    represented = round(line.represented.entities * THOUSAND / everybody) if everybody else 0
    return Place(
        name,
        words.whole(everybody),
        words.whole(line.answered.entities),
        words.whole(covered),
        words.whole(line.represented.entities),
        words.share(line.represented.entities, everybody),
        words.share(line.represented.population, line.universe.population),
        (("answered", 0, answered), ("covered", answered, represented - answered)),
    )
