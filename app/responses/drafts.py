"""Storing answers. `apply` is the only way: no other path writes one.

Not for: deciding what wins (`document.py`) or reading a form (`fill`).
Holds always: one save is one transaction that writes document, journal line, columns and sheets together; a save known by
its id and digest gets its first reply again; what is refused is refused by itself, with its reason, and the rest is stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.database import unit_of_work
from app.editions.current import EDITION
from app.extensions import db, session_has_begun, table_of
from app.prepared import Prepared
from app.questionnaire.model import Questionnaire
from app.responses.checking import RefusedError, check
from app.responses.document import (
    APPLIED,
    CONFLICT,
    SAME,
    JournalLine,
    Operation,
    Outcome,
    Stamp,
    encoder,
    perform,
    read_document,
    write_document,
)
from app.responses.judging import judge
from app.responses.links import codes_that_matter, rewrite_draft_links
from app.responses.models import JournalEntry, Response
from app.responses.reading import OpenResponse, response_by_id
from app.responses.replays import Refusal, Reply, SaveKey, digest_of, known_reply
from app.responses.reviewing import review_stored
from app.responses.sheet_rows import write_sheet_rows, writes_sheet_rows
from app.shared_writes import write

MAX_OPERATIONS: Final = 500
MAX_SAVE_ID: Final = 64
MAX_DOCUMENT_BYTES: Final = 2 * 1024 * 1024
LONGEST_GAP: Final = dt.timedelta(minutes=5)


_WRITE_LINE: Final = Prepared(sa.insert(table_of(JournalEntry)).inline())
_COLUMNS: Final = ("document", "version", "status", "progress", "open_conflicts", "last_activity", "active_seconds")
_ROW: Final = table_of(Response).c
_WRITE: Final = (
    sa.update(table_of(Response))
    .where(
        _ROW.id == sa.bindparam("response"),
        _ROW.version == sa.bindparam("read_version"),
        _ROW.status == sa.bindparam("read_status"),
        _ROW.submissions == sa.bindparam("read_submissions"),
        sa.exists().where(EDITION.id == _ROW.edition_id, EDITION.state == sa.bindparam("read_state")),
    )
    .values({name: sa.bindparam(name) for name in _COLUMNS})
)
_WRITE_RESPONSE: Final = Prepared(_WRITE)
_LINE: Final = table_of(JournalEntry).c
_LINE_COLUMNS: Final = ("response_id", "version", "save_id", "digest", "line", "reply", "at")
_WRITTEN: Final = _WRITE.returning(_ROW.id).cte("written")
_WRITE_BOTH: Final = Prepared(
    sa.insert(table_of(JournalEntry)).from_select(
        _LINE_COLUMNS,
        sa.select(*(sa.bindparam(name, type_=_LINE[name].type) for name in _LINE_COLUMNS)).select_from(_WRITTEN),
        include_defaults=False,
    )
)
"""Both in one statement, as PostgreSQL can: it is its own transaction, and one way to the server instead of four."""


class EditionClosedError(Exception):
    """The edition does not take answers (not yet open, pilot of others, past the deadline). Nothing was stored."""


class TooLargeError(Exception):
    """More operations than a save may hold, or a document that would outgrow its limit. Nothing was stored."""


SESSION_PART: Final = 16
"""How many characters of a session's key stand with an answer."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves: the operator, the browser session (its key, or a part of it) and how: "form" or "json".

    `staff_id`: who of the staff writes down what the operator says on the telephone.
    """

    operator_id: int | None
    session: str
    channel: str = "form"
    staff_id: int | None = None


class _OvertakenError(Exception):
    """Somebody else has changed the response since it was read."""


def apply(
    response: OpenResponse,
    operations: Sequence[Operation],
    author: Author,
    now: dt.datetime,
    *,
    save_id: str,
    sent: bytes | None = None,
) -> tuple[Reply, OpenResponse]:
    """Store a save and return its reply with the response as it is now. Commits.

    `save_id`: made by the page for this save, at most 64 characters. `sent`: the save as its device sent it, by which its
    repetition is known, where the operations depend on more than that; by default they are it. A response that was read
    without its lock is stored if nobody has changed it meanwhile, and read again under its lock otherwise. Raises
    EditionClosedError and TooLargeError.
    """
    if not 0 < len(save_id) <= MAX_SAVE_ID:
        raise ValueError(f"a save id has 1 to {MAX_SAVE_ID} characters")
    key = SaveKey(save_id, digest_of(encoder.encode(operations) if sent is None else sent))
    if _needs_no_lock(response, operations, now) and (done := _apply_at_once(response, operations, author, now, key)):
        return done
    try:
        return _apply_locked(_locked(response), operations, author, now, key)
    except _OvertakenError:  # the edition moved while the lock was waited for
        db.session.rollback()
    return _apply_locked(_locked(replace(response, locked=False)), operations, author, now, key)


def _apply_locked(
    current: OpenResponse, operations: Sequence[Operation], author: Author, now: dt.datetime, key: SaveKey
) -> tuple[Reply, OpenResponse]:
    """Store a save on a response whose lock is held."""
    if not current.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(current.edition.code)
    if len(operations) > MAX_OPERATIONS:
        db.session.rollback()
        raise TooLargeError(f"{len(operations)} operations in one save; {MAX_OPERATIONS} at most")
    reply, line = _merge(current, operations, author, now)
    if line is None:
        reply = known_reply(current.id, key.save_id, key.digest) or reply
        db.session.commit()
        return reply, replace(current, locked=False)
    before = current.stored
    changed = _changed(current, line, now)
    try:
        _write(db.session.connection(), current, changed, line, reply, key)
    except IntegrityError:
        return _replayed(current.id, key)
    if changed.review is not None:
        reached = changed.review.reached
        rewrite_draft_links(current.id, current.questionnaire, before, changed.document, reached, line.operations)
    db.session.commit()
    return reply, changed


def _needs_no_lock(response: OpenResponse, operations: Sequence[Operation], now: dt.datetime) -> bool:
    """Whether a save touches nothing but the response and its journal: answers that are neither personal nor name anybody."""
    if response.locked or not response.takes_answers(now) or not 0 < len(operations) <= MAX_OPERATIONS:
        return False
    plain = _plain_questions(response.questionnaire)
    return all(operation.op == "set" and operation.question in plain for operation in operations)


@lru_cache(maxsize=64)
def _plain_questions(questionnaire: Questionnaire) -> frozenset[str]:
    own = {question.code for question in questionnaire.questions if not question.personal}
    return frozenset(own) - codes_that_matter(questionnaire)


def _apply_at_once(
    current: OpenResponse, operations: Sequence[Operation], author: Author, now: dt.datetime, key: SaveKey
) -> tuple[Reply, OpenResponse] | None:
    """Store a save on the response as it was read, if nobody has changed it since: the writer's turn is as long as its two
    statements. None: it is to be read again under its lock (docs/decisions/0016)."""
    own = replace(current, document=read_document(current.stored))  # so that a save that fails leaves no trace in the caller's
    reply, line = _merge(own, operations, author, now)
    if line is None or reply.refused:
        return None
    session_writes = session_has_begun()
    with unit_of_work(writes=session_writes):  # a review may read personal values
        changed = _changed(own, line, now)
    try:
        if session_writes:
            _write(db.session.connection(), own, changed, line, reply, key)
            db.session.commit()
        else:
            if session_has_begun():
                db.session.rollback()
            _write_alone(own, changed, line, reply, key)
    except _OvertakenError:
        db.session.rollback()
        return None
    except IntegrityError:
        return _replayed(own.id, key)
    return reply, changed


def _replayed(response_id: int, key: SaveKey) -> tuple[Reply, OpenResponse]:
    """The first reply of a save that the journal has already, and the response as it is: nothing of the replay is kept."""
    db.session.rollback()
    known = known_reply(response_id, key.save_id, key.digest)
    current = response_by_id(response_id)
    if known is None or current is None:
        raise LookupError(f"response {response_id} refused a save that its journal does not have")
    return known, current


def _locked(response: OpenResponse) -> OpenResponse:
    if response.locked:
        return response
    db.session.rollback()
    current = response_by_id(response.id, lock=True)
    if current is None:
        raise LookupError(f"response {response.id} is gone")
    return current


def _merge(
    current: OpenResponse, operations: Sequence[Operation], author: Author, now: dt.datetime
) -> tuple[Reply, JournalLine | None]:
    """Carry the operations out on the document: what is to be said, and the journal's line, None where nothing is stored."""
    document = current.document
    stamp = Stamp(
        current.version + 1,
        author.operator_id,
        now.astimezone(dt.UTC).isoformat(),
        author.session[:SESSION_PART],
        author.channel,
    )
    kept: list[Operation] = []
    outcomes: list[Outcome] = []
    refused: list[Refusal] = []
    for index, operation in enumerate(operations):
        try:
            checked = check(current, document, operation, stamp)
        except RefusedError as refusal:
            refused.append(Refusal(index, str(refusal.args[0])))
            continue
        outcome = judge(document, checked, stamp)
        perform(document, checked, outcome, stamp)
        kept.append(checked)
        outcomes.append(outcome)
    reply = Reply(
        applied=tuple(op.key for op, outcome in zip(kept, outcomes, strict=True) if outcome in {APPLIED, SAME}),
        conflicts=tuple(op.key for op, outcome in zip(kept, outcomes, strict=True) if outcome == CONFLICT),
        refused=tuple(refused),
        version=stamp.version if kept else current.version,
    )
    if not kept:
        return reply, None
    line = JournalLine(stamp.version, stamp.operator, stamp.at, stamp.session, stamp.channel, tuple(kept), tuple(outcomes))
    return reply, line


