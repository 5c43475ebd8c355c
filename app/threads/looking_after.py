"""What is done about a thread without writing in it: assigned to somebody, closed, opened again.

Not for: writing (`writing.py`).
Holds always: each deed leaves an audit entry in its own transaction; only staff who may see the thread is given it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.accounts.staff import StaffRow, list_staff, staff_by_id
from app.audit.chain import Scalar, record
from app.extensions import db
from app.threads.assignees import may_look_after
from app.threads.models import Thread
from app.threads.reading import ThreadRow, thread_table
from app.threads.sides import CLOSED, OPEN
from app.threads.writing import Writer

_THREAD: Final = thread_table.c


class UnfitAssigneeError(ValueError):
    """Nobody of this id could look after this thread."""


class NothingChangedError(Exception):
    """The thread was so already."""


def assignable_to(region_code: str | None) -> list[StaffRow]:
    """Who may look after the threads of an entity of this Region, by name."""
    return [member for member in list_staff() if may_look_after(member, region_code)]


def assign(thread: ThreadRow, staff_id: int | None, writer: Writer, now: dt.datetime) -> None:
    """Give a thread that was found to a member of staff; None: to nobody. Commits.

    Raises UnfitAssigneeError or NothingChangedError.
    """
    member = staff_by_id(staff_id) if staff_id is not None else None
    if staff_id is not None and (member is None or not may_look_after(member, thread.region_code)):
        raise UnfitAssigneeError(staff_id)
    other = _THREAD.assigned_id.is_distinct_from(staff_id)
    change = sa.update(Thread).where(_THREAD.id == thread.id, other).values(assigned_id=staff_id)
    _change(change, thread, "thread_assigned", writer, now, {"thread": thread.id, "member_of_staff": staff_id})


def close_thread(thread: ThreadRow, writer: Writer, now: dt.datetime) -> None:
    """Say that nobody has to write any more. Commits. Raises NothingChangedError."""
    change = sa.update(Thread).where(_THREAD.id == thread.id, _THREAD.state != CLOSED).values(state=CLOSED)
    _change(change, thread, "thread_closed", writer, now, {"thread": thread.id})


def reopen_thread(thread: ThreadRow, writer: Writer, now: dt.datetime) -> None:
    """Open a closed thread again: nobody has to write yet. Commits. Raises NothingChangedError."""
    change = sa.update(Thread).where(_THREAD.id == thread.id, _THREAD.state == CLOSED).values(state=OPEN)
    _change(change, thread, "thread_reopened", writer, now, {"thread": thread.id})


def _change(
    change: sa.Update, thread: ThreadRow, action: str, writer: Writer, now: dt.datetime, detail: dict[str, Scalar]
) -> None:
    if db.session.execute(change.returning(_THREAD.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise NothingChangedError(thread.id)
    record(action, actor=writer.actor, subject=f"entity:{thread.entity_code}", detail=detail, now=now)
    db.session.commit()
