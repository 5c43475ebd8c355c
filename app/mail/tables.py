"""The outbox as other rooms may read it: its tables for their own queries, and the last message about each of many.

Not for: queueing (`outbox.py`, `queueing.py`).
Holds always: reads only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.models import Delivery, Suppression

delivery_table: Final = table_of(Delivery)
suppression_table: Final = table_of(Suppression)
_ROW: Final = delivery_table.c


@dataclass(frozen=True, slots=True)
class LastMessage:
    """The newest message about something. `state`: one of `app.mail.models.STATES`."""

    kind: str
    subject: str
    state: str
    created_at: dt.datetime


def last_messages(references: Collection[str]) -> dict[str, LastMessage]:
    """Reference ("entity:17") → its newest message, of those that have one. One query."""
    if not references:
        return {}
    newest = sa.select(sa.func.max(_ROW.id)).where(_ROW.reference.in_(references)).group_by(_ROW.reference)
    query = sa.select(_ROW.reference, _ROW.kind, _ROW.subject, _ROW.state, _ROW.created_at).where(_ROW.id.in_(newest))
    rows = db.session.connection().execute(query.order_by(_ROW.id))
    return {row[0]: LastMessage(*row[1:]) for row in rows}
