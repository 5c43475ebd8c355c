"""The kept numbers of an edition for a page: the part of one territory, renewed when it is older than a minute.

Not for: counting (`figures.py`).
Holds always: reading fresh numbers is one query; a page never counts by itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.chasing.counting import COUNTRY, Line
from app.chasing.figures import Curve, Numbers, Part, Row, read_numbers, read_part
from app.chasing.models import Tally
from app.chasing.respondents import KEPT, refresh_respondents
from app.editions.current import EditionView, Plan, edition_table, read_plan
from app.extensions import db, table_of
from app.prepared import Prepared

_TALLY: Final = table_of(Tally).c
_TAKEN_AT: Final = Prepared(sa.select(_TALLY.taken_at).where(_TALLY.edition_id == sa.bindparam("edition", type_=sa.Integer)))
_NOBODY: Final = Part(
    name="",
    total=Line(),
    bands=(0, 0, 0, 0),
    **dict.fromkeys(("regions", "provinces", "sizes", "kinds", "associations", "leads"), ()),
    curve=Curve(),
    before=Curve(),
    doubly_claimed=0,
    without_address=0,
    bad_address=0,
)


@dataclass(frozen=True, slots=True)
class Board:
    """How the response stood at `taken_at`. `before_title`, `before_opened_on`: of the edition before, if there was one.

    `plan`: what the edition hopes for, as `plan_of` gives it.
    """

    taken_at: dt.datetime
    part: Part
    before_title: str
    before_opened_on: dt.date | None
    plan: Plan


def tally_of(edition: EditionView, now: dt.datetime, region_code: str | None = None) -> Board:
    """The numbers of the country or of a Region, at most a minute old. May renew them: see `refresh_respondents`."""
    found = _stored(edition.id)
    if found is None or abs(now - found[0]) >= KEPT:
        refresh_respondents(edition, now)
        found = _stored(edition.id)
    return _board(found, region_code, now)


def provinces_of(edition: EditionView) -> tuple[tuple[str, Row], ...]:
    """Region's code and the kept numbers of every province in it; they are as old as the last `tally_of` left them."""
    found = _stored(edition.id)
    if found is None:
        return ()
    parts = ((territory, read_part(found[1], territory)) for territory in sorted(found[1].parts) if territory != COUNTRY)
    return tuple((territory, row) for territory, part in parts if part is not None for row in part.provinces)


def fresh_tally(edition: EditionView, now: dt.datetime) -> dt.datetime | None:
    """When the kept numbers were taken, None where `tally_of` would renew them: for who keeps what it made of them."""
    row = _TAKEN_AT.row_alone(db.engine, {"edition": edition.id})
    taken_at: dt.datetime | None = row[0] if row else None
    return None if taken_at is None or abs(now - taken_at) >= KEPT else taken_at


def _stored(edition_id: int) -> tuple[dt.datetime, Numbers, Plan] | None:
    """The kept numbers; None where there are none that this program can read."""
    query = sa.select(_TALLY.taken_at, _TALLY.numbers, edition_table.c.plan)
    query = query.join(edition_table, edition_table.c.id == _TALLY.edition_id).where(_TALLY.edition_id == edition_id)
    row = db.session.connection().execute(query).one_or_none()
    if row is None:
        return None
    numbers = read_numbers(row.numbers)
    return (row.taken_at, numbers, read_plan(row.plan)) if COUNTRY in numbers.parts else None


def _board(found: tuple[dt.datetime, Numbers, Plan] | None, region_code: str | None, now: dt.datetime) -> Board:
    if found is None:
        return Board(now, _NOBODY, "", None, ())
    taken_at, numbers, plan = found
    part = read_part(numbers, COUNTRY if region_code is None else region_code) or _NOBODY
    before = numbers.before
    return Board(taken_at, part, before.title if before else "", before.opened_on if before else None, plan)
