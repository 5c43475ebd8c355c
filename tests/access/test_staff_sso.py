"""Single sign-on with a real provider: only a connected member comes in, once a return, in the browser that set out."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.test import TestResponse

from app.access import staff_sso as pages
from app.accounts import oidc, staff_sso
from app.accounts.models import StaffSsoLink
from app.accounts.staff_accounts import disable_member, reset_member
from app.accounts.staff_sso_links import link_sso
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from tests.access.browser import Browser
from tests.accounts.staff import ADMINISTRATOR, COORDINATOR, PASSWORD, activated, member, phone
from tests.conftest import Clock
from tests.oidc_provider import running_provider, sign_in_there

COOKIE = "ricognizione-gestione"
SUBJECT = "persona-1"
CLIENT = {"oidc_client_id": "ricognizione", "oidc_client_secret": "segreto"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider() as address:
        yield address


@pytest.fixture
def app(make_app: Callable[..., Flask], issuer: str, clock: Clock) -> Flask:
    clock.set(dt.datetime.now(dt.UTC))  # the provider's clock is the machine's
    app = make_app(oidc_issuer=issuer, **CLIENT)
    with app.app_context():
        for email, role in ((COORDINATOR, "coordinator"), (ADMINISTRATOR, "administrator")):
            activated(email, clock(), role)
        db.session.remove()
    return app


@pytest.fixture
def sign_in(app: Flask, clock: Clock) -> Callable[..., None]:
    """Signs a member in with password and code."""

    def send(browser: Browser, email: str = COORDINATOR) -> None:
        clock.move(seconds=30)
        with app.app_context():
            typed = {"email": email, "password": PASSWORD, "totp": phone(email, clock())}
        assert browser.send(browser.get("/gestione/accedi"), "/gestione/accedi", typed).status_code == 303

    return send


def local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def changed(address: str, **values: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode(query)).geturl()


def come_in(browser: Browser, subject: str = SUBJECT, next_page: str = "/gestione/profilo") -> TestResponse:
    sent = browser.get(f"/gestione/sso?{urlencode({'next': next_page})}")
    assert sent.status_code == 303, sent.text
    return browser.get(local(sign_in_there(sent.location, subject)))


@pytest.fixture
def connect(app: Flask, clock: Clock, sign_in: Callable[..., None]) -> Callable[..., TestResponse]:
    """Signs a member in and connects an account; the page after that."""

    def send(browser: Browser, email: str = COORDINATOR, subject: str = SUBJECT) -> TestResponse:
        sign_in(browser, email)
        clock.move(seconds=30)
        with app.app_context():
            typed = {"current_password": PASSWORD, "totp": phone(email, clock())}
        asked = browser.send(browser.get("/gestione/profilo/sso"), "/gestione/profilo/sso", typed)
        assert asked.status_code == 200, asked.text
        address = asked.text.split('class="btn btn-primary" href="')[1].split('"')[0].replace("&amp;", "&")
        return browser.get(local(sign_in_there(address, subject)))

    return send


def is_refused(response: TestResponse, browser: Browser) -> bool:
    return (
        response.status_code,
        "L'accesso unico non è riuscito" in response.text.replace("&#39;", "'"),
        browser.cookie(COOKIE),
    ) == (
        400,
        True,
        None,
    )


def test_a_connected_member_comes_in_without_the_phone(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., TestResponse]
) -> None:
    linked = connect(browser)
    assert (linked.status_code, linked.location) == (303, "/gestione/profilo")
    other = new_browser()
    entered = come_in(other)
    assert (entered.status_code, entered.location) == (303, "/gestione/profilo")
    assert "Collegato il" in other.get("/gestione/profilo").text
    with app.app_context():
        who = f"staff:{member(COORDINATOR).id}"
        told = db.session.execute(sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail).order_by(AuditEntry.number))
        found = [tuple(one) for one in told if one.action in {"staff_sso_linked", "staff_signed_in"} and one.actor == who]
        assert [(action, detail) for action, _, detail in found][-2:] == [
            ("staff_sso_linked", "{}"),
            ("staff_signed_in", '{"by":"sso"}'),
        ]
        stored = db.session.execute(sa.select(StaffSsoLink.subject_hash)).scalar_one()
        assert SUBJECT not in stored
        mails = db.session.execute(sa.select(Delivery.subject).where(Delivery.kind == "staff_security")).scalars().all()
        assert "Ricognizione: l'accesso unico è collegato" in mails


def test_the_request_brings_state_nonce_and_proof_key(browser: Browser, issuer: str) -> None:
    address = browser.get("/gestione/sso").location
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{issuer}/oauth2/authorize?")
    assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == ("code", "openid", "S256")
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/gestione/sso/ritorno"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_the_proof_key_is_that_of_the_state(app: Flask) -> None:
    with app.app_context():
        verifier = staff_sso._verifier("a" * 43)
        found = oidc.Provider(
            "https://sso.example.it/a", "https://sso.example.it/t", "client_secret_basic", {}, dt.datetime.now(dt.UTC)
        )
        address = oidc.authorization_address(found, "https://x.it/r", state="s", nonce="n", verifier=verifier)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert parse_qs(urlsplit(address).query)["code_challenge"] == [digest]


def test_an_account_that_nobody_connected_lets_nobody_in_whatever_address_it_claims(browser: Browser) -> None:
    for subject in ("nessuno", COORDINATOR):
        assert is_refused(come_in(browser, subject), browser)


def test_a_return_counts_once(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., None]
) -> None:
    connect(browser)
    other = new_browser()
    sent = other.get("/gestione/sso")
    form_cookie = other.cookie("ricognizione-form")
    back, again = (local(sign_in_there(sent.location, SUBJECT)) for _ in range(2))
    assert other.get(back).status_code == 303
    assert other.get(back).status_code == 400
    thief = new_browser()
    thief.client.set_cookie("ricognizione-form", form_cookie or "")
    assert is_refused(thief.get(back), thief), "not even with the cookie of then"
    thief.client.set_cookie("ricognizione-form", form_cookie or "")
    assert is_refused(thief.get(again), thief), "nor with a code that the provider would still take"


def test_a_return_counts_in_the_browser_that_set_out_alone(
    browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., TestResponse], clock: Clock
) -> None:
    connect(browser)
    mine, victim = new_browser(), new_browser()
    back = local(sign_in_there(mine.get("/gestione/sso").location, SUBJECT))
    assert is_refused(victim.get(back), victim)
    victim.get("/gestione/sso")
    assert is_refused(victim.get(back), victim)
    assert is_refused(mine.get(changed(back, state="a" * 43)), mine)
    clock.move(minutes=10, seconds=1)
    assert is_refused(mine.get(back), mine), "too late"


def test_a_wrong_nonce_and_a_worn_out_token_are_refused(
    browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., TestResponse], clock: Clock
) -> None:
    connect(browser)
    other = new_browser()
    sent = other.get("/gestione/sso").location
    assert is_refused(other.get(local(sign_in_there(changed(sent, nonce="n" * 64), SUBJECT))), other)
    clock.move(hours=2)
    assert is_refused(come_in(other), other), "its token is an hour too old"


def test_who_says_no_at_the_provider_is_told_so_calmly(browser: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    state = parse_qs(urlsplit(browser.get("/gestione/sso").location).query)["state"][0]
    assert is_refused(browser.get(f"/gestione/sso/ritorno?error=access_denied&state={state}"), browser)
    assert is_refused(browser.get("/gestione/sso/ritorno"), browser)
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    told = [(line["reason"], line["why"]) for line in logged if line["event"] == "refused"]
    assert told == [("single sign-on", "refused"), ("single sign-on", "state")]
    assert state not in str(logged)


@pytest.mark.parametrize("deed", [disable_member, lambda *a, **k: reset_member(*a, **k, mail=False)])
def test_a_closed_or_reset_member_does_not_come_in(
    app: Flask,
    browser: Browser,
    new_browser: Callable[[], Browser],
    connect: Callable[..., TestResponse],
    clock: Clock,
    deed: Callable[..., object],
) -> None:
    connect(browser)
    with app.app_context():
        deed(member(COORDINATOR).id, actor="test", now=clock())
        db.session.remove()
    other = new_browser()
    assert is_refused(come_in(other), other)


def test_an_account_is_one_members_and_can_be_disconnected_by_who_proves_themselves_again(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., TestResponse], clock: Clock
) -> None:
    connect(browser)
    second = new_browser()
    assert connect(second, ADMINISTRATOR).status_code == 400
    clock.move(seconds=30)
    with app.app_context():
        typed = {"current_password": "sbagliata sbagliata", "totp": phone(COORDINATOR, clock())}
    page = browser.get("/gestione/profilo/sso/scollega")
    assert browser.send(page, "/gestione/profilo/sso/scollega", typed).status_code == 422
    assert browser.send(page, "/gestione/profilo/sso/scollega", {}).status_code == 422
    assert "Scollega l" in browser.get("/gestione/profilo").text
    clock.move(seconds=30)
    with app.app_context():
        typed = {"current_password": PASSWORD, "totp": phone(COORDINATOR, clock())}
    gone = browser.send(browser.get("/gestione/profilo/sso/scollega"), "/gestione/profilo/sso/scollega", typed)
    assert gone.status_code == 303
    other = new_browser()
    assert is_refused(come_in(other), other)


def test_a_new_password_disconnects_it_and_says_so(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., TestResponse], clock: Clock
) -> None:
    connect(browser)
    for new, told in (("cinque cani nel prato", True), ("sei galli nel campo", False)):
        old = PASSWORD if told else "cinque cani nel prato"
        clock.move(seconds=30)
        with app.app_context():
            typed = {"current_password": old, "new_password": new, "totp": phone(COORDINATOR, clock())}
        changed = browser.send(browser.get("/gestione/profilo"), "/gestione/profilo/password", typed)
        assert changed.status_code == 303
        shown = browser.get("/gestione/profilo").text.replace("&#39;", "'")
        assert ("L'accesso unico non è più collegato" in shown) is told
    other = new_browser()
    assert is_refused(come_in(other), other)


def test_a_connection_is_that_of_the_session_that_asked(
    app: Flask, browser: Browser, sign_in: Callable[..., None], clock: Clock
) -> None:
    sign_in(browser)
    with app.test_request_context(), app.app_context():
        stranger = member(ADMINISTRATOR).id
        db.session.remove()
    with browser.client.session_transaction() as kept:
        kept["sso"] = {"state": "s" * 43, "at": int(clock().timestamp()), "target": "", "links": stranger}
    assert browser.get("/gestione/sso/ritorno?code=x&state=" + "s" * 43).status_code == 400
    with app.app_context():
        assert db.session.execute(sa.select(StaffSsoLink.staff_id)).scalars().all() == []


def test_a_connection_that_a_reset_overtakes_is_refused(
    app: Flask,
    browser: Browser,
    connect: Callable[..., TestResponse],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def overtaken(*given: Any) -> None:
        reset_member(member(COORDINATOR).id, actor="test", now=clock(), mail=False)
        link_sso(*given)

    monkeypatch.setattr(pages, "link_sso", overtaken)
    assert connect(browser).status_code == 400
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["why"] for line in logged if line["event"] == "refused"] == ["another session"]
    with app.app_context():
        assert db.session.execute(sa.select(StaffSsoLink.staff_id)).scalars().all() == []


@pytest.mark.parametrize("page", ["https://cattivo.example/", "//cattivo.example", "/compila", "/gestione/sso/ritorno?code=1"])
def test_a_hostile_next_leads_to_the_desk(
    browser: Browser, new_browser: Callable[[], Browser], connect: Callable[..., TestResponse], page: str
) -> None:
    connect(browser)
    entered = come_in(new_browser(), next_page=page)
    assert (entered.status_code, entered.location) == (303, "/gestione")


def test_returns_of_nobody_slow_no_network_down_and_tries_do(make_app: Callable[..., Flask], clock: Clock) -> None:
    """An image on another site asks for the return page as often as it likes, from its readers' networks."""
    app = make_app(oidc_issuer="http://127.0.0.1:9", **CLIENT, throttle_network_failures=3)
    visitor = Browser(app.test_client())
    assert [visitor.get("/gestione/sso/ritorno?state=x").status_code for _ in range(6)] == [400] * 6
    statuses = []
    for number in range(5):
        state = str(number) * 43
        with visitor.client.session_transaction() as kept:
            kept["sso"] = {"state": state, "at": int(clock().timestamp()), "target": "", "links": None}
        statuses.append(visitor.get(f"/gestione/sso/ritorno?state={state}").status_code)
    assert statuses == [400, 400, 400, 429, 429]


