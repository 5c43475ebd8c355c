"""Fixtures that every test may ask for: an application on each database, a client that reads every page, a clock to set.

`app` runs a test twice, on SQLite and on a real PostgreSQL, each time on a database of its own with the schema and no rows.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app, has_app_context
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.orm import Session, scoped_session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import db
from tests.databases import KINDS, Databases
from tests.pages import problems_of

MIGRATIONS = Path(__file__).parents[1] / "app" / "migrations"
for _name in [name for name in os.environ if name.startswith("RICOGNIZIONE_") and "_TEST_" not in name]:
    del os.environ[_name]  # a developer's own installation does not decide what the tests see

START = dt.datetime(2026, 3, 16, 9, 0, tzinfo=dt.UTC)


LONG = (
    "e2e/test_desk.py",
    "e2e/test_journey.py",
    "e2e/test_leads.py",
    "e2e",
    "roles",
    "documents",
    "chasing/test_figures.py",
    "mail/test_crashes.py",
    "mail/test_commands.py",
    "demo/test_demo.py",
)
"""Files that take long, and folders of them, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first: where several processes share the work, none waits for one at the end."""
    turns = {Path(__file__).parent / name: turn for turn, name in enumerate(LONG)}
    items.sort(
        key=lambda item: min((turns[path] for path in (item.path, *item.path.parents) if path in turns), default=len(LONG))
    )


class CompiledTemplates(BytecodeCache):
    """Templates compiled once for all applications of a process: each test has one of its own."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = CompiledTemplates()


class CompiledStatements(dict[Any, Any]):
    """Statements compiled once for all engines of a kind, which each application has of its own. SQLAlchemy's key begins with
    the engine's dialect; two of a kind say the same."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


STATEMENTS = {kind: CompiledStatements() for kind in KINDS}


def _remember_routes() -> None:
    """Werkzeug compiles for each rule how its address is built, once for all applications of a process: that was four fifths
    of making one. What is compiled finds its converters in the rule that it is bound to, so that the key holds all it knows."""
    compile_builder = Rule._compile_builder
    known: dict[Any, Any] = {}

    def look_up(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, *rule._trace, append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    Rule._compile_builder = look_up


_remember_routes()


class Clock:
    """The application's clock in tests: it stands still until it is set or moved."""

    def __init__(self, start: dt.datetime) -> None:
        self.instant = start

    def __call__(self) -> dt.datetime:
        return self.instant

    def set(self, instant: dt.datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self.instant = instant

    def move(self, **span: float) -> dt.datetime:
        """Move by the arguments of timedelta, `clock.move(hours=1)`, and give the new instant."""
        self.instant += dt.timedelta(**span)
        return self.instant


class CheckedClient(FlaskClient):
    """A client that fails on a page that is not well made, and whose requests share nothing with the test but the database.

    Each request runs in an empty context, because Flask reuses an application context that the test holds open, and `g` of
    one request would leak into the next. The test's own transaction is rolled back first: it would block a writer on SQLite,
    and a domain function that forgot to commit must show.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if has_app_context() and "sqlalchemy" in current_app.extensions:
            db.session.rollback()
        if self.preserve_context:
            response = super().open(*args, **kwargs)
        else:
            response = contextvars.Context().run(super().open, *args, **kwargs)
        is_page = response.mimetype == "text/html" and response.status_code not in range(300, 400)
        if is_page and response.request.method != "HEAD":
            problems = problems_of(response.get_data(as_text=True))
            assert not problems, f"{response.request.method} {response.request.path}:\n" + "\n".join(problems)
        return response


def create(url: str, folder: Path, **overrides: Any) -> Flask:
    """An application on this database."""
    app = create_app({"TESTING": True, "database_url": url, "instance_path": str(folder), **overrides})
    with app.app_context():
        db.engine.update_execution_options(compiled_cache=STATEMENTS[db.engine.dialect.name])
    return app


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes databases: `databases.fresh("sqlite")` with the schema, `databases.empty("postgresql")` without a table."""
    folder = tmp_path_factory.mktemp("databases")

    def build_schema(url: str) -> None:
        app = create(url, tmp_path_factory.mktemp("instance"))
        with app.app_context():
            if any((MIGRATIONS / "versions").glob("*.py")):
                from flask_migrate import upgrade

                upgrade(directory=str(MIGRATIONS))
            else:
                db.create_all()
            db.session.remove()
            db.engine.dispose()

    made = Databases(folder, build_schema)
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(databases: Databases, database_kind: str) -> Iterator[str]:
    """The address of a database of this test's own, with the schema and no rows."""
    url = databases.lend(database_kind)
    yield url
    databases.give_back(url)


@pytest.fixture
def clock() -> Clock:
    """The application's clock: `clock.set(instant)`, `clock.move(hours=1)`."""
    return Clock(START)


@pytest.fixture
def now(clock: Clock) -> dt.datetime:
    """The instant at which the test begins."""
    return clock()


@pytest.fixture
def make_app(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Flask]]:
    """Makes applications on this test's database with settings of the test's choice: `make_app(base_url="https://…")`."""
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        app = create(database_url, tmp_path, **{"CLOCK": clock, **overrides})
        app.test_client_class = CheckedClient
        app.jinja_env.bytecode_cache = TEMPLATES
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Flask:
    """The application, on SQLite and on PostgreSQL; `@pytest.mark.settings(name=value)` overrides settings."""
    overrides: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("settings"))):
        overrides.update(mark.kwargs)
    return make_app(**overrides)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session; every page that it receives is checked by `tests.pages`."""
    return app.test_client()


@pytest.fixture
def new_client(app: Flask) -> Callable[[], FlaskClient]:
    """Makes further browsers, each with cookies of its own."""
    return app.test_client


@pytest.fixture
def db_session(app: Flask) -> Iterator[scoped_session[Session]]:
    """The session of an open application context. What the test writes here it commits before the next request."""
    with app.app_context():
        yield db.session
        db.session.rollback()