def _changed(current: OpenResponse, line: JournalLine, now: dt.datetime) -> OpenResponse:
    """The response after a line that its document has in it already. Raises TooLargeError."""
    document = current.document
    stored = write_document(document)
    if len(stored) > MAX_DOCUMENT_BYTES:
        db.session.rollback()
        raise TooLargeError(f"the answers would take {len(stored) // 1024} kB; {MAX_DOCUMENT_BYTES // 1024} kB at most")
    found = review_stored(current.id, current.questionnaire, document, stored)
    return replace(
        current,
        stored=stored,
        version=line.version,
        status="draft" if current.status == "opened" else current.status,
        progress=found.progress,
        last_activity=now,
        active_seconds=current.active_seconds + _active_seconds(now - current.last_activity),
        review=found,
        locked=False,  # what follows commits
    )


def _write(
    connection: sa.Connection, current: OpenResponse, changed: OpenResponse, line: JournalLine, reply: Reply, key: SaveKey
) -> None:
    """Write what a save has changed. Raises _OvertakenError where the row is no longer the one that was read."""
    if not _WRITE_RESPONSE.run(connection, _response_values(current, changed)):
        raise _OvertakenError
    _WRITE_LINE.run(connection, _line_values(current, changed, line, reply, key))
    write_sheet_rows(connection, current.id, current.questionnaire, changed.document, line.operations)


