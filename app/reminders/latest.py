"""The batches of an edition that were confirmed last, for the dashboard; which batch a group of deliveries is.

Not for: what became of their deliveries (the page of a batch).
Holds always: one query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
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


def batches_of_groups(edition_id: int, group_ids: Collection[int]) -> dict[int, int]:
    """Group's id → id of the edition's batch that it is; without groups that are none. One query."""
    query = sa.select(_BATCH.group_id, _BATCH.id).where(_BATCH.edition_id == edition_id, _BATCH.group_id.in_(group_ids))
    return {row.group_id: row.id for row in db.session.execute(query.order_by(_BATCH.id))}
