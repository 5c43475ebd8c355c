"""A response's document and the merge of operations into it. Pure: no database, no clock.

Not for: parsing answers (`questionnaire.answers`), storage and permission (`drafts.py`).
Holds always:
- `judge` decides what becomes of an operation and `perform` carries the decision out; the journal keeps operation and
  decision, so that folding it needs no decision again and an old journal still folds after the rules have changed;
- a value is never dropped: what does not win stands in `conflicts` until a person decides;
- revisions are versions of the response: an answer's revision is the version of the save that wrote it.

The document, as JSON:
    items      {step: [{id, revision, removed?: {operator, at, revision}}]}         in the order shown
    answers    {key: {value, revision, operator, at, session, channel}}             value null: cleared
    conflicts  {key or item id: [{kind, value?, key?, base, revision, operator, at}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

Value = Any
Outcome = Literal["applied", "same", "conflict", "refused"]

APPLIED: Final = "applied"
SAME: Final = "same"
CONFLICT: Final = "conflict"


class Operation(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One change as a device saw it.

    `op`: set · add · duplicate · move · delete · restore · resolve. `base`: the revision that the person saw, 0 if none; of an
    item, the latest of its answers and of itself. `item`: its UUID; for `set` and `resolve` the item of the answer or None.
    `source`: the item that is duplicated. `before`: the item in front of which one is moved, None for the end.
    `seen`: the revisions of the conflicting values that were on the screen when somebody chose. `choice`: for an item's
    conflict, "keep" or "delete".
    """

    op: Literal["set", "add", "duplicate", "move", "delete", "restore", "resolve"]
    item: str | None = None
    question: str | None = None
    step: str | None = None
    base: int = 0
    value: Any = None
    source: str | None = None
    before: str | None = None
    seen: tuple[int, ...] = ()
    choice: Literal["keep", "delete"] | None = None

    @property
    def key(self) -> str:
        """What the operation is about: an answer's key, or an item's id."""
        if self.question is None:
            return self.item or ""
        return self.question if self.item is None else f"{self.item}/{self.question}"


class Answer(msgspec.Struct):
    """An answer as stored. `session` and `channel` tell whether the same browser wrote it through the form."""

    value: Any
    revision: int
    operator: int | None
    at: str
    session: str
    channel: str


class Removal(msgspec.Struct):
    """Who removed an item and when."""

    revision: int
    operator: int | None
    at: str
    session: str = ""


class Item(msgspec.Struct, omit_defaults=True):
    """One sheet of a repeated step. It keeps its place and its answers when it is removed."""

    id: str
    revision: int
    removed: Removal | None = None

    @property
    def latest(self) -> int:
        """The revision at which it was made, brought back or removed last."""
        return self.revision if self.removed is None else max(self.revision, self.removed.revision)


class Challenger(msgspec.Struct, omit_defaults=True):
    """What did not win: an answer (`kind` value), or a deletion or an edit that met the other (`kind` delete, edit)."""

    kind: Literal["value", "delete", "edit"]
    revision: int
    operator: int | None
    at: str
    base: int = 0
    value: Any = None
    key: str | None = None
    session: str = ""


