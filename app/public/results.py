"""`/risultati`: how many municipalities have answered or are covered, by Region, for everybody.

Municipalities are public bodies, so small numbers are shown as they are. The numbers are those that the desk keeps: a visit
costs a query, and at most once a minute somebody's visit renews them.
Not for: who has answered, or what.
Holds always: nothing is shown before the edition has opened to all.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _

from app import clock
from app.chasing.board import tally_of
from app.chasing.counting import NOWHERE, Line
from app.public import blueprint
from app.public.frame import shown_edition
from app.web.language import current_language
from app.web.numbers import NumberWords, number_words

THOUSAND = 1_000


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


@blueprint.get("/risultati")
def results() -> str:
    """The edition's figures."""
    edition, now = shown_edition(), clock.now()
    if edition is None or not edition.has_opened(now):
        return render_template("public/results.html", total=None)
    board, words = tally_of(edition, now), number_words(current_language())
    places = [_place(row.name or _without(row.key), row.line, words) for row in board.part.regions]
    return render_template(
        "public/results.html", total=_place(_("Italia"), board.part.total, words), places=places, taken_at=board.taken_at
    )


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
