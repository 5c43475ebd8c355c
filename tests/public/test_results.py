"""`/risultati`: the figures of the edition for everybody, from its opening on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.chasing import board
from app.editions.current import current_edition
from app.extensions import db
from app.registry.models import Entity
from app.responses.models import Response
from tests.conftest import START, Clock
from tests.fill.person import Screen
from tests.public.conftest import Stage
from tests.registry_rows import add_municipalities


def rows(page: Screen) -> dict[str, list[str]]:
    """Region → the cells of its row."""
    found: dict[str, list[str]] = {}
    name = ""
    for cell in page.page.all("th", "td"):
        if cell.attributes.get("scope") == "row":
            name = cell.text
            found[name] = []
        elif cell.tag == "td":
            found[name].append(cell.text)
    return found


def answer(app: Flask, *codes: str) -> None:
    with app.app_context():
        edition = current_edition()
        assert edition is not None
        for code in codes:
            entity_id = db.session.execute(sa.select(Entity.id).where(Entity.code == code)).scalar_one()
            values = {
                "edition_id": edition.id,
                "entity_id": entity_id,
                "definition_id": edition.definition_id,
                "document": "{}",
            }
            times = {"opened_at": START, "last_activity": START, "submitted_at": START}
            db.session.execute(sa.insert(Response).values(**values, **times, status="submitted", submitted_as="answer"))
        db.session.commit()


@pytest.fixture
def towns(app: Flask) -> None:
    with app.app_context():
        add_municipalities()


@pytest.mark.parametrize("stage", ["none", "draft", "pilot", "soon"])
def test_before_the_opening_there_is_nothing_to_show(client: FlaskClient, bring: Stage, towns: None, stage: str) -> None:
    bring(stage)
    page = Screen(client.get("/risultati"))
    assert (page.status, page.page.all("table")) == (200, [])
    assert "Non c'è ancora nulla da mostrare" in page.text
    assert 'href="/risultati"' not in client.get("/").text.split("<main")[1].split("<footer")[0]


@pytest.mark.parametrize("stage", ["open", "last day", "closed", "published"])
def test_from_the_opening_on_the_numbers_are_shown(
    app: Flask, client: FlaskClient, bring: Stage, towns: None, stage: str
) -> None:
    bring(stage)
    answer(app, "048017")
    page = Screen(client.get("/risultati"))
    found = rows(page)
    assert found["Toscana"] == ["1", "1", "0", "1", "100,0%", "100,0%"]
    assert found["Piemonte"] == ["1", "0", "0", "0", "0,0%", "0,0%"]
    assert (len(page.with_class("table-stacked")), page.unnamed_cells()) == (1, [])
    assert found["Italia"][:5] == ["5", "1", "0", "1", "20,0%"]
    assert [share.text for share in page.with_class("results-share")] == [
        row[4] for name, row in found.items() if name != "Italia"
    ]
    assert 'href="/risultati"' in client.get("/").text.split("<main")[1].split("<footer")[0]


def test_the_page_says_of_when_its_numbers_are_and_keeps_them_a_minute(
    app: Flask, client: FlaskClient, bring: Stage, towns: None, clock: Clock
) -> None:
    bring("open")
    assert "Dati del 16 marzo 2026, 10:00." in client.get("/risultati").text
    answer(app, "048017")
    clock.move(seconds=59)
    assert rows(Screen(client.get("/risultati")))["Italia"][1] == "0"
    clock.move(seconds=1)
    page = Screen(client.get("/risultati"))
    assert "Dati del 16 marzo 2026, 10:01." in page.text
    assert rows(page)["Italia"][1] == "1"


def test_a_visit_within_the_minute_counts_nothing(
    client: FlaskClient, bring: Stage, towns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring("open")
    client.get("/risultati")
    monkeypatch.setattr(board, "refresh_respondents", lambda *about: pytest.fail("counted"))
    assert client.get("/risultati").status_code == 200


def test_who_has_not_signed_in_asks_again_with_an_etag_and_no_other_cache_keeps_the_page(
    client: FlaskClient, bring: Stage, towns: None, clock: Clock
) -> None:
    bring("open")
    page = client.get("/risultati")
    tag = page.headers["ETag"]
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in page.headers
    again = client.get("/risultati", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/risultati?anno=2025", headers={"If-None-Match": tag}).status_code == 200
    client.get("/?lingua=en")
    assert client.get("/risultati", headers={"If-None-Match": tag}).status_code == 200
    client.get("/?lingua=it")
    assert client.get("/risultati", headers={"If-None-Match": tag}).status_code == 304
    clock.move(seconds=60)
    assert client.get("/risultati", headers={"If-None-Match": tag}).status_code == 200


def test_every_browser_without_a_session_is_given_the_same_page_and_no_cookie(
    new_client: Callable[[], FlaskClient], bring: Stage, towns: None
) -> None:
    bring("open")
    first, second = new_client().get("/risultati"), new_client().get("/risultati")
    assert (first.status_code, first.text, first.headers["ETag"]) == (200, second.text, second.headers["ETag"])
    again = new_client().get("/risultati", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for given in (first, second, again):
        assert "Set-Cookie" not in given.headers
    assert "csrf" not in first.text and '<form method="post"' not in first.text


def test_the_foot_of_every_page_leads_there(client: FlaskClient) -> None:
    assert 'href="/risultati"' in client.get("/").text.split("<footer")[1]
