"""Counting what is public now, by year: each by kind, area, Region, recipients, type, funding, level, services.

Not for: labels (`vocabulary.py`), how many have answered (`app.chasing`), who is like whom (`similar.py`).
Holds always: only `published_practice` is counted, and of it what is public now; an entry counts once in each code that it
bears, so that a dimension of several values may add up to more than its entries. Two statements, whatever there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db
from app.practices import models
from app.practices.entries import TAGGED
from app.practices.published import CURRENT, ENTRY

PRACTICE, CENTRE, INITIATIVE = models.KINDS  # for the surfaces, which count by them
AREA, REGION, RECIPIENTS, TYPES, FUNDING, LEVEL, SERVICES = DIMENSIONS = (
    *("area", "region", "recipients", "types", "funding", "level", "services"),
)
"""By what is counted: all of practices and initiatives, but `services`, which Centres alone have, and `region`, of both."""
NOWHERE: Final = ""
"""The code of what has no Region, area or level."""
_COMBINATION: Final = (ENTRY.year, ENTRY.kind, ENTRY.area, ENTRY.level, ENTRY.region_code, ENTRY.region, ENTRY.tags)
_COMBINATIONS: Final = sa.select(*_COMBINATION, sa.func.count()).where(CURRENT).group_by(*_COMBINATION)
_ENTITIES: Final = sa.select(ENTRY.year, sa.func.count(sa.distinct(ENTRY.entity_code))).where(CURRENT).group_by(ENTRY.year)

Codes = dict[str, int]


@dataclass(slots=True)
class YearCounts:
    """What is public of one year. `kinds`: entries by kind; `entities`: how many published them; `codes`: dimension → code →
    entries; `centres`: Region's code → its Centres, which `codes` does not hold."""

    year: int
    kinds: Codes = field(default_factory=lambda: dict.fromkeys((PRACTICE, CENTRE, INITIATIVE), 0))
    entities: int = 0
    codes: dict[str, Codes] = field(default_factory=lambda: {name: defaultdict(int) for name in DIMENSIONS})
    centres: Codes = field(default_factory=lambda: defaultdict(int))

    @property
    def total(self) -> int:
        """All entries."""
        return sum(self.kinds.values())

    def count(self, dimension: str, code: str) -> int:
        """Entries that bear this code, 0 for none."""
        return self.codes[dimension].get(code, 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """All years that have something public, the latest first; `regions`: the names of Regions by code."""

    years: dict[int, YearCounts]
    regions: dict[str, str]


def count_published() -> Counts:
    """Count all that is public. Two statements."""
    run = db.session.connection()
    years: dict[int, YearCounts] = {}
    regions: dict[str, str] = {}
    for row in run.execute(_COMBINATIONS):
        year, kind, area, level, region_code, region, tags, number = row
        counts = years.setdefault(year, YearCounts(year))
        counts.kinds[kind] += number
        code = region_code or NOWHERE
        if code and region:
            regions[code] = region
        add_tags(counts.codes, tags, number)
        if kind == CENTRE:
            counts.centres[code] += number
            continue
        for dimension, value in ((AREA, area), (REGION, code), (LEVEL, level)):
            counts.codes[dimension][value or NOWHERE] += number
    for year, entities in run.execute(_ENTITIES):
        years[year].entities = entities
    return Counts(dict(sorted(years.items(), reverse=True)), regions)


def add_tags(codes: dict[str, Codes], tags: str, number: int) -> None:
    """Count so many entries under each code that their tags (`entries.tag`) name."""
    for one in tags.split():
        dimension, _, code = one.partition(":")
        if dimension in TAGGED and dimension in codes:
            codes[dimension][code] = codes[dimension].get(code, 0) + number


def add_rows(rows: Iterable[Any], areas: Codes, recipients: Codes) -> None:
    """Count (area, tags, number) by area and by recipients, of some entries only."""
    codes: dict[str, Codes] = {RECIPIENTS: recipients}
    for area, tags, number in rows:
        areas[area or NOWHERE] = areas.get(area or NOWHERE, 0) + number
        add_tags(codes, tags, number)
