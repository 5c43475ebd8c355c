"""What this room forgets: who asked for a reopening that has been decided.

Holds always: flushes only; a request that waits keeps all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.editions.models import Edition, ReopeningRequest
from app.extensions import db, table_of

_ROW: Final = table_of(ReopeningRequest).c
_EDITION: Final = table_of(Edition).c
_PERSONAL: Final = ("name", "office", "email", "phone", "reason")
_FORGOTTEN: Final = dict.fromkeys(_PERSONAL, "")


def _over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_ROW.closed_at < before, sa.or_(*(_ROW[name] != "" for name in _PERSONAL))]


def _erase(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(ReopeningRequest).where(_ROW.id.in_(keys)).values(_FORGOTTEN))


def forget_asker(email: str, entity_id: int) -> None:
    """Forget who asked under an address, in what has been decided."""
    own = (_ROW.entity_id == entity_id, sa.func.lower(_ROW.email) == email.lower(), _ROW.closed_at.is_not(None))
    db.session.execute(sa.update(ReopeningRequest).where(*own).values(_FORGOTTEN))


def edition_goes_on(begun_by: sa.ColumnElement[dt.datetime], after: dt.datetime) -> sa.ColumnElement[bool]:
    """Whether an edition that had opened by an instant of the caller's query closed, or closes, after another one."""
    return sa.exists().where(_EDITION.opens_at <= begun_by, _EDITION.closes_at >= after)


def closed_before(edition_id: sa.ColumnElement[int], before: dt.datetime) -> sa.ColumnElement[bool]:
    """Whether an edition of the caller's query has closed by then."""
    return sa.exists().where(_EDITION.id == edition_id, _EDITION.closes_at < before)


TERMS: Final = (Term("who asked for a reopening", "retention_requests_days", _ROW.id, _over, _erase),)
