"""From a posted form to operations: what changed on the page, as the person saw it.

Not for: judging answers (`questionnaire`), merging them (`responses`), or forms of sign-in.
Holds always: a question that was not on the page gives no operation; a field left as it was shown gives none either, so
that a colleague's newer answer is not fought over; whatever was typed is in `typed`, to be shown again.

Names of the inputs: CODE and CODE.sub hold the answer, CODE.base the revision that was shown, CODE.scelta and CODE.seen the
decision between two answers and the revisions of those that were on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from app.fill.prefill import prefilled
from app.questionnaire.answers import type_of
from app.questionnaire.model import Question, answer_key
from app.responses import personal
from app.responses.document import Challenger, Operation
from app.responses.journal import value_at
from app.responses.reading import OpenResponse

MAX_FIELD_CHARACTERS = 100_000
MOST_SEEN = 100


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """One question as a form held it: the fields by sub-field, the revision that was shown, a decision and what it saw."""

    fields: Mapping[str, list[str]]
    base: int
    decision: str
    seen: str


Typed = Mapping[str, TypedAnswer]


@dataclass(frozen=True, slots=True)
class PostedPage:
    """What a posted page says: operations for `drafts.apply`, what was typed by question code, the codes it held."""

    operations: tuple[Operation, ...]
    typed: Typed
    codes: frozenset[str]


def read_page(questions: Sequence[Question], form: MultiDict[str, str], response: OpenResponse, item: str | None) -> PostedPage:
    """Read a posted page of these questions."""
    operations: list[Operation] = []
    typed: dict[str, TypedAnswer] = {}
    for question in questions:
        base = _base(form.get(f"{question.code}.base"))
        if base is None:
            continue
        given = typed[question.code] = TypedAnswer(
            posted_fields(question, form), base, form.get(f"{question.code}.scelta", ""), form.get(f"{question.code}.seen", "")
        )
        operation = _operation(question, given, response, item)
        if operation is not None:
            operations.append(operation)
    return PostedPage(tuple(operations), typed, frozenset(typed))


def posted_fields(question: Question, form: MultiDict[str, str]) -> dict[str, list[str]]:
    """What was typed for one question, by sub-field."""
    names = {sub: f"{question.code}.{sub}" if sub else question.code for sub in type_of(question).subfields(question)}
    fields = {sub: [text[:MAX_FIELD_CHARACTERS] for text in form.getlist(name)] for sub, name in names.items()}
    return {sub: texts for sub, texts in fields.items() if texts}


def _base(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def seen_revisions(text: str) -> tuple[int, ...]:
    """The revisions that a form says were on the screen when somebody chose; what cannot be one is left out."""
    given = text.split(",", MOST_SEEN)[:MOST_SEEN]
    return tuple(int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 10)


def _operation(question: Question, typed: TypedAnswer, response: OpenResponse, item: str | None) -> Operation | None:
    value = type_of(question).parse(question, typed.fields)
    if typed.decision:
        return _resolution(question, value, typed, response, item)
    if value == shown_value(response, question, item, typed.base) and not _cleared_prefill(response, question, item, value):
        return None
    return Operation("set", item=item, question=question.code, base=typed.base, value=value)


def _cleared_prefill(response: OpenResponse, question: Question, item: str | None, value: Any) -> bool:
    """Whether a first value that the page offered was emptied: that is stored, or it would be offered again."""
    if value is not None or question.prefill is None or answer_key(question.code, item) in response.document.answers:
        return False
    return prefilled(question, response.entity_id) is not None


def shown_value(response: OpenResponse, question: Question, item: str | None, base: int) -> Any:
    """The stored value that a page with this base showed."""
    key = answer_key(question.code, item)
    answer = response.document.answers.get(key)
    if (answer.revision if answer else 0) == base:
        value = answer.value if answer else None
    else:
        value = value_at(response.id, key, base)
    return personal.unseal_one(response.id, value)


def _resolution(question: Question, value: Any, typed: TypedAnswer, response: OpenResponse, item: str | None) -> Operation:
    key = answer_key(question.code, item)
    seen = seen_revisions(typed.seen)
    challengers: dict[str, Challenger] = {str(one.revision): one for one in response.document.conflicts.get(key, ())}
    if typed.decision == "current":
        value = shown_value(response, question, item, typed.base)
    elif typed.decision in challengers:
        value = personal.unseal_one(response.id, challengers[typed.decision].value)
    return Operation("resolve", item=item, question=question.code, base=typed.base, value=value, seen=seen)
