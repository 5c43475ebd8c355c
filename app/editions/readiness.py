"""What an edition still lacks before its next step.

Not for: taking the step (`lifecycle.move_edition`, which refuses what blocks).
Holds always: reads only; a point that blocks is one that the step itself would refuse, the others are advice.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.editions.calendar import rest_day
from app.editions.changing import pilot_codes
from app.editions.checks import ROME, plan_problems
from app.editions.current import EDITION, EditionView, plan_of
from app.extensions import db


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the check list. `name`: deadline, other, contacts, letter, plan, plan_dates, day or pilots."""

    name: str
    met: bool
    blocks: bool = False


def points_before(edition: EditionView, state: str, now: dt.datetime) -> tuple[Point, ...]:
    """The check list of a step into this state; empty where a step needs nothing."""
    if state == "pilot":
        return (Point("deadline", now < edition.closes_at), Point("pilots", bool(pilot_codes(edition.id))))
    if state != "open":
        return ()
    plan = plan_of(edition.id)
    return (
        Point("deadline", now < edition.closes_at, blocks=True),
        Point("other", open_edition_beside(edition) is None, blocks=True),
        Point("contacts", bool(edition.contacts)),
        Point("letter", edition.has_letter),
        Point("plan", bool(plan)),
        *((Point("plan_dates", not any(plan_problems(plan, edition.opens_at, edition.closes_at))),) if plan else ()),
        Point("day", not rest_day(edition.deadline.astimezone(ROME).date())),
    )


def open_edition_beside(edition: EditionView) -> str | None:
    """The code of another edition that is open."""
    query = sa.select(EDITION.code).where(EDITION.state == "open", EDITION.id != edition.id).order_by(EDITION.id).limit(1)
    return db.session.execute(query).scalar_one_or_none()
