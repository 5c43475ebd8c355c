"""What is forgotten of imports: files that somebody has uploaded and never confirmed.

Holds always: flushes only; what was taken in of such a file stays where it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.extensions import db, table_of
from app.practices.models import PracticeUpload

_ROW: Final = table_of(PracticeUpload).c


def _over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_ROW.uploaded_at < before]


def _erase(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.delete(PracticeUpload).where(_ROW.id.in_(keys)))


TERMS: Final = (Term("files of earlier practices", "retention_practice_uploads_days", _ROW.id, _over, _erase),)
