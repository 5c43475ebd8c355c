"""What an entity sent in other editions: to look back from its own page.

Not for: the edition that is on (`reading.py`) or for prefilling from it.
Holds always: every query names the entity; only what was sent is listed, never a draft.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.editions.current import EDITION, edition_by_code, edition_table
from app.extensions import db
from app.responses.models import Response, Submission
from app.responses.reading import OpenResponse, find_response


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """One version that the entity sent in another edition. `number` counts from 1 within the edition."""

    edition_code: str
    edition_title: str
    number: int
    receipt: str
    submitted_at: dt.datetime
    operator_id: int | None


def earlier_versions(entity_id: int, edition_id: int | None) -> list[EarlierVersion]:
    """The last version that the entity sent in each edition but this one, latest opening first."""
    query = (
        sa.select(
            EDITION.code, EDITION.title, Submission.number, Submission.receipt, Submission.submitted_at, Submission.operator_id
        )
        .select_from(Submission)
        .join(Response, sa.and_(Response.id == Submission.response_id, Response.submissions == Submission.number))
        .join(edition_table, EDITION.id == Response.edition_id)
        .where(Response.entity_id == entity_id, EDITION.state != "draft")
        .order_by(EDITION.opens_at.desc(), EDITION.id.desc())
    )
    if edition_id is not None:
        query = query.where(EDITION.id != edition_id)
    return [EarlierVersion(*row) for row in db.session.execute(query)]


def earlier_response(entity_id: int, edition_code: str) -> OpenResponse | None:
    """The entity's response in the edition of this code, if it sent one."""
    edition = edition_by_code(edition_code)
    found = find_response(entity_id, edition.id) if edition is not None else None
    return found if found is not None and found.submissions else None
