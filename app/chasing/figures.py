"""The dashboard's numbers of an edition: how the response stands in the country and in each Region, kept as JSON.

They are taken in a few set-based statements in the transaction that renews the rows of `respondent`, so that both are of one
instant. The numbers of municipalities answered, covered and represented are those of `app.responses.coverage.counts`.
Not for: when they are renewed (`respondents.py`), reading them for a page (`board.py`), the statements (`counting.py`).
Holds always: the part of a territory holds all that a page of it shows and nothing of another's; numbers are of municipalities
but in `kinds`, where all entities stand.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from app.chasing.counting import (
    COUNTRY,
    NOWHERE,
    Counted,
    Line,
    count_bad_addresses,
    count_by_lead,
    count_respondents,
)
from app.chasing.models import Respondent, Tally
from app.editions.current import EditionView, edition_before
from app.editions.files import ROME
from app.extensions import db, table_of
from app.registry.entities import count_municipalities, find_by_ids, place_names
from app.responses.history import newly_represented

MOST_LEADS: Final = 10
_ROW: Final = table_of(Respondent).c
_TALLY: Final = table_of(Tally).c


class Row(msgspec.Struct, array_like=True, frozen=True):
    """A line of a table. `key`: the code of what it is about; `name`: a place's own name, else "": its key has one."""

    key: str
    name: str
    line: Line


class LeadRow(msgspec.Struct, array_like=True, frozen=True):
    """Who leads an association, in which state it is itself, its member municipalities and how many are represented."""

    code: str
    label: str
    state: str
    members: int
    represented: int


class Curve(msgspec.Struct, array_like=True, frozen=True):
    """How many of `universe` municipalities were represented at the end of each day, only days on which that changed."""

    universe: int = 0
    days: tuple[tuple[dt.date, int], ...] = ()


class Part(msgspec.Struct, frozen=True):
    """A territory's numbers, with its own name (the country's is "").

    `bands`: drafts by progress, see `counting.BANDS`; `before`: of the edition before this one.
    """

    name: str
    total: Line
    bands: tuple[int, ...]
    regions: tuple[Row, ...]
    provinces: tuple[Row, ...]
    sizes: tuple[Row, ...]
    kinds: tuple[Row, ...]
    associations: tuple[Row, ...]
    leads: tuple[LeadRow, ...]
    curve: Curve
    before: Curve
    doubly_claimed: int
    without_address: int
    bad_address: int


class Before(msgspec.Struct, frozen=True):
    """The edition that opened before this one, counted once a day: it hardly changes any more."""

    edition_id: int
    title: str
    opened_on: dt.date
    counted_on: dt.date
    curves: dict[str, Curve]


class Numbers(msgspec.Struct, frozen=True):
    """What is stored: each territory's part as JSON, of which a page reads one."""

    parts: dict[str, msgspec.Raw] = {}
    before: Before | None = None


def take_tally(edition: EditionView, now: dt.datetime) -> None:
    """Count the rows of `respondent` as they are now and keep the numbers. Flushes only; the row of the tally exists."""
    own = _TALLY.edition_id == edition.id
    kept = read_numbers(db.session.execute(sa.select(_TALLY.numbers).where(own)).scalar_one())
    before = _before(edition, kept.before, now)
    encode = msgspec.json.encode
    parts = {territory: msgspec.Raw(encode(part)) for territory, part in _parts(edition, before, now)}
    text = encode(Numbers(parts, before)).decode()
    db.session.execute(sa.update(table_of(Tally)).where(own).values(numbers=text))


def read_numbers(text: str) -> Numbers:
    """The numbers as they are stored; empty ones, taken by nobody yet or by a program that counted otherwise."""
    try:
        return msgspec.json.decode(text, type=Numbers)
    except msgspec.ValidationError:
        return Numbers()


def read_part(numbers: Numbers, territory: str) -> Part | None:
    """A territory's part; None where nobody of it is asked. Raises msgspec.ValidationError for that of another program."""
    raw = numbers.parts.get(territory)
    return None if raw is None else msgspec.json.decode(raw, type=Part)


