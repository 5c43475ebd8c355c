"""All responses of an edition at a glance: their plain columns, without documents.

Not for: one entity's response (`reading.py`) or who answers for whom (`coverage.py`).
Holds always: reads only, one query.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db, table_of
from app.responses.models import Response

_RESPONSE = table_of(Response).c


@dataclass(frozen=True, slots=True)
class ResponseState:
    """`status`: opened, draft, submitted. `submitted_as`: answer, nothing, declaration, None. `progress`: percent."""

    status: str
    submitted_as: str | None
    progress: int
    last_activity: dt.datetime
    submitted_at: dt.datetime | None
    submitted_mode: str | None = None


def response_states(edition_id: int) -> dict[int, ResponseState]:
    """Entity's id → the state of its response, for each entity that has opened it."""
    query = sa.select(
        *(_RESPONSE.entity_id, _RESPONSE.status, _RESPONSE.submitted_as, _RESPONSE.progress),
        *(_RESPONSE.last_activity, _RESPONSE.submitted_at, _RESPONSE.submitted_mode),
    ).where(_RESPONSE.edition_id == edition_id)
    return {row[0]: ResponseState(*tuple(row)[1:]) for row in db.session.connection().execute(query)}
