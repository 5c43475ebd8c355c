"""Counting the rows of `respondent` by territory and by what entities have in common, in a few statements.

Not for: what is kept of it (`figures.py`).
Holds always: a number is entities, the residents of those whose number is known, and how many have no known number; a territory
is the country ("") or a Region by its code ("-": none).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from app.chasing.belonging import NO_ASSOCIATION, select_belonging
from app.chasing.models import Respondent
from app.extensions import db, table_of
from app.registry.entities import MUNICIPALITY_KIND
from app.registry.recipients import select_with_address
from app.responses.claims import parameters

COUNTRY: Final = ""
NOWHERE: Final = "-"
BANDS: Final = (25, 50, 75)
_ANY: Final = "any"
_ROW: Final = table_of(Respondent).c
_REGION: Final = sa.func.coalesce(_ROW.region_code, NOWHERE)
_COMBINATION: Final = (_ROW.state, _ROW.answered, _ROW.covered, _ROW.claimed, _ROW.declared)
_SUMS: Final = (
    sa.func.count(),
    sa.func.sum(sa.func.coalesce(_ROW.population, 0)),
    sa.func.sum(sa.case((_ROW.population.is_(None), 1), else_=0)),
)


class Sum(msgspec.Struct, array_like=True, frozen=True):
    """So many entities, their residents where known, and how many have no known number."""

    entities: int = 0
    population: int = 0
    unknown: int = 0


class Line(msgspec.Struct, array_like=True, frozen=True):
    """How a group of entities stands. Never, opened, draft, sent, led: each entity in one of them, as `filters.STATES` has it.

    The others as `app.responses.coverage` defines them.
    """

    universe: Sum = Sum()
    never: Sum = Sum()
    opened: Sum = Sum()
    draft: Sum = Sum()
    sent: Sum = Sum()
    led: Sum = Sum()
    answered: Sum = Sum()
    covered: Sum = Sum()
    both: Sum = Sum()
    represented: Sum = Sum()
    declared: Sum = Sum()
    claimed: Sum = Sum()


Place = tuple[str, str, str]
"""Territory, dimension, key."""
Combination = tuple[str, bool, bool, bool, bool]


@dataclass(slots=True)
class Counted:
    """What was counted: `cells` of each place by combination of states; of each territory, how far drafts are, and what is
    to be mended."""

    cells: dict[Place, dict[Combination, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    bands: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * (len(BANDS) + 1)))
    doubly_claimed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    without_address: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, place: Place, combination: Combination, sums: tuple[int, ...]) -> None:
        """Count so many of a combination in a place."""
        cell = self.cells[place].setdefault(combination, [0, 0, 0])
        for at, number in enumerate(sums):
            cell[at] += number

    def line(self, place: Place) -> Line:
        """How the entities of a place stand."""
        return _line(self.cells.get(place, {}))

    def lines(self, territory: str, dimension: str) -> list[tuple[str, Line]]:
        """(key, line) of a dimension, by key."""
        keys = sorted(key for where, of, key in self.cells if (where, of) == (territory, dimension))
        return [(key, self.line((territory, dimension, key))) for key in keys]


class Outside:
    """Municipalities by Region and combination of states, of which those that belong to some association are taken away."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, Combination], list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, region: str, combination: Combination, sums: tuple[int, ...]) -> None:
        """So many there are."""
        known = self._sums[region, combination]
        known[:] = [was + more for was, more in zip(known, sums, strict=True)]

    def take(self, region: str, combination: Combination, sums: tuple[int, ...]) -> None:
        """So many belong to one."""
        self.add(region, combination, tuple(-number for number in sums))

    def left(self) -> Iterator[tuple[str, Combination, tuple[int, ...]]]:
        """(Region, combination, sums) of those that belong to none."""
        for (region, combination), sums in self._sums.items():
            if sums[0]:
                yield region, combination, tuple(sums)


def count_respondents(edition_id: int, now: dt.datetime) -> Counted:
    """All that is counted from the rows as they are. Two statements."""
    counted, alone = Counted(), Outside()
    run = db.session.connection()
    for kind, region, province, size, band, *rest in run.execute(_GROUPED, {"edition": edition_id}):
        combination, sums = (rest[0], *map(bool, rest[1:5])), tuple(map(int, rest[5:8]))
        for territory in (COUNTRY, region):
            counted.add((territory, "kinds", kind), combination, sums)
            counted.doubly_claimed[territory] += int(rest[8])
            counted.without_address[territory] += int(rest[9])
        if kind != MUNICIPALITY_KIND:
            continue
        for territory in (COUNTRY, region):
            counted.add((territory, "total", ""), combination, sums)
            counted.add((territory, "sizes", str(size)), combination, sums)
            if band >= 0:
                counted.bands[territory][band] += sums[0]
        counted.add((COUNTRY, "regions", region), combination, sums)
        counted.add((region, "provinces", province), combination, sums)
        alone.add(region, combination, sums)
    for kind, region, *rest in run.execute(_BY_ASSOCIATION, parameters(edition_id, now)):
        combination, sums = (rest[0], *map(bool, rest[1:5])), tuple(map(int, rest[5:8]))
        if kind == _ANY:
            alone.take(region, combination, sums)
            continue
        for territory in (COUNTRY, region):
            counted.add((territory, "associations", kind), combination, sums)
    for region, combination, sums in alone.left():
        for territory in (COUNTRY, region):
            counted.add((territory, "associations", NO_ASSOCIATION), combination, sums)
    return counted


