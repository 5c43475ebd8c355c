"""A request that reads never holds the write lock; one that writes takes it before it reads; what was committed is durable."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError

from app.accounts.permission_table import ANYBODY, PERMISSIONS
from app.database import DurabilityError, engine_options, prepare_engine
from app.extensions import db

COUNTER = "web_test_counter"


@pytest.fixture
def counting(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application with a page that adds one to a number, by reading and then writing it."""
    app = make_app(WTF_CSRF_ENABLED=False)
    app.test_client_class = FlaskClient
    with app.app_context():
        db.session.execute(sa.text(f"CREATE TABLE {COUNTER} (n INTEGER NOT NULL)"))
        db.session.execute(sa.text(f"INSERT INTO {COUNTER} VALUES (0)"))
        db.session.commit()

    def count() -> str:
        lock = " FOR UPDATE" if db.engine.dialect.name == "postgresql" else ""
        found = db.session.scalar(sa.text(f"SELECT n FROM {COUNTER}{lock}"))
        db.session.execute(sa.text(f"UPDATE {COUNTER} SET n = :n"), {"n": found + 1})
        db.session.commit()
        return "counted"

    monkeypatch.setitem(PERMISSIONS, "probe_count", ANYBODY)
    monkeypatch.setitem(PERMISSIONS, "probe_read", ANYBODY)
    app.add_url_rule("/probe/count", "probe_count", count, methods=["POST"])
    app.add_url_rule("/probe/read", "probe_read", lambda: str(db.session.scalar(sa.text(f"SELECT n FROM {COUNTER}"))))
    return app


def test_writers_at_the_same_time_all_succeed_and_none_is_lost(counting: Flask) -> None:
    statuses: list[int] = []

    def write() -> None:
        client = counting.test_client()
        statuses.extend(client.post("/probe/count").status_code for _ in range(25))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 100
    assert counting.test_client().get("/probe/read").text == "100"


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("method", "begin"), [("GET", "BEGIN"), ("HEAD", "BEGIN"), ("POST", "BEGIN IMMEDIATE"), ("DELETE", "BEGIN IMMEDIATE")]
)
def test_the_method_decides_how_the_transaction_begins(
    counting: Flask, monkeypatch: pytest.MonkeyPatch, method: str, begin: str
) -> None:
    monkeypatch.setitem(PERMISSIONS, "probe_any", ANYBODY)
    counting.add_url_rule(
        "/probe/any", "probe_any", lambda: str(db.session.scalar(sa.text("SELECT 1"))), methods=["GET", "POST", "DELETE"]
    )
    seen = _traced(counting)
    counting.test_client().open("/probe/any", method=method)
    assert [statement for statement in seen if statement.startswith("BEGIN")] == [begin]


def _traced(app: Flask) -> list[str]:
    """The statements that SQLite itself sees from now on, on every connection of the application."""
    seen: list[str] = []
    with app.app_context():
        event.listen(db.engine, "checkout", lambda connection, *rest: connection.set_trace_callback(seen.append))
    return seen


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_after_a_reading_request_a_command_in_the_same_thread_writes_safely(counting: Flask) -> None:
    counting.test_client().get("/probe/read")
    seen = _traced(counting)
    with counting.app_context():
        db.session.scalar(sa.text("SELECT 1"))
        db.session.rollback()
    assert seen[0] == "BEGIN IMMEDIATE"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_writer_that_waited_too_long_is_told_so_as_by_any_statement(counting: Flask) -> None:
    with counting.app_context():
        holder, late = db.engine.connect(), db.engine.connect()
        driver = late.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA busy_timeout=10")
        holder.begin()
        with pytest.raises(OperationalError, match="locked"):
            late.begin()
        holder.close()
        late.close()


def test_a_reading_request_leaves_no_lock_behind_and_waits_for_none(counting: Flask) -> None:
    with counting.app_context():
        db.session.execute(sa.text(f"UPDATE {COUNTER} SET n = 7"))  # holds the write lock, not committed
        seen: list[str] = []
        reader = threading.Thread(target=lambda: seen.append(counting.test_client().get("/probe/read").text))
        reader.start()
        reader.join(timeout=5)
        assert seen == ["0"]
        db.session.commit()
    assert counting.test_client().post("/probe/count").status_code == 200


