"""Writing to each other: opening a thread and answering in it, from either side.

Not for: reading (`reading.py`), what is done about a thread without writing (`looking_after.py`), or which files are taken
(`files.py`).
Holds always: a message, its files, the notice of it and the audit entry are one transaction; a form sent twice writes once; the
audit and the notice hold nothing of what was written; an entity writes at most `PER_HOUR` messages in an hour, and files of
`MOST_KEPT` bytes in an edition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit.chain import Scalar, record
from app.editions.current import EditionView
from app.extensions import db
from app.registry.entities import EntityRow
from app.threads.files import MOST_FILES, NewFile
from app.threads.models import Thread, ThreadFile, ThreadMessage
from app.threads.notices import tell_entity, tell_staff
from app.threads.reading import UnknownThreadError, file_table, mark_read_by_staff, message_table, thread_table
from app.threads.sides import CLOSED, DESK, ENTITY, OPEN

LONGEST_SUBJECT: Final = 150
LONGEST_TEXT: Final = 5_000
LONGEST_KEY: Final = 40
PER_HOUR: Final = 20
MOST_KEPT: Final = 50 * 1024 * 1024
AFTERWARDS: Final = (ENTITY, OPEN, CLOSED)
"""What the desk may say of a thread with its message: the entity has to write, nobody for now, nobody any more."""
_THREAD: Final = thread_table.c
_MESSAGE: Final = message_table.c
_FILE: Final = file_table.c


class TooManyMessagesError(Exception):
    """The entity has written as much as may be in an hour."""


class TooManyFilesError(Exception):
    """More files than a message may have, or than are kept of an entity in an edition."""


class UsedFormError(Exception):
    """The form was sent before, with another text or in another thread. Nothing was written: a fresh form takes the text."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes. `side`: ENTITY or DESK; `id`: of the operator or the member of staff."""

    side: str
    id: int

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return f"operator:{self.id}" if self.side == ENTITY else f"staff:{self.id}"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. `key`: of the form, the same for a second click."""

    text: str
    key: str
    files: Sequence[NewFile] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What a new thread is about. `question`, `item`: an answer (code, id of its sheet), empty for a general question."""

    subject: str
    question: str = ""
    item: str = ""


def open_thread(
    edition: EditionView, entity: EntityRow, about: About, written: Written, writer: Writer, now: dt.datetime
) -> int:
    """Begin a thread and return its id; that of the first for a form sent twice. Commits.

    One that the desk begins is assigned to who begins it. Raises TooManyMessagesError, TooManyFilesError, UsedFormError,
    ValueError for a text or subject that does not fit.
    """
    if not 0 < len(about.subject) <= LONGEST_SUBJECT or len(about.question) > 40 or len(about.item) > 36:
        raise ValueError(f"a subject has 1 to {LONGEST_SUBJECT} characters")
    _check(written)
    key = _key_of(written, writer, entity)
    if (known := _sent_before(key, written)) is not None:
        return _begun_by(known)
    if writer.side == ENTITY:
        _refuse_too_much(edition.id, entity.id, written, now)
    values = {"edition_id": edition.id, "entity_id": entity.id, "subject": about.subject, "question": about.question}
    values |= {"item": about.item, "opened_by": writer.side, "state": DESK, "created_at": now, "last_at": now}
    values |= {"assigned_id": writer.id if writer.side == DESK else None}
    thread_id = db.session.execute(sa.insert(Thread).values(**values).returning(Thread.id)).scalar_one()
    try:
        _add(thread_id, key, written, writer, ENTITY, now)
    except IntegrityError:  # the other click came first
        db.session.rollback()
        return _sent_first(key, written)
    _tell(edition, entity, thread_id, writer, now)
    _note("thread_opened", entity, thread_id, writer, now, question=about.question)
    db.session.commit()
    return thread_id


def reply(
    edition: EditionView,
    entity: EntityRow,
    thread_id: int,
    written: Written,
    writer: Writer,
    now: dt.datetime,
    *,
    afterwards: str = ENTITY,
) -> None:
    """Write in a thread of this entity in this edition; a closed one is open again. A form sent twice writes once. Commits.

    `afterwards`: one of `AFTERWARDS`, for the desk; after an entity's message the desk has to write. Raises UnknownThreadError
    and what `open_thread` raises.
    """
    _check(written)
    if afterwards not in AFTERWARDS:
        raise ValueError(f"afterwards is one of {', '.join(AFTERWARDS)}")
    own = (_THREAD.id == thread_id, _THREAD.entity_id == entity.id, _THREAD.edition_id == edition.id)
    if db.session.execute(sa.select(_THREAD.id).where(*own).with_for_update()).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownThreadError(thread_id)
    key = _key_of(written, writer, entity)
    if (known := _sent_before(key, written)) is not None:
        db.session.rollback()
        if known.thread_id != thread_id:
            raise UsedFormError
        return
    if writer.side == ENTITY:
        _refuse_too_much(edition.id, entity.id, written, now)
    _add(thread_id, key, written, writer, afterwards, now)
    _tell(edition, entity, thread_id, writer, now)
    _note("thread_answered", entity, thread_id, writer, now)
    db.session.commit()