def test_without_a_provider_there_is_no_such_page(make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    assert [client.get(path).status_code for path in ("/gestione/sso", "/gestione/sso/ritorno")] == [404, 404]
    assert "accesso unico" not in client.get("/gestione/accedi").text


def test_a_provider_that_is_away_is_told_calmly(make_app: Callable[..., Flask]) -> None:
    client = make_app(oidc_issuer="http://127.0.0.1:9", **CLIENT).test_client()
    assert client.get("/gestione/sso").status_code == 400


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://cattivo.example"}, "claims"),
        ({"aud": "another"}, "claims"),
        ({"aud": ["ricognizione", "another"]}, "claims"),
        ({"exp": 1}, "claims"),
        ({"nonce": "another"}, "claims"),
        ({"nonce": None}, "claims"),
        ({"sub": ""}, "claims"),
        ({"sub": "x" * 256}, "claims"),
        ({"acr": "https://www.spid.gov.it/SpidL1"}, "acr"),
    ],
)
def test_a_token_that_may_not_count_is_refused(
    make_app: Callable[..., Flask], now: dt.datetime, claims: dict, reason: str
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "k"})
    keys = KeySet([key]).as_dict(private=False)
    at = int(now.timestamp())
    level = "https://www.spid.gov.it/SpidL2"
    good = {
        "iss": "https://sso.example.it",
        "aud": "ricognizione",
        "sub": "s",
        "iat": at,
        "exp": at + 60,
        "nonce": "n",
        "acr": level,
    }
    app = make_app(oidc_issuer="https://sso.example.it", oidc_acr_values=level, **CLIENT)
    with app.app_context():
        assert oidc.checked_subject(jwt.encode({"alg": "RS256", "kid": "k"}, good, key), keys, "n", now) == "s"
        bad = {name: value for name, value in (good | claims).items() if value is not None}
        with pytest.raises(oidc.ProviderError) as caught:
            oidc.checked_subject(jwt.encode({"alg": "RS256", "kid": "k"}, bad, key), keys, "n", now)
        assert caught.value.reason == reason
        other = RSAKey.generate_key(2048, {"kid": "k"})
        secret = OctKey.import_key("segreto segreto segreto segreto segreto")
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".e30."
        for forged in (
            jwt.encode({"alg": "RS256", "kid": "k"}, good, other),
            jwt.encode({"alg": "HS256"}, good, secret, algorithms=["HS256"]),
            unsigned,
            "",
        ):
            with pytest.raises(oidc.ProviderError) as caught:
                oidc.checked_subject(forged, keys, "n", now)
            assert caught.value.reason == "signature"
