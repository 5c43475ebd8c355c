"""What is forgotten of returned messages: whom they were about, who wrote them, what they said.

Holds always: flushes only; the row stays with kind, instants and digest, so that nothing is taken twice and every count stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.extensions import db, table_of
from app.mail.models import Delivery
from app.mail.returns.models import Correction, MailReturn, ReturnContent

_ROW: Final = table_of(MailReturn).c
_CONTENT: Final = table_of(ReturnContent).c
_CORRECTION: Final = table_of(Correction).c
_DELIVERY: Final = table_of(Delivery).c
_FORGOTTEN: Final = {"recipient": "", "diagnostic": "", "sender": "", "subject": "", "waits": False}


def _over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    told = (_ROW.recipient != "", _ROW.diagnostic != "", _ROW.sender != "", _ROW.subject != "")
    kept = sa.exists().where(_CONTENT.return_id == _ROW.id)
    return [_ROW.received_at < before, sa.or_(*told, kept)]


def _erase(keys: Sequence[Key], now: dt.datetime) -> None:
    _forget(keys)


def _forget(keys: Sequence[Key]) -> None:
    db.session.execute(sa.delete(ReturnContent).where(_CONTENT.return_id.in_(keys)))
    db.session.execute(sa.update(MailReturn).where(_ROW.id.in_(keys)).values(_FORGOTTEN))


def _settled(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_CORRECTION.settled_at < before]


def _erase_corrections(keys: Sequence[Key], now: dt.datetime) -> None:
    gone = sa.delete(Correction).where(_CORRECTION.email.in_(keys), _CORRECTION.settled_at.is_not(None))
    db.session.execute(gone)


def forget_address(email: str, reference: str) -> None:
    """Forget an address in what came back about something, and what it has written."""
    about = sa.select(_DELIVERY.id).where(_DELIVERY.reference == reference)
    mine = sa.and_(_ROW.recipient == email.lower(), _ROW.delivery_id.in_(about))
    found = sa.or_(mine, _ROW.sender == email.lower())
    ids = db.session.execute(sa.select(_ROW.id).where(found).order_by(_ROW.id)).scalars().all()
    _forget(ids)
    db.session.execute(sa.delete(Correction).where(_CORRECTION.email == email.lower(), _CORRECTION.reference == reference))


TERMS: Final = (
    Term("what came back about messages", "retention_messages_days", _ROW.id, _over, _erase),
    Term("addresses that were corrected", "retention_messages_days", _CORRECTION.email, _settled, _erase_corrections),
)
