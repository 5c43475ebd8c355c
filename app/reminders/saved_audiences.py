"""Audiences that the desk keeps under a name: whom to write to or to call, chosen once and used again in any edition.

Not for: who is in one at a moment (`audience.py`, `audience_numbers.py`).
Holds always: what is kept is the choice, never the entities; no two bear one name; what was removed can be brought back; each
deed has its audit entry in its own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from app.audit.chain import record
from app.chasing.filters import Filter
from app.extensions import db, table_of
from app.reminders.models import SavedAudience

LONGEST_NAME: Final = 120
LONGEST_CHOICE: Final = 1000
MOST: Final = 100
_ROW: Final = table_of(SavedAudience).c


class UnfitAudienceError(ValueError):
    """It cannot be kept. `reason`: no_name, long_name, taken, empty, long_choice or too_many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownAudienceError(Exception):
    """No audience that is kept has this id."""


@dataclass(frozen=True, slots=True)
class SavedRow:
    """An audience that is kept."""

    id: int
    name: str
    filter: Filter
    created_by: str
    changed_at: dt.datetime
    removed_at: dt.datetime | None


def list_saved() -> list[SavedRow]:
    """Those that are kept, by name."""
    query = _select().where(_ROW.removed_at.is_(None)).order_by(sa.func.lower(_ROW.name), _ROW.id)
    return [_row(row) for row in db.session.execute(query)]


def saved_audience(audience_id: int) -> SavedRow:
    """One, also a removed one. Raises `UnknownAudienceError`."""
    row = db.session.execute(_select().where(_ROW.id == audience_id)).one_or_none()
    if row is None:
        raise UnknownAudienceError(audience_id)
    return _row(row)


def save_audience(name: str, chosen: Filter, *, actor: str, now: dt.datetime) -> int:
    """Keep a choice; its id. Commits. Raises `UnfitAudienceError`."""
    name, written = _fit_name(name), urlencode(chosen.to_args())
    if chosen.is_empty:
        raise UnfitAudienceError("empty")
    if len(written) > LONGEST_CHOICE:
        raise UnfitAudienceError("long_choice")
    kept = sa.select(sa.func.count()).select_from(SavedAudience).where(_ROW.removed_at.is_(None))
    if db.session.execute(kept).scalar_one() >= MOST:
        raise UnfitAudienceError("too_many")
    values = {"name": name, "folded": name.casefold(), "chosen": written, "created_by": actor, "changed_at": now}
    with _name_once():
        audience_id: int = db.session.execute(sa.insert(SavedAudience).values(**values).returning(_ROW.id)).scalar_one()
    _finish("audience_saved", audience_id, actor, now, filter=_told(chosen))
    return audience_id


def rename_audience(audience_id: int, name: str, *, actor: str, now: dt.datetime) -> None:
    """Give it another name. Commits. Raises `UnknownAudienceError`, `UnfitAudienceError`."""
    row, name = saved_audience(audience_id), _fit_name(name)
    if row.removed_at is not None:
        raise UnknownAudienceError(audience_id)
    with _name_once():
        db.session.execute(
            sa.update(SavedAudience).where(_ROW.id == audience_id).values(name=name, folded=name.casefold(), changed_at=now)
        )
    _finish("audience_renamed", audience_id, actor, now, before=row.name, after=name)


def set_audience_removed(audience_id: int, removed: bool, *, actor: str, now: dt.datetime) -> None:
    """Keep it no longer, or again; a second time changes nothing. Commits.

    Raises `UnknownAudienceError`; `UnfitAudienceError` where another has taken its name meanwhile.
    """
    row = saved_audience(audience_id)
    if (row.removed_at is not None) == removed:
        return
    values = {"removed_at": now if removed else None, "changed_at": now}
    with _name_once():
        db.session.execute(sa.update(SavedAudience).where(_ROW.id == audience_id).values(**values))
    _finish("audience_removed" if removed else "audience_restored", audience_id, actor, now)


def _finish(action: str, audience_id: int, actor: str, now: dt.datetime, **detail: str) -> None:
    record(action, actor=actor, subject=f"audience:{audience_id}", detail={**detail}, now=now)
    db.session.commit()


@contextmanager
def _name_once() -> Iterator[None]:
    """The database's index refuses a name that another bears."""
    try:
        yield
    except IntegrityError as error:
        db.session.rollback()
        raise UnfitAudienceError("taken") from error


def _fit_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise UnfitAudienceError("no_name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UnfitAudienceError("long_name")
    return name


def _told(chosen: Filter) -> str:
    """The choice as the audit has it: the words that are searched for stay out."""
    return " ".join(f"{name}={value}" for name, value in chosen.to_args() if name != "q")[:400]


def _select() -> sa.Select[tuple[int, str, str, str, dt.datetime, dt.datetime | None]]:
    return sa.select(_ROW.id, _ROW.name, _ROW.chosen, _ROW.created_by, _ROW.changed_at, _ROW.removed_at)


def _row(row: sa.Row[tuple[int, str, str, str, dt.datetime, dt.datetime | None]]) -> SavedRow:
    chosen = Filter.from_args(MultiDict(parse_qsl(row.chosen)))
    return SavedRow(row.id, row.name, chosen, row.created_by, row.changed_at, row.removed_at)
