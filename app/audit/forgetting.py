"""What goes when its time is over: how a room says it, and what goes of the record itself, from where each deed was done.

Not for: how long the terms are and when they run (`app.privacy.purging`).
Holds always: no entry of the record is changed but for its origin with its salt, which its hash does not need; the record says
first up to which number they go, so that a check tells a term from a hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import record
from app.audit.models import AuditEntry
from app.audit.verifying import ORIGINS_ERASED
from app.extensions import db, table_of

_ENTRY: Final = table_of(AuditEntry).c
Key = Any
PURGE: Final = "privacy:purge"


def _nothing(before: dt.datetime, actor: str, now: dt.datetime) -> None:
    """Most terms announce nothing."""


@dataclass(frozen=True, slots=True)
class Term:
    """Rows that go when they are older than a setting says.

    `key`: the column by which they are taken, some at a time, in its order. `over`: the conditions of those that are over, from
    the instant before which they ended or were made. `erase`: forgets the rows of these keys at `now`, flushing only, and
    changes nothing where there is nothing left of them. `announce`: called and committed before the first of them.
    """

    name: str
    setting: str
    key: sa.ColumnElement[Any]
    over: Callable[[dt.datetime], Sequence[sa.ColumnElement[bool]]]
    erase: Callable[[Sequence[Key], dt.datetime], None]
    announce: Callable[[dt.datetime, str, dt.datetime], None] = _nothing


def _origins_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_ENTRY.at < before, _ENTRY.origin.is_not(None)]


def _erase_origins(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(AuditEntry).where(_ENTRY.number.in_(keys)).values(origin=None, origin_salt=None))


def _announce_origins(before: dt.datetime, actor: str, now: dt.datetime) -> None:
    through = db.session.execute(sa.select(sa.func.max(_ENTRY.number)).where(*_origins_over(before))).scalar_one()
    if through is not None:
        record(ORIGINS_ERASED, actor=actor, subject=PURGE, detail={"through": through}, now=now)


ORIGINS: Final = Term(
    "from where the log's deeds were done",
    "retention_log_places_days",
    _ENTRY.number,
    _origins_over,
    _erase_origins,
    _announce_origins,
)
