"""What each filter offers: the values that something public has, their labels in the reader's language, and how many have them.

Not for: finding (`finding.py`).
Holds always: a value that nothing public has is not offered; counts are of the whole publication, whatever is filtered; they
are taken once for a publication and process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db
from app.practices.entries import TAGGED
from app.practices.finding import PARAMETERS, TEXT, TITLES
from app.practices.kept import FIGURES, kept, size_by_text, state_of
from app.practices.published import CURRENT, ENTRY, Version
from app.practices.vocabulary import Labels, labels
from app.practices.words import KIND_NAMES

_TAGGED: Final = frozenset(PARAMETERS.values()).intersection(TAGGED)
_QUERY: Final = sa.select(ENTRY.kind, ENTRY.year, ENTRY.region_code, ENTRY.region, ENTRY.area, ENTRY.level, ENTRY.tags).where(
    CURRENT
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter. `count`: how many entries have it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """A filter and what it offers."""

    parameter: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a publication. `of`: field of `Filters` → value → entries; `regions`: code → name, by name."""

    of: Mapping[str, Mapping[str, int]]
    regions: Mapping[str, str]


def counts(version: Version) -> Counts:
    """How many entries of the current publication have each value."""
    return kept(FIGURES, state_of(version), "choices", _take, size_by_text)


def choices(version: Version, locale: str) -> tuple[Group, ...]:
    """What the filters offer, in the order of `PARAMETERS`, without those that offer nothing."""
    known, named = counts(version), labels(locale)
    found = []
    for parameter, field in PARAMETERS.items():
        if parameter != TEXT and (offered := tuple(_offered(field, known, named))):
            found.append(Group(parameter, str(TITLES[parameter]), offered))
    return tuple(found)


def name_of(parameter: str, value: str, version: Version | None, named: Labels) -> str:
    """What a value of a filter is called; itself, where it is not known. `named`: of `vocabulary.labels`."""
    if parameter == "genere":
        return str(KIND_NAMES[value])
    if parameter == "regione":
        return counts(version).regions.get(value, value) if version else value
    return named.get(PARAMETERS[parameter], {}).get(value, value)


def _offered(field: str, known: Counts, named: Labels) -> Iterator[Choice]:
    """The values of a field: options in the questionnaire's order, Regions by name, years from the newest."""
    of = known.of[field]
    if field == "year":
        names = {value: value for value in sorted(of, reverse=True)}
    elif field == "region":
        names = dict(known.regions)
    elif field == "kind":
        names = {value: str(name) for value, name in KIND_NAMES.items()}
    else:
        names = named[field] | {value: value for value in sorted(of) if value not in named[field]}
    for value, name in names.items():
        if of.get(value):
            yield Choice(value, name, of[value])


def _take() -> Counts:
    of: dict[str, Counter[str]] = {field: Counter() for field in PARAMETERS.values()}
    regions: dict[str, str] = {}
    rows: Any = db.session.connection().execute(_QUERY)
    for row in rows:
        for field, value in (("kind", row.kind), ("year", str(row.year)), ("area", row.area), ("level", row.level)):
            if value:
                of[field][value] += 1
        if row.region_code:
            of["region"][row.region_code] += 1
            regions[row.region_code] = row.region or row.region_code
        for one in row.tags.split():
            field, _colon, code = one.partition(":")
            if field in _TAGGED:
                of[field][code] += 1
    return Counts(of, dict(sorted(regions.items(), key=lambda item: item[1])))
