"""Storing answers. `apply` is the only way: no other path writes one.

Not for: deciding what wins (`document.py`) or reading a form (`fill`).
Holds always: one save is one transaction that writes document, journal line, columns and sheets together; a save known by
its id and digest gets its first reply again; what is refused is refused by itself, with its reason, and the rest is stored.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.tokens import keyed_hash
from app.extensions import db, table_of
from app.prepared import Prepared
from app.questionnaire.answers import AnswerRefused, type_of
from app.questionnaire.model import Question, Questionnaire, Step
from app.responses import personal
from app.responses.document import (
    APPLIED,
    CONFLICT,
    SAME,
    Document,
    JournalLine,
    Operation,
    Outcome,
    Stamp,
    encoder,
    perform,
    write_document,
)
from app.responses.judging import judge
from app.responses.links import rewrite_draft_links
from app.responses.models import JournalEntry, Response
from app.responses.reading import OpenResponse, response_by_id
from app.responses.reviewing import review_stored
from app.responses.sheet_rows import write_sheet_rows

MAX_OPERATIONS: Final = 500
MAX_SAVE_ID: Final = 64
MAX_DOCUMENT_BYTES: Final = 2 * 1024 * 1024
LONGEST_GAP: Final = dt.timedelta(minutes=5)


_JOURNAL: Final = table_of(JournalEntry).c
_REPLY: Final = sa.select(_JOURNAL.reply).where(
    _JOURNAL.response_id == sa.bindparam("response"),
    _JOURNAL.save_id == sa.bindparam("save"),
    _JOURNAL.digest == sa.bindparam("operations"),
)
_WRITE_LINE: Final = Prepared(sa.insert(table_of(JournalEntry)).inline())
_COLUMNS: Final = ("document", "version", "status", "progress", "open_conflicts", "last_activity", "active_seconds")
_WRITE_RESPONSE: Final = Prepared(
    sa.update(table_of(Response))
    .where(table_of(Response).c.id == sa.bindparam("response"))
    .values({name: sa.bindparam(name) for name in _COLUMNS})
)


class EditionClosedError(Exception):
    """The edition does not take answers (not yet open, pilot of others, past the deadline). Nothing was stored."""


class TooLargeError(Exception):
    """More operations than a save may hold, or a document that would outgrow its limit. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves: the operator, the browser session (its key, or a part of it) and how: "form" or "json"."""

    operator_id: int | None
    session: str
    channel: str = "form"


class Refusal(msgspec.Struct, frozen=True):
    """An operation that was not stored: its place in the save and why (a code of this module)."""

    index: int
    reason: str


class Reply(msgspec.Struct, frozen=True):
    """What became of a save: keys stored, keys in conflict, refusals by place, and the version of the response now."""

    applied: tuple[str, ...]
    conflicts: tuple[str, ...]
    refused: tuple[Refusal, ...]
    version: int


class RefusedError(Exception):
    """An operation cannot be stored; `args[0]` is the reason's code."""


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
    repetition is known, where the operations depend on more than that; by default they are it. Raises EditionClosedError and
    TooLargeError.
    """
    if not 0 < len(save_id) <= MAX_SAVE_ID:
        raise ValueError(f"a save id has 1 to {MAX_SAVE_ID} characters")
    current = _locked(response)
    if not current.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(current.edition.code)
    if len(operations) > MAX_OPERATIONS:
        db.session.rollback()
        raise TooLargeError(f"{len(operations)} operations in one save; {MAX_OPERATIONS} at most")
    digest = digest_of(encoder.encode(operations) if sent is None else sent)
    try:
        reply, changed = _merge(current, operations, author, now, save_id, digest)
    except IntegrityError:
        return _replayed(current.id, save_id, digest)
    if changed is current:
        reply = known_reply(current.id, save_id, digest) or reply
    db.session.commit()
    return reply, changed


def _replayed(response_id: int, save_id: str, digest: str) -> tuple[Reply, OpenResponse]:
    """The first reply of a save that the journal has already, and the response as it is: nothing of the replay is kept."""
    db.session.rollback()
    known = known_reply(response_id, save_id, digest)
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


def digest_of(sent: bytes) -> str:
    """By what a repetition of a save is known: keyed, since it may tell of personal values."""
    return keyed_hash(sent.decode())


def known_reply(response_id: int, save_id: str, digest: str) -> Reply | None:
    """The first reply of a save that the journal has."""
    parameters = {"response": response_id, "save": save_id, "operations": digest}
    text = db.session.connection().execute(_REPLY, parameters).scalar_one_or_none()
    return None if text is None else msgspec.json.decode(text, type=Reply)


def _merge(
    current: OpenResponse, operations: Sequence[Operation], author: Author, now: dt.datetime, save_id: str, digest: str
) -> tuple[Reply, OpenResponse]:
    document = current.document
    stamp = Stamp(
        current.version + 1, author.operator_id, now.astimezone(dt.UTC).isoformat(), author.session[:16], author.channel
    )
    kept: list[Operation] = []
    outcomes: list[Outcome] = []
    refused: list[Refusal] = []
    for index, operation in enumerate(operations):
        try:
            checked = _checked(current, document, operation, stamp)
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
        return reply, current
    line = JournalLine(stamp.version, stamp.operator, stamp.at, stamp.session, stamp.channel, tuple(kept), tuple(outcomes))
    return reply, _store(current, document, line, reply, now, save_id, digest)


def _store(
    current: OpenResponse,
    document: Document,
    line: JournalLine,
    reply: Reply,
    now: dt.datetime,
    save_id: str,
    digest: str,
) -> OpenResponse:
    stored = write_document(document)
    found = review_stored(current.id, current.questionnaire, document, stored)
    changed = replace(
        current,
        document=document,
        stored=stored,
        version=line.version,
        status="draft" if current.status == "opened" else current.status,
        progress=found.progress,
        last_activity=now,
        active_seconds=current.active_seconds + _active_seconds(now - current.last_activity),
        review=found,
    )
    connection = db.session.connection()
    _write_response(connection, changed)
    written = {"line": encoder.encode(line).decode(), "reply": encoder.encode(reply).decode()}
    key = {"response_id": current.id, "version": line.version, "save_id": save_id, "digest": digest}
    _WRITE_LINE.run(connection, {**key, **written, "at": now})
    write_sheet_rows(connection, current.id, current.questionnaire, document, line.operations)
    rewrite_draft_links(current.id, current.questionnaire, current.stored, document, found.reached, line.operations)
    return changed


def _active_seconds(gap: dt.timedelta) -> int:
    """The part of the pause before this save that counts as work."""
    return int(gap.total_seconds()) if dt.timedelta(0) <= gap <= LONGEST_GAP else 0


def _write_response(connection: sa.Connection, changed: OpenResponse) -> None:
    size = len(changed.stored)
    if size > MAX_DOCUMENT_BYTES:
        db.session.rollback()
        raise TooLargeError(f"the answers would take {size // 1024} kB; {MAX_DOCUMENT_BYTES // 1024} kB at most")
    values = {
        "response": changed.id,
        "document": changed.stored,
        "version": changed.version,
        "status": changed.status,
        "progress": changed.progress,
        "open_conflicts": len(changed.open_conflicts),
        "last_activity": changed.last_activity,
        "active_seconds": changed.active_seconds,
    }
    _WRITE_RESPONSE.run(connection, values)


# Checking the shape of what arrives --------------------------------------------------------------------------------------


def _checked(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
    """The operation with its value in canonical form, personal values sealed. Raises RefusedError."""
    return _CHECKS[operation.op](current, document, operation, stamp)


def _check_answer(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
    question, step = _question(current.questionnaire, operation)
    if (operation.item is None) != (step is None or step.repeat is None):
        raise RefusedError("item_mismatch")
    if operation.item is not None:
        found = document.find_item(operation.item)
        if found is None or step is None or found[0] != step.code:
            raise RefusedError("unknown_item")
    answer = document.answers.get(operation.key)
    if operation.base < 0 or operation.base > stamp.version:
        raise RefusedError("base_of_the_future")
    try:
        value = None if operation.value is None else type_of(question).accept(question, operation.value)
    except AnswerRefused as refusal:
        raise RefusedError("malformed_value") from refusal
    if question.personal:
        value = personal.seal(current.id, value, answer.value if answer else None)
    return msgspec.structs.replace(operation, value=value)


def _question(questionnaire: Questionnaire, operation: Operation) -> tuple[Question, Step | None]:
    code = operation.question or ""
    for question in questionnaire.after_submission:
        if question.code == code:
            return question, None
    try:
        return questionnaire.question(code), questionnaire.step_of(code)
    except KeyError as error:
        raise RefusedError("unknown_question") from error


def _check_new_item(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
    _require_uuid(operation.item)
    if operation.op == "duplicate":
        found = document.find_item(operation.source or "")
        if found is None or found[1].removed is not None:
            raise RefusedError("unknown_item")
        step_code = found[0]
    else:
        step_code = operation.step or ""
    try:
        step = current.questionnaire.step(step_code)
    except KeyError as error:
        raise RefusedError("unknown_step") from error
    if step.repeat is None:
        raise RefusedError("step_without_items")
    known = document.find_item(operation.item or "")
    if known is None and len(document.live_items().get(step_code, ())) >= step.repeat.max:
        raise RefusedError("too_many_items")
    return operation


def _check_item(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
    if document.find_item(operation.item or "") is None:
        raise RefusedError("unknown_item")
    if operation.before is not None and document.find_item(operation.before) is None:
        raise RefusedError("unknown_item")
    if operation.base < 0 or operation.base > stamp.version:
        raise RefusedError("base_of_the_future")
    return operation


def _check_return(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
    """An item that comes back needs a place like a new one."""
    checked = _check_item(current, document, operation, stamp)
    step_code, item = document.find_item(operation.item or "") or ("", None)
    repeat = current.questionnaire.step(step_code).repeat
    if item and item.removed and repeat and len(document.live_items().get(step_code, ())) >= repeat.max:
        raise RefusedError("too_many_items")
    return checked


def _check_resolution(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
    if operation.question is not None:
        return _check_answer(current, document, operation, stamp)
    if operation.choice is None:
        raise RefusedError("no_choice")
    check = _check_return if operation.choice == "keep" else _check_item
    return check(current, document, operation, stamp)


def _require_uuid(text: str | None) -> None:
    try:
        canonical = str(uuid.UUID(text or ""))
    except ValueError as error:
        raise RefusedError("item_not_a_uuid") from error
    if canonical != text:
        raise RefusedError("item_not_a_uuid")


_Check = Callable[[OpenResponse, Document, Operation, Stamp], Operation]
_CHECKS: Final[dict[str, _Check]] = {
    "set": _check_answer,
    "add": _check_new_item,
    "duplicate": _check_new_item,
    "move": _check_item,
    "delete": _check_item,
    "restore": _check_return,
    "resolve": _check_resolution,
}
