"""`/esito`: what became of the entity's answers, and its figures beside similar entities; and the same as a PDF.

Not for: the words of it (`outcome_words.py`), correcting what was sent back (the form), what everybody reads (`public`).
Holds always: what is not public is the signed-in entity's own; of others nothing is shown but what is public and how many of a
group that is not small are represented; reading it changes nothing but, as every page of figures, their age.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Response, render_template, url_for
from flask_babel import gettext as _

from app.chasing.board import tally_of
from app.clock import now
from app.editions.current import EditionView, current_edition, edition_before
from app.fill import blueprint
from app.fill.opening import identity, locale
from app.fill.outcome_pdf import outcome_pdf_of
from app.fill.outcome_words import SHORT_NAMES, Compared, FateRow, areas_chart, compared, fate_rows
from app.practices.intake import year_of
from app.practices.outcome import SINGLE, UNDECIDED, Fate, fates_of
from app.practices.similar import Group, Idea, Peer, ideas_for, peer_of, similar_to
from app.practices.vocabulary import Labels, labels
from app.registry.entities import EntityRow
from app.responses.coverage import standing_of
from app.responses.reading import OpenResponse, find_response
from app.responses.standing import Standing
from app.responses.submission import is_withdrawn, submitted_document
from app.web.site_address import site_address

TWINNING: Final = "E03"
PRACTICE_PAGE: Final = "public.practice_page"
WILLING: Final = frozenset({"share", "learn"})
_NOT_YET: Final = frozenset({"draft", "pilot"})


@dataclass(frozen=True, slots=True)
class Led:
    """What a lead did for others: for which municipalities it answered, and of its practices beyond its own territory how many
    there are and how many are public."""

    members: tuple[EntityRow, ...]
    shared: int
    published: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the page shows. `edition`: the one that counts, None before the first; `sent`: the entity's own answer stands;
    `covered_by`: who answered for it; `year`: of the figures; `twinning`: the options that it chose when it was asked."""

    edition: EditionView | None
    sent: bool
    nothing: bool
    covered_by: tuple[EntityRow, ...]
    fates: list[Fate]
    led: Led | None
    year: int
    peer: Peer | None
    groups: list[Group]
    ideas: list[Idea]
    twinning: tuple[str, ...]
    words: Labels

    @property
    def of_year(self) -> list[Fate]:
        """Those of the year."""
        return [one for one in self.fates if one.year == self.year]

    @property
    def public(self) -> list[Fate]:
        """Those of the year that everybody can read."""
        return [one for one in self.of_year if one.is_public]


@blueprint.get("/esito")
def outcome() -> str:
    """What became of the answers."""
    found = _outcome(now())
    public = len(found.public)
    years: dict[int, list[FateRow]] = {}
    for row in fate_rows(found.fates, found.words, _address_of, found.edition):
        years.setdefault(row.year, []).append(row)
    return render_template(
        "fill/outcome.html",
        found=found,
        years=years,
        public=public,
        waiting=any(one.fate in UNDECIDED for one in found.of_year),
        compared=_compared(found),
        short_names=SHORT_NAMES,
        chart=areas_chart(found.public, found.groups, found.words, locale()),
        ideas=[(idea, _address_of(idea.code), found.words["area"].get(idea.area, idea.area)) for idea in found.ideas],
    )


@blueprint.get("/esito.pdf")
def outcome_pdf() -> Response:
    """The same on one or two sheets, for whoever decides in the entity."""
    found = _outcome(now())
    rows = fate_rows(found.of_year, found.words, _address_of, found.edition)
    content = outcome_pdf_of(
        identity().entity_label,
        found.edition.title if found.edition else "",
        rows,
        _compared(found),
        areas_chart(found.public, found.groups, found.words, locale()),
        [(idea, found.words["area"].get(idea.area, idea.area)) for idea in found.ideas],
        led=(len(found.led.members), found.led.published) if found.led else None,
        earlier=len(found.fates) - len(rows),
        sent=found.sent,
        address=site_address("fill.outcome"),
        language=locale(),
        today=now(),
    )
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{_("esito")}-{identity().entity_code}.pdf"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _outcome(at: dt.datetime) -> Outcome:
    who, edition = identity(), _edition(at)
    if edition is None:
        fates = fates_of(who.entity_id)
        return Outcome(None, False, False, (), fates, None, fates[0].year if fates else 0, None, [], [], (), labels(locale()))
    tally_of(edition, at)
    fates, year = fates_of(who.entity_id), year_of(edition)
    response = find_response(who.entity_id, edition.id)
    stands = response is not None and response.submissions > 0 and not is_withdrawn(response)
    standing = standing_of(who.entity_id, edition, at)
    peer = peer_of(who.entity_id, edition.id)
    has = {one.record.area for one in fates if one.year == year and one.present and one.record.area}
    return Outcome(
        edition=edition,
        sent=stands and standing.answered,
        nothing=stands and standing.submitted_as == "nothing",
        covered_by=standing.covered_by,
        fates=fates,
        led=_led(standing, fates, year),
        year=year,
        peer=peer,
        groups=similar_to(peer, year) if peer else [],
        ideas=ideas_for(peer, year, has) if peer else [],
        twinning=_twinning(response) if stands else (),
        words=labels(locale()),
    )


def _edition(at: dt.datetime) -> EditionView | None:
    """The edition that is on or was the last, once it is open to all."""
    edition = current_edition()
    while edition is not None and (edition.state in _NOT_YET or not edition.has_opened(at)):
        edition = edition_before(edition)
    return edition


def _led(standing: Standing, fates: Sequence[Fate], year: int) -> Led | None:
    members = tuple(row for row in standing.claims if row not in standing.denied_by and row.id != standing.entity_id)
    if standing.submitted_as != "answer" or not members:
        return None
    shared = [one for one in fates if one.year == year and one.present and one.record.level not in ("", SINGLE)]
    return Led(members, len(shared), sum(one.is_public for one in shared))


def _twinning(response: OpenResponse | None) -> tuple[str, ...]:
    """What the entity said of exchanges with others in what it sent, if it was asked and is willing."""
    document = submitted_document(response.id, response.submissions) if response else None
    value = document.values().get(TWINNING) if document else None
    codes = value.get("codes", ()) if isinstance(value, dict) else ()
    return tuple(code for code in codes if code in WILLING)


def _compared(found: Outcome) -> list[Compared]:
    return compared(found.groups, found.peer, len(found.public), locale()) if found.peer else []


def _address_of(code: str) -> str:
    """Where everybody reads it."""
    return url_for(PRACTICE_PAGE, code=code)
