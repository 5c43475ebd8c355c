"""Four municipalities, one of them activated, and a page of the tests' own that only an operator may use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, g, jsonify, request
from flask.testing import FlaskClient

from app.accounts.permission_table import ENTITY, OPERATOR, PERMISSIONS
from app.accounts.permissions import signed_in
from app.extensions import db
from tests.access.browser import Browser
from tests.accounts.few import AGLIE, activate, load_few


@pytest.fixture
def app(app: Flask, monkeypatch: pytest.MonkeyPatch, now: dt.datetime, tmp_path: Path) -> Flask:
    def page() -> object:
        identity = signed_in()
        assert identity is not None
        typed = [[name, value] for name, value in request.form.items(multi=True) if name != "csrf_token"]
        return jsonify(
            entity=identity.entity_code, operator=identity.operator_name, typed=typed, csrf_failed=g.get("csrf_failed", False)
        )

    app.add_url_rule("/compila/prova", "test.page", page, methods=["GET", "POST"])
    app.add_url_rule("/ente/prova", "test.entity", page, methods=["GET", "POST"])
    monkeypatch.setitem(PERMISSIONS, "test.page", OPERATOR)
    monkeypatch.setitem(PERMISSIONS, "test.entity", ENTITY)
    app.config["CSRF_REDISPLAY"] |= {"test.page"}
    with app.app_context():
        load_few(tmp_path, now)
        activate(AGLIE, now)
        db.session.remove()
    return app


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()


@pytest.fixture
def new_browser(app: Flask, new_client: Callable[[], FlaskClient]) -> Iterator[Callable[[], Browser]]:
    yield lambda: Browser(new_client())
