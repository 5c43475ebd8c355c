"""Reading the journal: the document it folds to, what an answer was at a revision, who changed what when.

Not for: writing it (`drafts.py`).
Holds always: lines come in the order of their versions; the journal is read for one response at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from app.extensions import db
from app.responses.document import APPLIED, Document, JournalLine, fold
from app.responses.models import JournalEntry

AT_ONCE = 20  # lines held in memory: one may be a megabyte
_decode = msgspec.json.Decoder(JournalLine).decode


def journal_lines(response_id: int, *, since: int = 0, until: int | None = None) -> Iterator[JournalLine]:
    """The saves after version `since`, up to `until` where it is given, oldest first."""
    wanted = [JournalEntry.response_id == response_id, JournalEntry.version > since]
    if until is not None:
        wanted.append(JournalEntry.version <= until)
    query = sa.select(JournalEntry.line).where(*wanted).order_by(JournalEntry.version)
    for text in db.session.execute(query.execution_options(yield_per=AT_ONCE)).scalars():
        yield _decode(text)


def folded_document(response_id: int) -> Document:
    """The document that the journal gives; equal to the stored one, always."""
    return fold(journal_lines(response_id))


def value_at(response_id: int, key: str, revision: int) -> Any:
    """The value of an answer as the save of that version left it; None where that save did not write it."""
    if revision <= 0:
        return None
    query = sa.select(JournalEntry.line).where(JournalEntry.response_id == response_id, JournalEntry.version == revision)
    text = db.session.execute(query).scalar_one_or_none()
    if text is None:
        return None
    line = _decode(text)
    values = [
        operation.value
        for operation, outcome in zip(line.operations, line.outcomes, strict=True)
        if operation.key == key and outcome == APPLIED and operation.op in {"set", "resolve"}
    ]
    if values:
        return values[-1]
    copied = [op for op in line.operations if op.op == "duplicate" and key.startswith(f"{op.item}/")]
    if not copied:
        return None
    answer = fold(journal_lines(response_id, until=revision)).answers.get(key)  # a copy's line does not hold its answers
    return answer.value if answer else None
