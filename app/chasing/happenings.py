"""What the desk did in an edition day by day, beside the reminders: calls, and deadlines of their own that it granted.

Not for: one call (`calls.py`) or one extension (`app.editions.extensions`).
Holds always: reads only, one statement; of a Region only what was done for its entities; a call that was taken back counts
nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Final

import sqlalchemy as sa

from app.chasing.calls import call_table
from app.editions.current import extension_table
from app.editions.files import ROME
from app.extensions import db
from app.registry.entities import entity_table

CALLS, EXTENSIONS = "calls", "extensions"
_HOUR: Final = len("2026-03-16 09")
_CALL, _OWN = call_table.c, extension_table.c


def happenings(edition_id: int, region: str | None) -> dict[str, Counter[dt.date]]:
    """`CALLS` and `EXTENSIONS` → day in Rome → how many. `region`: of which alone, None: of the country."""
    calls = _by_hour(CALLS, _CALL.at, _CALL.entity_id, region).where(_CALL.edition_id == edition_id, _CALL.removed_at.is_(None))
    granted = _by_hour(EXTENSIONS, _OWN.granted_at, _OWN.entity_id, region).where(_OWN.edition_id == edition_id)
    found: dict[str, Counter[dt.date]] = {CALLS: Counter(), EXTENSIONS: Counter()}
    for kind, hour, number in db.session.connection().execute(sa.union_all(calls, granted)):
        found[kind][dt.datetime.fromisoformat(f"{hour}:00+00:00").astimezone(ROME).date()] += number
    return found


def _by_hour(
    kind: str, at: sa.ColumnElement[dt.datetime], entity_id: sa.ColumnElement[int], region: str | None
) -> sa.Select[Any]:
    """(kind, hour in UTC, number): both databases write an instant as text alike as far as the hour."""
    hour = sa.func.substr(sa.cast(at, sa.String), 1, _HOUR)
    query = sa.select(sa.literal(kind), hour, sa.func.count()).group_by(hour)
    if region is None:
        return query
    return query.join(entity_table, entity_table.c.id == entity_id).where(entity_table.c.region_code == region)
