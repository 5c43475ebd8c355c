"""What the record says of one subject, for the page that shows it.

Not for: searching the whole record, or proving that it is sound (`verifying.py`).
Holds always: reads only, newest first, one query.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa

from app.audit.chain import Scalar
from app.audit.models import AuditEntry
from app.extensions import db, table_of

entry_table = table_of(AuditEntry)  # for rooms that join it in a query of their own; they read, and never write
_ENTRY = entry_table.c


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry. `actor`: "kind:id"; `detail`: ids, codes and instants, by name."""

    number: int
    at: dt.datetime
    action: str
    actor: str
    detail: dict[str, Scalar]


def entries_about(subject: str, limit: int = 50) -> list[EntryRow]:
    """The last entries about a subject ("entity:001001")."""
    query = sa.select(_ENTRY.number, _ENTRY.at, _ENTRY.action, _ENTRY.actor, _ENTRY.detail).where(_ENTRY.subject == subject)
    rows = db.session.execute(query.order_by(_ENTRY.number.desc()).limit(limit))
    return [EntryRow(row.number, row.at, row.action, row.actor, json.loads(row.detail)) for row in rows]
