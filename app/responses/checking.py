"""The shape of an operation that arrives: whether its question, sheet and value are ones that the response can have.

Not for: what becomes of it (`judging.py`), or storing it (`drafts.py`).
Holds always: what passes is in canonical form, personal values sealed; what does not is refused by itself, with a code.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

import msgspec

from app.questionnaire.answers import AnswerRefused, type_of
from app.questionnaire.model import Question, Questionnaire, Step
from app.responses import personal
from app.responses.document import Document, Operation, Stamp
from app.responses.reading import OpenResponse


class RefusedError(Exception):
    """An operation cannot be stored; `args[0]` is the reason's code."""


def check(current: OpenResponse, document: Document, operation: Operation, stamp: Stamp) -> Operation:
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
