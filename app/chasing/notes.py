"""Notes on an entity: what the desk should know of it, whatever the edition.

Not for: calls (`calls.py`), or what entity and desk write to each other.
Holds always: a note that was taken back is kept and shown no more; each change leaves an audit entry without the text.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.chasing.models import EntityNote
from app.extensions import db, table_of

LONGEST_NOTE: Final = 2_000
note_table: Final = table_of(EntityNote)
_ROW: Final = note_table.c


class UnknownNoteError(Exception):
    """No note with this id stands at this entity that this member of staff wrote and that is in that state."""


def add_note(entity: tuple[int, str], text: str, *, staff_id: int, now: dt.datetime) -> int:
    """Keep a note and return its id. `entity`: its id and code. Commits. Raises ValueError for a text of another length."""
    if not 0 < len(text) <= LONGEST_NOTE:
        raise ValueError(f"a note has 1 to {LONGEST_NOTE} characters")
    entity_id, code = entity
    values = {"entity_id": entity_id, "staff_id": staff_id, "at": now, "text": text}
    note_id = db.session.execute(sa.insert(EntityNote).values(**values).returning(EntityNote.id)).scalar_one()
    record("note_added", actor=f"staff:{staff_id}", subject=f"entity:{code}", detail={"note": note_id}, now=now)
    db.session.commit()
    return note_id


def set_note_removed(entity: tuple[int, str], note_id: int, *, removed: bool, staff_id: int, now: dt.datetime) -> None:
    """Take one's own note back, or put it back. Commits. Raises UnknownNoteError."""
    entity_id, code = entity
    own = (_ROW.id == note_id, _ROW.entity_id == entity_id, _ROW.staff_id == staff_id)
    stands = _ROW.removed_at.is_(None) if removed else _ROW.removed_at.is_not(None)
    change = sa.update(EntityNote).where(*own, stands).values(removed_at=now if removed else None)
    if db.session.execute(change.returning(EntityNote.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownNoteError(note_id)
    action = "note_removed" if removed else "note_restored"
    record(action, actor=f"staff:{staff_id}", subject=f"entity:{code}", detail={"note": note_id}, now=now)
    db.session.commit()
