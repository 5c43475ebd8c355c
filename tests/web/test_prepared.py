"""Prepared statements convert as SQLAlchemy's do, fail as they do, and hold nothing behind."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError

from app.database import UTCDateTime
from app.extensions import db
from app.prepared import Prepared

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=1)))
TABLE = sa.Table(
    "prepared_probe",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), unique=True),
    sa.Column("sure", sa.Boolean),
    sa.Column("at", UTCDateTime()),
    sa.Column("made", sa.Integer, default=7),
)
ADD = Prepared(sa.insert(TABLE).inline())
FIND = Prepared(sa.select(TABLE.c.at, TABLE.c.sure, TABLE.c.id).where(TABLE.c.name == sa.bindparam("wanted"), TABLE.c.made > 3))
RENAME = Prepared(sa.update(TABLE).where(TABLE.c.id == sa.bindparam("which")).values(name=sa.bindparam("name")))


@pytest.fixture
def row(app: Flask) -> Iterator[dict[str, Any]]:
    """A table of its own with one row, added by a prepared statement and committed."""
    values = {"id": 1, "name": "Arsiè", "sure": True, "at": NOON, "made": 9}
    with app.app_context():
        TABLE.create(db.session.connection())
        ADD.run(db.session.connection(), values)
        db.session.commit()
        yield values
        db.session.rollback()
        TABLE.drop(db.session.connection(), checkfirst=True)
        db.session.commit()


@pytest.mark.usefixtures("row")
def test_values_come_back_as_their_columns_have_them() -> None:
    expected = [NOON.astimezone(dt.UTC), True, 1]
    for found in (
        FIND.row(db.session.connection(), {"wanted": "Arsiè"}),
        FIND.row_alone(db.engine, {"wanted": "Arsiè"}),
        db.session.execute(sa.select(TABLE.c.at, TABLE.c.sure, TABLE.c.id)).one(),
    ):
        assert list(found or ()) == expected
    assert FIND.row_alone(db.engine, {"wanted": "Arsie"}) is None


@pytest.mark.usefixtures("row")
def test_a_change_belongs_to_the_transaction_of_its_connection() -> None:
    RENAME.run(db.session.connection(), {"which": 1, "name": "Feltre"})
    assert FIND.row_alone(db.engine, {"wanted": "Feltre"}) is None
    db.session.rollback()
    assert FIND.row(db.session.connection(), {"wanted": "Arsiè"}) is not None
    RENAME.run(db.session.connection(), {"which": 1, "name": "Feltre"})
    db.session.commit()
    assert FIND.row_alone(db.engine, {"wanted": "Feltre"}) is not None


@pytest.mark.usefixtures("row")
def test_a_row_read_alone_leaves_no_transaction_and_the_next_user_of_its_connection_has_one() -> None:
    db.session.rollback()
    FIND.row_alone(db.engine, {"wanted": "Arsiè"})
    with db.engine.connect() as connection:
        connection.execute(sa.update(TABLE).values(name="Feltre"))
    assert FIND.row_alone(db.engine, {"wanted": "Arsiè"}) is not None


def test_errors_are_the_library_s_and_tell_no_values(row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as caught:
        ADD.run(db.session.connection(), row)
    db.session.rollback()
    assert "INSERT INTO prepared_probe" in str(caught.value)
    assert "2026" not in str(caught.value.statement)
    TABLE.drop(db.session.connection())
    db.session.commit()
    with pytest.raises(sa.exc.DBAPIError):
        FIND.row_alone(db.engine, {"wanted": "Arsiè"})


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.usefixtures("row")
def test_a_connection_that_is_lost_is_not_used_again() -> None:
    connection = db.session.connection()
    own = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    with db.engine.connect() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
    with pytest.raises(OperationalError) as caught:
        FIND.row(connection, {"wanted": "Arsiè"})
    assert caught.value.connection_invalidated
    db.session.rollback()
    assert FIND.row_alone(db.engine, {"wanted": "Arsiè"}) is not None


OWN = Prepared(sa.select(sa.literal_column("pg_backend_pid()").label("pid")))


def _alive(pid: int) -> bool:
    """Whether this backend of the server's is there, when it has had a moment to go."""
    for _ in range(50):
        with db.engine.connect() as other:
            if not other.execute(sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}).scalar_one():
                return False
        time.sleep(0.02)
    return True


def _own_pid() -> int:
    return int((OWN.row_alone(db.engine, {}) or [0])[0])


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.usefixtures("row")
def test_statements_alone_share_a_connection_that_goes_with_the_engine_s() -> None:
    first = _own_pid()
    assert _own_pid() == first, "the same again"
    with db.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one() != first, "it is none of the pool's"
    db.session.remove()
    db.engine.dispose()
    assert not _alive(first)
    assert _own_pid() != first


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.usefixtures("row")
def test_a_connection_of_its_own_that_was_lost_or_met_an_error_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = _own_pid()
    with db.engine.connect() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": lost})
    assert not _alive(lost)
    with pytest.raises(OperationalError) as caught:
        _own_pid()
    assert caught.value.connection_invalidated
    after = _own_pid()
    assert after != lost
    with pytest.raises(IntegrityError):
        ADD.run_alone(db.engine, {"id": 1, "name": "Feltre", "sure": True, "at": NOON, "made": 9})
    assert not _alive(after)
    again = _own_pid()
    with db.engine.connect() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": again})
    assert not _alive(again)
    monkeypatch.setattr("app.prepared.IDLE_SECONDS_BEFORE_PING", 0.0)
    assert _own_pid() != again, "after a pause it is asked first whether the server is still there"


def test_without_a_server_the_error_is_the_library_s() -> None:
    away = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError):
        OWN.row_alone(away, {})


@pytest.mark.usefixtures("row")
def test_what_differs_each_time_is_refused() -> None:
    several = Prepared(sa.select(TABLE.c.id).where(TABLE.c.name.in_(sa.bindparam("names", expanding=True))))
    with pytest.raises(TypeError, match="cannot be prepared"):
        several.row_alone(db.engine, {"names": ["Arsiè"]})
    with pytest.raises(TypeError, match="cannot be prepared"):
        Prepared(sa.insert(TABLE).inline()).run(
            db.session.connection(), {"id": 2, "name": "Feltre"}
        )  # its column has a default