def test_every_connection_is_durable(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            found = [connection.scalar(sa.text(f"PRAGMA {name}")) for name in pragmas]
            assert found == ["wal", 2, 1, 15_000]
        else:
            names = ("synchronous_commit", "lock_timeout", "TimeZone")
            assert [connection.scalar(sa.text(f"SHOW {name}")) for name in names] == ["on", "15s", "UTC"]


@pytest.mark.parametrize(
    ("wanted", "weaker"),
    [
        ("journal_mode=WAL", "journal_mode=DELETE"),
        ("synchronous=FULL", "synchronous=NORMAL"),
        ("foreign_keys=ON", "foreign_keys=OFF"),
    ],
)
def test_a_sqlite_connection_that_could_lose_a_commit_is_refused(tmp_path: Path, wanted: str, weaker: str) -> None:
    url = sa.make_url(f"sqlite:///{tmp_path / 'weak.sqlite3'}")
    options = engine_options(url)
    driver = options["module"]

    class WeakCursor(driver.Cursor):
        def execute(self, statement: str, *rest: object) -> object:
            return super().execute(statement.replace(wanted, weaker), *rest)

    class WeakConnection(driver.Connection):
        def cursor(self, *_given: object) -> object:
            return super().cursor(WeakCursor)

    options["connect_args"] = {"factory": WeakConnection}
    engine = sa.create_engine(url, **options)
    prepare_engine(engine)
    with pytest.raises(DurabilityError, match=wanted.partition("=")[0]), engine.connect():
        pass


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_postgresql_connection_that_could_lose_a_commit_is_refused(database_url: str) -> None:
    url = sa.make_url(database_url)
    options = engine_options(url) | {"connect_args": {"options": "-c synchronous_commit=off"}}
    engine = sa.create_engine(url, **options)
    prepare_engine(engine)
    with pytest.raises(DurabilityError, match="synchronous_commit is off and should be on"), engine.connect():
        pass
    engine.dispose()


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_server_whose_default_is_weak_is_asked_for_durable_commits(make_app: Callable[..., Flask], database_url: str) -> None:
    server = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        name = sa.make_url(database_url).database
        connection.execute(sa.text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    server.dispose()
    with make_app().app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"


def test_a_sqlite_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    url = sa.make_url(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    engine = sa.create_engine(url, **engine_options(url))
    prepare_engine(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (n INTEGER)"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "new.sqlite3-wal" in modes


def test_an_error_never_quotes_what_was_written(app: Flask) -> None:
    with app.app_context(), pytest.raises(sa.exc.SQLAlchemyError) as failure:
        db.session.execute(sa.text("INSERT INTO no_such_table VALUES (:value)"), {"value": "risposta riservata"})
    assert "risposta riservata" not in str(failure.value)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_connection_that_died_while_idle_is_replaced_before_it_is_used(
    counting: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = counting.test_client()
    assert client.get("/probe/read").status_code == 200
    _kill_other_connections(counting)
    monkeypatch.setattr("app.database.IDLE_SECONDS_BEFORE_PING", 0.0)
    assert client.get("/probe/read").status_code == 200


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_busy_pool_has_one_failure_after_a_restart_and_then_works(counting: Flask) -> None:
    client = counting.test_client()
    assert client.get("/probe/read").status_code == 200
    _kill_other_connections(counting)
    assert [client.get("/probe/read").status_code for _ in range(3)] == [503, 200, 200]


def _kill_other_connections(app: Flask) -> None:
    with app.app_context():
        url = db.engine.url
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(sa.text(f"{kill} AND pid <> pg_backend_pid()"))
    engine.dispose()


def test_waiting_for_a_lock_ends(counting: Flask) -> None:
    """A hung writer must not hang everybody: the next gives up with an error that says nothing was saved."""
    with counting.app_context():
        engine = db.engine
    with engine.connect() as holder, engine.connect() as waiter:
        if engine.dialect.name == "sqlite":
            driver = waiter.connection.dbapi_connection
            assert driver is not None
            driver.cursor().execute("PRAGMA busy_timeout=200")
            holder.execute(sa.text(f"UPDATE {COUNTER} SET n = 1"))
            with pytest.raises(OperationalError, match="locked"):
                waiter.execute(sa.text("SELECT 1"))
        else:
            waiter.execute(sa.text("SET lock_timeout = 200"))
            holder.execute(sa.text(f"UPDATE {COUNTER} SET n = 1"))
            with pytest.raises(OperationalError, match="lock timeout"):
                waiter.execute(sa.text(f"UPDATE {COUNTER} SET n = 2"))


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_what_the_server_has_planned_outlives_the_end_of_a_transaction(app: Flask) -> None:
    planned = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%planned once%'")
    with app.app_context(), db.engine.connect() as connection:
        for number in range(8):
            connection.execute(sa.text("SELECT 'planned once', :number"), {"number": number})
            connection.rollback()
        assert connection.scalar(planned) == 1
        connection.rollback()
        with pytest.raises(DBAPIError):
            connection.execute(sa.text("SELECT 1 / 0"))
        connection.rollback()
        assert connection.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_rollback_on_a_lost_connection_drops_it(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(DBAPIError), db.engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        with db.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1
