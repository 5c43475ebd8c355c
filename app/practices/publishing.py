"""Publications: numbered versions of what everybody may read, and taking something back.

Not for: approving (`review.py`), reading what is public (`published.py`), files (`opendata/files.py`).
Holds always: a publication holds exactly the practices that are approved, that their entity lets be published and that still
stand in what it sent; taking back is at once and from every version, older ones included; a number is given once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.audit.chain import record
from app.editions.current import STILL_RUNNING, edition_table
from app.extensions import db, table_of
from app.practices.entries import entry_of
from app.practices.history import tell
from app.practices.models import APPROVED, WITHDRAWN, Practice, Publication, PublicationFile, PublishedPractice
from app.practices.record import read_record
from app.registry.entities import entity_table

_ROW: Final = table_of(Practice).c
_ENTRY: Final = table_of(PublishedPractice).c
_NUMBER: Final = table_of(Publication).c
NOT_OPEN: Final = tuple(sorted(STILL_RUNNING - {"open"}))
AT_ONCE: Final = 500
ROME: Final = ZoneInfo("Europe/Rome")
TAKEN_BACK: Final = {"state": WITHDRAWN, "approved": None, "approved_digest": None}
"""The columns of a practice that the desk withdraws: brought again, it is judged anew."""
_ENTITY_COLUMNS: Final = tuple(
    entity_table.c[name].label(f"entity_{name}")
    for name in ("code", "kind", "name", "province_sign", "province", "region_code", "region", "latitude", "longitude")
)


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did."""

    number: int
    added: int
    changed: int
    withdrawn: int
    entries: int


class NothingToPublishError(Exception):
    """No approved practice differs from what is public; nothing changed."""


def waiting_to_be_published() -> sa.Select[Any]:
    """The approved practices whose approved content is not the one that is public, with their entity. For counts and lists."""
    fresh = sa.or_(_ROW.published.is_(None), _ROW.published != _ROW.approved)
    open_to_all = sa.or_(_ROW.edition_id.is_(None), edition_table.c.state.not_in(NOT_OPEN))
    return (
        sa.select(table_of(Practice), *_ENTITY_COLUMNS)
        .join(entity_table, entity_table.c.id == _ROW.entity_id)
        .outerjoin(edition_table, edition_table.c.id == _ROW.edition_id)
        .where(_ROW.state == APPROVED, _ROW.consent, _ROW.present, fresh, open_to_all)
    )


def publish(*, actor: str, note: str, now: dt.datetime, shown: Mapping[int, int] | None = None) -> Published:
    """Publish what is approved as a new version. Commits. Raises NothingToPublishError.

    `shown`: id → revision of what somebody has looked at; what is another by now waits for the next time.
    """
    query = waiting_to_be_published().order_by(_ROW.id).with_for_update(of=table_of(Practice))
    rows = [row for row in db.session.execute(query) if shown is None or shown.get(row.id) == row.revision]
    if not rows:
        db.session.rollback()
        raise NothingToPublishError
    today = now.astimezone(ROME).date()
    changed = [row.id for row in rows if row.published is not None]
    done = _new_number(actor, note, now, added=len(rows) - len(changed), changed=len(changed), withdrawn=0)
    for part in _parts(changed):
        still = (_ENTRY.practice_id.in_(part), _ENTRY.to_number.is_(None))
        db.session.execute(sa.update(PublishedPractice).where(*still).values(to_number=done.number))
    for part in _parts(rows):
        db.session.execute(
            sa.insert(PublishedPractice), [entry_of(row, read_record(row.approved), done.number, today) for row in part]
        )
        ids = [row.id for row in part]
        values = {"published": _ROW.approved, "revision": _ROW.revision + 1, "changed_at": now}
        db.session.execute(sa.update(Practice).where(_ROW.id.in_(ids)).values(values))
        tell(ids, "published", actor=actor, now=now)
    detail = {"added": done.added, "changed": done.changed, "entries": done.entries}
    record("practices_published", actor=actor, subject=f"publication:{done.number}", detail=detail, now=now)
    db.session.commit()
    return done


def retract(practice_ids: Collection[int], *, actor: str, now: dt.datetime, note: str = "") -> list[str]:
    """Take these out of what is public and of every earlier version; the codes of those that were in one. Flushes.

    Their files are made anew without them; that something was taken back is told, what it was is not.
    """
    ids = sorted(practice_ids)
    public = sa.select(_ENTRY.practice_id, _ENTRY.code, _ENTRY.from_number, _ENTRY.to_number)
    public = public.where(_ENTRY.practice_id.in_(ids), _ENTRY.redacted_at.is_(None)).order_by(_ENTRY.id).with_for_update()
    rows = db.session.execute(public).all() if ids else []
    if not rows:
        return []
    now_public = {row.practice_id for row in rows if row.to_number is None}
    done = _new_number(actor, note, now, added=0, changed=0, withdrawn=len(now_public)) if now_public else None
    gone = (_ENTRY.practice_id.in_(ids), _ENTRY.redacted_at.is_(None))
    current = (_ENTRY.practice_id.in_(now_public), _ENTRY.to_number.is_(None))
    if done is not None:
        db.session.execute(sa.update(PublishedPractice).where(*current).values(to_number=done.number))
    db.session.execute(sa.update(PublishedPractice).where(*gone).values(redacted_at=now))
    _revise(min(row.from_number for row in rows), done.number if done else None, now)
    db.session.execute(sa.update(Practice).where(_ROW.id.in_(now_public)).values(published=None))
    tell(sorted(now_public), "retracted", actor=actor, now=now)
    return sorted({row.code for row in rows})


def _revise(first: int, last: int | None, now: dt.datetime) -> None:
    """The versions from `first` on, before `last`, are no longer what their files say."""
    touched = [_NUMBER.number >= first, *([_NUMBER.number < last] if last is not None else [])]
    values = {"revision": _NUMBER.revision + 1, "revised_at": now}
    db.session.execute(sa.update(Publication).where(*touched).values(values))
    stale = table_of(PublicationFile).c.number
    db.session.execute(sa.delete(PublicationFile).where(stale >= first, *([stale < last] if last is not None else [])))


def _new_number(actor: str, note: str, now: dt.datetime, *, added: int, changed: int, withdrawn: int) -> Published:
    """Take the next number. Where somebody else takes the same one at the same time, the one after it."""
    while True:
        latest = sa.select(_NUMBER.number, _NUMBER.entries).order_by(_NUMBER.number.desc()).limit(1)
        number, entries = db.session.execute(latest).one_or_none() or (0, 0)
        values = {"added": added, "changed": changed, "withdrawn": withdrawn, "entries": entries + added - withdrawn}
        row = {"number": number + 1, "published_at": now, "actor": actor, "note": note, **values}
        try:
            with db.session.begin_nested():
                db.session.execute(sa.insert(Publication).values(row))
        except sa.exc.IntegrityError:  # another publication came between; its number is seen at the next look
            continue
        return Published(number + 1, **values)


def _parts(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
