"""Erasing a person who filled in: own data gone in every room, the entity's answers and their history as they were.

Not for: taking somebody from the list (`app.accounts.operators`), which keeps the name beside what it wrote.
Holds always: one transaction; the record tells of it by the operator's number; twice is once. What the person wrote as an
answer of the entity is the entity's: personal answers among it go by their own term.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.accounts.forgetting import erase_operator_row, forget_invitations, has_session, last_seen
from app.accounts.operator_messages import invitation_reference
from app.accounts.tables import operator_table
from app.audit.chain import record
from app.audit.forgetting import Key, Term
from app.chasing.forgetting import forget_caller
from app.editions.forgetting import edition_goes_on, forget_asker
from app.extensions import db
from app.mail.forgetting import forget_recipient
from app.threads.forgetting import forget_writer

_OPERATOR: Final = operator_table.c


class NothingToEraseError(Exception):
    """There is no such operator, or it was erased before."""


def erase_operator(operator_id: int, *, actor: str, now: dt.datetime, entity_id: int | None = None) -> None:
    """Erase an operator's personal data. `entity_id`: it must be one of this entity's. Commits. Raises NothingToEraseError."""
    if entity_id is not None:
        own = sa.select(_OPERATOR.id).where(_OPERATOR.id == operator_id, _OPERATOR.entity_id == entity_id)
        if db.session.execute(own).one_or_none() is None:
            raise NothingToEraseError(operator_id)
    if not _erase(operator_id, now):
        db.session.rollback()
        raise NothingToEraseError(operator_id)
    record("operator_erased", actor=actor, subject=f"operator:{operator_id}", detail={}, now=now)
    db.session.commit()


def _erase(operator_id: int, now: dt.datetime) -> bool:
    erased = erase_operator_row(operator_id, now)
    if erased is None:
        return False
    forget_caller(operator_id)
    forget_writer(operator_id, now)
    entity_id, email = erased
    if email:
        forget_recipient(email, f"entity:{entity_id}")
        for number in forget_invitations(entity_id, email, now):
            forget_recipient(email, invitation_reference(number))
        forget_asker(email, entity_id)
    return True


def _over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    """Not seen since, and no edition during which they were last seen has closed since."""
    seen = last_seen()
    return [_OPERATOR.erased_at.is_(None), seen < before, ~has_session(before), ~edition_goes_on(seen, before)]


def _erase_some(keys: Sequence[Key], now: dt.datetime) -> None:
    for operator_id in keys:
        _erase(operator_id, now)


OPERATORS: Final = Term("people who filled in", "retention_operators_months", _OPERATOR.id, _over, _erase_some)
