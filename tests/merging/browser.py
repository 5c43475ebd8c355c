"""A browser that keeps what is typed until the server has it, as the page's own store does: what it shows, what waits.

Not for: deciding what wins (the server does) or what must be found (`ledger.py`).
Holds always: a change of an answer that waits takes the newest value and keeps the base of its first; what is being sent is
sent again as it is, under the same id, until the server has answered; a change made meanwhile follows it, and takes a new base
only where the server has what was sent, because nobody has seen anything else; where that is in dispute, it takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.responses.document import Operation
from app.responses.drafts import Author
from app.responses.replays import Reply
from tests.merging.ledger import Change, Deed, Sight, text_of

BLANK = (None, 0)
DEEDS: Mapping[str, Deed] = {
    "set": "write",
    "add": "add",
    "duplicate": "add",
    "delete": "delete",
    "restore": "restore",
}


@dataclass(eq=False)
class Waiting:
    """A change that the server has not answered yet. `after`: the change of the same answer that it follows."""

    operation: Operation
    sight: Sight
    after: Waiting | None = None
    sent: bool = False
    settled: bool = False
    disputed: tuple[int, ...] = ()
    """The version at which it was stored beside somebody else's answer."""

    @property
    def change(self) -> Change | None:
        """What it means, for the ledger. A move means nothing: nothing can be lost by it."""
        operation = self.operation
        if operation.op == "resolve":
            deed: Deed = "write" if operation.question else "keep" if operation.choice == "keep" else "delete"
        elif operation.op in DEEDS:
            deed = DEEDS[operation.op]
        else:
            return None
        return Change(deed, operation.key, self.sight, text_of(operation.value))


@dataclass(frozen=True)
class Save:
    """What is sent until it is settled."""

    save_id: str
    waiting: tuple[Waiting, ...]
    operations: tuple[Operation, ...]


@dataclass
class View:
    """The server's draft as this browser knows it."""

    version: int = 0
    document: Mapping[str, Any] = field(default_factory=dict)

    def answer(self, key: str) -> tuple[Any, int]:
        found = self.document.get("answers", {}).get(key)
        return (found["value"], found["revision"]) if found else BLANK

    def challengers(self, key: str) -> list[Mapping[str, Any]]:
        return list(self.document.get("conflicts", {}).get(key, ()))

    def items(self, *, removed: bool) -> list[str]:
        every = [item for items in self.document.get("items", {}).values() for item in items]
        return [item["id"] for item in every if bool(item.get("removed")) == removed]

    def keys_of(self, item: str) -> Iterator[str]:
        for part in ("answers", "conflicts"):
            yield from (key for key in self.document.get(part, {}) if key.startswith(f"{item}/"))

    def texts(self, key: str) -> frozenset[str]:
        """The answer and what is held against it."""
        return frozenset([text_of(self.answer(key)[0]), *(text_of(one.get("value")) for one in self.challengers(key))])


