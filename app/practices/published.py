"""Reading what is public: the publications, and the entries of one.

Not for: changing any of it (`publishing.py`). The pages, the map, the files and the API read here, and nowhere else.
Holds always: an entry that was taken back is in no answer, whichever version is asked for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.practices.models import Publication, PublishedPractice

entry_table: Final = table_of(PublishedPractice)
ENTRY: Final = entry_table.c
version_table: Final = table_of(Publication)
_VERSION: Final = version_table.c
CURRENT: Final = sa.and_(ENTRY.to_number.is_(None), ENTRY.redacted_at.is_(None))
"""The entries that are public now."""


@dataclass(frozen=True, slots=True)
class Version:
    """A publication. `etag`: changes whenever what it holds does."""

    number: int
    published_at: dt.datetime
    note: str
    added: int
    changed: int
    withdrawn: int
    entries: int
    revision: int
    revised_at: dt.datetime | None

    @property
    def etag(self) -> str:
        return f"{self.number}.{self.revision}"

    @property
    def modified_at(self) -> dt.datetime:
        """When what it holds last changed."""
        return self.revised_at or self.published_at


_COLUMNS: Final = tuple(
    _VERSION[name]
    for name in ("number", "published_at", "note", "added", "changed", "withdrawn", "entries", "revision", "revised_at")
)
LATEST_NUMBER: Final = sa.select(sa.func.max(_VERSION.number)).scalar_subquery()
_LATEST: Final = sa.select(*_COLUMNS).order_by(_VERSION.number.desc()).limit(1)


def current_version() -> Version | None:
    """The last publication, None before the first."""
    row = db.session.connection().execute(_LATEST).one_or_none()
    return None if row is None else Version(*row)


def version_of(number: int) -> Version | None:
    """The publication of this number."""
    row = db.session.execute(sa.select(*_COLUMNS).where(_VERSION.number == number)).one_or_none()
    return None if row is None else Version(*row)


def list_versions() -> list[Version]:
    """All publications, the latest first."""
    return [Version(*row) for row in db.session.execute(sa.select(*_COLUMNS).order_by(_VERSION.number.desc()))]


def entries_in(number: int) -> sa.ColumnElement[bool]:
    """The condition that an entry of `entry_table` stands in this publication."""
    until = sa.or_(ENTRY.to_number.is_(None), ENTRY.to_number > number)
    return sa.and_(ENTRY.from_number <= number, until, ENTRY.redacted_at.is_(None))
