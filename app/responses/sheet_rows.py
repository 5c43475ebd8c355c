"""The rows of the sheets of repeated steps, written with the document, so that review and desk filter by SQL.

Not for: what a sheet holds (`document.py`).
Holds always: after each save the rows are those of the document, in its order; a save that touches neither order nor names
writes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import table_of
from app.questionnaire.model import Questionnaire, answer_key
from app.responses.document import Document, Operation
from app.responses.models import ResponseItem

MOST_CHARACTERS: Final = 300

_ROWS: Final = table_of(ResponseItem)
_OF_RESPONSE: Final = _ROWS.c.response_id == sa.bindparam("response")
_DELETE: Final = sa.delete(_ROWS).where(_OF_RESPONSE)
_INSERT: Final = sa.insert(_ROWS)
_RENAME: Final = (
    sa.update(_ROWS).where(_OF_RESPONSE, _ROWS.c.item_id == sa.bindparam("item")).values(label=sa.bindparam("name"))
)


def write_sheet_rows(
    connection: sa.Connection,
    response_id: int,
    questionnaire: Questionnaire,
    document: Document,
    operations: Sequence[Operation],
) -> None:
    """Bring the rows up to a save that did these operations. Flushes."""
    names = _names(questionnaire)
    if _changes_order(operations):
        connection.execute(_DELETE, {"response": response_id})
        rows = _rows(response_id, document, names)
        if rows:
            connection.execute(_INSERT, rows)
        return
    renamed = {op.item: op.key for op in operations if op.item and op.question in names.values()}
    if renamed:
        connection.execute(
            _RENAME, [{"response": response_id, "item": item, "name": _name(document, key)} for item, key in renamed.items()]
        )


def writes_sheet_rows(questionnaire: Questionnaire, operations: Sequence[Operation]) -> bool:
    """Whether `write_sheet_rows` has something to do after these operations."""
    labels = _names(questionnaire).values()
    return _changes_order(operations) or any(op.item and op.question in labels for op in operations)


def _names(questionnaire: Questionnaire) -> dict[str, str]:
    """Repeated step → the question whose answer names its sheets."""
    return {step.code: step.repeat.label_from for step in questionnaire.steps if step.repeat}


def _changes_order(operations: Sequence[Operation]) -> bool:
    return any(op.op not in {"set", "resolve"} or op.question is None for op in operations)


def _rows(response_id: int, document: Document, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "response_id": response_id,
            "item_id": item.id,
            "step": step,
            "position": position,
            "label": _name(document, answer_key(names.get(step, ""), item.id)),
            "removed": item.removed is not None,
        }
        for step, items in document.items.items()
        for position, item in enumerate(items)
    ]


def _name(document: Document, key: str) -> str:
    answer = document.answers.get(key)
    return answer.value[:MOST_CHARACTERS] if answer and isinstance(answer.value, str) else ""
