"""Statements that are compiled once and then run on the driver's own cursor.

Why (docs/decisions/0015): for a statement that is always the same, SQLAlchemy's way from its text to its row costs as much as
the database's own work, at each page and each save; here it is walked once.
Not for: statements whose text depends on their parameters (IN lists), or that fill in defaults of their columns; and not for
what runs seldom.
Holds always: values are converted by the types of the columns as everywhere else; an error is SQLAlchemy's, without the values
of the statement; a connection that has been lost is not used again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter, methodcaller
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.sql.compiler import SQLCompiler

from app.database import IDLE_SECONDS_BEFORE_PING, kept_with

Convert = Callable[[Any], Any]
_FIRST: Final[Callable[[Any], Any]] = methodcaller("fetchone")
_ROWS_WRITTEN: Final[Callable[[Any], Any]] = attrgetter("rowcount")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in the words of one database."""

    text: str
    sent: str | bytes
    """The same as the driver wants it."""
    places: tuple[str, ...] | None
    """The names of the parameters in their order, or None where the driver takes them by name."""
    constants: Mapping[str, Any]
    bound: tuple[tuple[str, Convert], ...]
    """By which parameter the driver needs another form, and how it gets it."""
    read: tuple[tuple[int, Convert], ...]
    """In which columns of a row the value has another form, and how it is read."""

    def parameters(self, given: Mapping[str, Any]) -> Mapping[str, Any] | Sequence[Any]:
        values = {**self.constants, **given}
        for name, convert in self.bound:
            values[name] = convert(values[name])
        return values if self.places is None else [values[name] for name in self.places]

    def row(self, found: Sequence[Any] | None) -> Sequence[Any] | None:
        if found is None or not self.read:
            return found
        row = list(found)
        for place, convert in self.read:
            row[place] = convert(row[place])
        return row


