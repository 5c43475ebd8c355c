"""The record read back: its entries page by page, newest first, and whether the chain is sound.

Not for: what an entry is called, or who an actor is by name (the desk's page says it), or adding entries (`chain.py`).
Holds always: reads only; a page is found by the number before which it begins, so that new entries move nothing; a check reads
a bounded number of entries, some at a time, and is not misled by entries that are added meanwhile.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import START, current_head, hash_of
from app.audit.models import AuditEntry, AuditHead
from app.extensions import db, table_of

MOST_CHECKED: Final = 100_000
_AT_A_TIME: Final = 2_000
_ENTRY: Final = table_of(AuditEntry).c


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries. `since` and `until`: instants, the second not included; `actors`: whole names ("staff:7") or, ending in a
    colon or a star, beginnings ("staff:", "command*"); None and empty for all."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    actors: tuple[str, ...] = ()
    action: str = ""
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry. `detail`: ids, codes and counts, never personal values."""

    number: int
    at: dt.datetime
    action: str
    actor: str
    subject: str
    detail: dict[str, Any]
    entry_hash: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries, newest first. `older`: before which number the next page begins, None at the end."""

    rows: tuple[EntryRow, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found. `first` to `last`: the numbers that were checked; `broken`: the first that is not as it was written,
    None for a sound chain; `entry_hash`: where the chain ends, to be kept elsewhere."""

    first: int
    last: int
    broken: int | None
    entry_hash: str

    @property
    def count(self) -> int:
        """How many entries were checked."""
        return self.last - self.first + 1


def read_entries(which: EntryFilter, *, before: int | None = None, limit: int = 50) -> EntryPage:
    """The newest entries of a filter, or the newest before a number."""
    columns = [_ENTRY[name] for name in EntryRow.__slots__]
    query = sa.select(*columns).where(*_conditions(which)).order_by(_ENTRY.number.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(_ENTRY.number < before)
    found = [EntryRow(**{**row, "detail": json.loads(row["detail"])}) for row in db.session.execute(query).mappings()]
    return EntryPage(tuple(found[:limit]), found[limit - 1].number if len(found) > limit else None)


def check_chain(most: int = MOST_CHECKED) -> Check:
    """Check the newest `most` entries against their hashes and against where the chain says that it ends."""
    head = current_head()
    first = max(1, head.number - most + 1)
    previous = START if first == 1 else _hash_of_entry(first - 1)
    expected = first
    while rows := _next(expected, head.number):
        for row in rows:
            own = hash_of(row.number, row.at, (row.action, row.actor, row.subject, row.detail), row.previous_hash)
            if row.number != expected or row.previous_hash != previous or row.entry_hash != own:
                return Check(first, head.number, expected, head.entry_hash)
            previous, expected = own, expected + 1
    ends_there = expected == head.number + 1 and previous == head.entry_hash
    broken = None if ends_there and not _too_many() else expected
    return Check(first, head.number, broken, head.entry_hash)


def _next(start: int, last: int) -> Sequence[sa.Row[Any]]:
    query = sa.select(*_ENTRY).where(_ENTRY.number >= start, _ENTRY.number <= last).order_by(_ENTRY.number)
    return db.session.execute(query.limit(_AT_A_TIME)).all()


def _too_many() -> bool:
    """Whether there are entries beyond the chain's end: asked in one statement, so that none is added in between."""
    last = sa.select(sa.func.max(_ENTRY.number)).scalar_subquery()
    query = sa.select(last > sa.func.coalesce(sa.select(sa.func.max(AuditHead.number)).scalar_subquery(), 0))
    return bool(db.session.execute(query).scalar_one())


def _hash_of_entry(number: int) -> str:
    query = sa.select(_ENTRY.entry_hash).where(_ENTRY.number == number)
    return db.session.execute(query).scalar_one_or_none() or ""


def _conditions(which: EntryFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if which.since is not None:
        wanted.append(_ENTRY.at >= which.since)
    if which.until is not None:
        wanted.append(_ENTRY.at < which.until)
    if which.action:
        wanted.append(_ENTRY.action == which.action)
    if which.subjects:
        wanted.append(_ENTRY.subject.in_(which.subjects))
    if which.actors:
        wanted.append(sa.or_(*(_is_actor(actor) for actor in which.actors)))
    return wanted


def _is_actor(actor: str) -> sa.ColumnElement[bool]:
    if actor.endswith((":", "*")):
        return _ENTRY.actor.startswith(actor.removesuffix("*"), autoescape=True)
    return _ENTRY.actor == actor
