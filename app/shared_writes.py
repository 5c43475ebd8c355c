"""Writers of one process that wait at the same time share a transaction on SQLite, and so the one write to the disk that makes
it last.

Why (docs/decisions/0016): SQLite has one writer, and a commit waits for the disk as long as the rest of a save takes. On
PostgreSQL, which has this of its own, each writes by itself.
Not for: work that reads first what it will write, or that uses the session.
Holds always: nobody goes on before the transaction with their work is committed; work that fails is undone alone, and fails
where it came from; what makes the whole transaction fail is told to all who shared it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection, Engine

from app.database import kept_with

Work = Callable[[Connection], None]


class AbandonedError(RuntimeError):
    """Whoever wrote for others was stopped in the middle: nothing is stored."""


@dataclass(slots=True)
class _Waiting:
    work: Work
    done: bool = False
    failure: Exception | None = None


@dataclass
class _Queue:
    """Who waits at one engine. Whoever comes to lead writes for all who have come by then."""

    lead: threading.Lock = field(default_factory=threading.Lock)
    change: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Waiting] = field(default_factory=list)
    connection: Connection | None = None
    """The leader's, kept from one to the next: to take one from the pool and give it back costs as much as a statement."""


def write(engine: Engine, work: Work) -> None:
    """Run work in a transaction, and come back when it is committed. Raises what the work or the commit raises.

    The work may run in another thread of this process.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            work(connection)
        return
    queue, own = kept_with(engine, _Queue), _Waiting(work)
    with queue.change:
        queue.waiting.append(own)
    with queue.lead:
        if not own.done:
            with queue.change:
                together, queue.waiting = queue.waiting, []
            _write_all(engine, queue, together)
    if own.failure is not None:
        raise own.failure


def _write_all(engine: Engine, queue: _Queue, together: list[_Waiting]) -> None:
    failure: Exception | None = AbandonedError("the transaction ended before it was committed")
    try:
        with _kept_connection(engine, queue) as connection, connection.begin():
            if len(together) == 1:
                together[0].work(connection)
            else:
                for one in together:
                    _write_one(connection, one)
        failure = None
    except Exception as error:  # noqa: BLE001 — it belongs to all of them, and is raised where each waits
        failure = error
    finally:
        for one in together:
            one.failure = one.failure or failure
            one.done = True


@contextmanager
def _kept_connection(engine: Engine, queue: _Queue) -> Iterator[Connection]:
    """The leader's connection. After a failure it goes back to the pool, which looks at it, and the next leader takes one."""
    connection, queue.connection = queue.connection or engine.connect(), None
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    queue.connection = connection


def _write_one(connection: Connection, one: _Waiting) -> None:
    """One's work among others', undone alone where it fails."""
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT one")
    try:
        one.work(connection)
    except Exception as error:
        if not driver.in_transaction:  # SQLite has undone it all: a full disk
            raise
        one.failure = error
        driver.execute("ROLLBACK TO one")
    driver.execute("RELEASE one")
