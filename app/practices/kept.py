"""What this process keeps in memory of what is public: pages, answers for programs, files, counts. Each is made once.

Not for: what all machines share (`opendata/files.py` keeps files in the database), or what is somebody's own.
Holds always:
- a shelf holds so many things of so many bytes, their keys and what Python takes for both counted, whatever threads do at once;
  what was asked for longest ago goes first, and each shelf has bounds of its own: many addresses push out pages only;
- a thing is of a state of its line (the last publication; the files of one version). A newer state drops all that is of an
  older one, and of an older one nothing is found or kept any more: what was taken back is not served again, nor brought back by
  somebody who had looked before;
- what was made while the publication changed is not kept, for it may be of either.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar, cast

from app.database import kept_with
from app.extensions import db
from app.practices.published import Version, current_version

T = TypeVar("T")
OVERHEAD: Final = 1_000
"""Bytes that a thing takes beside its content and the text of its key."""
MEBIBYTE: Final = 1024 * 1024


class State(NamedTuple):
    """Of what something was made: a line, and how far it had come. `stamp`: only ever rises, in one line."""

    line: Hashable
    stamp: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a shelf holds."""

    bytes: int
    things: int


LATEST: Final = "latest"
ALWAYS: Final = State("always", (0, 0))
"""Of what depends on no publication."""
PAGES, ANSWERS, DATA_FILES, FIGURES = "pages", "answers", "files", "figures"
BOUNDS: Final = {
    PAGES: Bounds(8 * MEBIBYTE, 4_096),
    ANSWERS: Bounds(8 * MEBIBYTE, 4_096),
    DATA_FILES: Bounds(32 * MEBIBYTE, 256),
    FIGURES: Bounds(16 * MEBIBYTE, 256),
}
"""Of each shelf, in each process. `FIGURES`: what pages are made of, as counts and the map's points."""


class Shelf:
    """Things by their keys, in one state of each line."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._stamps: dict[Hashable, tuple[int, int]] = {}
        self._things: OrderedDict[tuple[Hashable, Hashable], tuple[Any, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._things)

    def get(self, state: State, key: Hashable) -> Any:
        """What is kept of this state under this key; None for nothing."""
        place = (state.line, key)
        with self._lock:
            found = self._things.get(place) if self._moved_to(state) else None
            if found is None:
                return None
            self._things.move_to_end(place)
            return found[0]

    def put(self, state: State, key: Hashable, thing: object, size: int) -> None:
        """Keep something of so many bytes, unless its line has gone on since."""
        place, cost = (state.line, key), size + 2 * len(repr(key)) + OVERHEAD  # whoever asks chooses how long a key is
        with self._lock:
            if not self._moved_to(state):
                return
            self._drop(place)
            self._things[place] = (thing, cost)
            self.bytes += cost
            while self.bytes > self._bounds.bytes or len(self._things) > self._bounds.things:
                self._drop(next(iter(self._things)))

    def clear(self) -> None:
        """Forget what is here, and how far its lines had come."""
        with self._lock:
            self._things.clear()
            self._stamps.clear()
            self.bytes = 0

    def _moved_to(self, state: State) -> bool:
        """Whether the line stands there; a newer state is where it stands from now on."""
        known = self._stamps.get(state.line)
        if known is None or known < state.stamp:
            self._stamps[state.line] = state.stamp
            for place in [place for place in self._things if place[0] == state.line] if known is not None else ():
                self._drop(place)
            return True
        return known == state.stamp

    def _drop(self, place: tuple[Hashable, Hashable]) -> None:
        _thing, cost = self._things.pop(place, (None, 0))
        self.bytes -= cost


class _Shelves:
    def __init__(self) -> None:
        self.by_name = {name: Shelf(bounds) for name, bounds in BOUNDS.items()}


def shelf(name: str) -> Shelf:
    """This process's shelf of this name (of `BOUNDS`)."""
    return kept_with(db.engine, _Shelves).by_name[name]


def begin_anew() -> None:
    """Forget it all: the database is another one than it was, where states come again that had been before."""
    for one in kept_with(db.engine, _Shelves).by_name.values():
        one.clear()


def state_of(version: Version | None) -> State:
    """The state of what is made of the last publication; None: before the first."""
    return State(LATEST, (version.number, version.revision) if version is not None else (0, 0))


def state_of_files(version: Version) -> State:
    """The state of the files of a version, be it the last or not."""
    return State(version.number, (version.number, version.revision))


def kept(name: str, state: State, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
    """What is made of a state, once for all that it depends on (`key`), kept on a shelf. `size`: its bytes.

    One statement where it is made, to see that the publication is still the one of the state.
    """
    here = shelf(name)
    found = here.get(state, key)
    if found is None:
        found = make()
        # By the connection by which it was made: where that still sees the state, so did all that was read before.
        if state.line != LATEST or state_of(current_version()) == state:
            here.put(state, key, found, size(found))
    return cast("T", found)


def size_by_text(thing: object) -> int:
    """About the bytes of a thing that holds numbers and short texts."""
    return 2 * len(repr(thing))