class Document(msgspec.Struct, omit_defaults=True):
    """All that an entity has answered in one edition."""

    items: dict[str, list[Item]] = msgspec.field(default_factory=dict)
    answers: dict[str, Answer] = msgspec.field(default_factory=dict)
    conflicts: dict[str, list[Challenger]] = msgspec.field(default_factory=dict)

    def find_item(self, item_id: str) -> tuple[str, Item] | None:
        """The item with its step, removed ones too."""
        for step, items in self.items.items():
            for item in items:
                if item.id == item_id:
                    return step, item
        return None

    def live_items(self) -> dict[str, list[str]]:
        """The ids of the items that are not removed, by step and in order."""
        return {step: [item.id for item in items if item.removed is None] for step, items in self.items.items()}

    def values(self) -> dict[str, Value]:
        """The answers that are not blank, by key; those of removed items are left out."""
        gone = {item.id for items in self.items.values() for item in items if item.removed is not None}
        return {
            key: answer.value
            for key, answer in self.answers.items()
            if answer.value is not None and not (gone and key.partition("/")[0] in gone)
        }

    def content(self, ignored: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What an entity says, without who and when: live items in order and answers that are not blank.

        `ignored`: codes of questions to leave out, such as those asked after submission.
        """
        return {"items": self.live_items(), "answers": {k: v for k, v in self.values().items() if k not in ignored}}

    def item_revision(self, item_id: str) -> int:
        """The latest revision of an item: its own, its removal's, that of any of its answers or of what is held against one.
        0 for an unknown item."""
        found = self.find_item(item_id)
        own = found[1].latest if found else 0
        prefix = f"{item_id}/"
        answers = (answer.revision for key, answer in self.answers.items() if key.startswith(prefix))
        held = (one.revision for key, several in self.conflicts.items() if key.startswith(prefix) for one in several)
        return max(own, *answers, *held, 0)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who saves, when and as which version of the response. `at` is ISO 8601 in UTC."""

    version: int
    operator: int | None
    at: str
    session: str
    channel: str


decoder: Final = msgspec.json.Decoder(Document)
encoder: Final = msgspec.json.Encoder(order="deterministic")


def read_document(text: str | bytes) -> Document:
    """The document of its stored text."""
    return decoder.decode(text)


def write_document(document: Document) -> str:
    """The stored text of a document, the same for equal documents."""
    return encoder.encode(document).decode()


# Judging -----------------------------------------------------------------------------------------------------------------


def judge(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    """What becomes of an operation whose shape has been checked: applied, same (nothing to do) or conflict."""
    return _JUDGES[operation.op](document, operation, stamp)


def _judge_set(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    key = operation.key
    current = document.answers.get(key)
    revision = current.revision if current else 0
    unseen = _removed(document, operation) and operation.item not in document.conflicts
    if current is not None and current.value == operation.value:
        return APPLIED if unseen else SAME
    if any(other.kind == "value" and other.value == operation.value for other in document.conflicts.get(key, ())):
        return CONFLICT if unseen else SAME
    if operation.base == revision or (current is not None and _own_write(current, stamp)):
        return APPLIED
    return CONFLICT


def _removed(document: Document, operation: Operation) -> bool:
    """Whether the answer stands in an item that was removed: what is written there must be seen, even if it is nothing new."""
    found = document.find_item(operation.item) if operation.item else None
    return found is not None and found[1].removed is not None


def _own_write(current: Answer, stamp: Stamp) -> bool:
    """This save wrote the current value, or the same browser did through the form: its Back button is no second person."""
    if current.revision == stamp.version:
        return True
    return current.channel == stamp.channel == "form" and current.session == stamp.session and bool(stamp.session)


def _judge_add(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    return SAME if document.find_item(operation.item or "") else APPLIED


def _judge_move(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    found = document.find_item(operation.item or "")
    if found is None:
        return SAME
    items = document.items[found[0]]
    return SAME if _reordered(items, operation) == items else APPLIED


def _judge_delete(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    found = document.find_item(operation.item or "")
    if found is None or found[1].removed is not None:
        return SAME
    base, prefix = operation.base, f"{operation.item}/"
    if base >= document.item_revision(operation.item or ""):
        return APPLIED
    brought_back = base < found[1].revision < stamp.version
    later = [answer for key, answer in document.answers.items() if key.startswith(prefix) and answer.revision > base]
    held = [one for key, several in document.conflicts.items() if key.startswith(prefix) for one in several]
    if brought_back or any(one.revision > base and one.session != stamp.session for one in held):
        return CONFLICT
    return APPLIED if all(_own_write(answer, stamp) for answer in later) else CONFLICT


def _judge_restore(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    found = document.find_item(operation.item or "")
    return SAME if found is None or found[1].removed is None else APPLIED


def _judge_resolve(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    open_ones = {challenger.revision for challenger in document.conflicts.get(operation.key, ())}
    if operation.question is None:
        return _judge_item_decision(document, operation, decided=not open_ones & set(operation.seen))
    current = document.answers.get(operation.key)
    if operation.base == (current.revision if current else 0):
        return APPLIED if open_ones & set(operation.seen) or (current and current.value != operation.value) else SAME
    return _judge_set(document, operation, stamp)


def _judge_item_decision(document: Document, operation: Operation, *, decided: bool) -> Outcome:
    """A decision about an item holds for what was on the screen: not for an edit, a removal or a decision that came since."""
    found = document.find_item(operation.item or "")
    if found is None:
        return SAME
    removed, keep = found[1].removed, operation.choice == "keep"
    if decided and (removed is None) == keep:
        return SAME
    since = removed.revision if keep and removed else 0 if keep else document.item_revision(operation.item or "")
    return APPLIED if since <= operation.base else CONFLICT


_JUDGES: Final[dict[str, Callable[[Document, Operation, Stamp], Outcome]]] = {
    "set": _judge_set,
    "add": _judge_add,
    "duplicate": _judge_add,
    "move": _judge_move,
    "delete": _judge_delete,
    "restore": _judge_restore,
    "resolve": _judge_resolve,
}


# Performing --------------------------------------------------------------------------------------------------------------


def perform(document: Document, operation: Operation, outcome: Outcome, stamp: Stamp) -> None:
    """Carry a judged operation out on the document, in place. `same` and `refused` change nothing."""
    if outcome == APPLIED:
        _PERFORMERS[operation.op](document, operation, stamp)
    elif outcome == CONFLICT:
        _keep_challenger(document, operation, stamp)


def _write_answer(document: Document, key: str, value: Value, stamp: Stamp) -> None:
    document.answers[key] = Answer(value, stamp.version, stamp.operator, stamp.at, stamp.session, stamp.channel)


def _perform_set(document: Document, operation: Operation, stamp: Stamp) -> None:
    _write_answer(document, operation.key, operation.value, stamp)
    _dispute_removal(document, operation, stamp)


def _dispute_removal(document: Document, operation: Operation, stamp: Stamp) -> None:
    """What was written in an item that is removed is held against the removal."""
    if _removed(document, operation):
        challenger = Challenger("edit", stamp.version, stamp.operator, stamp.at, operation.base, None, operation.key)
        document.conflicts.setdefault(operation.item or "", []).append(challenger)


def _perform_add(document: Document, operation: Operation, stamp: Stamp) -> None:
    document.items.setdefault(operation.step or "", []).append(Item(operation.item or "", stamp.version))


def _perform_duplicate(document: Document, operation: Operation, stamp: Stamp) -> None:
    found = document.find_item(operation.source or "")
    if found is None:
        return
    step, source = found
    items = document.items[step]
    items.insert(items.index(source) + 1, Item(operation.item or "", stamp.version))
    prefix = f"{source.id}/"
    for key in [key for key in document.answers if key.startswith(prefix)]:
        _write_answer(document, f"{operation.item}/{key.removeprefix(prefix)}", document.answers[key].value, stamp)


def _reordered(items: Sequence[Item], operation: Operation) -> list[Item]:
    moving = next(item for item in items if item.id == operation.item)
    rest = [item for item in items if item is not moving]
    place = next((index for index, item in enumerate(rest) if item.id == operation.before), len(rest))
    return [*rest[:place], moving, *rest[place:]]


def _perform_move(document: Document, operation: Operation, stamp: Stamp) -> None:
    found = document.find_item(operation.item or "")
    if found:
        document.items[found[0]] = _reordered(document.items[found[0]], operation)


def _perform_delete(document: Document, operation: Operation, stamp: Stamp) -> None:
    found = document.find_item(operation.item or "")
    if found:
        found[1].removed = Removal(stamp.version, stamp.operator, stamp.at, stamp.session)


def _perform_restore(document: Document, operation: Operation, stamp: Stamp) -> None:
    found = document.find_item(operation.item or "")
    if found:
        found[1].removed = None
        found[1].revision = stamp.version
        document.conflicts.pop(operation.item or "", None)


def _perform_resolve(document: Document, operation: Operation, stamp: Stamp) -> None:
    left = [one for one in document.conflicts.pop(operation.key, []) if one.revision not in operation.seen]
    if left:
        document.conflicts[operation.key] = left
    if operation.question is not None:
        _write_answer(document, operation.key, operation.value, stamp)
        _dispute_removal(document, operation, stamp)
        return
    found = document.find_item(operation.item or "")
    if found is None:
        return
    found[1].revision = stamp.version
    removal = Removal(stamp.version, stamp.operator, stamp.at, stamp.session)
    found[1].removed = removal if operation.choice == "delete" else None


def _keep_challenger(document: Document, operation: Operation, stamp: Stamp) -> None:
    kind = _kind(operation)
    others = [one for one in document.conflicts.get(operation.key, ()) if (one.revision, one.kind) != (stamp.version, kind)]
    value = operation.value if kind == "value" else None
    challenger = Challenger(kind, stamp.version, stamp.operator, stamp.at, operation.base, value, None, stamp.session)
    document.conflicts[operation.key] = [*others, challenger]
    if kind == "value":
        _dispute_removal(document, operation, stamp)


def _kind(operation: Operation) -> Literal["value", "delete", "edit"]:
    """What an operation is that did not win: a value, the wish that an item be gone, or that it stay."""
    if operation.question is not None:
        return "value"
    return "delete" if operation.op == "delete" or operation.choice == "delete" else "edit"


_PERFORMERS: Final[dict[str, Callable[[Document, Operation, Stamp], None]]] = {
    "set": _perform_set,
    "add": _perform_add,
    "duplicate": _perform_duplicate,
    "move": _perform_move,
    "delete": _perform_delete,
    "restore": _perform_restore,
    "resolve": _perform_resolve,
}


# Folding -----------------------------------------------------------------------------------------------------------------


class JournalLine(msgspec.Struct, frozen=True):
    """One save as the journal keeps it: its stamp, its operations and what was decided of each."""

    version: int
    operator: int | None
    at: str
    session: str
    channel: str
    operations: tuple[Operation, ...]
    outcomes: tuple[Outcome, ...]


def fold(lines: Iterable[JournalLine]) -> Document:
    """The document that a whole journal gives, lines in the order of their versions."""
    document = Document()
    for line in lines:
        stamp = Stamp(line.version, line.operator, line.at, line.session, line.channel)
        for operation, outcome in zip(line.operations, line.outcomes, strict=True):
            perform(document, operation, outcome, stamp)
    return document
