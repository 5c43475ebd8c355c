"""What this room forgets: with whom somebody spoke and what was said, and notes that were taken back.

Holds always: flushes only; that there was a call, when and what it came to stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.chasing.models import Call, EntityNote
from app.extensions import db, table_of

_CALL: Final = table_of(Call).c
_NOTE: Final = table_of(EntityNote).c
SETTING: Final = "retention_calls_months"


def _calls_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_CALL.at < before, sa.or_(_CALL.spoke_with != "", _CALL.note != "")]


def _erase_calls(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(Call).where(_CALL.id.in_(keys)).values(spoke_with="", note=""))


def _notes_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_NOTE.removed_at < before, _NOTE.text != ""]


def _erase_notes(keys: Sequence[Key], now: dt.datetime) -> None:
    taken_back = (_NOTE.id.in_(keys), _NOTE.removed_at.is_not(None))
    db.session.execute(sa.update(EntityNote).where(*taken_back).values(text=""))


def forget_caller(operator_id: int) -> None:
    """Forget with whom staff spoke while filling in by telephone with this person: the calls stay. Flushes only."""
    db.session.execute(sa.update(Call).where(_CALL.operator_id == operator_id).values(spoke_with="", note=""))


TERMS: Final = (
    Term("with whom somebody spoke by phone", SETTING, _CALL.id, _calls_over, _erase_calls),
    Term("notes that were taken back", SETTING, _NOTE.id, _notes_over, _erase_notes),
)
