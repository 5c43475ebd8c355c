"""Whom a filter means, as ids: for what is done to all of them at once.

Not for: showing them (`listing.py`), or a batch (`app.reminders.audience` asks the rules).
Holds always: only respondents of the edition, and of the Region that whoever asks may see.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.chasing.filters import Filter, conditions
from app.chasing.respondents import fresh_respondents, respondent_table
from app.editions.current import EditionView
from app.editions.files import ROME
from app.extensions import db


def select_respondents(
    edition: EditionView, wanted: Filter, now: dt.datetime, *, region: str | None = None, unanswered: bool = False
) -> list[int]:
    """The ids of the entities that the filter means now, in their order; `unanswered`: only those that have not answered and
    for whom no other has. Renews the rows where they are old."""
    fresh_respondents(edition, now)
    row = respondent_table.c
    today = now.astimezone(ROME).date()
    query = sa.select(row.entity_id).where(row.edition_id == edition.id, *conditions(wanted, today, region=region))
    if unanswered:
        query = query.where(row.state != "submitted", ~row.covered)
    return list(db.session.execute(query.order_by(row.entity_id)).scalars())
