"""Random histories of one draft: two to four browsers, a net that loses, repeats and reorders, and the real `apply`.

Not for: what is owed (`ledger.py`) or how a browser keeps its changes (`browser.py`).
Holds always: a history is its steps and nothing else: the same steps give the same saves; at its end every browser but those
that never come back has come into the net, and what was still under way has arrived.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from app.extensions import db
from app.responses.document import Operation, write_document
from app.responses.drafts import Author, apply
from app.responses.journal import folded_document
from app.responses.reading import OpenResponse, response_by_id
from app.responses.replays import Reply
from tests.merging.browser import Browser, Save, Waiting
from tests.merging.ledger import Ledger

Step = tuple[str, int, int, int]
"""What happens (a key of `ACTS`), at which browser, to which of the things it can happen to, and in which way."""

QUESTIONS: Final = ("E02", "B01", "C01")
SHEET_QUESTIONS: Final = ("P01", "P03")
FEW_VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "B01": ({"code": "own"}, {"code": "none"}, None),
    "C01": ({"code": "none"}, {"code": "planned"}, None),
}
REPEATED: Final = ("uguale", None)
LIMIT: Final = 5  # sheets of which a browser knows before it adds no more
ACTS: Final = {
    "write": 14,
    "write in a sheet": 14,
    "send": 20,
    "look": 5,
    "decide": 4,
    "decide a sheet": 4,
    "arrive": 4,
    "add": 4,
    "delete": 4,
    "duplicate": 2,
    "move": 2,
    "restore": 2,
}
ANSWERED, REPLY_LOST, REQUEST_LOST, DELAYED = range(4)
FATES: Final = (ANSWERED, ANSWERED, ANSWERED, REPLY_LOST, REQUEST_LOST, DELAYED)

_WEIGHTED: Final = [act for act, weight in ACTS.items() for _ in range(weight)]


@dataclass(frozen=True)
class History:
    """Channels of the browsers (`json` or `form`), how many changes each sends at once, who never comes back, the steps."""

    channels: tuple[str, ...]
    most: tuple[int, ...]
    lost: frozenset[int]
    steps: tuple[Step, ...]


def _history(random: Random) -> History:
    channels = random.choices(["json", "json", "json", "form"], k=random.randint(2, 4))
    lost = frozenset(random.choices(range(9), k=1))
    steps = [
        (random.choice(_WEIGHTED), random.randrange(4), random.randrange(12), random.randrange(12))
        for _ in range(random.randint(60, 160))
    ]
    return History(tuple(channels), tuple(random.choices(range(1, 6), k=4)), lost, tuple(steps))


HISTORIES: Final = st.randoms(use_true_random=True).map(_history)
"""The seed is hypothesis's; each step drawn by it as well would take longer than to carry the step out."""


@dataclass
class Server:
    """The real draft in a real database, and everything that it was sent."""

    response: OpenResponse
    now: dt.datetime
    ledger: Ledger = field(default_factory=Ledger)
    faults: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    version: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)

    def take(self, browser: Browser, save: Save) -> Reply:
        """A save arrives, perhaps not for the first time."""
        self.now += dt.timedelta(seconds=1)
        reply, changed = apply(self.response, save.operations, browser.author, self.now, save_id=save.save_id)
        self.document = json.loads(changed.stored)
        self.told.append(f"{browser.author.channel} {save.save_id}: {_told(save.operations)} → {reply}")
        known = self.replies.get(save.save_id)
        self._count(reply, known)
        if known is not None:
            if reply != known or changed.version != self.version:
                self.faults.append(f"save {save.save_id} was answered {known}, and again {reply}")
        else:
            self._note(save, reply)
            if changed.version > self.version:
                self.replies[save.save_id] = reply
        self.version = changed.version
        self._look_for_losses(f"save {save.save_id} of version {reply.version}")
        return reply

    def _note(self, save: Save, reply: Reply) -> None:
        refused = {refusal.index for refusal in reply.refused}
        for index, one in enumerate(save.waiting):
            change = Waiting(save.operations[index], one.sight).change
            if index in refused or change is None:
                continue
            if save.operations[index].key not in {*reply.applied, *reply.conflicts}:
                self.faults.append(f"save {save.save_id}: nothing was said of {change.key}")
            self.ledger.note(change, reply.version)
        for key in reply.conflicts:
            if key not in self.document.get("conflicts", {}):
                self.faults.append(f"save {save.save_id}: {key} was said to be in conflict and is not")

    def _look_for_losses(self, where: str) -> None:
        self.faults += [f"lost by {where}: {word}" for word in self.ledger.missing(self.document)]

    def _count(self, reply: Reply, known: Reply | None) -> None:
        self.counts["saves"] += 1
        self.counts["repeated"] += known is not None
        self.counts["conflicts"] += len(reply.conflicts) if known is None else 0
        self.counts["refused"] += len(reply.refused) if known is None else 0

    def read_back(self) -> str:
        """What the database holds in the end: everything that is owed, and what the journal folds to. The stored text."""
        db.session.rollback()
        stored = response_by_id(self.response.id)
        assert stored is not None
        self.document = json.loads(stored.stored)
        self._look_for_losses("the end")
        if write_document(folded_document(self.response.id)) != stored.stored:
            self.faults.append("the journal folds to another document")
        db.session.rollback()
        return stored.stored


def _told(operations: Sequence[Operation]) -> str:
    return json.dumps(msgspec.to_builtins(operations), ensure_ascii=False)


