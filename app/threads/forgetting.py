"""What this room forgets: what threads said once nobody has written in them for a while, and what an erased person wrote.

Holds always: flushes only; that there was a message, of which side and when stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.audit.forgetting import Key, Term
from app.extensions import db
from app.threads.models import Thread, ThreadFile, ThreadMessage
from app.threads.reading import file_table, message_table, thread_table

SETTING: Final = "retention_threads_months"
_THREAD: Final = thread_table.c
_MESSAGE: Final = message_table.c
_FILE: Final = file_table.c


def _threads_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    left = sa.exists().where(_MESSAGE.thread_id == _THREAD.id, _MESSAGE.erased_at.is_(None))
    return [_THREAD.last_at < before, sa.or_(_THREAD.subject != "", left)]


def _erase_threads(keys: Sequence[Key], now: dt.datetime) -> None:
    _erase_messages(sa.select(_MESSAGE.id).where(_MESSAGE.thread_id.in_(keys)), now)
    db.session.execute(sa.update(Thread).where(_THREAD.id.in_(keys)).values(subject=""))


def _erase_messages(which: sa.Select[int], now: dt.datetime) -> None:
    db.session.execute(sa.update(ThreadFile).where(_FILE.message_id.in_(which)).values(content=None, name=""))
    left = (_MESSAGE.id.in_(which), _MESSAGE.erased_at.is_(None))
    db.session.execute(sa.update(ThreadMessage).where(*left).values(text="", erased_at=now))


def forget_writer(operator_id: int, now: dt.datetime) -> None:
    """Forget what this person wrote to the desk, its files, and the subjects of the threads that they began. Flushes only."""
    first = sa.select(sa.func.min(_MESSAGE.id)).group_by(_MESSAGE.thread_id)
    begun = sa.select(_MESSAGE.thread_id).where(_MESSAGE.id.in_(first), _MESSAGE.operator_id == operator_id)
    db.session.execute(sa.update(Thread).where(_THREAD.id.in_(begun)).values(subject=""))
    _erase_messages(sa.select(_MESSAGE.id).where(_MESSAGE.operator_id == operator_id), now)


TERMS: Final = (Term("what entities and desk wrote to each other", SETTING, _THREAD.id, _threads_over, _erase_threads),)
