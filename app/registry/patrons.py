"""The day of an entity's patron saint, on which its offices are closed: month and day, as "06-24".

Not for: national holidays (`app.mail.working_days`).
Holds always: None is unknown; a day that a year does not have (29 February) is nobody's day in that year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from app.among import among
from app.extensions import db
from app.registry.entities import entity_table
from app.registry.models import Entity


def is_day_of_year(text: str) -> bool:
    """Whether this is the month and day of some year, as "06-24"."""
    try:
        return dt.datetime.strptime(f"2028-{text}", "%Y-%m-%d").strftime("%m-%d") == text  # noqa: DTZ007 — a day has no zone
    except ValueError:
        return False


def closed_for_patron(entity_ids: Collection[int], day: dt.date) -> set[int]:
    """Those of these entities whose patron's day it is. One statement."""
    row = entity_table.c
    query = sa.select(row.id).where(among(row.id, entity_ids), row.patron_day == day.strftime("%m-%d")).order_by(row.id)
    return set(db.session.execute(query).scalars())


def set_patron_day(entity_id: int, day: str | None) -> None:
    """Know the day of an entity, or no longer. Flushes only. Raises ValueError for what is no day."""
    if day is not None and not is_day_of_year(day):
        raise ValueError(f"no month and day: {day!r}")
    db.session.execute(sa.update(Entity).where(Entity.id == entity_id).values(patron_day=day))
