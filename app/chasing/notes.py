"""Notes on an entity: what the desk should know of it, whatever the edition.

Not for: calls (`calls.py`), or what entity and desk write to each other.
Holds always: a note that was taken back is kept and shown no more; each change leaves an audit entry without the text;
one changes or takes back only what one wrote oneself; a search finds nothing of another Region than may be seen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.tables import staff_table
from app.audit.chain import record
from app.chasing.models import EntityNote
from app.extensions import db, table_of
from app.registry.entities import entity_table, label

LONGEST_NOTE: Final = 2_000
note_table: Final = table_of(EntityNote)
_ROW: Final = note_table.c
_ENTITY: Final = entity_table.c
_WITH_ENTITY: Final = note_table.join(entity_table, _ENTITY.id == _ROW.entity_id)


@dataclass(frozen=True, slots=True)
class FoundNote:
    """A note that a search has found, and at which entity."""

    entity_code: str
    entity_label: str
    at: dt.datetime
    staff: str
    text: str


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


def is_own_note(entity_id: int, note_id: int, staff_id: int) -> bool:
    """Whether this member of staff wrote this note of the entity, and it stands."""
    own = (_ROW.id == note_id, _ROW.entity_id == entity_id, _ROW.staff_id == staff_id, _ROW.removed_at.is_(None))
    return db.session.execute(sa.select(_ROW.id).where(*own)).scalar_one_or_none() is not None


def rewrite_note(entity: tuple[int, str], note_id: int, text: str, *, staff_id: int, now: dt.datetime) -> None:
    """Put another text into one's own note, which keeps its hour. Commits.

    Raises UnknownNoteError, or ValueError for a text of another length.
    """
    if not 0 < len(text) <= LONGEST_NOTE:
        raise ValueError(f"a note has 1 to {LONGEST_NOTE} characters")
    entity_id, code = entity
    own = (_ROW.id == note_id, _ROW.entity_id == entity_id, _ROW.staff_id == staff_id, _ROW.removed_at.is_(None))
    change = sa.update(EntityNote).where(*own).values(text=text)
    if db.session.execute(change.returning(EntityNote.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownNoteError(note_id)
    record("note_changed", actor=f"staff:{staff_id}", subject=f"entity:{code}", detail={"note": note_id}, now=now)
    db.session.commit()


def find_notes(text: str, *, region: str | None, limit: int, offset: int = 0) -> list[FoundNote]:
    """The notes that hold this text, whatever its capitals, the last first; of one Region, if given. None for an empty text."""
    wanted = _matching(text, region)
    if wanted is None:
        return []
    columns = (
        _ROW.id,
        _ENTITY.code,
        _ENTITY.name,
        _ENTITY.province_sign,
        _ROW.at,
        staff_table.c.name.label("staff"),
        _ROW.text,
    )
    query = sa.select(*columns).select_from(_WITH_ENTITY.join(staff_table, staff_table.c.id == _ROW.staff_id)).where(*wanted)
    rows = db.session.execute(query.order_by(_ROW.at.desc(), _ROW.id.desc()).limit(limit).offset(offset))
    return [FoundNote(row.code, label(row.name, row.province_sign), row.at, row.staff, row.text) for row in rows]


def count_notes(text: str, *, region: str | None) -> int:
    """How many `find_notes` finds without a limit."""
    wanted = _matching(text, region)
    if wanted is None:
        return 0
    return db.session.execute(sa.select(sa.func.count(_ROW.id)).select_from(_WITH_ENTITY).where(*wanted)).scalar_one()


def _matching(text: str, region: str | None) -> list[sa.ColumnElement[bool]] | None:
    if not text:
        return None
    found = sa.func.lower(_ROW.text).contains(text.lower(), autoescape=True)
    return [found, _ROW.removed_at.is_(None), sa.true() if region is None else _ENTITY.region_code == region]


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
