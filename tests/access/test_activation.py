"""The activation page: says for whom, sets the password by POST, is dead afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.links import entity_of_link
from app.extensions import db
from tests.access.browser import OURS, Browser
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TN, token_for
from tests.conftest import Clock

DEAD = "Questo link è scaduto o già usato. Richiedine uno nuovo."
NEW = "quattro parole messe qui"


@pytest.fixture
def path(app: Flask, now: dt.datetime) -> str:
    with app.app_context():
        path = f"/attiva/{token_for(SAMONE_TN, now)}"
        db.session.remove()
    return path


def test_the_page_says_for_which_entity(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.status_code == 200
    assert "Questo link è per Samone (TN)." in page.text
    assert 'value="Samone (TN)" autocomplete="username"' in page.text
    assert 'autocomplete="new-password"' in page.text


def test_a_post_sets_the_password_and_signs_in(browser: Browser, path: str, new_browser: Callable[[], Browser]) -> None:
    done = browser.send(browser.get(path), path, {"password": NEW})
    assert (done.status_code, done.location) == (303, "/operatore?next=/compila")
    assert browser.get("/ente/prova").json["entity"] == SAMONE_TN
    assert "La password è impostata." in browser.get("/operatore").text
    assert new_browser().sign_in("Samone (TN)", NEW).status_code == 303
    dead = new_browser().get(path)
    assert (dead.status_code, DEAD in dead.text) == (410, True)


def test_a_scanner_that_follows_the_link_does_not_use_it(app: Flask, browser: Browser, path: str) -> None:
    scanner = FlaskClient(app, app.response_class)
    for _ in range(3):
        assert browser.get(path).status_code == 200
        assert scanner.head(path).status_code == 200
        assert scanner.options(path).status_code == 200
    assert browser.client.post(path, data={"password": NEW}).status_code == 400
    assert browser.client.post(path, data={"password": NEW}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert browser.send(browser.get(path), path, {"password": NEW}).status_code == 303


def test_a_second_use_of_the_open_form_is_dead(browser: Browser, path: str, new_browser: Callable[[], Browser]) -> None:
    other = new_browser()
    open_form = other.get(path)
    browser.send(browser.get(path), path, {"password": NEW})
    dead = other.send(open_form, path, {"password": "un'altra password lunga"})
    assert (dead.status_code, DEAD in dead.text) == (410, True)
    assert other.cookie() is None
    assert new_browser().sign_in("Samone (TN)", NEW).status_code == 303


def test_an_expired_link_is_dead(browser: Browser, path: str, clock: Clock) -> None:
    open_form = browser.get(path)
    clock.move(days=30)
    assert browser.get(path).status_code == 410
    assert browser.send(open_form, path, {"password": NEW}).status_code == 410


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "a" * 3000, "%F0%9F%92%A9"])
def test_a_link_of_nobody_is_dead(browser: Browser, token: str) -> None:
    assert browser.get(f"/attiva/{token}").status_code == 410


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("", "Scrivi una password di almeno 10 caratteri."),
        ("corta", "Scegli una password più lunga: almeno 10 caratteri."),
        ("samonesamone", "Questa password si indovina facilmente."),
        ("password2026", "Questa password è tra le più usate."),
    ],
)
def test_a_weak_password_is_explained_and_the_link_stays_good(
    app: Flask, browser: Browser, path: str, now: dt.datetime, password: str, text: str
) -> None:
    refused = browser.send(browser.get(path), path, {"password": password})
    assert refused.status_code == 422
    assert f'<a href="#password">{text}' in refused.text
    with app.app_context():
        assert entity_of_link(path.rpartition("/")[2], now).code == SAMONE_TN
    assert browser.send(refused, path, {"password": NEW}).status_code == 303


def test_a_hostile_host_changes_no_address(browser: Browser, path: str) -> None:
    for headers in ({"Host": "cattivo.example"}, {"X-Forwarded-Host": "cattivo.example"}):
        answer = browser.client.get(path, headers=headers)
        assert "cattivo.example" not in answer.text
        assert "cattivo.example" not in str(answer.headers)


def test_activation_ends_the_sessions_and_the_password_before(
    app: Flask, browser: Browser, now: dt.datetime, new_browser: Callable[[], Browser]
) -> None:
    browser.sign_in()
    assert browser.get("/ente/prova").status_code == 200
    with app.app_context():
        path = f"/attiva/{token_for(AGLIE, now)}"
        db.session.remove()
    assert browser.get("/ente/prova").status_code == 200
    other = new_browser()
    other.send(other.get(path), path, {"password": NEW})
    assert browser.get("/ente/prova").status_code == 303
    assert new_browser().sign_in("Agliè", PASSWORD).status_code == 401
    assert other.get("/ente/prova").status_code == 200


def test_no_page_that_follows_carries_the_link_in_its_address(browser: Browser, path: str) -> None:
    done = browser.send(browser.get(path), path, {"password": NEW}, headers={**OURS, "Referer": f"http://localhost{path}"})
    assert path.rpartition("/")[2] not in done.location
    assert done.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert done.headers["Cache-Control"] == "no-store"
