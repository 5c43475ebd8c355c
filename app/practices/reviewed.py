"""One practice as whoever reviews it reads it: the row, what is kept back of its sheet, its history, last year's of its entity.

Not for: the queue (`queue.py`), deciding (`review.py`).
Holds always: no person's answer is read here; the address of a reserved seat is in no answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.tables import staff_table
from app.extensions import db, table_of
from app.practices.gate import KeptBack, kept_back
from app.practices.models import Practice, ReviewEntry
from app.practices.record import PublicRecord, read_record
from app.registry.entities import entity_table, label
from app.registry.folding import fold
from app.responses.reading import OpenResponse
from app.responses.submission import submitted_document

ALIKE: Final = 0.6
"""How much two titles have in common (`SequenceMatcher.ratio`) to be taken for the same practice of two years."""
_ROW: Final = table_of(Practice).c
_ENTRY: Final = table_of(ReviewEntry).c
_ENTITY: Final = entity_table.c
_STAFF: Final = staff_table.c


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of history. `detail`: JSON, as `ReviewEntry` has it."""

    action: str
    note: str
    detail: str
    actor: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Earlier:
    """The practice of an earlier edition with which this one is compared. `record`: what was public of it, else approved, else
    sent."""

    code: str
    edition_label: str
    record: PublicRecord


def practice_row(code: str) -> sa.Row[Any] | None:
    """All columns of the practice with this code, with its entity's code, name and place, and `assigned`."""
    columns = (
        *(_ENTITY.code.label("entity_code"), _ENTITY.name, _ENTITY.province_sign, _ENTITY.region_code),
        *(_ENTITY.latitude.label("entity_latitude"), _ENTITY.longitude.label("entity_longitude")),
        *(_ENTITY.kind.label("entity_kind"), _ENTITY.province_sign.label("entity_province_sign")),
        _ENTITY.region_code.label("entity_region_code"),
    )
    query = (
        sa.select(table_of(Practice), *columns, _STAFF.name.label("assigned"))
        .join(entity_table, _ENTITY.id == _ROW.entity_id)
        .outerjoin(staff_table, _STAFF.id == _ROW.assigned_id)
        .where(_ROW.code == code)
    )
    return db.session.execute(query).one_or_none()


def entity_label_of(row: Any) -> str:
    """How the practice's entity is called."""
    return label(row.name, row.province_sign)


def history_of(practice_id: int) -> list[Happened]:
    """What happened with it, the latest first."""
    columns = (_ENTRY.action, _ENTRY.note, _ENTRY.detail, _ENTRY.actor, _ENTRY.at)
    query = sa.select(*columns).where(_ENTRY.practice_id == practice_id).order_by(_ENTRY.id.desc())
    return [Happened(*row) for row in db.session.execute(query)]


def private_of(row: Any, response: OpenResponse, locale: str) -> list[KeptBack]:
    """What its sheet answers, in the version that brought it, and may not be public. The questions in this language."""
    document = submitted_document(row.response_id, row.submission)
    if document is None:
        return []
    return kept_back(response.questionnaire_in(locale), document.values(), document.live_items(), row.item_id)


def earlier_of(row: Any) -> Earlier | None:
    """The same practice in the last edition of its entity before it: of the same sheet, else of the title most like it."""
    columns = (_ROW.code, _ROW.edition_label, _ROW.year, _ROW.item_id, _ROW.title, _ROW.published, _ROW.approved, _ROW.content)
    own = (_ROW.entity_id == row.entity_id, _ROW.kind == row.kind, _ROW.year < row.year)
    found = db.session.execute(sa.select(*columns).where(*own).order_by(_ROW.year.desc(), _ROW.id)).all()
    best = _most_alike(row, [one for one in found if one.year == found[0].year])
    if best is None:
        return None
    return Earlier(best.code, best.edition_label, read_record(best.published or best.approved or best.content))


def _most_alike(row: Any, candidates: Sequence[Any]) -> Any:
    for one in candidates:
        if one.item_id is not None and one.item_id == row.item_id:
            return one
    title = fold(row.title)
    rated = [(SequenceMatcher(None, fold(one.title), title).ratio(), one.code, one) for one in candidates]
    best = max(rated, default=None)
    return best[2] if best is not None and best[0] >= ALIKE else None
