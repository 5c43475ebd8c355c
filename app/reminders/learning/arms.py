"""Keeping what was drawn by lot for a batch, and reading it again.

Not for: drawing (`lots.py`), or what came of it (`outcomes.py`).
Holds always: written once, in the transaction of the batch, and never changed; a number of statements that does not grow with
the entities.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.chasing.board import tally_of
from app.chasing.respondents import respondent_table
from app.editions.current import EditionView
from app.extensions import db, table_of
from app.mail.pace import ROME
from app.reminders.learning.power import base_rate
from app.reminders.learning.turns import Turn
from app.reminders.models import Arm, Comparison
from app.reminders.schedule import Schedule

AFTER_LAST: Final = dt.timedelta(days=7)
"""So long after the last message of a batch its variants are compared, or at the deadline if that comes first."""
AT_ONCE: Final = 1_000
_ROW: Final = respondent_table.c
_ARM: Final = table_of(Arm).c
_COMPARISON: Final = table_of(Comparison).c


@dataclass(frozen=True, slots=True)
class Expected:
    """The share of the entities that answers anyway until the days, and until the variants, are compared."""

    days: float
    variants: float


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """What a batch was set up to show, as `models.Comparison`."""

    days: int
    variants: int
    days_base: float
    variants_base: float


@dataclass(frozen=True, slots=True)
class ArmRow:
    """What was drawn for an entity, as `models.Arm`."""

    entity_id: int
    region_code: str
    stratum: str
    day: int
    variant: int
    planned_at: dt.datetime


def places_of(edition_id: int) -> dict[int, tuple[str, int]]:
    """Entity's id → (its Region's code or "", its size class), for all that are asked in an edition. One query."""
    query = sa.select(_ROW.entity_id, _ROW.region_code, _ROW.size_class).where(_ROW.edition_id == edition_id)
    return {
        row.entity_id: (row.region_code or "", row.size_class) for row in db.session.execute(query.order_by(_ROW.entity_id))
    }


def look_ahead(edition: EditionView, schedule: Schedule, region: str | None, now: dt.datetime) -> Expected:
    """What is expected of a batch that goes out by this schedule: from the edition before, or from the answers so far."""
    board, starts = tally_of(edition, now, region or None), schedule.day_starts()
    curve, today = board.part.curve, now.astimezone(ROME).date()
    before = None
    if board.before_opened_on is not None:
        later = edition.opens_at.astimezone(ROME).date() - board.before_opened_on
        before = (board.part.before.universe, [(day + later, number) for day, number in board.part.before.days])
    length = (starts[-1] - starts[0]).days
    rates = [base_rate(curve.universe, curve.days, today, days, before) for days in (max(length, 1), length + AFTER_LAST.days)]
    return Expected(*rates)


def keep_arms(batch_id: int, order: Sequence[Turn], expected: Expected, *, days: int, variants: int) -> None:
    """Write down what was drawn. Flushes only."""
    connection, bases = db.session.connection(), {"days_base": expected.days, "variants_base": expected.variants}
    connection.execute(sa.insert(table_of(Comparison)).values(batch_id=batch_id, days=days, variants=variants, **bases))
    rows = [
        {
            "batch_id": batch_id,
            "entity_id": turn.lot.entity_id,
            "region_code": turn.lot.region,
            "stratum": turn.lot.stratum,
            "position": turn.lot.position,
            "day": turn.lot.day,
            "variant": turn.lot.variant,
            "planned_at": turn.at[0],
        }
        for turn in order
    ]
    for first in range(0, len(rows), AT_ONCE):
        connection.execute(sa.insert(table_of(Arm)), rows[first : first + AT_ONCE])


def comparison_of(batch_id: int) -> ComparisonRow | None:
    """What a batch was set up to show, None if nothing."""
    columns = [_COMPARISON[name] for name in ComparisonRow.__slots__]
    row = db.session.execute(sa.select(*columns).where(_COMPARISON.batch_id == batch_id)).one_or_none()
    return None if row is None else ComparisonRow(*row)


def arms_of(batch_id: int) -> list[ArmRow]:
    """What was drawn for each entity of a batch, in the order of their positions."""
    query = sa.select(*(_ARM[name] for name in ArmRow.__slots__)).where(_ARM.batch_id == batch_id)
    return [ArmRow(*row) for row in db.session.execute(query.order_by(_ARM.position))]
