"""How the program talks to its database: engine settings, transactions of readers and of writers, column types.

Not for: tables (each room has its own) or queries.
Holds always:
- on SQLite every connection runs WAL, `synchronous=FULL`, foreign keys and a busy time-out, and a unit of work that will
  write begins with BEGIN IMMEDIATE: in WAL a read that turns into a write fails at once, whatever the busy time-out;
- on PostgreSQL a commit is durable (`synchronous_commit=on`);
- instants are stored in UTC and come back aware.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_MS = 15_000
_writes: ContextVar[bool] = ContextVar("unit_of_work_writes", default=True)


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An instant: aware on the Python side, UTC in the database. Raises ValueError on a naive value."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


@contextlib.contextmanager
def unit_of_work(*, writes: bool) -> Iterator[None]:
    """Say of the transactions begun inside whether they will write. Outside of any, a transaction is taken to write."""
    token = _writes.set(writes)
    try:
        yield
    finally:
        _writes.reset(token)


def begin_unit_of_work(*, writes: bool) -> None:
    """The same for a whole request: the web server runs each request in a context of its own thread, set anew each time."""
    _writes.set(writes)


def sqlite_module() -> Any:
    """The SQLite driver: PyPI's pysqlite3 (its SQLite has no WAL-reset bug), else the standard library's."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3.dbapi2")


def engine_options(url: sa.URL) -> dict[str, Any]:
    """Options of `create_engine` for this URL; the same for the site, its commands and its migrations."""
    if url.get_backend_name() == "sqlite":
        return {"module": sqlite_module(), "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return {"pool_pre_ping": True, "connect_args": {"options": "-c synchronous_commit=on -c timezone=UTC"}}


def prepare_engine(engine: Engine) -> None:
    """Attach the pragmas and the BEGIN that this module promises. Call once for an engine."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_on_sqlite)


def _set_pragmas(connection: DBAPIConnection, record: object) -> None:
    connection.isolation_level = None  # this module emits BEGIN, not the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "mmap_size=0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_on_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes.get() else "BEGIN")
