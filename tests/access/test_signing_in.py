"""Pages of signing in and out, as a browser sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask

from app.access.local_paths import START, local_path
from app.accounts.models import WebSession
from app.accounts.permission_table import PERMISSIONS
from app.accounts.permissions import UnlistedEndpointError
from app.accounts.sessions import find_identity
from app.extensions import db
from tests.access.browser import OURS, Browser, forms_of
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TN, activate
from tests.conftest import Clock


def sessions(app: Flask) -> list[WebSession]:
    with app.app_context():
        return list(db.session.execute(sa.select(WebSession).order_by(WebSession.created_at, WebSession.id_hash)).scalars())


def test_the_page_asked_for_comes_after_signing_in_and_saying_who(browser: Browser) -> None:
    refused = browser.get("/compila/prova?a=1&b=2")
    assert (refused.status_code, refused.location) == (303, "/accedi?next=/compila/prova?a%3D1%26b%3D2")
    entered = browser.sign_in(path=refused.location)
    assert (entered.status_code, entered.location) == (303, "/operatore?next=/compila/prova?a%3D1%26b%3D2")
    known = browser.say_who(path=entered.location)
    assert (known.status_code, known.location) == (303, "/compila/prova?a=1&b=2")
    page = browser.get(known.location)
    assert page.json == {"entity": AGLIE, "operator": "Operatore A", "typed": [], "csrf_failed": False}


@pytest.mark.parametrize("name", ["Agliè", "AGLIE'", "001001", "1001", "Comune di Agliè", "Agliè (TO)"])
def test_signing_in_by_name_or_code(browser: Browser, name: str) -> None:
    assert browser.sign_in(name).location == "/operatore?next=/compila"


def test_a_name_of_two_entities_asks_for_the_province(app: Flask, browser: Browser, now: dt.datetime) -> None:
    with app.app_context():
        activate(SAMONE_TN, now, "quattro parole messe qui")
    asked = browser.sign_in("samone", "quattro parole messe qui")
    assert asked.status_code == 422
    assert "Più enti si chiamano Samone: scegli il tuo." in asked.text
    assert "Samone, Torino (TO)" in asked.text
    assert "Samone, Trento (TN)" in asked.text
    assert "quattro parole messe qui" not in asked.text
    chosen = {"entity_code": SAMONE_TN, "password": "quattro parole messe qui"}
    assert browser.send(asked, "/accedi", chosen).status_code == 303
    assert browser.get("/ente/prova").json["entity"] == SAMONE_TN


def test_a_code_that_was_not_offered_is_not_taken(browser: Browser) -> None:
    asked = browser.sign_in("samone", PASSWORD)
    assert browser.send(asked, "/accedi", {"entity_code": AGLIE, "password": PASSWORD}).status_code == 422
    assert browser.cookie() is None


def test_a_name_that_is_nearly_one_offers_those_that_hold_it(browser: Browser) -> None:
    asked = browser.sign_in("agli")
    assert (asked.status_code, "Nessun ente si chiama esattamente «agli»" in asked.text) == (422, True)
    assert browser.send(asked, "/accedi", {"entity_code": AGLIE, "password": PASSWORD}).status_code == 303


def test_what_is_missing_or_unknown_is_said_beside_its_field(browser: Browser) -> None:
    empty = browser.sign_in("", "")
    assert empty.status_code == 422
    for text, target in (("Scrivi il nome o il codice ISTAT del tuo ente.", "entity"), ("Scrivi la password.", "password")):
        assert f'<a href="#{target}">{text}</a>' in empty.text
        assert f'id="{target}-error"' in empty.text
    assert empty.text.count('aria-invalid="true"') == 2
    unknown = browser.sign_in("<b>Atlantide</b>")
    assert unknown.status_code == 422
    assert "Non troviamo nessun ente con il nome o codice «&lt;b&gt;Atlantide&lt;/b&gt;»" in unknown.text


def test_a_wrong_password_keeps_the_name_and_shows_no_password(browser: Browser) -> None:
    wrong = browser.sign_in("Agliè", "sbagliata sbagliata")
    assert wrong.status_code == 401
    assert "La password non è quella di Agliè (TO)." in wrong.text
    assert 'value="Agliè"' in wrong.text
    assert "sbagliata" not in wrong.text
    assert browser.cookie() is None


def test_an_entity_without_a_password_gets_the_answer_of_a_wrong_one(browser: Browser) -> None:
    wrong, never = browser.sign_in("Agliè", "sbagliata sbagliata"), browser.sign_in("Aldino", "sbagliata sbagliata")
    assert never.status_code == wrong.status_code
    assert "La password non è quella di Aldino (BZ)." in never.text


def test_too_many_tries_must_wait_and_then_may(browser: Browser, clock: Clock) -> None:
    for _ in range(5):
        assert browser.sign_in("Agliè", "sbagliata sbagliata").status_code == 401
    waiting = browser.sign_in()
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "2")
    assert "Riprova tra 2 secondi: l&#39;accesso non è bloccato." in waiting.text
    clock.move(seconds=2)
    assert browser.sign_in().status_code == 303


def test_fields_can_be_filled_by_the_browser(browser: Browser) -> None:
    page = browser.get("/accedi").text
    assert 'name="entity" value="" autocomplete="username"' in page
    assert 'name="password" value="" autocomplete="current-password"' in page
    assert 'hidden data-reveal="password"' in page


def test_signing_in_gives_new_ids_and_a_new_form_token(app: Flask, browser: Browser) -> None:
    planted = "p" * 43
    browser.client.set_cookie("ricognizione", planted)
    before = browser.get("/accedi")
    with browser.client.session_transaction() as session:
        session["lingua"] = "it"
        secret_before = session["csrf_token"]
    entered = browser.send(before, "/accedi", {"entity": "Agliè", "password": PASSWORD})
    assert entered.status_code == 303
    assert browser.cookie() not in {None, planted}
    with app.app_context():
        assert find_identity(planted, app.config["CLOCK"]()) is None
    browser.get("/operatore")
    with browser.client.session_transaction() as session:
        assert session["csrf_token"] != secret_before
        assert session["lingua"] == "it"
    old_token = dict(forms_of(before)[-1].fields)["csrf_token"]
    stale = browser.client.post("/ente/prova", data={"csrf_token": old_token}, headers=OURS)
    assert stale.status_code == 400


def test_signing_in_again_in_another_tab_ends_the_session_before(app: Flask, browser: Browser) -> None:
    other_tab = browser.get("/accedi")
    browser.sign_in()
    first = browser.cookie()
    typed = {"entity": "Agliè", "password": PASSWORD}
    shown_again = browser.send(other_tab, "/accedi", typed)
    assert (shown_again.status_code, browser.cookie()) == (400, first)
    assert browser.send(shown_again, "/accedi", typed).status_code == 303
    assert browser.cookie() != first
    assert sorted(session.ended_at is None for session in sessions(app)) == [False, True]


def test_signing_out_ends_the_session_on_the_server(app: Flask, browser: Browser, new_browser: Callable[[], Browser]) -> None:
    browser.sign_in()
    kept = browser.cookie()
    assert kept is not None
    page = browser.get("/operatore")
    token = dict(forms_of(page)[-1].fields)["csrf_token"]
    out = browser.send(page, "/esci", {})
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert (out.status_code, out.location) == (303, "/")
    assert browser.cookie() is None
    assert [session.ended_at is not None for session in sessions(app)] == [True]
    thief = new_browser()
    thief.client.set_cookie("ricognizione", kept)
    assert thief.get("/ente/prova").location.startswith("/accedi")
    assert browser.client.post("/ente/prova", data={"csrf_token": token}, headers=OURS).status_code == 400


def test_signing_out_needs_a_post_with_a_token(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/esci").status_code == 405
    assert browser.client.post("/esci", data={}).status_code == 400
    assert browser.client.post("/esci", data={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert browser.get("/ente/prova").status_code == 200


def test_whoever_is_signed_in_is_not_asked_again(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/accedi?next=/ente/prova").location == "/ente/prova"


def test_a_form_of_another_session_is_shown_again(browser: Browser) -> None:
    stale = browser.client.post("/accedi", data={"entity": "Agliè", "password": PASSWORD, "csrf_token": "x"}, headers=OURS)
    assert stale.status_code == 400
    assert "La pagina era aperta da troppo tempo." in stale.text
    assert 'value="Agliè"' in stale.text
    assert PASSWORD not in stale.text
    assert browser.cookie() is None
    assert browser.send(stale, "/accedi", {"password": PASSWORD}).status_code == 303


ELSEWHERE = [
    "https://cattivo.example/",
    "//cattivo.example",
    "///cattivo.example",
    "/\\cattivo.example",
    "\\\\cattivo.example",
    "/\t/cattivo.example",
    "/\n/cattivo.example",
    "javascript:alert(1)",
    "cattivo.example",
    "http:cattivo.example",
    " //cattivo.example",
    "/ /cattivo.example",
    "",
    "/accedi?next=/accedi",
    "/esci",
    "/" + "a" * 3000,
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_elsewhere_is_replaced(address: str) -> None:
    assert local_path(address) == START


@pytest.mark.parametrize("address", ["/compila/B", "/compila?a=1&b=%2F%2Fx", "/%2F/x", "/compila/@x:y"])
def test_a_path_of_this_site_is_kept(address: str) -> None:
    assert local_path(address) == address


def test_no_redirect_leaves_the_site(browser: Browser) -> None:
    entered = browser.sign_in(path=f"/accedi?next={quote(ELSEWHERE[1])}")
    assert entered.location == "/operatore?next=/compila"
    typed = {"name": "Operatore A", "office": "Ufficio", "email": "a@comune.esempio.it"}
    for address in ELSEWHERE[:6]:
        known = browser.send(browser.get(f"/operatore?next={quote(address)}"), "/operatore", {**typed, "next": address})
        assert known.location == "/compila"
        assert browser.get(f"/accedi?next={quote(address)}").location == "/compila"


@pytest.mark.settings(base_url="https://rilevazione.esempio.it")
def test_cookies_on_https(app: Flask, browser: Browser) -> None:
    site = "https://rilevazione.esempio.it"
    page = browser.client.get("/accedi", base_url=site)
    fields = {**dict(forms_of(page)[-1].fields), "entity": "Agliè", "password": PASSWORD}
    entered = browser.client.post("/accedi", data=fields, base_url=site, headers=OURS)
    cookies = {cookie.partition("=")[0]: cookie for cookie in entered.headers.getlist("Set-Cookie")}
    for name in ("__Host-ricognizione", "__Host-ricognizione-dispositivo"):
        assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in cookies[name]
        assert "Domain" not in cookies[name]
    assert "Max-Age" not in cookies["__Host-ricognizione"]


def test_a_session_that_idles_too_long_must_sign_in(browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    for _ in range(5):
        clock.move(hours=7)
        assert browser.get("/ente/prova").status_code == 200
    clock.move(hours=8)
    assert browser.get("/ente/prova").location == "/accedi?next=/ente/prova"


def test_every_page_stands_in_the_permissions_table(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert pages - set(PERMISSIONS) == set()


def test_a_page_that_is_not_in_the_table_is_refused(app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PERMISSIONS, "test.page")
    with pytest.raises(UnlistedEndpointError, match=r"test\.page"):
        browser.get("/compila/prova")
