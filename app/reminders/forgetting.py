"""What is forgotten of reminders: files of receipts that somebody has uploaded, which may quote a link.

Holds always: flushes only; what was taken in of such a file stays where it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.extensions import db, table_of
from app.reminders.models import ReceiptUpload

_ROW: Final = table_of(ReceiptUpload).c


def _over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_ROW.uploaded_at < before]


def _erase(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.delete(ReceiptUpload).where(_ROW.id.in_(keys)))


TERMS: Final = (Term("files of uploaded receipts", "retention_uploads_days", _ROW.id, _over, _erase),)
