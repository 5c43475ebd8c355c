"""Turns of the writers on SQLite: who wants to write waits in a queue, and is woken when the one before has committed.

Why: SQLite lets a waiting writer sleep for up to a tenth of a second between two looks. With sixteen people saving at once the
file lay idle nine tenths of the time.
Not for: keeping writers apart: SQLite's own lock does. A turn that does not come in time is not waited for any longer.
Holds always: threads of a process wait on a lock, processes on a lock of a file beside the database, which the system takes
from a process that dies; one connection at most has the turn, until its transaction ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from typing import Final

SUFFIX: Final = "-turns"
PATIENCE: Final = 1.0
LOOK_AGAIN: Final = 0.0003


class Turns:
    """The queue of one engine."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}{SUFFIX}"
        self._inside = threading.Lock()
        self._opened: tuple[int, int] = (0, -1)
        self._holder: int | None = None

    def take(self, connection: object) -> None:
        """Wait for the turn, for a second at most."""
        end = time.monotonic() + PATIENCE
        if not self._inside.acquire(timeout=PATIENCE):
            return
        try:
            self._wait_for_others(end)
        except BaseException as error:
            self._inside.release()
            if isinstance(error, OSError):  # no file to wait at: SQLite's own lock keeps writers apart
                return
            raise
        self._holder = id(connection)

    def _wait_for_others(self, end: float) -> None:
        file = self._file()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < end:
                    time.sleep(LOOK_AGAIN)
                    continue
            return

    def give_back(self, connection: object) -> None:
        """The transaction of this connection has ended: if it had the turn, the next one has it."""
        if self._holder == id(connection):
            self._holder = None
            with contextlib.suppress(OSError):
                fcntl.flock(self._file(), fcntl.LOCK_UN)
            self._inside.release()

    def _file(self) -> int:
        """The open file of this very process: a child's would be its parent's lock."""
        process, file = self._opened
        if process != os.getpid():
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._opened = (os.getpid(), file)
        return file
