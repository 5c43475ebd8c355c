"""Answers that the desk keeps: texts to begin an answer with, changed, removed and put back.

Not for: writing one into a thread (the page puts the text into the form, and somebody reads it before it goes).
Holds always: a removed one is kept and offered nowhere; each change leaves an audit entry without the text.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.threads.models import SavedAnswer

LONGEST_TITLE: Final = 100
LONGEST_ANSWER: Final = 5_000
_ROW: Final = table_of(SavedAnswer).c


class UnknownAnswerError(Exception):
    """No answer of this id is kept, or not in that state."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A text that is kept."""

    id: int
    title: str
    text: str
    changed_at: dt.datetime
    removed: bool


def saved_answers() -> list[AnswerRow]:
    """Those that are offered, by title."""
    return _rows(_ROW.removed_at.is_(None))


def saved_answer(answer_id: int) -> AnswerRow:
    """One of them, removed or not. Raises UnknownAnswerError."""
    found = _rows(_ROW.id == answer_id)
    if not found:
        raise UnknownAnswerError(answer_id)
    return found[0]


def add_answer(title: str, text: str, *, staff_id: int, now: dt.datetime) -> int:
    """Keep a text and return its id. Commits. Raises ValueError for what does not fit."""
    _check(title, text)
    values = {"title": title, "text": text, "changed_at": now}
    answer_id = db.session.execute(sa.insert(SavedAnswer).values(**values).returning(SavedAnswer.id)).scalar_one()
    _note("saved_answer_added", answer_id, staff_id, now)
    return answer_id


def change_answer(answer_id: int, title: str, text: str, *, staff_id: int, now: dt.datetime) -> None:
    """Put another title and text. Commits. Raises UnknownAnswerError, or ValueError for what does not fit."""
    _check(title, text)
    stands = (_ROW.id == answer_id, _ROW.removed_at.is_(None))
    _execute(sa.update(SavedAnswer).where(*stands).values(title=title, text=text, changed_at=now), answer_id)
    _note("saved_answer_changed", answer_id, staff_id, now)


def set_answer_removed(answer_id: int, *, removed: bool, staff_id: int, now: dt.datetime) -> None:
    """Take one back, or put it back. Commits. Raises UnknownAnswerError; what stands so already stays so."""
    stands = _ROW.removed_at.is_(None) if removed else _ROW.removed_at.is_not(None)
    change = sa.update(SavedAnswer).where(_ROW.id == answer_id, stands).values(removed_at=now if removed else None)
    _execute(change, answer_id)
    _note("saved_answer_removed" if removed else "saved_answer_restored", answer_id, staff_id, now)


def _check(title: str, text: str) -> None:
    if not 0 < len(title) <= LONGEST_TITLE or not 0 < len(text) <= LONGEST_ANSWER:
        raise ValueError(f"a title has 1 to {LONGEST_TITLE} characters, an answer 1 to {LONGEST_ANSWER}")


def _execute(change: sa.Update, answer_id: int) -> None:
    if db.session.execute(change.returning(_ROW.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownAnswerError(answer_id)


def _note(action: str, answer_id: int, staff_id: int, now: dt.datetime) -> None:
    record(action, actor=f"staff:{staff_id}", subject=f"saved_answer:{answer_id}", detail={}, now=now)
    db.session.commit()


def _rows(*which: sa.ColumnElement[bool]) -> list[AnswerRow]:
    columns = (_ROW.id, _ROW.title, _ROW.text, _ROW.changed_at, _ROW.removed_at.is_not(None).label("removed"))
    query = sa.select(*columns).where(*which).order_by(sa.func.lower(_ROW.title), _ROW.id)
    return [AnswerRow(row.id, row.title, row.text, row.changed_at, bool(row.removed)) for row in db.session.execute(query)]
