"""How the processes of a site share its connections: a new one goes to the process that holds fewest.

Without this whichever wakes first takes as many as there are, and keeps them: people wait behind one another in one process
while the processor of another idles (docs/decisions/0024).
Not for: what happens on a connection (`server.py`).
Holds always: nobody waits longer than `PATIENCE` for another process to take him, whatever has become of that process.
"""

from __future__ import annotations

import mmap
from array import array
from typing import Final

PATIENCE: Final = 0.02
"""Seconds for which a process leaves a new connection to one that holds fewer."""
NOBODY: Final = -1
_ITEM: Final = "i"


class Board:
    """How many connections each process holds, in memory that all of them share. Made before the first is forked.

    `places`: how many processes there may be at once; one that finds no place shares nothing and takes what comes.
    """

    def __init__(self, places: int) -> None:
        blank = array(_ITEM, [NOBODY]) * places
        self._memory = mmap.mmap(-1, len(blank) * blank.itemsize)
        self._counts = memoryview(self._memory).cast(_ITEM)
        self._counts[:] = memoryview(blank)

    def enter(self) -> int | None:
        """A place for a new process, which holds nothing yet; None where all are taken."""
        for place, count in enumerate(self._counts):
            if count == NOBODY:
                self._counts[place] = 0
                return place
        return None

    def leave(self, place: int) -> None:
        """The process of this place has ended."""
        self._counts[place] = NOBODY

    def say(self, place: int, count: int) -> None:
        """What the process of this place holds now."""
        self._counts[place] = count

    def is_above(self, count: int) -> bool:
        """Whether another process holds fewer than so many."""
        return any(NOBODY < other < count for other in self._counts)


class Turn:
    """Whether a process takes a new connection, or leaves it to another one for a moment. Instants in seconds."""

    def __init__(self, board: Board, place: int) -> None:
        self._board, self._place = board, place
        self._until = 0.0

    def hold(self, count: int) -> None:
        """So many are held by this process now."""
        self._board.say(self._place, count)

    def takes(self, count: int, now: float) -> bool:
        """Whether to take one that is there. If not, somebody else may do so as long as `wait` says."""
        self.hold(count)
        if not self._board.is_above(count) or self._until <= now < self._until + PATIENCE:
            self._until = 0.0
            return True
        self._until = now + PATIENCE
        return False

    def wait(self, count: int, now: float) -> float:
        """For how long this process does not look for new ones, 0 for not at all: its turn comes where it holds no more."""
        self.hold(count)
        return self._until - now if now < self._until and self._board.is_above(count) else 0.0
