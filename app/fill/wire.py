"""What a browser sends and gets when it saves by script: the shapes of JSON, read one operation at a time.

Not for: storing (`sync.py`), or what an operation does (`responses.document`).
Holds always: pure, no request and no database; an operation that cannot be read is refused by itself, with its reason, and
hides none of its neighbours; nothing that a person typed is cut: what is too long is refused, and stays with the browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec

from app.questionnaire.answers import type_of
from app.questionnaire.answers.base import MAX_CHARACTERS, MAX_TEXTS
from app.questionnaire.model import Question, Questionnaire, answer_key
from app.responses.document import Operation
from app.responses.drafts import MAX_OPERATIONS
from app.responses.replays import Reply

MALFORMED: Final = "malformed"
TOO_LARGE: Final = "too_large"
UNPARSABLE: Final = "unparsable"
NO_CHOICE: Final = "no_choice"
MOST_SAVES: Final = 20
OF_THE_PAGE: Final = frozenset({"base", "scelta", "seen", "search", "searched"})
"""Inputs of a question's part of a form that are no part of its answer (see `forms.py`)."""
_SAVE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Number = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Fields = dict[str, list[str]]


class WireError(Exception):
    """The request as a whole cannot be taken; `args[0]` is the reason's code."""


class WireOperation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One change as a browser sends it; its words are those of `document.Operation`.

    `fields`: sub-field → texts, as the form's inputs CODE and CODE.sub hold them. `decision`: of an answer's conflict
    "current", the revision of the chosen challenger or "edited" (then with `fields`); of a sheet's "keep" or "delete".
    """

    op_id: Id
    op: Literal["set", "add", "duplicate", "move", "delete", "restore", "resolve"]
    question: Id | None = None
    item: Id | None = None
    base: Number = 0
    fields: Fields | None = None
    step: Id | None = None
    source: Id | None = None
    before: Id | None = None
    seen: Annotated[tuple[int, ...], msgspec.Meta(max_length=100)] = ()
    decision: Annotated[str, msgspec.Meta(max_length=20)] = ""

    @property
    def key(self) -> str:
        """What it is about: an answer's key, or a sheet's id."""
        return (self.item or "") if self.question is None else answer_key(self.question, self.item)


class _RawSave(msgspec.Struct, frozen=True):
    save_id: str
    operations: list[msgspec.Raw]


class _RawRequest(msgspec.Struct, frozen=True):
    response: Number
    entity: str
    saves: list[_RawSave] = []
    since: Number = 0


class _Named(msgspec.Struct, frozen=True):
    op_id: Id


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation that was not stored. `op_id`: None where even that could not be read."""

    op_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Save:
    """One save: its operations in order, those that could not be read, and what it was as sent, by which a replay is known."""

    save_id: str
    operations: tuple[WireOperation, ...]
    refused: tuple[Refused, ...]
    sent: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What a browser asks: the response that it means, its saves in order, and since which version it wants the changes."""

    response: int
    entity: str
    since: int
    saves: tuple[Save, ...] = ()


class Saved(msgspec.Struct, omit_defaults=True):
    """What became of a save, by op_id. `kept`: what came after the deadline and is kept apart as late work. `version`: the
    response's after this very save, so that whoever sends it again is not told a colleague's later revision as their own."""

    save_id: str
    applied: list[str] = msgspec.field(default_factory=list)
    conflicts: list[str] = msgspec.field(default_factory=list)
    refused: list[Refused] = msgspec.field(default_factory=list)
    late: bool = False
    kept: list[str] = msgspec.field(default_factory=list)
    version: int | None = None

    def as_json(self) -> dict[str, Any]:
        """All parts, empty ones too; `kept` only of late work, `version` only of what was stored."""
        told: dict[str, Any] = {
            "save_id": self.save_id,
            "applied": self.applied,
            "conflicts": self.conflicts,
            "refused": self.refused,
            "late": self.late,
        }
        told |= {"version": self.version} if self.version is not None else {}
        return told | {"kept": self.kept} if self.late else told


_requests: Final = msgspec.json.Decoder(_RawRequest)
_operations: Final = msgspec.json.Decoder(WireOperation)
_names: Final = msgspec.json.Decoder(_Named)
_encoder: Final = msgspec.json.Encoder()


def encode(told: object) -> bytes:
    """An answer as JSON."""
    return _encoder.encode(told)


def read_request(body: bytes) -> Request:
    """Read a request. Raises WireError: "malformed", "too_large"."""
    try:
        raw = _requests.decode(body.decode())  # text: what is not read at once could hold bytes that are none
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(MALFORMED) from error
    if len(raw.saves) > MOST_SAVES or any(len(save.operations) > MAX_OPERATIONS for save in raw.saves):
        raise WireError(TOO_LARGE)
    if not all(_SAVE_ID.match(save.save_id) for save in raw.saves):
        raise WireError(MALFORMED)
    return Request(raw.response, raw.entity, max(0, raw.since), tuple(map(_read_save, raw.saves)))


def _read_save(raw: _RawSave) -> Save:
    operations: list[WireOperation] = []
    refused: list[Refused] = []
    for text in raw.operations:
        try:
            operation = _operations.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            refused.append(Refused(_op_id(text), MALFORMED))
            continue
        reason = _flaw(operation)
        if reason:
            refused.append(Refused(operation.op_id, reason))
        else:
            operations.append(operation)
    return Save(raw.save_id, tuple(operations), tuple(refused), b"\n".join(bytes(text) for text in raw.operations))


def _op_id(text: msgspec.Raw) -> str | None:
    try:
        return _names.decode(text).op_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _flaw(operation: WireOperation) -> str | None:
    """What is wrong with an operation before anything is known of the response."""
    needs_fields = operation.op == "set" or (operation.op == "resolve" and operation.decision == "edited")
    if needs_fields and (operation.fields is None or operation.question is None):
        return MALFORMED
    texts = [text for given in (operation.fields or {}).values() for text in given]
    if len(texts) > MAX_TEXTS or any(len(text) > MAX_CHARACTERS for text in texts):
        return TOO_LARGE
    return None


def parsed_value(questionnaire: Questionnaire, operation: WireOperation) -> Any:
    """The value of an operation's fields. Raises WireError: "unknown_question", "unparsable" (a field that it has not)."""
    question = question_called(questionnaire, operation.question or "")
    if question is None:
        raise WireError("unknown_question")
    kind = type_of(question)
    fields = {sub: texts for sub, texts in (operation.fields or {}).items() if sub not in OF_THE_PAGE}
    strange = fields.keys() - set(kind.subfields(question))
    if any(text.strip() for sub in strange for text in fields[sub]):
        raise WireError(UNPARSABLE)
    return kind.parse(question, fields)