class Prepared:
    """One statement, compiled at its first use on a kind of database. Its parameters are the same names each time."""

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update) -> None:
        self._statement = statement
        self._compiled: dict[Dialect, _Compiled] = {}

    def row(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row that it finds, in the transaction which this connection has begun."""
        compiled = self._for(connection.dialect, parameters)
        return compiled.row(_execute(connection, compiled, parameters).fetchone())

    def row_alone(self, engine: Engine, parameters: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row that it finds, without a transaction: for a page that asks this one thing."""
        compiled = self._for(engine.dialect, parameters)
        if engine.dialect.name == "sqlite":  # none begins of itself there
            return compiled.row(kept_with(engine, _Readers).first_row(engine, compiled, parameters))
        return compiled.row(kept_with(engine, _Lone).run(engine, compiled, parameters, _FIRST))

    def run_alone(self, engine: Engine, parameters: Mapping[str, Any]) -> int:
        """Run what gives no rows, on PostgreSQL: a transaction of its own, committed at the end. How many rows it wrote."""
        return int(kept_with(engine, _Lone).run(engine, self._for(engine.dialect, parameters), parameters, _ROWS_WRITTEN))

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Run what gives no rows, in the transaction which this connection has begun. How many rows it has written."""
        return int(_execute(connection, self._for(connection.dialect, parameters), parameters).rowcount)

    def _for(self, dialect: Dialect, parameters: Mapping[str, Any]) -> _Compiled:
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = _compile(self._statement, dialect, sorted(parameters))
        return found


class _Readers(threading.local):
    """For each thread, a connection of its own to a SQLite file that only reads and never begins a transaction.

    To take one from the pool and give it back costs as much as the query. It sees what is committed when it asks.
    """

    def __init__(self) -> None:
        self._open: sa.PoolProxiedConnection | None = None

    def first_row(self, engine: Engine, compiled: _Compiled, parameters: Mapping[str, Any]) -> Any:
        reader = self._open
        if reader is None:
            reader = self._open = engine.raw_connection()
            reader.detach()  # it is none of the pool's any more
        driver: Any = reader.dbapi_connection
        try:
            return driver.execute(compiled.sent, compiled.parameters(parameters)).fetchone()
        except engine.dialect.loaded_dbapi.Error as error:
            self._open = None
            raise _as_sqlalchemy_says(engine.dialect, compiled, error, lost=False) from error


class _Lone:
    """Connections to PostgreSQL on which no transaction ever begins, each with one statement at a time.

    BEGIN and COMMIT around a statement are two more ways to the server; to take a connection from the pool, have it begin none,
    and give it back as it was costs more than the statement. There are as many as were in use at once, at most a thread's each.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[Any, float]] = []
        self._listens = threading.Lock()

    def run(self, engine: Engine, compiled: _Compiled, parameters: Mapping[str, Any], read: Callable[[Any], T]) -> T:
        """What is read of the cursor after the statement. A connection on which it failed is closed."""
        driver = self._taken(engine)
        try:
            found = read(driver.execute(compiled.sent, compiled.parameters(parameters)))
        except engine.dialect.loaded_dbapi.Error as error:
            lost = engine.dialect.is_disconnect(error, driver, None)
            driver.close()
            if lost:
                engine.dispose(close=False)  # the others that lie idle have been lost with it
            raise _as_sqlalchemy_says(engine.dialect, compiled, error, lost=lost) from error
        except BaseException:
            driver.close()
            raise
        self._idle.append((driver, time.monotonic()))
        return found

    def close(self, engine: Engine) -> None:
        """Close what lies idle: the engine gives up its connections."""
        with suppress(IndexError):
            while True:
                self._idle.pop()[0].close()

    def _taken(self, engine: Engine) -> Any:
        with suppress(IndexError):
            driver, since = self._idle.pop()  # the last one, which is warm
            if time.monotonic() - since < IDLE_SECONDS_BEFORE_PING:
                return driver
            try:
                engine.dialect.do_ping(driver)
            except engine.dialect.loaded_dbapi.Error:
                driver.close()
                self.close(engine)
            else:
                return driver
        if self._listens.acquire(blocking=False):  # once, and never given back
            event.listen(engine, "engine_disposed", self.close)
        fresh = engine.connect()  # whose errors are SQLAlchemy's
        made: Any = fresh.connection.driver_connection
        fresh.detach()  # it is none of the pool's any more
        made.autocommit = True
        return made


def _execute(connection: Connection, compiled: _Compiled, parameters: Mapping[str, Any]) -> Any:
    dialect = connection.dialect
    driver: Any = connection.connection.driver_connection
    given = compiled.parameters(parameters)
    try:
        return driver.execute(compiled.sent, given)
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, driver, None)
        if lost:
            connection.invalidate(error)
            connection.engine.dispose(close=False)  # the others that lie idle have been lost with it
        raise _as_sqlalchemy_says(dialect, compiled, error, lost=lost) from error


def _as_sqlalchemy_says(dialect: Dialect, compiled: _Compiled, error: Exception, *, lost: bool) -> BaseException:
    """SQLAlchemy's error for the driver's, without the values of the statement."""
    return sa.exc.DBAPIError.instance(compiled.text, None, error, dialect.loaded_dbapi.Error, True, lost, dialect)


def _compile(statement: Any, dialect: Dialect, names: list[str]) -> _Compiled:
    keys = names if isinstance(statement, sa.Insert) and statement.select is None else None
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=keys))
    if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError(f"a statement that is not the same each time cannot be prepared: {compiled}")
    bound = []
    for parameter, name in compiled.bind_names.items():
        if convert := parameter.type.dialect_impl(dialect).bind_processor(dialect):
            bound.append((name, convert))
    columns = statement.selected_columns if isinstance(statement, sa.Select) else ()
    read = []
    for place, column in enumerate(columns):
        if convert := column.type.dialect_impl(dialect).result_processor(dialect, None):
            read.append((place, convert))
    places = tuple(compiled.positiontup) if compiled.positional and compiled.positiontup is not None else None
    constants = {name: value for name, value in compiled.params.items() if name not in names}
    text = str(compiled)
    sent = text.encode() if dialect.driver == "psycopg" else text  # it would encode it each time
    return _Compiled(text, sent, places, constants, tuple(bound), tuple(read))
