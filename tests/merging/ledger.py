"""What a draft owes to those who wrote in it: each word is found, unless somebody who had seen it changed it.

Not for: judging changes: nothing of the program is imported, and what becomes of a change is not foretold.
Holds always: a word is owed from the moment at which the server took it; it is struck out only by a change whose author had it
on the screen; what stands in a sheet is found where the sheet is live or a decision about the sheet is open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Deed = Literal["write", "add", "delete", "keep", "restore"]


def text_of(value: Any) -> str:
    """A value as a text by which it is compared; an answer that was never given is one that is blank."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Sight:
    """What the author of a change had before the eyes: the draft as it was at `version`, of it these values (texts by key),
    and what the same browser had written itself, whenever the server took it."""

    version: int = 0
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def saw(self, key: str, text: str) -> bool:
        """Whether this value was on the screen. Whoever else has written the same, before or since, wrote what was seen."""
        return text in self.own.get(key, ()) or text in self.values.get(key, ())


@dataclass(frozen=True)
class Change:
    """One change that the server took: of an answer (`key` is CODE or item/CODE, with its value) or of a sheet (its id)."""

    deed: Deed
    key: str
    sight: Sight
    text: str = ""


@dataclass
class Word:
    """Something that must be found. `is_about`: an answer's value, or that a sheet is there, or that it is gone.
    `aside`: it stands in a sheet that was deleted by somebody who had seen it, and comes back with the sheet."""

    is_about: Literal["value", "there", "gone"]
    key: str
    text: str
    since: int
    aside: bool = False

    @property
    def item(self) -> str | None:
        item, slash, _code = self.key.partition("/")
        return item if slash else None

    def __str__(self) -> str:
        return f"{self.key} {self.is_about} {self.text} of version {self.since}"


@dataclass
class Ledger:
    """The words that are owed."""

    words: list[Word] = field(default_factory=list)

    def note(self, change: Change, version: int) -> None:
        """Enter a change that the server took with the save of this version."""
        _ENTER[change.deed](self, change, version)

    def missing(self, document: Mapping[str, Any]) -> list[Word]:
        """The words that are owed and not found in a stored document. Each is told once."""
        live, disputed = _live(document), document.get("conflicts", {}).keys()
        lost = [word for word in self.words if not word.aside and not _found(word, document, live, disputed)]
        self.words = [word for word in self.words if word not in lost]
        return lost

    def _owe(self, word: Word) -> None:
        if not any((one.is_about, one.key, one.text) == (word.is_about, word.key, word.text) for one in self.words):
            self.words.append(word)

    def _write(self, change: Change, version: int) -> None:
        seen = change.sight.saw
        self.words = [
            word for word in self.words if (word.is_about, word.key) != ("value", change.key) or not seen(word.key, word.text)
        ]
        self._owe(Word("value", change.key, change.text, version))

    def _add(self, change: Change, version: int) -> None:
        self._owe(Word("there", change.key, "", version))

    def _delete(self, change: Change, version: int) -> None:
        sight = change.sight
        self._strike("there", change.key, lambda word: word.since <= sight.version or change.key in sight.own)
        for word in self.words:
            if word.item == change.key and sight.saw(word.key, word.text):
                word.aside = True
        self._owe(Word("gone", change.key, "", version))

    def _keep(self, change: Change, version: int) -> None:
        self._strike("gone", change.key, lambda word: word.since <= change.sight.version)
        self._bring_back(change, version)

    def _restore(self, change: Change, version: int) -> None:
        """A restore is offered where a sheet is gone: whoever deleted it again meanwhile wanted what its author had seen."""
        self._strike("gone", change.key, lambda word: True)
        self._bring_back(change, version)

    def _bring_back(self, change: Change, version: int) -> None:
        for word in self.words:
            if word.item == change.key:
                word.aside = False
        self._owe(Word("there", change.key, "", version))

    def _strike(self, is_about: str, key: str, when: Any) -> None:
        self.words = [word for word in self.words if (word.is_about, word.key) != (is_about, key) or not when(word)]


_ENTER = {
    "write": Ledger._write,
    "add": Ledger._add,
    "delete": Ledger._delete,
    "keep": Ledger._keep,
    "restore": Ledger._restore,
}


def _live(document: Mapping[str, Any]) -> frozenset[str]:
    items = [item for items in document.get("items", {}).values() for item in items]
    return frozenset(item["id"] for item in items if not item.get("removed"))


def _found(word: Word, document: Mapping[str, Any], live: frozenset[str], disputed: Iterable[str]) -> bool:
    if word.is_about != "value":
        return word.key in disputed or (word.key in live) == (word.is_about == "there")
    if word.item is not None and word.item not in live and word.item not in disputed:
        return False
    answer = document.get("answers", {}).get(word.key, {})
    others = document.get("conflicts", {}).get(word.key, ())
    return word.text in {text_of(answer.get("value")), *(text_of(one.get("value")) for one in others)}
