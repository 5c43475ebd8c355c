"""What the outbox forgets: to whom a settled message went and what it said.

Holds always: flushes only. The row stays, with kind, subject, state and instants, so that nothing is sent twice and every count
stays; a message that waits, is being sent or is of unknown fate keeps all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.extensions import db, table_of
from app.mail.models import Delivery
from app.mail.returns import forgetting as returns

_ROW: Final = table_of(Delivery).c
_SETTLED: Final = _ROW.state.in_(("accepted", "delivered", "bounced", "failed", "cancelled"))
_FORGOTTEN: Final = {"recipient": "", "text": "", "html": None, "reply": "", "pec_error": ""}


def _over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_SETTLED, _ROW.changed_at < before, _ROW.recipient != ""]


def _erase(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(Delivery).where(_ROW.id.in_(keys), _SETTLED).values(_FORGOTTEN))


def forget_recipient(email: str, reference: str) -> None:
    """Forget an address in the settled messages about something."""
    own = (_ROW.reference == reference, sa.func.lower(_ROW.recipient) == email.lower(), _SETTLED)
    db.session.execute(sa.update(Delivery).where(*own).values(_FORGOTTEN))
    returns.forget_address(email, reference)


TERMS: Final = (
    Term("recipients and texts of messages", "retention_messages_days", _ROW.id, _over, _erase),
    *returns.TERMS,
)