def _check(written: Written) -> None:
    if not 0 < len(written.text) <= LONGEST_TEXT:
        raise ValueError(f"a message has 1 to {LONGEST_TEXT} characters")
    if not 0 < len(written.key) <= LONGEST_KEY:
        raise ValueError(f"a form's key has 1 to {LONGEST_KEY} characters")
    if len(written.files) > MOST_FILES:
        raise TooManyFilesError


def _key_of(written: Written, writer: Writer, entity: EntityRow) -> str:
    owner = entity.id if writer.side == ENTITY else writer.id
    return f"{writer.side}/{owner}/{written.key}"


def _sent_before(key: str, written: Written) -> Any:
    """The message (id, thread_id) of a form that was sent before with the same text. Raises UsedFormError for another text."""
    query = sa.select(_MESSAGE.id, _MESSAGE.thread_id, _MESSAGE.text).where(_MESSAGE.key == key)
    known = db.session.execute(query).one_or_none()
    if known is not None and known.text != written.text:
        db.session.rollback()
        raise UsedFormError
    return known


def _begun_by(known: Any) -> int:
    """The thread that this message has begun. Raises UsedFormError where it was written in one that was there."""
    first = sa.select(sa.func.min(_MESSAGE.id)).where(_MESSAGE.thread_id == known.thread_id)
    if db.session.execute(first).scalar_one() != known.id:
        db.session.rollback()
        raise UsedFormError
    return int(known.thread_id)


def _sent_first(key: str, written: Written) -> int:
    known = _sent_before(key, written)
    if known is None:
        raise LookupError("a message with this key was there, and is not")
    return _begun_by(known)


def _refuse_too_much(edition_id: int, entity_id: int, written: Written, now: dt.datetime) -> None:
    joined = message_table.join(thread_table, _THREAD.id == _MESSAGE.thread_id)
    own = (_THREAD.entity_id == entity_id, _MESSAGE.side == ENTITY)
    lately = sa.select(sa.func.count(_MESSAGE.id)).select_from(joined).where(*own, _MESSAGE.at > now - dt.timedelta(hours=1))
    if db.session.execute(lately).scalar_one() >= PER_HOUR:
        db.session.rollback()
        raise TooManyMessagesError
    if not written.files:
        return
    kept = sa.select(sa.func.coalesce(sa.func.sum(_FILE.size), 0)).select_from(
        joined.join(file_table, _FILE.message_id == _MESSAGE.id)
    )
    before = db.session.execute(kept.where(*own, _THREAD.edition_id == edition_id)).scalar_one()
    if before + sum(len(file.content) for file in written.files) > MOST_KEPT:
        db.session.rollback()
        raise TooManyFilesError


def _add(thread_id: int, key: str, written: Written, writer: Writer, afterwards: str, now: dt.datetime) -> None:
    """Write the message and its files, and what the thread knows of its last one. Whoever writes has read what was there."""
    from_entity = writer.side == ENTITY
    values = {"thread_id": thread_id, "side": writer.side, "at": now, "text": written.text, "key": key}
    values |= {"operator_id": writer.id if from_entity else None, "staff_id": None if from_entity else writer.id}
    message_id = db.session.execute(sa.insert(ThreadMessage).values(**values).returning(ThreadMessage.id)).scalar_one()
    for file in written.files:
        row = {"message_id": message_id, "name": file.name, "kind": file.kind, "size": len(file.content)}
        db.session.execute(sa.insert(ThreadFile).values(**row, content=file.content))
    last = {"entity_last": message_id, "entity_read": message_id} if from_entity else {"desk_last": message_id}
    state = DESK if from_entity else afterwards
    db.session.execute(sa.update(Thread).where(_THREAD.id == thread_id).values(last_at=now, state=state, **last))
    if not from_entity:
        mark_read_by_staff(writer.id, thread_id, message_id)


def _tell(edition: EditionView, entity: EntityRow, thread_id: int, writer: Writer, now: dt.datetime) -> None:
    if writer.side == DESK:
        tell_entity(edition, entity, thread_id, now)
    else:
        tell_staff(entity, thread_id, now)


def _note(action: str, entity: EntityRow, thread_id: int, writer: Writer, now: dt.datetime, question: str = "") -> None:
    detail: dict[str, Scalar] = {"thread": thread_id} | ({"question": question} if question else {})
    record(action, actor=writer.actor, subject=f"entity:{entity.code}", detail=detail, now=now)