def _write_alone(current: OpenResponse, changed: OpenResponse, line: JournalLine, reply: Reply, key: SaveKey) -> None:
    """The same in a transaction of its own, committed when this comes back."""
    if db.engine.dialect.name != "postgresql" or writes_sheet_rows(current.questionnaire, line.operations):
        write(db.engine, lambda connection: _write(connection, current, changed, line, reply, key))
        return
    values = {**_response_values(current, changed), **_line_values(current, changed, line, reply, key)}
    if not _WRITE_BOTH.run_alone(db.engine, values):
        raise _OvertakenError


def _response_values(current: OpenResponse, changed: OpenResponse) -> dict[str, Any]:
    return {
        "response": current.id,
        "read_version": current.version,
        "read_status": current.status,
        "read_submissions": current.submissions,
        "read_state": current.edition.state,
        "document": changed.stored,
        "version": changed.version,
        "status": changed.status,
        "progress": changed.progress,
        "open_conflicts": len(changed.open_conflicts),
        "last_activity": changed.last_activity,
        "active_seconds": changed.active_seconds,
    }


def _line_values(current: OpenResponse, changed: OpenResponse, line: JournalLine, reply: Reply, key: SaveKey) -> dict[str, Any]:
    written = {"line": encoder.encode(line).decode(), "reply": encoder.encode(reply).decode()}
    place = {"response_id": current.id, "version": line.version, "save_id": key.save_id, "digest": key.digest}
    return {**place, **written, "at": changed.last_activity}


def _active_seconds(gap: dt.timedelta) -> int:
    """The part of the pause before this save that counts as work."""
    return int(gap.total_seconds()) if dt.timedelta(0) <= gap <= LONGEST_GAP else 0
