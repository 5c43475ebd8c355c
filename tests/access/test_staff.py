"""Staff coming in and going: one form, one answer, new ids, and nothing that was typed lost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, jsonify, request
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.access import staff
from app.access.local_paths import DESK, desk_path
from app.accounts.models import StaffSession
from app.accounts.permission_table import DESK as DESK_REQUIREMENT
from app.accounts.permission_table import PERMISSIONS
from app.accounts.permissions import required_staff
from app.accounts.staff_accounts import disable_member, reset_member
from app.accounts.staff_links import redeem_staff_link
from app.accounts.staff_recovery import codes_left
from app.accounts.staff_sessions import find_staff
from app.audit.models import AuditEntry
from app.extensions import db
from tests.access.browser import OURS, Browser, forms_of
from tests.accounts.staff import ADMINISTRATOR, COORDINATOR, PASSWORD, activated, invite, member, phone
from tests.conftest import Clock

COOKIE = "ricognizione-gestione"
WRONG = "E-mail, password e codice non vanno bene insieme."


@pytest.fixture
def app(app: Flask, monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> Flask:
    def page() -> object:
        typed = [[name, value] for name, value in request.form.items(multi=True) if name != "csrf_token"]
        return jsonify(member=required_staff().email, typed=typed)

    app.add_url_rule("/gestione/prova", "test.desk", page, methods=["GET", "POST"])
    monkeypatch.setitem(PERMISSIONS, "test.desk", DESK_REQUIREMENT)
    with app.app_context():
        activated(COORDINATOR, now, "coordinator")
        db.session.remove()
    return app


@pytest.fixture
def sign_in(app: Flask, browser: Browser, clock: Clock) -> Callable[..., TestResponse]:
    def send(path: str = "/gestione/accedi", page: TestResponse | None = None, **changed: str) -> TestResponse:
        with app.app_context():
            code = phone(changed.get("email", COORDINATOR), clock()) if "totp" not in changed else ""
        typed = {"email": COORDINATOR, "password": PASSWORD, "totp": code, **changed}
        return browser.send(page or browser.get(path), "/gestione/accedi", typed)

    return send


def test_the_page_asked_for_comes_after_signing_in(browser: Browser, sign_in: Callable[..., TestResponse]) -> None:
    refused = browser.get("/gestione/prova?a=1")
    assert (refused.status_code, refused.location) == (303, "/gestione/accedi?next=/gestione/prova?a%3D1")
    entered = sign_in(refused.location)
    assert (entered.status_code, entered.location) == (303, "/gestione/prova?a=1")
    assert browser.get(entered.location).json["member"] == COORDINATOR
    assert browser.get("/gestione/accedi?next=/gestione/prova").location == "/gestione/prova"


@pytest.mark.parametrize(
    "wrong", [{"email": "nessuno@example.org", "totp": "123456"}, {"password": "sbagliata sbagliata"}, {"totp": "000000"}]
)
def test_every_wrong_combination_gets_one_page(
    browser: Browser, sign_in: Callable[..., TestResponse], wrong: dict[str, str]
) -> None:
    page = sign_in(**wrong)
    assert page.status_code == 401
    assert WRONG in page.text
    assert PASSWORD not in page.text
    assert "sbagliata" not in page.text
    assert f'value="{wrong.get("email", COORDINATOR)}"' in page.text
    assert browser.cookie(COOKIE) is None


def test_the_pages_of_refusals_differ_in_nothing(sign_in: Callable[..., TestResponse]) -> None:
    texts = []
    for wrong in ({"email": "coordina@example.com", "totp": "123456"}, {"totp": "000000"}):
        text = sign_in(**wrong).text.replace("coordina@example.com", COORDINATOR)
        texts.append(re.sub(r'name="csrf_token" value="[^"]+"', "", text))
    assert texts[0] == texts[1]


def test_what_is_missing_is_said_beside_its_field(sign_in: Callable[..., TestResponse]) -> None:
    empty = sign_in(email="", password="", totp="")
    assert empty.status_code == 422
    for target in ("email", "password", "totp"):
        assert f'id="{target}-error"' in empty.text
        assert f'<a href="#{target}">' in empty.text


def test_too_many_tries_must_wait_and_then_may(sign_in: Callable[..., TestResponse], clock: Clock) -> None:
    for _ in range(5):
        assert sign_in(password="sbagliata sbagliata").status_code == 401
    waiting = sign_in()
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "2")
    clock.move(seconds=2)
    assert sign_in().status_code == 303


def test_signing_in_gives_new_ids_and_a_new_form_token(
    app: Flask, browser: Browser, sign_in: Callable[..., TestResponse], clock: Clock
) -> None:
    planted = "p" * 43
    browser.client.set_cookie(COOKIE, planted)
    page = browser.get("/gestione/accedi")
    old_token = dict(forms_of(page)[-1].fields)["csrf_token"]
    assert sign_in(page=page).status_code == 303
    first = browser.cookie(COOKIE)
    assert first not in {None, planted}
    assert browser.client.post("/gestione/prova", data={"csrf_token": old_token}, headers=OURS).status_code == 400
    other_tab = browser.client.post("/gestione/accedi", data={"csrf_token": old_token}, headers=OURS)
    assert other_tab.status_code == 400
    clock.move(seconds=30)
    assert sign_in(page=other_tab).status_code == 303
    with app.app_context():
        assert find_staff(first or "", clock()) is None, "the session before has ended"


def test_signing_out_ends_the_session_on_the_server(
    app: Flask, browser: Browser, sign_in: Callable[..., TestResponse], clock: Clock
) -> None:
    sign_in()
    kept = browser.cookie(COOKIE) or ""
    assert browser.get("/gestione/esci").status_code == 405
    assert browser.client.post("/gestione/esci").status_code == 400
    out = browser.send(browser.get("/gestione/profilo"), "/gestione/esci", {})
    assert (out.status_code, out.location) == (303, "/gestione/accedi")
    assert browser.cookie(COOKIE) is None
    with app.app_context():
        assert find_staff(kept, clock()) is None
        told = db.session.execute(
            sa.select(AuditEntry.actor, AuditEntry.subject).where(AuditEntry.action == "staff_signed_out")
        )
        who = f"staff:{member(COORDINATOR).id}"
        assert [tuple(row) for row in told] == [(who, who)]
        db.session.remove()
    assert "Sei uscito dalla gestione." in browser.get("/gestione/accedi").text


def test_a_link_shows_whose_it_is_and_sets_password_and_phone(app: Flask, browser: Browser, clock: Clock) -> None:
    with app.app_context():
        token = invite(ADMINISTRATOR, clock(), name="Nome & Cognome")
        code = phone(ADMINISTRATOR, clock())
        db.session.remove()
    path = f"/gestione/attiva/{token}"
    for _ in range(2):  # a scanner of mail asks too
        page = browser.get(path)
        assert page.status_code == 200
        assert "Nome &amp; Cognome (amministra@example.org)" in page.text
        assert '<svg aria-hidden="true"' in page.text
    wrong = browser.send(page, path, {"password": PASSWORD, "totp": "000000"})
    assert (wrong.status_code, 'id="totp-error"' in wrong.text, PASSWORD in wrong.text) == (422, True, False)
    weak = browser.send(wrong, path, {"password": "breve", "totp": code})
    assert (weak.status_code, 'id="password-error"' in weak.text) == (422, True)
    done = browser.send(weak, path, {"password": PASSWORD, "totp": code})
    assert done.status_code == 200
    assert "Password e telefono sono collegati" in done.text
    codes = re.findall(r"<li>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</li>", done.text)
    assert len(set(codes)) == 10
    assert 'download="codici-di-recupero.txt"' in done.text
    assert '<a class="btn btn-primary" href="/gestione">' in done.text
    home = browser.get("/gestione")
    assert codes[0] not in home.text + browser.get("/gestione/profilo").text
    assert "Amministrazione" in home.text
    dead = browser.get(path)
    assert (dead.status_code, "Questo link è scaduto o già usato. Richiedine uno nuovo." in dead.text) == (410, True)
    assert browser.get("/gestione/attiva/niente").status_code == 410


def test_a_reset_in_between_kills_the_page_of_the_link(app: Flask, browser: Browser, clock: Clock) -> None:
    with app.app_context():
        token = invite(ADMINISTRATOR, clock())
        code = phone(ADMINISTRATOR, clock())
    page = browser.get(f"/gestione/attiva/{token}")
    with app.app_context():
        reset_member(member(ADMINISTRATOR).id, actor="test", now=clock(), mail=False)
    assert browser.send(page, f"/gestione/attiva/{token}", {"password": PASSWORD, "totp": code}).status_code == 410


@pytest.mark.parametrize("deed", [disable_member, lambda *a, **k: reset_member(*a, **k, mail=False)])
def test_a_reset_just_after_the_link_was_used_lets_nobody_in(
    app: Flask, browser: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch, deed: Callable[..., object]
) -> None:
    """Using the link and opening the session are two transactions; what falls between them holds."""
    with app.app_context():
        token = invite(ADMINISTRATOR, clock())
        code = phone(ADMINISTRATOR, clock())
        activated("altra@example.org", clock(), "administrator")

    def redeem(*typed: Any) -> object:
        set_up = redeem_staff_link(*typed)
        deed(member(ADMINISTRATOR).id, actor="test", now=clock())
        return set_up

    monkeypatch.setattr(staff, "redeem_staff_link", redeem)
    page = browser.get(f"/gestione/attiva/{token}")
    sent = browser.send(page, f"/gestione/attiva/{token}", {"password": PASSWORD, "totp": code})
    assert (sent.status_code, browser.cookie(COOKIE)) == (410, None)
    with app.app_context():
        staff_id = member(ADMINISTRATOR).id
        sessions = sa.select(StaffSession.id_hash).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
        assert (db.session.execute(sessions).all(), codes_left(staff_id)) == ([], 0)


def test_what_was_typed_at_a_sessions_end_goes_through_signing_in(
    browser: Browser, sign_in: Callable[..., TestResponse], clock: Clock
) -> None:
    sign_in()
    token = dict(forms_of(browser.get("/gestione/profilo"))[-1].fields)["csrf_token"]
    clock.move(hours=2)
    typed = [("nota", "due righe\r\n<b>è</b>"), ("scelta", "1"), ("scelta", "2"), ("password", "segreta segreta")]
    refused = browser.client.post("/gestione/prova?pagina=2", data=MultiDict([*typed, ("csrf_token", token)]), headers=OURS)
    assert refused.status_code == 401
    assert "La sessione è finita mentre scrivevi." in refused.text
    assert "segreta" not in refused.text, "a password is never carried"
    again = sign_in(page=refused, totp="000000")
    assert again.status_code == 401
    resumed = sign_in(page=again)
    assert (resumed.status_code, "Quello che avevi scritto non è ancora stato inviato" in resumed.text) == (200, True)
    saved = browser.send(resumed, "/gestione/prova?pagina=2", {}).json
    assert saved["typed"] == [["nota", "due righe\r\n<b>è</b>"], ["scelta", "1"], ["scelta", "2"]]


def test_what_somebody_else_typed_is_offered_to_nobody_else(
    app: Flask, browser: Browser, sign_in: Callable[..., TestResponse], clock: Clock
) -> None:
    sign_in()
    token = dict(forms_of(browser.get("/gestione/profilo"))[-1].fields)["csrf_token"]
    clock.move(hours=2)
    with app.app_context():
        activated(ADMINISTRATOR, clock())
        db.session.remove()
    refused = browser.client.post("/gestione/prova", data={"nota": "mia", "csrf_token": token}, headers=OURS)
    resumed = sign_in(page=refused, email=ADMINISTRATOR)
    assert resumed.status_code == 200
    assert "altra persona, ma ora sei entrato come Persona administrator" in resumed.text
    assert not [form for form in forms_of(resumed) if form.action == "/gestione/prova"]


def test_nothing_is_carried_from_another_site(browser: Browser, sign_in: Callable[..., TestResponse], clock: Clock) -> None:
    token = dict(forms_of(browser.get("/gestione/accedi"))[-1].fields)["csrf_token"]
    for headers in ({}, {"Sec-Fetch-Site": "none"}):
        refused = browser.client.post("/gestione/prova", data={"nota": "non mia", "csrf_token": token}, headers=headers)
        assert (refused.status_code, "non mia" in refused.text) == (401, False)
    crafted = {"carried_path": "https://cattivo.example/", "carried:nota": "non mia"}
    assert sign_in(**crafted).location == "/gestione"


def test_a_script_is_told_that_nobody_has_signed_in(browser: Browser) -> None:
    token = dict(forms_of(browser.get("/gestione/accedi"))[-1].fields)["csrf_token"]
    answer = browser.client.post("/gestione/prova", json={}, headers={**OURS, "X-CSRFToken": token})
    assert (answer.status_code, answer.json["reason"], answer.json["sign_in"]) == (401, "signed_out", "/gestione/accedi")


@pytest.mark.parametrize(
    "address",
    ["/compila", "/gestionex", "//gestione", "https://cattivo.example/gestione", "/gestione/accedi?next=/gestione", "", None],
)
def test_after_signing_in_one_stays_at_the_desk(address: str | None) -> None:
    assert desk_path(address) == DESK


@pytest.mark.settings(base_url="https://rilevazione.esempio.it")
def test_cookies_on_https(app: Flask, browser: Browser, clock: Clock) -> None:
    site = "https://rilevazione.esempio.it"
    page = browser.client.get("/gestione/accedi", base_url=site)
    with app.app_context():
        fields = {"email": COORDINATOR, "password": PASSWORD, "totp": phone(COORDINATOR, clock())}
    fields = {**dict(forms_of(page)[-1].fields), **fields}
    entered = browser.client.post("/gestione/accedi", data=fields, base_url=site, headers=OURS)
    cookies = {cookie.partition("=")[0]: cookie for cookie in entered.headers.getlist("Set-Cookie")}
    for name in ("__Host-ricognizione-gestione", "__Host-ricognizione-gestione-dispositivo"):
        assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in cookies[name]
    assert "Max-Age" not in cookies["__Host-ricognizione-gestione"]