@dataclass
class Browser:
    """One device of one person. `blind`: it takes the newest base for a change that follows another, whoever wrote that."""

    author: Author
    blind: bool = False
    view: View = field(default_factory=View)
    outbox: list[Waiting] = field(default_factory=list)
    sending: Save | None = None
    written: dict[str, set[str]] = field(default_factory=dict)
    sends: int = 0

    def items(self) -> list[str]:
        """The sheets as the page lists them: the server's with what waits laid over."""
        listed = self.view.items(removed=False)
        for one in self.outbox:
            item = one.operation.item or ""
            if one.operation.op in {"add", "duplicate", "restore"} and item not in listed:
                listed.append(item)
            elif one.operation.op == "delete" and item in listed:
                listed.remove(item)
        return listed

    def write(self, question: str, item: str | None, value: Any) -> None:
        """Type an answer."""
        key = question if item is None else f"{item}/{question}"
        previous = self._last(key)
        own = self._own(key)
        self.written.setdefault(key, set()).add(text_of(value))
        if previous and not previous.sent and previous.operation.op == "set":
            previous.operation = msgspec.structs.replace(previous.operation, value=value)
            return
        shown, revision = self.view.answer(key)
        sight = Sight(self.view.version, {key: frozenset([text_of(shown)])}, {key: own})
        base = previous.operation.base if previous else revision
        operation = Operation("set", item=item, question=question, base=base, value=value)
        self.outbox.append(Waiting(operation, sight, previous))

    def add(self, item: str) -> None:
        self._put(Operation("add", item=item, step="P"))

    def duplicate(self, item: str, source: str) -> None:
        self._put(Operation("duplicate", item=item, source=source))

    def move(self, item: str, before: str | None) -> None:
        self._put(Operation("move", item=item, before=before))

    def restore(self, item: str) -> None:
        self._put(Operation("restore", item=item))

    def delete(self, item: str) -> None:
        """Delete a sheet that is listed, whatever of it is still on its way."""
        self._put(Operation("delete", item=item, base=self._item_revision(item)), self._sight_of(item))

    def decide_item(self, item: str, choice: str) -> None:
        """Decide between deletion and edit of a sheet, as it was seen at the last look."""
        seen = tuple(one["revision"] for one in self.view.challengers(item))
        base = self._item_revision(item)
        operation = Operation("resolve", item=item, base=base, seen=seen, choice=choice)
        self._put(operation, self._sight_of(item))

    def decide(self, key: str, value: Any) -> None:
        """Decide about an answer of which nothing waits: this value instead of all that was on the screen."""
        item, slash, code = key.partition("/")
        sight = Sight(self.view.version, {key: self.view.texts(key)})
        seen = tuple(one["revision"] for one in self.view.challengers(key))
        base = self.view.answer(key)[1]
        self.written.setdefault(key, set()).add(text_of(value))
        where = {"item": item, "question": code} if slash else {"question": key}
        self._put(Operation("resolve", base=base, value=value, seen=seen, **where), sight)

    def waits(self, key: str) -> bool:
        """Whether something about this answer or sheet is still on its way."""
        return any(one.operation.key == key for one in self.outbox)

    def next_save(self, most: int) -> Save | None:
        """What is sent now: the save that was not settled, else the first changes that wait."""
        if self.sending is None and self.outbox:
            chosen = self.outbox[:most]
            for one in chosen:
                one.sent = True
                self._follow(one)
            self.sends += 1
            save_id = f"{self.author.session[:8]}-{self.sends}"
            self.sending = Save(save_id, tuple(chosen), tuple(one.operation for one in chosen))
        return self.sending

    def settle(self, save: Save, reply: Reply, document: Mapping[str, Any]) -> None:
        """The server's word arrives, with the draft as it is then."""
        if self.sending is not save:
            return
        self.sending = None
        self.outbox = [one for one in self.outbox if one not in save.waiting]
        for one in save.waiting:
            one.settled = True
            one.disputed = (reply.version,) if one.operation.key in reply.conflicts else ()
        self.look(document, reply.version)

    def look(self, document: Mapping[str, Any], version: int) -> None:
        """What others changed arrives. An older word than the one known says nothing."""
        if version >= self.view.version:
            self.view = View(version, document)

    def _follow(self, one: Waiting) -> None:
        previous = one.after
        if previous is None:
            return
        key, base = one.operation.key, previous.operation.base
        if previous.settled:
            value, revision = self.view.answer(key)
            base = revision if self.blind or value == previous.operation.value else base
        one.operation = msgspec.structs.replace(one.operation, base=base, seen=previous.disputed)

    def _put(self, operation: Operation, sight: Sight | None = None) -> None:
        self.outbox.append(Waiting(operation, sight or Sight(self.view.version)))

    def _last(self, key: str) -> Waiting | None:
        found = [one for one in self.outbox if one.operation.key == key and one.operation.question is not None]
        return found[-1] if found else None

    def _own(self, key: str) -> frozenset[str]:
        """What this browser has written itself: by form whatever it wrote, else what is on its way."""
        if self.author.channel == "form":
            return frozenset(self.written.get(key, ()))
        return frozenset(text_of(one.operation.value) for one in self.outbox if one.operation.key == key)

    def _sight_of(self, item: str) -> Sight:
        keys = {*self.view.keys_of(item), *(one.operation.key for one in self.outbox if one.operation.item == item)}
        values = {key: self.view.texts(key) for key in keys}
        own = {key: self._own(key) for key in keys if self._own(key)}
        if self.waits(item):
            own[item] = frozenset()
        return Sight(self.view.version, values, own)

    def _item_revision(self, item: str) -> int:
        """The newest revision of a sheet, as the reply of the server tells it."""
        every = [one for items in self.view.document.get("items", {}).values() for one in items if one["id"] == item]
        own = [one["revision"] for one in every] + [one["removed"]["revision"] for one in every if one.get("removed")]
        answers = [self.view.answer(key)[1] for key in self.view.keys_of(item)]
        held = [one["revision"] for key in self.view.keys_of(item) for one in self.view.challengers(key)]
        return max([0, *own, *answers, *held])
