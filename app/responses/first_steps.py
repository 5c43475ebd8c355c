"""When each entity opened its form in an edition, and when it first sent something after an instant.

Not for: how a response stands now (`overview.py`), or who answers for whom (`coverage`).
Holds always: reads only, one query, without documents; the same whenever it is asked, for what was sent stays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.responses.models import Response, Submission

_RESPONSE: Final = table_of(Response).c
_SUBMISSION: Final = table_of(Submission).c


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """`submitted_at`: of the first time something was sent from the instant on that was asked for, None if nothing was."""

    opened_at: dt.datetime
    submitted_at: dt.datetime | None


def first_steps(edition_id: int, since: dt.datetime) -> dict[int, FirstSteps]:
    """Entity's id → its first steps, for each that has opened the form."""
    first = sa.select(_SUBMISSION.response_id, sa.func.min(_SUBMISSION.submitted_at).label("at"))
    sent = first.where(_SUBMISSION.submitted_at >= since).group_by(_SUBMISSION.response_id).subquery("sent")
    query = sa.select(_RESPONSE.entity_id, _RESPONSE.opened_at, sent.c.at)
    query = query.select_from(table_of(Response).outerjoin(sent, sent.c.response_id == _RESPONSE.id))
    rows = db.session.execute(query.where(_RESPONSE.edition_id == edition_id).order_by(_RESPONSE.entity_id))
    return {row.entity_id: FirstSteps(row.opened_at, row.at) for row in rows}
