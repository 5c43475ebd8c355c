"""The fixtures keep what they promise."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, Response, g
from sqlalchemy.orm import Session, scoped_session

from app import clock as app_clock
from tests.conftest import LONG, START, CheckedClient, Clock


def test_app_runs_on_the_database_that_it_is_asked_for(db_session: scoped_session[Session], database_kind: str) -> None:
    assert db_session.get_bind().dialect.name == database_kind
    assert db_session.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(db_session: scoped_session[Session], turn: int) -> None:
    tables = sa.inspect(db_session.get_bind()).get_table_names()
    assert "left_behind" not in tables
    db_session.execute(sa.text("CREATE TABLE left_behind (n INTEGER)"))
    db_session.commit()


def test_the_clock_of_the_application_is_the_one_of_the_test(app: Flask, clock: Clock, now: dt.datetime) -> None:
    with app.app_context():
        assert app_clock.now() == now == START
        clock.move(days=1)
        assert app_clock.now() == START + dt.timedelta(days=1)


def test_the_files_that_take_long_exist() -> None:
    assert [name for name in LONG if not (Path(__file__).parent / name).exists()] == []


@pytest.fixture
def bare_app() -> Flask:
    """A Flask application of two pages and no database."""
    app = Flask(__name__)
    app.test_client_class = CheckedClient
    numbers = itertools.count()
    app.add_url_rule("/ricordo", "ricordo", lambda: Response(str(g.setdefault("number", next(numbers))), mimetype="text/plain"))
    app.add_url_rule("/rotta", "rotta", lambda: "<p>Manca tutto")
    return app


def test_one_request_leaves_nothing_in_g_for_the_next(bare_app: Flask) -> None:
    with bare_app.app_context():
        client = bare_app.test_client()
        assert [client.get("/ricordo").text for _ in range(3)] == ["0", "1", "2"]
        assert "number" not in g


def test_the_client_refuses_a_page_that_is_not_well_made(bare_app: Flask) -> None:
    with pytest.raises(AssertionError, match="one h1"):
        bare_app.test_client().get("/rotta")