def _parts(edition: EditionView, before: Before | None, now: dt.datetime) -> Iterator[tuple[str, Part]]:
    counted = count_respondents(edition.id, now)
    curves, leads = _curves(edition.id, now), _leads(edition.id)
    bad = count_bad_addresses(edition.id)
    bad[COUNTRY] = sum(bad.values())
    names = place_names()
    for territory in sorted({place[0] for place in counted.cells} | {COUNTRY}):
        total = counted.line((territory, "total", ""))
        yield (
            territory,
            Part(
                name=names.get(territory, ""),
                total=total,
                bands=tuple(counted.bands[territory]),
                **{name: _rows(counted, territory, name, names) for name in _DIMENSIONS},
                leads=tuple(leads.get(territory, ())),
                curve=Curve(total.universe.entities, curves.get(territory, ())),
                before=Curve() if before is None else before.curves.get(territory, Curve()),
                doubly_claimed=counted.doubly_claimed[territory],
                without_address=counted.without_address[territory],
                bad_address=bad.get(territory, 0),
            ),
        )


_DIMENSIONS: Final = ("regions", "provinces", "sizes", "kinds", "associations")


def _rows(counted: Counted, territory: str, dimension: str, names: Mapping[str, str]) -> tuple[Row, ...]:
    named = dimension in ("regions", "provinces")
    return tuple(Row(key, names.get(key, "") if named else "", line) for key, line in counted.lines(territory, dimension))


def _curves(edition_id: int, now: dt.datetime) -> dict[str, tuple[tuple[dt.date, int], ...]]:
    """Territory → (day, represented by its end) of the days on which that changed."""
    by_territory: dict[str, dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
    for (region, day), number in newly_represented(edition_id, now).items():
        for territory in (COUNTRY, region or NOWHERE):
            by_territory[territory][day] += number
    curves: dict[str, tuple[tuple[dt.date, int], ...]] = {}
    for territory, days in by_territory.items():
        total, points = 0, []
        for day in sorted(days):
            total += days[day]
            points.append((day, total))
        curves[territory] = tuple(points)
    return curves


def _before(edition: EditionView, kept: Before | None, now: dt.datetime) -> Before | None:
    """The curves of the edition before: those that are kept, if they were counted today."""
    last, today = edition_before(edition), now.astimezone(ROME).date()
    if last is None:
        return None
    if kept is not None and (kept.edition_id, kept.counted_on) == (last.id, today):
        return kept
    end = min(last.closes_at, now)
    asked = {region or NOWHERE: number for region, number in count_municipalities(end.astimezone(ROME).date()).items()}
    asked[COUNTRY] = sum(asked.values())
    curves = {territory: Curve(asked.get(territory, 0), days) for territory, days in _curves(last.id, end).items()}
    return Before(last.id, last.title, last.opens_at.astimezone(ROME).date(), today, curves)


def _leads(edition_id: int) -> dict[str, list[LeadRow]]:
    """Territory → the leads on whose answer most municipalities of it still wait."""
    numbers: dict[str, dict[int, list[int]]] = defaultdict(dict)
    for lead, region, members, represented in count_by_lead(edition_id):
        for territory in (COUNTRY, region):
            own = numbers[territory].setdefault(lead, [0, 0])
            own[0] += members
            own[1] += represented
    chosen = {territory: _most_missing(leads) for territory, leads in numbers.items()}
    ids = {lead for leads in chosen.values() for lead in leads}
    entities, states = {entity.id: entity for entity in find_by_ids(ids)}, _states(edition_id, ids)
    return {
        territory: [
            LeadRow(entities[lead].code, entities[lead].label, states.get(lead, "never"), *numbers[territory][lead])
            for lead in leads
        ]
        for territory, leads in chosen.items()
    }


def _most_missing(leads: Mapping[int, list[int]]) -> list[int]:
    waiting = [lead for lead, (members, represented) in leads.items() if represented < members]
    return sorted(waiting, key=lambda lead: (leads[lead][1] - leads[lead][0], lead))[:MOST_LEADS]


def _states(edition_id: int, entity_ids: set[int]) -> dict[int, str]:
    query = sa.select(_ROW.entity_id, _ROW.state, _ROW.covered).order_by(_ROW.entity_id)
    rows = db.session.execute(query.where(_ROW.edition_id == edition_id, _ROW.entity_id.in_(entity_ids)))
    return {entity: state if state == "submitted" or not covered else "covered" for entity, state, covered in rows}
