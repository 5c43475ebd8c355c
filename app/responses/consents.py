"""An entity's consent that the desk reads its open draft: given until an instant, taken back at any time.

Not for: showing the draft (`app.fill.seen`), or what was submitted, which the desk may read anyway.
Holds always: the desk reads a draft only while a consent holds; giving and taking back are in the audit, with the operator who
did it; a new consent takes the place of the one before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import Scalar, record
from app.extensions import db, table_of
from app.responses.models import DraftConsent
from app.responses.reading import OpenResponse

DAYS: Final = (1, 3, 7, 14)
"""For how many days a consent can be given."""
_ROW: Final = table_of(DraftConsent).c


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that holds. `operator_id`: who gave it."""

    operator_id: int | None
    given_at: dt.datetime
    until: dt.datetime


def give_consent(response: OpenResponse, *, days: int, operator_id: int | None, now: dt.datetime) -> dt.datetime:
    """Let the desk read the draft for so many days, and say until when. Raises ValueError for others than `DAYS`."""
    if days not in DAYS:
        raise ValueError(f"a consent is for {DAYS} days, not {days}")
    until = now + dt.timedelta(days=days)
    _withdraw(response.id, now)
    values = {"response_id": response.id, "operator_id": operator_id, "given_at": now, "until": until}
    db.session.execute(sa.insert(DraftConsent).values(**values))
    _record("draft_consent_given", response, operator_id, {"days": days}, now)
    db.session.commit()
    return until


def withdraw_consent(response: OpenResponse, *, operator_id: int | None, now: dt.datetime) -> bool:
    """Take it back; False where none held."""
    if not _withdraw(response.id, now):
        db.session.rollback()
        return False
    _record("draft_consent_withdrawn", response, operator_id, {}, now)
    db.session.commit()
    return True


def consent_to_read(response_id: int, now: dt.datetime) -> Consent | None:
    """The consent that holds, None where the draft is the entity's alone."""
    query = sa.select(_ROW.operator_id, _ROW.given_at, _ROW.until).where(*_holds(response_id, now))
    row = db.session.execute(query.order_by(_ROW.id.desc()).limit(1)).one_or_none()
    return None if row is None else Consent(*row)


def _withdraw(response_id: int, now: dt.datetime) -> bool:
    taken = sa.update(DraftConsent).where(*_holds(response_id, now)).values(withdrawn_at=now).returning(_ROW.id)
    return bool(db.session.execute(taken).scalars().all())


def _holds(response_id: int, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (_ROW.response_id == response_id, _ROW.withdrawn_at.is_(None), _ROW.until > now)


def _record(action: str, response: OpenResponse, operator_id: int | None, detail: dict[str, Scalar], now: dt.datetime) -> None:
    actor = f"operator:{operator_id}" if operator_id else f"entity:{response.entity_code}"
    record(action, actor=actor, subject=f"entity:{response.entity_code}", detail=detail, now=now)