def count_by_lead(edition_id: int) -> list[tuple[int, str, int, int]]:
    """(lead's id, region's code, its member municipalities there, those represented), as `respondent` names leads."""
    represented = sa.func.sum(sa.case((sa.or_(_ROW.answered, _ROW.covered), 1), else_=0))
    query = sa.select(_ROW.lead_id, _REGION, sa.func.count(), represented)
    query = query.where(_ROW.edition_id == edition_id, _ROW.kind == MUNICIPALITY_KIND, _ROW.lead_id.is_not(None))
    rows = db.session.connection().execute(query.group_by(_ROW.lead_id, _REGION).order_by(_ROW.lead_id, _REGION))
    return [(lead, region, members, int(sent)) for lead, region, members, sent in rows]


def count_bad_addresses(edition_id: int) -> dict[str, int]:
    """Region's code → the entities one of whose addresses a server has refused."""
    query = sa.select(_REGION, sa.func.count()).group_by(_REGION).order_by(_REGION)
    query = query.where(_ROW.edition_id == edition_id, _ROW.entity_id.in_(select_with_address(bad=True)))
    return dict(db.session.connection().execute(query).all())


def _grouped() -> sa.Select[Any]:
    far = sa.case(*((_ROW.progress < below, number) for number, below in enumerate(BANDS)), else_=len(BANDS))
    band = sa.case((sa.and_(_ROW.state == "draft", ~_ROW.covered), far), else_=-1)
    province = sa.func.coalesce(_ROW.province_sign, NOWHERE)
    mix = (_ROW.kind, _REGION, province, _ROW.size_class, band, *_COMBINATION)
    doubly = sa.func.sum(sa.case((_ROW.doubly_claimed, 1), else_=0))
    without = sa.func.sum(sa.case((_ROW.has_address, 0), else_=1))
    grouped = sa.select(*(column.label(f"mix_{at}") for at, column in enumerate(mix)), *_SUMS, doubly, without)
    return grouped.where(_ROW.edition_id == sa.bindparam("edition")).group_by(*(sa.text(f"mix_{at}") for at in range(len(mix))))


def _by_association() -> sa.Select[Any]:
    """Municipalities by the kinds of association to which they belong on the day, under each once, and once under `_ANY`.

    It begins with who belongs and looks each up: an outer join the other way round cost the square of their number on SQLite.
    """
    pairs = select_belonging().cte("pairs")
    anywhere = sa.select(sa.literal(_ANY), pairs.c.member).distinct()
    belongs = sa.union_all(sa.select(pairs.c.kind, pairs.c.member), anywhere).subquery("belongs").c
    query = sa.select(belongs.kind, _REGION, *_COMBINATION, *_SUMS)
    query = query.join_from(belongs.kind.table, table_of(Respondent), belongs.member == _ROW.entity_id)
    query = query.where(_ROW.edition_id == sa.bindparam("edition"), _ROW.kind == MUNICIPALITY_KIND)
    return query.group_by(belongs.kind, _REGION, *_COMBINATION)


_GROUPED: Final = _grouped()
_BY_ASSOCIATION: Final = _by_association()
_STATES: Final = {"never": "never", "opened": "opened", "draft": "draft", "submitted": "sent"}


def _line(cell: dict[Combination, list[int]]) -> Line:
    sums: dict[str, list[int]] = {name: [0, 0, 0] for name in Line.__struct_fields__}
    for (state, answered, covered, claimed, declared), numbers in cell.items():
        holds = {
            "universe": True,
            "led" if covered and state != "submitted" else _STATES[state]: True,
            "answered": answered,
            "covered": covered,
            "both": answered and covered,
            "represented": answered or covered,
            "declared": declared,
            "claimed": claimed,
        }
        for name, is_so in holds.items():
            if is_so:
                sums[name] = [was + more for was, more in zip(sums[name], numbers, strict=True)]
    return Line(*(Sum(*sums[name]) for name in Line.__struct_fields__))
