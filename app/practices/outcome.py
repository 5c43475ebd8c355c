"""What became of an entity's practices, Centres and initiatives, for the entity itself: those of all years.

Not for: everybody, who reads `published.py`; deciding on them (`review.py`).
Holds always: every query names the entity; what a reviewer wrote is told only where it was written to the entity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.practices import models
from app.practices.history import last_sent_back
from app.practices.models import Practice
from app.practices.record import PublicRecord, read_record

WAITING, SENT_BACK, APPROVED, REJECTED, WITHDRAWN = models.STATES
PUBLISHED, NO_CONSENT, REMOVED = "published", "no_consent", "removed"
FATES: Final = (PUBLISHED, APPROVED, WAITING, SENT_BACK, NO_CONSENT, REJECTED, WITHDRAWN, REMOVED)
"""What may have become of one: besides the states of the review, that it is public as it was sent, that the entity does not let
it be published, that the entity sends it no longer."""
UNDECIDED: Final = frozenset({APPROVED, WAITING, SENT_BACK})
"""What the desk, or the entity, still has in hand."""
SINGLE: Final = "municipality"
_ROW: Final = table_of(Practice).c
_COLUMNS: Final = (
    *(_ROW.id, _ROW.code, _ROW.kind, _ROW.year, _ROW.edition_id, _ROW.edition_label, _ROW.item_id, _ROW.title, _ROW.content),
    *(_ROW.consent, _ROW.present, _ROW.state, _ROW.approved, _ROW.published),
)


@dataclass(frozen=True, slots=True)
class Fate:
    """One of them. `fate`: of `FATES`; `is_public`: whether some version of it is public now, be it an older one; `note`: what
    the desk wrote when it sent it back; `item_id`: its sheet, None for what was brought in from a file."""

    code: str
    kind: str
    year: int
    edition_id: int | None
    edition_label: str
    item_id: str | None
    title: str
    record: PublicRecord
    fate: str
    is_public: bool
    note: str

    @property
    def present(self) -> bool:
        """Whether it stands in what the entity sent last."""
        return self.fate != REMOVED


def fates_of(entity_id: int) -> list[Fate]:
    """All of them, the latest year first, then in the order in which they came. Two statements at most."""
    query = sa.select(*_COLUMNS).where(_ROW.entity_id == entity_id).order_by(_ROW.year.desc(), _ROW.id)
    rows = db.session.execute(query).all()
    asked = last_sent_back([row.id for row in rows if row.state == SENT_BACK])
    return [_fate(row, asked[row.id].note if row.id in asked else "") for row in rows]


def _fate(row: Any, note: str) -> Fate:
    fate, public = _fate_of(row), row.published is not None
    named = (row.code, row.kind, row.year, row.edition_id, row.edition_label, row.item_id, row.title)
    record = read_record(row.published if fate == PUBLISHED else row.content)
    return Fate(*named, record, fate, public, note if fate == SENT_BACK else "")


def _fate_of(row: Any) -> str:
    if not row.present:
        return REMOVED
    if not row.consent:
        return NO_CONSENT
    if row.state == APPROVED and row.published is not None and row.published == row.approved:
        return PUBLISHED
    state: str = row.state
    return state
