"""One practice as whoever reviews it reads it: the row, what is kept back of its sheet, what it is compared with.

Not for: the queue (`queue.py`), what happened with it (`history.py`), deciding (`review.py`).
Holds always: no person's answer is read here; the address of a reserved seat is in no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.tables import staff_table
from app.extensions import db, table_of
from app.practices.gate import KeptBack, kept_back, public_sheets
from app.practices.history import Happened, reviewed_submission
from app.practices.models import WAITING, Practice
from app.practices.record import PublicRecord, read_record
from app.registry.entities import entity_table, label
from app.registry.folding import fold
from app.responses.reading import OpenResponse
from app.responses.submission import submitted_document

ALIKE: Final = 0.6
"""How much two titles have in common (`SequenceMatcher.ratio`) to be taken for the same practice of two years."""
_ROW: Final = table_of(Practice).c
_ENTITY: Final = entity_table.c
_STAFF: Final = staff_table.c


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


def private_of(row: Any, response: OpenResponse, locale: str) -> list[KeptBack]:
    """What its sheet answers, in the version that brought it, and may not be public. The questions in this language."""
    document = submitted_document(row.response_id, row.submission)
    if document is None:
        return []
    return kept_back(response.questionnaire_in(locale), document.values(), document.live_items(), row.item_id)


def reviewed_before(row: Any, response: OpenResponse, history: Sequence[Happened]) -> PublicRecord | None:
    """What the desk had read when it sent this practice back, where its entity has sent it again and it waits for a decision;
    else None. `history`: its own, the latest first."""
    number = reviewed_submission(history) if row.state == WAITING else 0
    document = submitted_document(row.response_id, number) if number else None
    if document is None:
        return None
    sheets = public_sheets(response.questionnaire, document.values(), document.live_items())
    return next((one.record for one in sheets if one.item_id == row.item_id), None)


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
