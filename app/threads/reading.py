"""Reading threads: lists for an entity and for the desk, one thread with its messages, a file, what is unread.

Not for: writing (`writing.py`) or what a question is called (the surfaces know the questionnaire).
Holds always: an entity's reading names the entity, the desk's names the Region where one is all that may be seen: what is
another's is as if it did not exist. A text stands here as it was written: whoever shows it escapes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.operators import operator_names
from app.accounts.tables import staff_table
from app.extensions import db, table_of
from app.registry.entities import entity_table, label
from app.threads.models import Thread, ThreadFile, ThreadMark, ThreadMessage
from app.threads.sides import CLOSED, DESK, ENTITY

thread_table: Final = table_of(Thread)
message_table: Final = table_of(ThreadMessage)
file_table: Final = table_of(ThreadFile)
_THREAD: Final = thread_table.c
_MESSAGE: Final = message_table.c
_FILE: Final = file_table.c
_MARK: Final = table_of(ThreadMark).c
_ENTITY: Final = entity_table.c
WAITING, MINE, UNASSIGNED, UNREAD, EVERY, ENDED = VIEWS = ("waiting", "mine", "unassigned", "unread", "every", "closed")
"""Which threads the desk looks at: those that wait for it, assigned to whoever looks, to nobody, with something that whoever
looks has not read, all, the closed ones."""


class UnknownThreadError(Exception):
    """No such thread is this entity's, or of a Region that may be seen."""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """One thread. `question`, `item`: the answer it is about, empty for none. `state`: one of `sides.STATES`. `assigned`: who
    looks after it. `unread`: whether the other side has written since whoever looks (of an entity: anybody) last read."""

    id: int
    edition_id: int
    entity_id: int
    entity_code: str
    entity_label: str
    region_code: str | None
    subject: str
    question: str
    item: str
    opened_by: str
    state: str
    assigned_id: int | None
    assigned: str
    created_at: dt.datetime
    last_at: dt.datetime
    unread: bool

    @property
    def is_query(self) -> bool:
        """Whether the desk asks about an answer."""
        return self.opened_by == DESK and bool(self.question)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a message, without its bytes. `gone`: it was erased."""

    id: int
    name: str
    kind: str
    size: int
    gone: bool


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message. `name`: of the operator or the member of staff (personal: the entity is not shown staff's)."""

    id: int
    side: str
    name: str
    at: dt.datetime
    text: str
    erased: bool
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the desk looks for. `view`: one of `VIEWS`; `region`: a Region's code; `text`: in the subject, a message or the
    entity's name; `entity_id`: of this one alone."""

    edition_id: int
    staff_id: int
    view: str = EVERY
    region: str | None = None
    text: str = ""
    entity_id: int | None = None


def threads_of(entity_id: int, *, limit: int, offset: int = 0) -> list[ThreadRow]:
    """The entity's threads in all editions, the last written in first."""
    query = _select(_THREAD.desk_last > _THREAD.entity_read).where(_THREAD.entity_id == entity_id)
    return _rows(query.order_by(_THREAD.last_at.desc(), _THREAD.id.desc()).limit(limit).offset(offset))


def count_threads_of(entity_id: int) -> int:
    """How many `threads_of` finds without a limit."""
    return db.session.execute(sa.select(sa.func.count(_THREAD.id)).where(_THREAD.entity_id == entity_id)).scalar_one()


def thread_of(entity_id: int, thread_id: int) -> ThreadRow:
    """One of the entity's. Raises UnknownThreadError."""
    query = _select(_THREAD.desk_last > _THREAD.entity_read).where(_THREAD.entity_id == entity_id, _THREAD.id == thread_id)
    return _one(query, thread_id)


def unread_of(entity_id: int) -> int:
    """How many of the entity's threads hold something of the desk's that nobody of the entity has read."""
    own = (_THREAD.entity_id == entity_id, _THREAD.desk_last > _THREAD.entity_read)
    return db.session.execute(sa.select(sa.func.count(_THREAD.id)).where(*own)).scalar_one()


def queries_to(entity_id: int, edition_id: int, beside: int = 0) -> list[ThreadRow]:
    """The desk's queries on answers that wait for the entity, the oldest first. `beside`: the id of one that need not wait."""
    own = (_THREAD.entity_id == entity_id, _THREAD.edition_id == edition_id, _THREAD.opened_by == DESK, _THREAD.question != "")
    wanted = sa.or_(_THREAD.state == ENTITY, _THREAD.id == beside) if beside else _THREAD.state == ENTITY
    query = _select(_THREAD.desk_last > _THREAD.entity_read).where(*own, wanted)
    return _rows(query.order_by(_THREAD.created_at, _THREAD.id))


def desk_threads(wanted: Wanted, *, limit: int, offset: int = 0) -> list[ThreadRow]:
    """What the desk looks for: those that wait for it by how long they have waited, the others by the last message."""
    query = _select(_unread_by(wanted.staff_id)).where(*_matching(wanted))
    order = (_THREAD.last_at, _THREAD.id) if wanted.view == WAITING else (_THREAD.last_at.desc(), _THREAD.id.desc())
    return _rows(query.order_by(*order).limit(limit).offset(offset))


def count_desk_threads(wanted: Wanted) -> int:
    """How many `desk_threads` finds without a limit."""
    query = sa.select(sa.func.count(_THREAD.id)).select_from(_WITH_ENTITY).where(*_matching(wanted))
    return db.session.execute(query).scalar_one()


def thread_at_desk(thread_id: int, staff_id: int, region: str | None) -> ThreadRow:
    """One thread as a member of staff sees it; `region`: the only one that may be seen. Raises UnknownThreadError."""
    query = _select(_unread_by(staff_id)).where(_THREAD.id == thread_id, _of_region(region))
    return _one(query, thread_id)


def select_waiting_threads(edition_id: int | sa.BindParameter[int]) -> sa.Select[int]:
    """The entity's id of each thread that waits for the desk in an edition, for a query of another room."""
    return sa.select(_THREAD.entity_id).where(_THREAD.edition_id == edition_id, _THREAD.state == DESK)


def messages_in(thread: ThreadRow) -> list[MessageRow]:
    """The messages of a thread that was found, the first one first, each with its files."""
    columns = (_MESSAGE.id, _MESSAGE.side, _MESSAGE.operator_id, _MESSAGE.at, _MESSAGE.text, _MESSAGE.erased_at)
    query = sa.select(*columns, staff_table.c.name.label("staff"))
    query = query.select_from(message_table.outerjoin(staff_table, staff_table.c.id == _MESSAGE.staff_id))
    rows = db.session.execute(query.where(_MESSAGE.thread_id == thread.id).order_by(_MESSAGE.id)).all()
    files = _files_of([row.id for row in rows])
    names = operator_names(thread.entity_id)
    return [
        MessageRow(
            id=row.id,
            side=row.side,
            name=row.staff or names.get(row.operator_id or 0, ""),
            at=row.at,
            text=row.text,
            erased=row.erased_at is not None,
            files=tuple(files.get(row.id, ())),
        )
        for row in rows
    ]


def file_in(thread: ThreadRow, file_id: int) -> tuple[FileRow, bytes] | None:
    """A file of a thread that was found, with its bytes; None where there is none or it was erased."""
    query = sa.select(_FILE.id, _FILE.name, _FILE.kind, _FILE.size, _FILE.content)
    query = query.select_from(file_table.join(message_table, _MESSAGE.id == _FILE.message_id))
    own = (_FILE.id == file_id, _MESSAGE.thread_id == thread.id, _FILE.content.is_not(None))
    row = db.session.execute(query.where(*own)).one_or_none()
    return None if row is None else (FileRow(row.id, row.name, row.kind, row.size, gone=False), row.content)


def mark_read_by_entity(entity_id: int, thread_id: int, message_id: int) -> None:
    """Somebody of the entity has read a thread up to this message. Flushes only."""
    own = (_THREAD.id == thread_id, _THREAD.entity_id == entity_id, _THREAD.entity_read < message_id)
    db.session.execute(sa.update(Thread).where(*own).values(entity_read=message_id))


def mark_read_by_staff(staff_id: int, thread_id: int, message_id: int) -> None:
    """A member of staff has read a thread up to this message. Flushes only."""
    db.session.execute(sa.select(_THREAD.id).where(_THREAD.id == thread_id).with_for_update())
    behind = (_THREAD.id == thread_id, _THREAD.desk_read < message_id)
    db.session.execute(sa.update(Thread).where(*behind).values(desk_read=message_id))
    own = (_MARK.thread_id == thread_id, _MARK.staff_id == staff_id)
    known = db.session.execute(sa.select(_MARK.message_id).where(*own)).scalar_one_or_none()
    if known is None:
        values = {"thread_id": thread_id, "staff_id": staff_id, "message_id": message_id}
        db.session.execute(sa.insert(ThreadMark).values(**values))
    elif known < message_id:
        db.session.execute(sa.update(ThreadMark).where(*own).values(message_id=message_id))


def _files_of(message_ids: Collection[int]) -> dict[int, list[FileRow]]:
    if not message_ids:
        return {}
    query = sa.select(_FILE.message_id, _FILE.id, _FILE.name, _FILE.kind, _FILE.size, _FILE.content.is_(None).label("gone"))
    found: dict[int, list[FileRow]] = {}
    for row in db.session.execute(query.where(_FILE.message_id.in_(message_ids)).order_by(_FILE.id)):
        found.setdefault(row.message_id, []).append(FileRow(row.id, row.name, row.kind, row.size, gone=bool(row.gone)))
    return found


_WITH_ENTITY: Final = thread_table.join(entity_table, _ENTITY.id == _THREAD.entity_id)
_JOINED: Final = _WITH_ENTITY.outerjoin(staff_table, staff_table.c.id == _THREAD.assigned_id)


def _select(unread: sa.ColumnElement[bool]) -> sa.Select[Any]:
    columns = (
        *(_THREAD.id, _THREAD.edition_id, _THREAD.entity_id, _ENTITY.code, _ENTITY.name, _ENTITY.province_sign),
        *(_ENTITY.region_code, _THREAD.subject, _THREAD.question, _THREAD.item, _THREAD.opened_by, _THREAD.state),
        *(_THREAD.assigned_id, staff_table.c.name.label("assigned"), _THREAD.created_at, _THREAD.last_at),
    )
    return sa.select(*columns, unread.label("unread")).select_from(_JOINED)


def _rows(query: sa.Select[Any]) -> list[ThreadRow]:
    return [_row(row) for row in db.session.execute(query)]


def _one(query: sa.Select[Any], thread_id: int) -> ThreadRow:
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownThreadError(thread_id)
    return _row(row)


def _row(row: Any) -> ThreadRow:
    return ThreadRow(
        id=row.id,
        edition_id=row.edition_id,
        entity_id=row.entity_id,
        entity_code=row.code,
        entity_label=label(row.name, row.province_sign),
        region_code=row.region_code,
        subject=row.subject,
        question=row.question,
        item=row.item,
        opened_by=row.opened_by,
        state=row.state,
        assigned_id=row.assigned_id,
        assigned=row.assigned or "",
        created_at=row.created_at,
        last_at=row.last_at,
        unread=bool(row.unread),
    )


def _unread_by(staff_id: int) -> sa.ColumnElement[bool]:
    mark = sa.select(_MARK.message_id).where(_MARK.thread_id == _THREAD.id, _MARK.staff_id == staff_id)
    return _THREAD.entity_last > sa.func.coalesce(mark.correlate(thread_table).scalar_subquery(), 0)


def _of_region(region: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if region is None else _ENTITY.region_code == region


def _matching(wanted: Wanted) -> Sequence[sa.ColumnElement[bool]]:
    views: dict[str, sa.ColumnElement[bool]] = {
        WAITING: _THREAD.state == DESK,
        MINE: sa.and_(_THREAD.assigned_id == wanted.staff_id, _THREAD.state != CLOSED),
        UNASSIGNED: sa.and_(_THREAD.assigned_id.is_(None), _THREAD.state != CLOSED),
        UNREAD: _unread_by(wanted.staff_id),
        ENDED: _THREAD.state == CLOSED,
    }
    conditions = [_THREAD.edition_id == wanted.edition_id, views.get(wanted.view, sa.true()), _of_region(wanted.region)]
    if wanted.entity_id is not None:
        conditions.append(_THREAD.entity_id == wanted.entity_id)
    if wanted.text:
        conditions.append(_holding(wanted.text.lower()))
    return conditions


def _holding(text: str) -> sa.ColumnElement[bool]:
    inside = sa.exists().where(_MESSAGE.thread_id == _THREAD.id, sa.func.lower(_MESSAGE.text).contains(text, autoescape=True))
    named = [sa.func.lower(column).contains(text, autoescape=True) for column in (_THREAD.subject, _ENTITY.name)]
    return sa.or_(*named, inside)
