"""The record read back: its entries page by page, newest first.

Not for: what an entry is called, or who an actor is by name (the desk's page says it), or whether it is sound (`verifying.py`).
Holds always: reads only; a page is found by the number before which it begins, so that new entries move nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.extensions import db, table_of

_ENTRY: Final = table_of(AuditEntry).c


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries. `since` and `until`: instants, the second not included; `actors`: whole names ("staff:7") or, ending in a
    colon or a star, beginnings ("staff:", "command*"); `origin`: the mark of a place; None and empty for all."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    actors: tuple[str, ...] = ()
    action: str = ""
    subjects: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry. `detail`: ids, codes and counts, never personal values. `origin`: the mark of the place, the same for the same
    network, None for a command and once its term is over."""

    number: int
    at: dt.datetime
    action: str
    actor: str
    subject: str
    detail: dict[str, Any]
    entry_hash: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries, newest first. `older`: before which number the next page begins, None at the end."""

    rows: tuple[EntryRow, ...]
    older: int | None


def read_entries(which: EntryFilter, *, before: int | None = None, limit: int = 50) -> EntryPage:
    """The newest entries of a filter, or the newest before a number."""
    columns = [_ENTRY[name] for name in EntryRow.__slots__]
    query = sa.select(*columns).where(*_conditions(which)).order_by(_ENTRY.number.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(_ENTRY.number < before)
    found = [EntryRow(**{**row, "detail": json.loads(row["detail"])}) for row in db.session.execute(query).mappings()]
    return EntryPage(tuple(found[:limit]), found[limit - 1].number if len(found) > limit else None)


def _conditions(which: EntryFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if which.since is not None:
        wanted.append(_ENTRY.at >= which.since)
    if which.until is not None:
        wanted.append(_ENTRY.at < which.until)
    if which.action:
        wanted.append(_ENTRY.action == which.action)
    if which.origin:
        wanted.append(_ENTRY.origin == which.origin)
    if which.subjects:
        wanted.append(_ENTRY.subject.in_(which.subjects))
    if which.actors:
        wanted.append(sa.or_(*(_is_actor(actor) for actor in which.actors)))
    return wanted


def _is_actor(actor: str) -> sa.ColumnElement[bool]:
    if actor.endswith((":", "*")):
        return _ENTRY.actor.startswith(actor.removesuffix("*"), autoescape=True)
    return _ENTRY.actor == actor