@dataclass
class Run:
    """A history on its way."""

    server: Server
    history: History
    browsers: list[Browser]
    delayed: list[tuple[Browser, Save]] = field(default_factory=list)
    made: int = 0

    def step(self, step: Step) -> None:
        act, who, which, how = step
        _ACTS[act](self, self.browsers[who % len(self.browsers)], which, how)

    def finish(self) -> None:
        """Who comes back sends what waits; what was under way arrives before, between and after."""
        for number, browser in enumerate(self.browsers):
            self.arrive(browser, number, 0)
            while number not in self.history.lost and browser.outbox:
                self.send(browser, 0, ANSWERED)
        while self.delayed:
            self.arrive(self.browsers[0], 0, 0)

    def write(self, browser: Browser, which: int, how: int) -> None:
        question = QUESTIONS[which % len(QUESTIONS)]
        browser.write(question, None, self._value(question, how))

    def write_in_sheet(self, browser: Browser, which: int, how: int) -> None:
        items = browser.items()
        if items:
            question = SHEET_QUESTIONS[how % len(SHEET_QUESTIONS)]
            browser.write(question, items[which % len(items)], self._value(question, how))

    def _value(self, question: str, how: int) -> Any:
        if question in FEW_VALUES:
            return FEW_VALUES[question][how % len(FEW_VALUES[question])]
        if how < len(REPEATED):
            return REPEATED[how]
        self.made += 1
        return f"testo {self.made}"

    def send(self, browser: Browser, which: int, how: int) -> None:
        save = browser.next_save(self.history.most[self.browsers.index(browser)])
        fate = FATES[how % len(FATES)]
        if save is None or fate == REQUEST_LOST:
            return
        if fate == DELAYED:
            self.delayed.append((browser, save))
            return
        reply = self.server.take(browser, save)
        if which % 4 == 3:
            self.delayed.append((browser, save))  # the net has kept a copy
        if fate == ANSWERED:
            browser.settle(save, reply, self.server.document)
            browser.look(self.server.document, self.server.version)

    def arrive(self, browser: Browser, which: int, how: int) -> None:
        """Something that was under way arrives; nobody waits for its reply any more."""
        if self.delayed:
            sender, save = self.delayed.pop(which % len(self.delayed))
            self.server.take(sender, save)

    def look(self, browser: Browser, which: int, how: int) -> None:
        browser.look(self.server.document, self.server.version)

    def decide(self, browser: Browser, which: int, how: int) -> None:
        keys = [key for key in browser.view.document.get("conflicts", {}) if "/" in key or key in QUESTIONS]
        keys = [key for key in keys if not browser.waits(key)]
        if not keys:
            return
        key = keys[which % len(keys)]
        self.server.counts["decisions"] += 1
        code = key.rpartition("/")[2]
        values = [browser.view.answer(key)[0], *(one.get("value") for one in browser.view.challengers(key))]
        values.append(self._value(code, how))
        browser.decide(key, values[how % len(values)])

    def decide_item(self, browser: Browser, which: int, how: int) -> None:
        known = {*browser.view.items(removed=True), *browser.view.items(removed=False)}
        items = [key for key in browser.view.document.get("conflicts", {}) if key in known and not browser.waits(key)]
        if items:
            self.server.counts["decisions about sheets"] += 1
            browser.decide_item(items[which % len(items)], ("keep", "delete")[how % 2])

    def add(self, browser: Browser, which: int, how: int) -> None:
        if len(browser.items()) < LIMIT:
            browser.add(self._item())

    def duplicate(self, browser: Browser, which: int, how: int) -> None:
        items = browser.items()
        if items and len(items) < LIMIT:
            browser.duplicate(self._item(), items[which % len(items)])

    def _item(self) -> str:
        self.made += 1
        return str(uuid.UUID(int=self.made))

    def move(self, browser: Browser, which: int, how: int) -> None:
        items = browser.items()
        if items:
            browser.move(items[which % len(items)], None if how % 3 == 0 else items[how % len(items)])

    def delete(self, browser: Browser, which: int, how: int) -> None:
        items = browser.items()
        if items:
            browser.delete(items[which % len(items)])

    def restore(self, browser: Browser, which: int, how: int) -> None:
        items = [item for item in browser.view.items(removed=True) if not browser.waits(item)]
        if items:
            browser.restore(items[which % len(items)])


_ACTS: Final[dict[str, Callable[[Run, Browser, int, int], None]]] = {
    "write": Run.write,
    "write in a sheet": Run.write_in_sheet,
    "send": Run.send,
    "look": Run.look,
    "decide": Run.decide,
    "decide a sheet": Run.decide_item,
    "arrive": Run.arrive,
    "add": Run.add,
    "delete": Run.delete,
    "duplicate": Run.duplicate,
    "move": Run.move,
    "restore": Run.restore,
}


def play(history: History, response: OpenResponse, now: dt.datetime, *, blind: bool = False) -> tuple[Server, str]:
    """Play a history on an empty draft: the server with its faults, and the text of the document in the end."""
    server = Server(response, now)
    browsers = [
        Browser(Author(number + 1, f"{number:064x}"[::-1], channel), blind=blind)
        for number, channel in enumerate(history.channels)
    ]
    run = Run(server, history, browsers)
    for step in history.steps:
        run.step(step)
    run.finish()
    return server, server.read_back()
