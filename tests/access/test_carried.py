"""A page posted after its session's end: what was typed goes through signing in and can be saved with one button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.access.browser import OURS, Browser, forms_of
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TN, activate
from tests.conftest import Clock

TYPED = [
    ("B01", "own"),
    ("B02", "a"),
    ("B02", "b"),
    ("B03.text", 'due righe\r\n"tra virgolette" <b>è</b> & così'),
    ("B04", ""),
    ("csrf_token_of_mine", "1"),
    ("azione", "esci"),
]
WAITING = "Le risposte che avevi scritto non sono ancora salvate"


def form_token(browser: Browser) -> str:
    """A good token of this browser's form session, as any open page of it holds one."""
    page = browser.get("/accedi")
    return dict(forms_of(page if page.status_code == 200 else browser.get("/operatore"))[-1].fields)["csrf_token"]


def post_typed(browser: Browser, headers: dict[str, str] = OURS) -> TestResponse:
    fields = MultiDict([*TYPED, ("csrf_token", form_token(browser))])
    return browser.client.post("/compila/prova?pagina=2", data=fields, headers=headers)


@pytest.fixture
def expired(browser: Browser, clock: Clock) -> Browser:
    """Signed in as Agliè with an operator, and away for a night."""
    browser.sign_in()
    browser.say_who()
    clock.move(hours=9)
    return browser


def saved(page: TestResponse, browser: Browser) -> object:
    """What arrives when the one button of the page is pressed."""
    return browser.send(page, "/compila/prova?pagina=2", {}).json


def test_what_was_typed_goes_through_signing_in(expired: Browser) -> None:
    refused = post_typed(expired)
    assert refused.status_code == 401
    assert "La sessione è finita mentre scrivevi." in refused.text
    assert 'value="Agliè (TO)"' in refused.text, "the entity is filled in"
    page = expired.send(refused, "/accedi", {"password": PASSWORD})
    assert page.status_code == 200
    assert WAITING in page.text
    assert "Saranno salvate per Agliè (TO)." in page.text
    arrived = saved(page, expired)
    assert arrived == {
        "entity": AGLIE,
        "operator": "Operatore A",
        "typed": [[name, value] for name, value in TYPED],
        "csrf_failed": False,
    }


def test_a_wrong_password_on_the_way_loses_nothing(expired: Browser) -> None:
    page = expired.send(post_typed(expired), "/accedi", {"password": "sbagliata sbagliata"})
    assert page.status_code == 401
    page = expired.send(page, "/accedi", {"entity": "", "password": ""})
    assert page.status_code == 422
    page = expired.send(page, "/accedi", {"entity": "Agliè", "password": PASSWORD})
    assert saved(page, expired)["typed"] == [[name, value] for name, value in TYPED]


def test_it_goes_through_saying_who_too(expired: Browser) -> None:
    refused = post_typed(expired)
    expired.client.delete_cookie("ricognizione-dispositivo")
    asked = expired.send(refused, "/accedi", {"password": PASSWORD})
    assert (asked.status_code, "Chi compila?" in asked.text) == (200, True)
    wrong = expired.send(asked, "/operatore", {"name": "", "office": "", "email": ""})
    assert wrong.status_code == 422
    page = expired.send(wrong, "/operatore", {"name": "Operatore B", "office": "Ufficio", "email": "b@comune.esempio.it"})
    assert WAITING in page.text
    arrived = saved(page, expired)
    assert (arrived["operator"], arrived["typed"]) == ("Operatore B", [[name, value] for name, value in TYPED])


def test_a_session_without_an_operator_keeps_it_as_well(browser: Browser) -> None:
    browser.sign_in()
    asked = post_typed(browser)
    assert asked.status_code == 403
    page = browser.send(asked, "/operatore", {"name": "Operatore B", "office": "Ufficio", "email": "b@comune.esempio.it"})
    assert saved(page, browser)["typed"] == [[name, value] for name, value in TYPED]


def test_an_old_form_token_does_not_stop_it(expired: Browser) -> None:
    expired.client.delete_cookie("ricognizione-form")
    refused = expired.client.post("/compila/prova?pagina=2", data=MultiDict(TYPED), headers=OURS)
    assert refused.status_code == 401
    page = expired.send(refused, "/accedi", {"password": PASSWORD})
    assert saved(page, expired)["typed"] == [[name, value] for name, value in TYPED]


@pytest.mark.parametrize(
    ("headers", "status", "carried"),
    [
        (OURS, 401, True),
        ({"Origin": "http://127.0.0.1:8000"}, 401, True),
        ({"Origin": "http://cattivo.example"}, 400, False),
        ({"Origin": "null"}, 400, False),
        ({}, 401, False),
        ({"Sec-Fetch-Site": "none"}, 401, False),
    ],
)
def test_only_what_our_own_page_sent_is_carried(expired: Browser, headers: dict[str, str], status: int, carried: bool) -> None:
    refused = post_typed(expired, headers)
    assert refused.status_code == status
    assert ("carried:B01" in refused.text) == carried


def test_another_site_cannot_slip_answers_into_the_sign_in_page(browser: Browser) -> None:
    slipped = {"carried_path": "/compila/prova", "carried:B01": "slipped"}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://cattivo.example"}):
        assert "slipped" not in browser.client.post("/accedi", data=slipped, headers=headers).text
    assert 'name="carried' not in browser.get("/accedi?carried_path=/compila/prova&carried:B01=slipped").text


@pytest.mark.parametrize("path", ["https://cattivo.example/", "//cattivo.example", "/esci", "javascript:alert(1)"])
def test_what_is_carried_goes_to_a_page_of_this_site(browser: Browser, path: str) -> None:
    typed = {"entity": "Agliè", "password": PASSWORD, "carried_path": path, "carried:B01": "own"}
    entered = browser.send(browser.get("/accedi"), "/accedi", typed)
    assert entered.status_code == 303


def test_another_entity_is_not_offered_to_save_it(
    app: Flask, expired: Browser, clock: Clock, new_browser: Callable[[], Browser]
) -> None:
    with app.app_context():
        activate(SAMONE_TN, clock(), "quattro parole messe qui")
    asked = expired.send(post_typed(expired), "/accedi", {"entity": "Samone (TN)", "password": "quattro parole messe qui"})
    page = expired.send(asked, "/operatore", {"name": "Operatore B", "office": "Ufficio", "email": "b@comune.esempio.it"})
    assert "Le risposte che avevi scritto sono di Agliè (TO), ma ora sei in Samone (TN)" in page.text
    assert "Salva ora" not in page.text
    assert "&lt;b&gt;è&lt;/b&gt; &amp; così" in page.text, "it can still be copied"
    assert [form for form in forms_of(page) if form.action.startswith("/compila")] == []


def test_a_get_after_the_end_is_a_redirect(expired: Browser) -> None:
    assert expired.get("/compila/prova").location == "/accedi?next=/compila/prova"


def test_a_script_gets_a_short_answer(expired: Browser) -> None:
    token = form_token(expired)
    refused = expired.client.post("/compila/prova", json={"operations": []}, headers={**OURS, "X-CSRFToken": token})
    assert (refused.status_code, refused.json) == (401, {"status": 401, "reason": "signed_out", "sign_in": "/accedi"})
