"""Who fills in: remembered under the entity, skipped when known, never of another entity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask

from app.accounts.operators import add_operator, list_operators
from app.extensions import db
from tests.access.browser import Browser
from tests.accounts.few import AGLIE, SAMONE_TN, activate, entity

TYPED = {"name": "Operatore A", "office": "Ufficio", "email": "a@comune.esempio.it", "phone": ""}


@pytest.fixture
def stranger(app: Flask, now: dt.datetime) -> int:
    """An operator of another entity."""
    with app.app_context():
        samone = activate(SAMONE_TN, now, "quattro parole messe qui")
        known = add_operator(
            samone.id, name="Operatore Riservato", office="Segreteria", email="s@comune.esempio.it", phone="", now=now
        )
        db.session.remove()
    return known


def test_an_operator_of_another_entity_is_neither_shown_nor_taken(browser: Browser, stranger: int) -> None:
    browser.sign_in()
    page = browser.get("/operatore")
    assert "Riservato" not in page.text
    refused = browser.send(page, "/operatore", {"operator_id": str(stranger)})
    assert refused.status_code == 422
    assert "Questa persona non è nell&#39;elenco" in refused.text
    assert browser.get("/ente/prova").json["operator"] is None


@pytest.mark.parametrize("forged", ["0", "-1", "x", "9" * 30, "1; DROP TABLE operator", "²"])
def test_a_forged_id_is_nobody(browser: Browser, forged: str) -> None:
    browser.sign_in()
    assert browser.send(browser.get("/operatore"), "/operatore", {"operator_id": forged}).status_code == 422
    assert browser.get("/ente/prova").json["operator"] is None


def test_the_same_device_is_not_asked_again(browser: Browser, new_browser: Callable[[], Browser]) -> None:
    browser.sign_in()
    browser.say_who()
    browser.send(browser.get("/operatore"), "/esci", {})
    assert browser.sign_in().location == "/compila"
    assert browser.get("/compila/prova").json["operator"] == "Operatore A"
    assert new_browser().sign_in().location == "/operatore?next=/compila"


def test_another_device_offers_those_who_filled_in_before(browser: Browser, new_browser: Callable[[], Browser]) -> None:
    browser.sign_in()
    browser.say_who("Operatore A")
    browser.say_who("Operatore B")
    other = new_browser()
    other.sign_in()
    page = other.get("/operatore?next=/ente/prova")
    assert page.text.index("Continua come Operatore A") < page.text.index("Continua come Operatore B")
    chosen = other.client.post(
        "/operatore",
        data={"csrf_token": _token(page.text), "next": "/ente/prova", "operator_id": _button_of(page.text, "Operatore B")},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert chosen.location == "/ente/prova"
    assert other.get("/ente/prova").json["operator"] == "Operatore B"
    assert "compila Operatore B" in other.get("/operatore").text


@pytest.mark.parametrize(
    ("wrong", "target", "text"),
    [
        ({"name": "  "}, "name", "Scrivi nome e cognome."),
        ({"office": ""}, "office", "Scrivi l&#39;ufficio, per esempio Servizi sociali."),
        ({"email": ""}, "email", "Scrivi un indirizzo e-mail"),
        ({"email": "ufficio"}, "email", "Controlla l&#39;indirizzo e-mail"),
        ({"email": "a@b.it\r\nBcc: c@d.it"}, "email", "Controlla l&#39;indirizzo e-mail"),
        ({"phone": "chiamare Piero"}, "phone", "Scrivi il numero con le sole cifre"),
        ({"name": "a" * 201}, "name", "Scrivi al massimo 200 caratteri."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    app: Flask, browser: Browser, wrong: dict[str, str], target: str, text: str
) -> None:
    browser.sign_in()
    refused = browser.send(browser.get("/operatore"), "/operatore", {**TYPED, **wrong})
    assert refused.status_code == 422
    assert f'<a href="#{target}">{text}' in refused.text
    assert f'id="{target}-error"' in refused.text
    described = "office-hint office-error" if target == "office" else f"{target}-error"
    assert f'aria-describedby="{described}" aria-invalid="true"' in refused.text
    with app.app_context():
        assert list_operators(entity(AGLIE).id) == []


def test_what_was_typed_comes_back_with_the_error(browser: Browser) -> None:
    browser.sign_in()
    refused = browser.send(browser.get("/operatore"), "/operatore", {**TYPED, "name": 'Operatore "A" <b>', "email": "ufficio"})
    assert 'value="Operatore &#34;A&#34; &lt;b&gt;"' in refused.text
    assert 'value="ufficio"' in refused.text


def test_fields_can_be_filled_by_the_browser(browser: Browser) -> None:
    browser.sign_in()
    page = browser.get("/operatore").text
    for name, hint in (("name", "name"), ("email", "email"), ("phone", "tel")):
        assert f'name="{name}" value="" autocomplete="{hint}"' in page


def test_a_page_for_operators_asks_who_first(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/compila/prova").location == "/operatore?next=/compila/prova"
    assert browser.get("/ente/prova").status_code == 200


def test_operators_are_for_those_signed_in(browser: Browser) -> None:
    assert browser.get("/operatore").location == "/accedi?next=/operatore"


def _token(page: str) -> str:
    return page.rpartition('name="csrf_token" value="')[2].partition('"')[0]


def _button_of(page: str, name: str) -> str:
    return page.partition(f">Continua come {name}<")[0].rpartition('name="operator_id" value="')[2].partition('"')[0]
