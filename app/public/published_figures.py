"""What `/risultati` shows of what was published: a year beside the year before, as charts with their numbers, and as a file.

Not for: counting (`app.practices.statistics`), the response (`results.py`).
Holds always: counts and figures are made once for a publication, a language and the questionnaires that name the codes
(`app.practices.kept`). Nothing is read but what is public.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from app.practices import statistics as counted
from app.practices.kept import FIGURES, kept, size_by_text, state_of
from app.practices.published import Version
from app.practices.statistics import CENTRE, PRACTICE, Codes, Counts, YearCounts, count_published
from app.practices.vocabulary import Labels, asked, labels, labels_of
from app.practices.words import KIND_PLURALS
from app.web.language import SOURCE_LANGUAGE
from app.web.numbers import number_words
from app.web.spreadsheets import inert

THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A code with its number this year and the year before, as words; widths in thousandths of the chart's."""

    name: str
    value: str
    before: str
    width: int
    width_before: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A dimension. `what`: what its column counts; `note`: how to read it, "" for nothing to say."""

    id: str
    title: str
    what: str
    note: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class PublishedFigures:
    """A year of what is public. `before`: the year before it that has something, None for none; `kinds`: the first numbers."""

    year: int
    before: int | None
    years: tuple[int, ...]
    kinds: tuple[Bar, ...]
    charts: tuple[Chart, ...]


def published_figures(version: Version, language: str, year: int | None) -> PublishedFigures | None:
    """The figures of this year, or of the latest where it has none; None where nothing is public any more."""
    counts = counts_of(version)
    if not counts.years:
        return None
    shown = year if year in counts.years else next(iter(counts.years))
    digests = asked()
    about = ("figures", language, shown, digests)

    def draw() -> PublishedFigures:
        return _figures(counts, shown, labels_of(digests, language), language)

    return kept(FIGURES, state_of(version), about, draw, size_by_text)


def counts_of(version: Version) -> Counts:
    """What is counted of the last publication."""
    return kept(FIGURES, state_of(version), "counts", count_published, size_by_text)


def published_csv(version: Version) -> bytes:
    """All years: year, dimension, code, label, number. UTF-8 with the mark by which spreadsheets know it."""
    return _csv(counts_of(version), labels(SOURCE_LANGUAGE))


def _figures(counts: Counts, year: int, words: Labels, language: str) -> PublishedFigures:
    now, before = counts.years[year], next((counts.years[one] for one in counts.years if one < year), None)
    draw = _Drawing(counts, now, before, words, language)
    charts = [draw.codes(name, what) for name, what in _CHARTED] + [draw.centres(), draw.codes(counted.SERVICES, CENTRE)]
    return PublishedFigures(
        year, before.year if before else None, tuple(counts.years), draw.kinds(), tuple(one for one in charts if one.bars)
    )


_CHARTED: Final = tuple((name, PRACTICE) for name in counted.DIMENSIONS if name != counted.SERVICES)


def _titles() -> dict[str, str]:
    return {
        counted.AREA: _("Per macro-area"),
        counted.REGION: _("Per Regione"),
        counted.RECIPIENTS: _("Per destinatari"),
        counted.TYPES: _("Per tipo"),
        counted.FUNDING: _("Per fonte di finanziamento"),
        counted.LEVEL: _("Per livello territoriale"),
        counted.SERVICES: _("Centri per le famiglie: che cosa offrono"),
    }


class _Drawing:
    """Draws the charts of a year beside the year before."""

    def __init__(self, counts: Counts, now: YearCounts, before: YearCounts | None, words: Labels, language: str) -> None:
        self.counts, self.now, self.before, self.words = counts, now, before, words
        self.number = number_words(language)

    def kinds(self) -> tuple[Bar, ...]:
        """How many practices, Centres, initiatives and publishing entities."""
        was = self.before.kinds if self.before else {}
        rows = [(str(name), self.now.kinds[kind], was.get(kind, 0)) for kind, name in KIND_PLURALS.items()]
        entities = (_("Enti che le hanno pubblicate"), self.now.entities, self.before.entities if self.before else 0)
        return self._bars([*rows, entities])

    def codes(self, dimension: str, what: str) -> Chart:
        """A dimension by its codes, in the questionnaire's order; Regions by number."""
        now, was = self.now.codes[dimension], self.before.codes[dimension] if self.before else {}
        several = dimension in (counted.RECIPIENTS, counted.TYPES, counted.FUNDING, counted.SERVICES)
        note = _("Una voce può comparire in più righe: la somma supera il totale.") if several else ""
        column = _("Centri") if what == CENTRE else _("Pratiche e iniziative")
        return Chart(dimension, _titles()[dimension], column, note, self._bars(self._rows(dimension, now, was)))

    def centres(self) -> Chart:
        """Centres by Region."""
        rows = self._rows(counted.REGION, self.now.centres, self.before.centres if self.before else {})
        return Chart("centres", _("Centri per le famiglie, per Regione"), _("Centri"), "", self._bars(rows))

    def _rows(self, dimension: str, now: Codes, was: Codes) -> list[tuple[str, int, int]]:
        known = self.counts.regions if dimension == counted.REGION else self.words[dimension]
        order = {code: at for at, code in enumerate(known)}
        codes = sorted({*now, *was}, key=lambda code: (order.get(code, len(order)), code))
        if dimension == counted.REGION:
            codes.sort(key=lambda code: -now.get(code, 0))
        return [(known.get(code, code) or _("Non indicato"), now.get(code, 0), was.get(code, 0)) for code in codes]

    def _bars(self, rows: list[tuple[str, int, int]]) -> tuple[Bar, ...]:
        longest = max((number for _name, *numbers in rows for number in numbers), default=0) or 1
        return tuple(
            Bar(name, self.number.whole(now), self.number.whole(was), _width(now, longest), _width(was, longest))
            for name, now, was in rows
        )


def _width(number: int, longest: int) -> int:
    return round(number * THOUSAND / longest)


def _csv(counts: Counts, words: Labels) -> bytes:
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(("year", "dimension", "code", "label", "entries"))
    for year, one in counts.years.items():
        for kind, number in one.kinds.items():
            write((year, "kind", kind, kind, number))
        write((year, "entities", "", "", one.entities))
        for dimension, codes in one.codes.items():
            known = counts.regions if dimension == counted.REGION else words[dimension]
            for code in sorted(codes):
                write((year, dimension, code, inert(known.get(code, code)), codes[code]))
        for code in sorted(one.centres):
            write((year, "centres_by_region", code, inert(counts.regions.get(code, code)), one.centres[code]))
    return out.getvalue().encode("utf-8-sig")
