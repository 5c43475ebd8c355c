"""Small pages of this folder's own, so that the plumbing is tested apart from the surfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g, request, session
from flask.testing import FlaskClient

from app.accounts.permission_table import ANYBODY, PERMISSIONS
from app.web.csrf import csrf_token


def _form() -> str:
    return csrf_token()


def _save() -> str:
    return "saved"


def _redisplay() -> tuple[str, int]:
    return (request.form.get("B01", ""), 400) if g.get("csrf_failed") else ("saved", 200)


def _new_session() -> str:
    session.clear()
    return "cleared"


def _big() -> str:
    return "<p>" + "parole " * 400


def _fail() -> str:
    raise ZeroDivisionError("Operatore A, 06 1234567")


PAGES: dict[str, tuple[str, list[str], Callable[..., Any]]] = {
    "probe_form": ("/probe/form", ["GET"], _form),
    "probe_save": ("/probe/save", ["POST", "PUT", "PATCH", "DELETE"], _save),
    "probe_redisplay": ("/probe/redisplay", ["POST"], _redisplay),
    "probe_new_session": ("/probe/new-session", ["GET"], _new_session),
    "probe_big": ("/probe/big", ["GET"], _big),
    "probe_fail": ("/probe/fail/<secret>", ["GET", "POST"], lambda secret: _fail()),
}


@pytest.fixture
def add_probes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Flask], Flask]:
    """Adds the small pages to an application that has not served anything yet."""

    def add(app: Flask) -> Flask:
        for endpoint, (rule, methods, view) in PAGES.items():
            monkeypatch.setitem(PERMISSIONS, endpoint, ANYBODY)
            app.add_url_rule(rule, endpoint, view, methods=methods)
        app.config["CSRF_REDISPLAY"] = app.config["CSRF_REDISPLAY"] | {"probe_redisplay"}
        return app

    return add


@pytest.fixture
def probed(make_app: Callable[..., Flask], add_probes: Callable[[Flask], Flask]) -> Flask:
    """An application with the small pages, in which a fault becomes a page as it does in production."""
    app = add_probes(make_app(PROPAGATE_EXCEPTIONS=False))
    app.test_client_class = FlaskClient  # the small pages are not whole documents
    return app


@pytest.fixture
def visitor(probed: Flask) -> FlaskClient:
    """A browser on it."""
    return probed.test_client()