def question_called(questionnaire: Questionnaire, code: str) -> Question | None:
    """The question of this code, also one asked after submission."""
    try:
        return questionnaire.question(code)
    except KeyError:
        return None


def simple_operation(operation: WireOperation, value: Any = None) -> Operation:
    """The operation of the responses room, for all but the decisions on an answer."""
    choice: Any = operation.decision if operation.op == "resolve" and operation.decision in {"keep", "delete"} else None
    return Operation(
        operation.op,
        item=operation.item,
        question=operation.question,
        step=operation.step,
        base=operation.base,
        value=value,
        source=operation.source,
        before=operation.before,
        seen=operation.seen,
        choice=choice,
    )


def settled(save: Save, stored: Iterable[WireOperation], refused: Iterable[Refused], reply: Reply | None) -> Saved:
    """What became of a save. `stored`: the operations that were handed on, in the order of `reply`'s places."""
    told = Saved(save.save_id, refused=[*save.refused, *refused], version=reply.version if reply else None)
    reasons = {one.index: one.reason for one in reply.refused} if reply else {}
    for place, operation in enumerate(stored):
        if place in reasons:
            told.refused.append(Refused(operation.op_id, reasons[place]))
        elif reply is not None and operation.key in reply.conflicts:
            told.conflicts.append(operation.op_id)
        elif reply is not None and operation.key in reply.applied:
            told.applied.append(operation.op_id)
        else:
            told.refused.append(Refused(operation.op_id, TOO_LARGE))
    return told
