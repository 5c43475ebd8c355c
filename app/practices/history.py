"""The history of practices: what happened with each, who did it and when, written and read here alone.

Not for: doing any of it (`review.py`, `intake.py`, `publishing.py` …); the audit record, which tells of deeds of all rooms.
Holds always: a line stands in the transaction of what it tells of; the program's own deeds have the actor `PROGRAM`; what a
line keeps besides is JSON and read back as it was written.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.practices.fields import Corrections
from app.practices.models import Practice, ReviewEntry

PROGRAM: Final = "program"
"""The actor of what follows by itself from something that an entity sent."""
SENT_BACK, SENT_AGAIN = "sent_back", "sent_again"
UNDONE: Final = "decision_undone"
_DECIDED: Final = frozenset({"approved", "rejected", "withdrawn"})
_ENTRY: Final = table_of(ReviewEntry).c
_COLUMNS: Final = (_ENTRY.action, _ENTRY.note, _ENTRY.detail, _ENTRY.actor, _ENTRY.at)


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of history. `action`: a past event; `note`: what the desk wrote; `detail`: JSON, what it keeps besides."""

    action: str
    note: str
    detail: str
    actor: str
    at: dt.datetime

    @property
    def kept(self) -> dict[str, Any]:
        """What the line keeps besides, read."""
        read: dict[str, Any] = json.loads(self.detail)
        return read

    @property
    def corrections(self) -> Corrections:
        """The corrections that were proposed or made with it."""
        stored: dict[str, Any] = self.kept.get("corrections") or {}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}

    @property
    def submission(self) -> int:
        """The number of the version with which its entity did this, 0 where it did not."""
        return int(self.kept.get("submission") or 0)


def tell(
    practice_ids: Iterable[int],
    action: str,
    *,
    actor: str,
    now: dt.datetime,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """A line for each of these practices. `detail`: what JSON can hold. Flushes only."""
    line = {"action": action, "note": note, "detail": json.dumps(dict(detail or {})), "actor": actor, "at": now}
    if rows := [{"practice_id": one, **line} for one in practice_ids]:
        db.session.execute(sa.insert(ReviewEntry), rows)


def history_of(practice_id: int) -> list[Happened]:
    """What happened with it, the latest first."""
    query = sa.select(*_COLUMNS).where(_ENTRY.practice_id == practice_id).order_by(_ENTRY.id.desc())
    return [Happened(*row) for row in db.session.execute(query)]


def last_of(practice_id: int, *, without: Collection[str] = ()) -> Happened | None:
    """The last that happened with it, these actions aside; None for nothing."""
    query = sa.select(*_COLUMNS).where(_ENTRY.practice_id == practice_id, _ENTRY.action.not_in(without))
    row = db.session.execute(query.order_by(_ENTRY.id.desc()).limit(1)).one_or_none()
    return None if row is None else Happened(*row)


def last_sent_back(practice_ids: Collection[int]) -> dict[int, Happened]:
    """Practice → the line of its last sending back, for those that have one. One statement at most."""
    if not practice_ids:
        return {}
    query = sa.select(_ENTRY.practice_id, *_COLUMNS).where(_ENTRY.practice_id.in_(practice_ids), _ENTRY.action == SENT_BACK)
    return {row[0]: Happened(*row[1:]) for row in db.session.execute(query.order_by(_ENTRY.id))}


def select_with_sending_back(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """These columns of practices, then those of `Happened` of the last sending back of each; without those that never were.
    For statements of this room."""
    practice = table_of(Practice)
    latest = sa.select(sa.func.max(_ENTRY.id)).where(_ENTRY.practice_id == practice.c.id, _ENTRY.action == SENT_BACK)
    last = _ENTRY.id == latest.correlate(practice).scalar_subquery()
    return sa.select(*columns, *_COLUMNS).select_from(practice).join(table_of(ReviewEntry), last)


def reviewed_submission(history: Sequence[Happened]) -> int:
    """The number of the version that the desk had read when it sent the practice back, where the entity has sent it again since
    and the desk has not decided yet; else 0. `history`: of `history_of`."""
    again = undone = False
    for place, one in enumerate(history):
        if one.action in {SENT_BACK, *_DECIDED}:
            if not undone:
                asked = again and one.action == SENT_BACK
                return next((before.submission for before in history[place + 1 :] if before.submission), 0) if asked else 0
            undone = False
        again = again or one.action == SENT_AGAIN
        undone = undone or one.action == UNDONE
    return 0


def forget_history(practice_ids: Collection[int]) -> None:
    """Take the lines of practices away that are taken away themselves. Flushes only."""
    db.session.execute(sa.delete(ReviewEntry).where(_ENTRY.practice_id.in_(practice_ids)))
