"""How the program talks to its database: engine settings, transactions of readers and of writers, column types.

Not for: tables (each room has its own) or queries.
Holds always:
- on SQLite every connection runs WAL, `synchronous=FULL`, foreign keys and a busy time-out, and a unit of work that will
  write begins with BEGIN IMMEDIATE: in WAL a read that turns into a write fails at once, whatever the busy time-out;
- on PostgreSQL a commit is durable (`synchronous_commit=on`), a lock is waited for as long as on SQLite, and a statement that
  the server has planned stays planned when a transaction is rolled back, as each one is that only reads;
- a connection that cannot promise this is refused with DurabilityError, so that nothing is ever "saved" through it;
- a SQLite file is made with mode 600, and an error's text never holds the values of a statement;
- instants are stored in UTC and come back aware.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import os
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

import sqlalchemy as sa
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from app.turns import Turns

BUSY_TIMEOUT_MS = 15_000
IDLE_SECONDS_BEFORE_PING = 5.0
POSTGRESQL_OPTIONS = (
    f"-c synchronous_commit=on -c timezone=UTC -c lock_timeout={BUSY_TIMEOUT_MS} -c idle_in_transaction_session_timeout=60000"
)
DURABLE_COMMITS = frozenset({"on", "remote_apply"})
Kept = TypeVar("Kept")
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


@contextlib.contextmanager
def only_reading(connection: Connection) -> Iterator[None]:
    """Have the database itself refuse every write of this connection's transaction, whatever the code inside would do."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        driver.execute("PRAGMA query_only=OFF")


def sqlite_module() -> Any:
    """The SQLite driver: PyPI's pysqlite3 (its SQLite has no WAL-reset bug), else the standard library's."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3.dbapi2")


class DurabilityError(Exception):
    """A database that may lose what it says it saved; the text says which setting is wrong and what it should be."""


def engine_options(url: sa.URL) -> dict[str, Any]:
    """Options of `create_engine` for this URL; the same for the site, its commands and its migrations.

    The connection given back last is taken first: its page cache and its prepared statements are warm.
    """
    options: dict[str, Any] = {"hide_parameters": True, "pool_use_lifo": True}
    if url.get_backend_name() == "sqlite":
        return options | {"module": sqlite_module(), "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return options | {"connect_args": {"options": POSTGRESQL_OPTIONS}}


def kept_with(engine: Engine, make: Callable[[], Kept]) -> Kept:
    """What was made once for this engine, and is given up with it: a table of a module's would keep both for ever."""
    kept: dict[object, Kept] = vars(engine).setdefault("kept_with", {})
    found = kept.get(make)
    return kept.setdefault(make, make()) if found is None else found


def prepare_engine(engine: Engine) -> None:
    """Attach to an engine what this module promises. Call once for an engine, before its first connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _make_file)
        event.listen(engine, "connect", _set_pragmas)
        turns = Turns(engine.url.database or "")
        event.listen(engine, "begin", _begin_on_sqlite(turns))
        _give_turns_back(engine, turns)
        return
    vars(engine.dialect)["do_rollback"] = _roll_back_on_postgresql  # of this engine's dialect alone
    event.listen(engine, "connect", _require_durable_commits)
    event.listen(engine, "checkin", _note_the_time)
    event.listen(engine, "checkout", _ping_after_a_pause(engine))


def _make_file(dialect: sa.Dialect, record: object, arguments: list[Any], options: dict[str, Any]) -> None:
    os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its WAL the same mode


def _set_pragmas(connection: DBAPIConnection, record: object) -> None:
    connection.isolation_level = None  # this module emits BEGIN, not the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "mmap_size=0"):
        cursor.execute(f"PRAGMA {pragma}")
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for pragma, value in wanted.items():
        cursor.execute(f"PRAGMA {pragma}")
        (found,) = cursor.fetchone() or (None,)
        if found != value:
            raise DurabilityError(f"SQLite's {pragma} is {found} and should be {value}: is the file on a network folder?")
    cursor.close()


def _begin_on_sqlite(turns: Turns) -> Callable[[Connection], None]:
    """On the driver's own connection: SQLAlchemy's way to the same word costs as much as a query."""

    def begin(connection: Connection) -> None:
        writes = _writes.get()
        statement = "BEGIN IMMEDIATE" if writes else "BEGIN"
        driver: Any = connection.connection.driver_connection
        if writes:
            turns.take(driver)
        try:
            driver.execute(statement)
        except connection.dialect.loaded_dbapi.Error as error:
            turns.give_back(driver)
            raise sa.exc.DBAPIError.instance(statement, None, error, connection.dialect.loaded_dbapi.Error, True) from error

    return begin


def _give_turns_back(engine: Engine, turns: Turns) -> None:
    """However a transaction of this engine ends, its writer's turn ends with it."""

    def then_give_back(end: Callable[[Any], None]) -> Callable[[Any], None]:
        def ended(connection: Any) -> None:
            try:
                end(connection)
            finally:
                turns.give_back(getattr(connection, "driver_connection", connection))

        return ended

    for name in ("do_rollback", "do_commit", "do_close", "do_terminate"):
        vars(engine.dialect)[name] = then_give_back(getattr(engine.dialect, name))


def _require_durable_commits(connection: DBAPIConnection, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SHOW synchronous_commit")
    (found,) = cursor.fetchone() or (None,)
    cursor.close()
    connection.rollback()
    if found not in DURABLE_COMMITS:
        raise DurabilityError(f"PostgreSQL's synchronous_commit is {found} and should be on: does a pooler drop the options?")


def _roll_back_on_postgresql(connection: PoolProxiedConnection) -> None:
    """ROLLBACK on the driver's own connection. The driver's `rollback` forgets every prepared statement too, lest one names a
    table that the transaction had made; ours make none, and each read would be planned anew: 1 ms a page of the server's."""
    raw = getattr(connection, "driver_connection", connection)
    if raw.closed or raw.pgconn.transaction_status == TransactionStatus.IDLE:
        return
    if raw.pgconn.exec_(b"ROLLBACK").status != ExecStatus.COMMAND_OK:
        raw.rollback()  # which says what is wrong


def _note_the_time(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_after_a_pause(engine: Engine) -> Callable[[DBAPIConnection, ConnectionPoolEntry, object], None]:
    """A check that the server is still there, only for connections unused for some seconds: at each request it costs a
    round trip, and a busy pool learns of a restart from its first failing statement, which drops all connections at once."""

    def check(connection: DBAPIConnection, record: ConnectionPoolEntry, proxy: object) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None or time.monotonic() - idle_since < IDLE_SECONDS_BEFORE_PING:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return check
