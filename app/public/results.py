"""`/risultati`: how many municipalities have answered or are covered, by Region, and what was published, for everybody.

Municipalities are public bodies, so small numbers are shown as they are. The numbers are those that the desk keeps: a visit
costs two small statements, and at most once a minute somebody's visit renews them.
Not for: who has answered, or what; counting what was published (`published_figures.py`).
Holds always: nothing of the response is shown before the edition has opened to all.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _

from app import clock
from app.chasing.board import fresh_tally, tally_of
from app.chasing.counting import NOWHERE, Line
from app.config import settings
from app.editions.current import EditionView
from app.practices.kept import FIGURES, kept, size_by_text, state_of
from app.practices.published import Version
from app.public import blueprint
from app.public.kept_answers import Made, kept_answer
from app.public.open_pages import Standing, open_page, standing
from app.public.published_figures import published_csv, published_figures
from app.web.language import current_language
from app.web.numbers import NumberWords, number_words

THOUSAND = 1_000
CSV: Final = "text/csv; charset=utf-8"
_YEAR: Final = re.compile(r"[12][0-9]{3}", re.ASCII)


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
    stands, now = standing(), clock.now()
    edition = stands.edition
    opened = edition if edition is not None and edition.has_opened(now) else None
    taken_at = (fresh_tally(opened, now) or tally_of(opened, now).taken_at) if opened else None
    asked = request.args.get("anno", "")
    year = int(asked) if _YEAR.fullmatch(asked) else None

    def draw(version: Version | None) -> str:
        response = _response_figures(opened, now, stands) if opened else None
        published = published_figures(version, current_language(), year) if version else None
        path = url_for("public.results", anno=year)
        site = {"path": path, "canonical": settings().base_url + path}
        return render_template("public/results.html", response=response, published=published, version=version, **site)

    return open_page((year, taken_at), draw, stands)


@blueprint.get("/risultati.csv")
def results_csv() -> Response:
    """What was published, counted, as a file; its labels in Italian for everybody."""
    stands = standing()
    version = stands.version
    if version is None:
        abort(404)
    about = ("results", stands.mark)
    return kept_answer(state_of(version), about, lambda: Made(published_csv(version), CSV, file_name="risultati.csv"))


def _response_figures(edition: EditionView, now: dt.datetime, stands: Standing) -> ResponseFigures:
    """The response, made once in each language while the numbers stay."""
    board, language = tally_of(edition, now), current_language()

    def draw() -> ResponseFigures:
        words = number_words(language)
        places = tuple(_place(row.name or _without(row.key), row.line, words) for row in board.part.regions)
        return ResponseFigures(edition.title, board.taken_at, _place(_("Italia"), board.part.total, words), places)

    return kept(FIGURES, state_of(stands.version), ("response", stands.mark, board.taken_at, language), draw, size_by_text)


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
