"""Pages that are kept for everybody: never with somebody's session in them; the menu of what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.sessions import open_session
from app.extensions import db
from app.practices.record import PublicRecord
from app.public import menu as menus
from app.registry.entities import find_by_code
from tests.fill.person import Screen
from tests.public.conftest import Stage
from tests.public_practices import add_practices, practice_row, publish_all
from tests.registry_rows import add_municipalities
from tests.roles.world import SESSION_COOKIE

FIRENZE = "048017"


@pytest.fixture
def code(app: Flask, bring: Stage, now: dt.datetime) -> str:
    """Of a practice that is published."""
    with app.app_context():
        add_municipalities()
        (found,) = add_practices([practice_row(FIRENZE, PublicRecord("Sportello", "families"), now)])
        publish_all(now)
    bring("open")
    return found


def test_who_has_signed_in_gets_a_page_that_nobody_keeps(
    app: Flask, client: FlaskClient, new_client: Callable[[], FlaskClient], code: str, now: dt.datetime
) -> None:
    with app.app_context():
        entity = find_by_code(FIRENZE)
        assert entity is not None
        token = open_session(entity.id, now)
        db.session.commit()
    signed = new_client()
    signed.set_cookie(SESSION_COOKIE, token, domain="localhost")
    for path in ("/pratiche", f"/pratiche/{code}"):
        before = client.get(path)
        own = signed.get(path, headers={"If-None-Match": before.headers["ETag"]})
        assert own.status_code == 200
        assert "ETag" not in own.headers
        assert own.headers["Cache-Control"] == "no-store"
        assert "/esci" in own.text
        after = client.get(path)
        assert "/esci" not in after.text and "csrf_token" not in after.text
        assert after.text == before.text
        assert Screen(own).page.all("h1")[0].text == Screen(after).page.all("h1")[0].text


def test_the_menu_marks_the_page_above_the_shown_one(app: Flask, monkeypatch: pytest.MonkeyPatch, client: FlaskClient) -> None:
    monkeypatch.setattr(menus, "PAGES", (("public.practices", "Una"), ("public.results", "Terza")))
    with app.test_request_context():
        items = menus.menu("public.practice_page")
    assert [(item.address, item.text, item.current) for item in items] == [
        ("/pratiche", "Una", "true"),
        ("/risultati", "Terza", ""),
    ]
    assert "site-menu" in client.get("/aiuto").text
    assert "site-menu" not in client.get("/gestione/accedi").text
