"""A response's document and the merge of operations into it. Pure: no database, no clock.

Not for: parsing answers (`questionnaire.answers`), storage and permission (`drafts.py`).
Holds always:
- `judge` (`judging.py`) decides what becomes of an operation and `perform` carries the decision out; the journal keeps
  operation and decision, so that folding it needs no decision again and an old journal still folds after the rules changed;
- a value is never dropped: what does not win stands in `conflicts` until a person decides, or until the device that sent it
  sends another in its place;
- revisions are versions of the response: an answer's revision is the version of the save that wrote it.

The document, as JSON:
    items      {step: [{id, revision, removed?: {operator, at, revision}}]}         in the order shown
    answers    {key: {value, revision, operator, at, session, channel}}             value null: cleared
    conflicts  {key or item id: [{kind, value?, key?, base, revision, operator, at}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
    `seen`: the revisions of the conflicting values that were on the screen when somebody chose; of a `set`, those of its own
    device's earlier values that it takes the place of, if it is in dispute too. `choice`: for an item's conflict, "keep" or
    "delete".
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

    def is_removed(self, item_id: str | None) -> bool:
        """Whether this is an item that was removed."""
        found = self.find_item(item_id) if item_id else None
        return found is not None and found[1].removed is not None

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
        return self.item_revisions().get(item_id, 0)

    def item_revisions(self) -> dict[str, int]:
        """The same of every item."""
        latest = {item.id: item.latest for items in self.items.values() for item in items}
        for key, revision in self._revisions():
            item, slash, _code = key.partition("/")
            if slash and latest.get(item, revision) < revision:
                latest[item] = revision
        return latest

    def _revisions(self) -> Iterator[tuple[str, int]]:
        yield from ((key, answer.revision) for key, answer in self.answers.items())
        yield from ((key, one.revision) for key, several in self.conflicts.items() for one in several)


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
    if document.is_removed(operation.item):
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


def reordered(items: Sequence[Item], operation: Operation) -> list[Item]:
    """The items of a step after a move."""
    moving = next(item for item in items if item.id == operation.item)
    rest = [item for item in items if item is not moving]
    place = next((index for index, item in enumerate(rest) if item.id == operation.before), len(rest))
    return [*rest[:place], moving, *rest[place:]]


def _perform_move(document: Document, operation: Operation, stamp: Stamp) -> None:
    found = document.find_item(operation.item or "")
    if found:
        document.items[found[0]] = reordered(document.items[found[0]], operation)


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
    others = [
        one
        for one in document.conflicts.get(operation.key, ())
        if (one.revision, one.kind) != (stamp.version, kind) and not _takes_place_of(one, operation, stamp)
    ]
    value = operation.value if kind == "value" else None
    if kind != "value" or not any(one.kind == "value" and one.value == value for one in others):
        challenger = Challenger(kind, stamp.version, stamp.operator, stamp.at, operation.base, value, None, stamp.session)
        others.append(challenger)
    document.conflicts[operation.key] = others
    if kind == "value":
        _dispute_removal(document, operation, stamp)


def _takes_place_of(earlier: Challenger, operation: Operation, stamp: Stamp) -> bool:
    """Whether a value in dispute was this very device's, which has thought again: nobody has to choose between the two."""
    own = earlier.kind == "value" and earlier.session == stamp.session
    return operation.op == "set" and own and earlier.revision in operation.seen


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
