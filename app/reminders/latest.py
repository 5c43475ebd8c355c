"""The batches of an edition that were confirmed last, for the dashboard.

Not for: what became of their deliveries (the page of a batch).
Holds always: one query.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.reminders.models import Batch

_BATCH: Final = table_of(Batch).c


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a few words. `respondents` are reached by so many `deliveries`, from `starts_at` to `ends_at` as planned."""

    id: int
    name: str
    respondents: int
    deliveries: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    channel: str


_SHOWN: Final = tuple(_BATCH[name] for name in BatchLine.__slots__)


def latest_batches(edition_id: int, limit: int = 3) -> list[BatchLine]:
    """The batches that were confirmed last, the newest first."""
    query = sa.select(*_SHOWN).where(_BATCH.edition_id == edition_id)
    query = query.order_by(_BATCH.created_at.desc(), _BATCH.id.desc()).limit(limit)
    return [BatchLine(*row) for row in db.session.connection().execute(query)]
