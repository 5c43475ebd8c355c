"""What this room forgets: personal answers and notes some time after their edition closed, late work that nobody brought in,
and links that are over.

Holds always: flushes only; document, journal and sent versions stay as they are (`personal.py`), and a repeated late save is
still known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.editions.forgetting import closed_before
from app.extensions import db, table_of
from app.responses.late import WAITING, personal_digests
from app.responses.models import LateSave, PersonalValue, Response, TelephoneCopy, TelephoneLink

_RESPONSE: Final = table_of(Response).c
_VALUE: Final = table_of(PersonalValue).c
_LATE: Final = table_of(LateSave).c
_COPY: Final = table_of(TelephoneCopy).c
_LINK: Final = table_of(TelephoneLink).c


def _answers_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    left = sa.exists().where(_VALUE.response_id == _RESPONSE.id, _VALUE.erased_at.is_(None))
    return [left, closed_before(_RESPONSE.edition_id, before)]


def _erase_answers(keys: Sequence[Key], now: dt.datetime) -> None:
    left = (_VALUE.response_id.in_(keys), _VALUE.erased_at.is_(None))
    db.session.execute(sa.update(PersonalValue).where(*left).values(value=None, erased_at=now))


def _late_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_LATE.state == WAITING, _LATE.at < before]


def _discard_late(keys: Sequence[Key], now: dt.datetime) -> None:
    waiting = (_LATE.id.in_(keys), _LATE.state == WAITING)
    rows = db.session.execute(sa.select(_LATE.response_id, _LATE.operations).where(*waiting).order_by(_LATE.id)).all()
    for row in rows:
        if digests := personal_digests(row.operations):
            own = (_VALUE.response_id == row.response_id, _VALUE.digest.in_(digests))
            db.session.execute(sa.update(PersonalValue).where(*own).values(value=None, erased_at=now))
    values = {"operations": "[]", "state": "discarded", "settled_at": now}
    db.session.execute(sa.update(LateSave).where(*waiting).values(**values))


def _notes_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    over = sa.exists().where(_RESPONSE.id == _COPY.response_id, closed_before(_RESPONSE.edition_id, before))
    return [_COPY.note != "", over]


def _erase_notes(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(TelephoneCopy).where(_COPY.id.in_(keys)).values(note=""))


def _links_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_LINK.expires_at < before]


def _delete_links(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.delete(TelephoneLink).where(_LINK.token_hash.in_(keys)))


TERMS: Final = (
    Term("responses with personal answers", "retention_personal_answers_months", _RESPONSE.id, _answers_over, _erase_answers),
    Term("late work that nobody brought in", "retention_late_work_days", _LATE.id, _late_over, _discard_late),
    Term("notes on copies to confirm", "retention_personal_answers_months", _COPY.id, _notes_over, _erase_notes),
    Term("links to copies to confirm", "retention_sessions_days", _LINK.token_hash, _links_over, _delete_links),
)
