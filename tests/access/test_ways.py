"""The ways in beside the password, as a browser sees them: a link by e-mail, the letter's code, a request, a reset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.access.deadlines import edition_for
from app.accounts.codes import format_code, issue_code
from app.accounts.requests import open_requests
from app.accounts.resets import reset_login
from app.demo.loading import demo_edition
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.registry.models import Entity
from tests.access.browser import Browser
from tests.accounts.few import AGLIE, ALDINO, PASSWORD, SAMONE_TN, entity
from tests.accounts.mailbox import MASKED, OFFICE, Arrived, claim, register
from tests.conftest import Clock

T = TypeVar("T")
DEAD = "Questo link è scaduto o già usato. Richiedine uno nuovo."
NEW = "quattro parole messe qui"
ASKED = {"name": "Operatore A", "office": "Anagrafe", "email": "a@example.org", "note": "La lettera\nnon c'è"}


def in_context(app: Flask, deed: Callable[[], T]) -> T:
    with app.app_context():
        try:
            return deed()
        finally:
            db.session.remove()


@pytest.fixture
def edition(app: Flask, now: dt.datetime) -> None:
    def open_it() -> None:
        store_edition(demo_edition(now), actor="test", now=now)
        move_edition("demo", "open", actor="test", now=now)

    in_context(app, open_it)


@pytest.fixture
def address(app: Flask) -> None:
    in_context(app, lambda: register(AGLIE))


@pytest.fixture
def code(app: Flask, edition: None, now: dt.datetime) -> str:
    def issue() -> str:
        current = edition_for(entity(AGLIE).id)
        assert current is not None
        made = format_code(issue_code(current, entity(AGLIE).id, now))
        db.session.commit()
        return made

    return in_context(app, issue)


def mail(app: Flask, at: dt.datetime) -> list[Arrived]:
    return in_context(app, lambda: claim(at))


def ask_link(browser: Browser, name: str = "Agliè") -> TestResponse:
    """Through both steps of the page."""
    page = browser.send(browser.get("/accedi/link"), "/accedi/link", {"entity": name})
    return browser.send(page, "/accedi/link", {"invia": "1"})


def use_code(browser: Browser, typed: str, name: str = "Agliè", password: str = NEW) -> TestResponse:
    fields = {"entity": name, "code": typed, "password": password}
    return browser.send(browser.get("/accedi/codice"), "/accedi/codice", fields)


def merge(app: Flask, code: str, into: str) -> None:
    def end() -> None:
        values = {"valid_to": dt.date(2026, 1, 1), "successor_id": entity(into).id}
        db.session.execute(sa.update(Entity).where(Entity.code == code).values(**values))
        db.session.commit()

    in_context(app, end)


def test_signing_in_shows_every_other_way(browser: Browser, address: None) -> None:
    page = browser.get("/accedi").text
    for path in ("/accedi/link", "/accedi/codice", "/accedi/richiesta"):
        assert f'href="{path}"' in page
    assert page.count("<h1") == 1
    wrong = browser.sign_in("Agliè", "sbagliata sbagliata").text
    assert f"arriva a {MASKED}" in wrong
    assert f'href="/accedi/link?ente={AGLIE}"' in wrong
    assert OFFICE not in wrong


def test_a_link_by_mail_signs_in_once(app: Flask, browser: Browser, address: None, now: dt.datetime) -> None:
    first = browser.send(browser.get("/accedi/link"), "/accedi/link", {"entity": "Agliè"})
    assert MASKED in first.text
    assert OFFICE not in first.text
    assert mail(app, now) == [], "nothing leaves before the button"
    sent = browser.send(first, "/accedi/link", {"invia": "1"})
    assert (sent.status_code, "Controlla la posta" in sent.text, OFFICE in sent.text) == (200, True, False)
    (arrived,) = mail(app, now)
    assert arrived.recipient == OFFICE
    page = browser.get(arrived.path)
    assert "Entra come Agliè (TO)" in page.text
    assert browser.cookie() is None
    entered = browser.send(page, arrived.path, {})
    assert (entered.status_code, entered.location) == (303, "/operatore?next=/compila")
    assert browser.get("/ente/prova").json["entity"] == AGLIE
    dead = browser.get(arrived.path)
    assert (dead.status_code, DEAD in dead.text) == (410, True)
    assert 'href="/accedi/link"' in dead.text


def test_a_scanner_that_follows_the_links_uses_none(app: Flask, browser: Browser, address: None, now: dt.datetime) -> None:
    ask_link(browser)
    in_context(app, lambda: reset_login(SAMONE_TN, actor="test", now=now))
    in_context(app, lambda: register(SAMONE_TN, "samone@comune.example.org"))
    in_context(app, lambda: reset_login(SAMONE_TN, actor="test", now=now))
    scanner = FlaskClient(app, app.response_class)
    for arrived in mail(app, now):
        for _ in range(3):
            assert browser.get(arrived.path).status_code == 200
            assert scanner.head(arrived.path).status_code == 200
            assert scanner.options(arrived.path).status_code == 200
        assert browser.client.post(arrived.path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
        assert browser.client.post(arrived.path).status_code == 400
        assert browser.cookie() is None
        typed = {"password": NEW} if arrived.kind == "reset" else {}
        assert browser.send(browser.get(arrived.path), arrived.path, typed).status_code == 303
        browser.client.delete_cookie("ricognizione")


def test_a_second_use_of_the_open_page_is_dead(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser], address: None, now: dt.datetime
) -> None:
    ask_link(browser)
    (arrived,) = mail(app, now)
    other = new_browser()
    open_page = other.get(arrived.path)
    assert browser.send(browser.get(arrived.path), arrived.path, {}).status_code == 303
    assert other.send(open_page, arrived.path, {}).status_code == 410
    assert other.cookie() is None


def test_a_sign_in_link_is_good_for_ten_minutes(
    app: Flask, browser: Browser, address: None, now: dt.datetime, clock: Clock
) -> None:
    ask_link(browser)
    (arrived,) = mail(app, now)
    open_page = browser.get(arrived.path)
    clock.move(minutes=10)
    assert browser.send(open_page, arrived.path, {}).status_code == 410


def test_another_link_too_soon_is_refused_kindly(app: Flask, browser: Browser, address: None, now: dt.datetime) -> None:
    ask_link(browser)
    again = ask_link(browser)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "120")
    assert "Un link è già partito: controlla la posta. Se non arriva, puoi chiederne un altro tra 2 minuti." in again.text
    assert len(mail(app, now)) == 1


def test_an_entity_without_an_address_is_led_to_the_other_ways(app: Flask, browser: Browser, now: dt.datetime) -> None:
    page = browser.send(browser.get("/accedi/link"), "/accedi/link", {"entity": "Agliè"})
    assert "Per Agliè (TO) non abbiamo nessun indirizzo e-mail." in page.text
    assert f'href="/accedi/richiesta?ente={AGLIE}"' in page.text
    fields = {"entity": AGLIE, "invia": "1"}
    assert browser.send(browser.get("/accedi/link"), "/accedi/link", fields).status_code == 422
    assert mail(app, now) == []


@pytest.mark.parametrize("path", ["/accedi/link", "/accedi/codice", "/accedi/richiesta"])
def test_each_way_asks_for_the_entity_as_signing_in_does(browser: Browser, path: str) -> None:
    asked = browser.send(browser.get(path), path, {"entity": "samone"})
    assert asked.status_code == 422
    assert "Più enti si chiamano Samone: scegli il tuo." in asked.text
    assert "Samone, Trento (TN)" in asked.text
    empty = browser.send(browser.get(path), path, {"entity": ""})
    assert '<a href="#entity">Scrivi il nome o il codice ISTAT del tuo ente.</a>' in empty.text
    assert 'value="Aldino (BZ)"' in browser.get(f"{path}?ente={ALDINO}").text or path == "/accedi/link"
    assert browser.get(f"{path}?ente=manca").status_code == 200


@pytest.mark.parametrize("path", ["/accedi", "/accedi/link", "/accedi/codice", "/accedi/richiesta"])
@pytest.mark.parametrize("typed", ["Agliè", "001001"])
def test_a_merged_municipality_is_led_to_its_successor(app: Flask, browser: Browser, path: str, typed: str) -> None:
    merge(app, AGLIE, ALDINO)
    asked = browser.send(browser.get(path), path, {"entity": typed})
    assert asked.status_code == 422
    assert "Il tuo Comune è confluito in Aldino (BZ): accedi come Aldino (BZ)." in asked.text
    assert f'name="entity_code" value="{ALDINO}"' in asked.text


def test_choosing_the_successor_goes_on_as_the_successor(app: Flask, browser: Browser, now: dt.datetime) -> None:
    in_context(app, lambda: register(ALDINO, "aldino@comune.example.org"))
    merge(app, AGLIE, ALDINO)
    asked = browser.send(browser.get("/accedi/link"), "/accedi/link", {"entity": "Agliè"})
    page = browser.send(asked, "/accedi/link", {"entity_code": ALDINO})
    assert "al***@comune.example.org" in page.text
    browser.send(page, "/accedi/link", {"invia": "1"})
    assert [one.recipient for one in mail(app, now)] == ["aldino@comune.example.org"]


def test_the_code_sets_the_password_and_signs_in(browser: Browser, code: str, new_browser: Callable[[], Browser]) -> None:
    before = new_browser()
    before.sign_in()
    done = use_code(browser, code)
    assert (done.status_code, done.location) == (303, "/operatore?next=/compila")
    assert "La password è impostata." in browser.get("/operatore").text
    assert browser.get("/ente/prova").json["entity"] == AGLIE
    assert before.get("/ente/prova").status_code == 303, "the sessions before are over"
    assert new_browser().sign_in("Agliè", NEW).status_code == 303
    again = use_code(new_browser(), code, password="un'altra password lunga")
    assert (again.status_code, "Questo codice è già stato usato" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("slip", "text"),
    [
        (lambda code: code[:-1], "Hai scritto 15 cifre: il codice ne ha 16"),
        (lambda code: code[:-1] + str((int(code[-1]) + 1) % 10), "Una cifra del codice è sbagliata"),
        (lambda code: "abc", "Il codice è fatto di sole cifre"),
        (lambda code: "", "Scrivi le 16 cifre del codice che trovi nella lettera."),
    ],
)
def test_a_code_typed_wrong_is_explained_and_kept(browser: Browser, code: str, slip: Callable[[str], str], text: str) -> None:
    typed = slip(code)
    refused = use_code(browser, typed)
    assert refused.status_code == 422
    assert f'<a href="#code">{text}' in refused.text
    assert f'name="code" value="{typed}"' in refused.text
    assert 'value="Agliè"' in refused.text
    assert NEW not in refused.text
    assert browser.send(refused, "/accedi/codice", {"code": code, "password": NEW}).status_code == 303


def test_a_weak_password_leaves_the_code_good(browser: Browser, code: str) -> None:
    refused = use_code(browser, code, password="corta")
    assert (refused.status_code, '<a href="#password">Scegli una password più lunga' in refused.text) == (422, True)
    assert use_code(browser, code).status_code == 303


def test_the_code_of_another_entity_is_refused_and_too_many_must_wait(browser: Browser, code: str) -> None:
    for _ in range(5):
        refused = use_code(browser, code, "Aldino")
        assert (refused.status_code, "Questo non è il codice di Aldino (BZ)." in refused.text) == (422, True)
    waiting = use_code(browser, code, "Aldino")
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "2")
    assert browser.cookie() is None


def test_after_the_deadline_each_page_says_so_and_the_code_is_of_no_use(
    browser: Browser, code: str, address: None, clock: Clock
) -> None:
    clock.move(days=50)
    for path in ("/accedi", "/accedi/link", "/accedi/codice", "/accedi/richiesta"):
        assert "La scadenza era il 27 aprile 2026" in browser.get(path).text, path
    late = use_code(browser, code)
    assert (late.status_code, "Questo codice valeva fino al 27 aprile 2026, 23:45." in late.text) == (422, True)
    assert browser.sign_in().status_code == 303, "what was sent can still be read"


def test_without_an_edition_the_code_page_says_so(browser: Browser) -> None:
    refused = use_code(browser, "0000 0000 0000 0001")
    assert (refused.status_code, "non c&#39;è nessuna rilevazione" in refused.text) == (422, True)


def test_a_request_reaches_the_desk_and_the_page_says_what_follows(app: Flask, browser: Browser, edition: None) -> None:
    page = browser.get("/accedi/richiesta")
    done = browser.send(page, "/accedi/richiesta", {"entity": "Agliè", **ASKED})
    assert (done.status_code, "Che cosa succede ora" in done.text, "a@example.org" in done.text) == (200, True, True)
    assert "Hai fretta? Chiama" in done.text
    assert browser.send(page, "/accedi/richiesta", {"entity": "Agliè", **ASKED}).status_code == 200
    (row,) = in_context(app, open_requests)
    assert (row.entity_code, row.name, row.office, row.email, row.phone) == (
        AGLIE,
        "Operatore A",
        "Anagrafe",
        "a@example.org",
        "",
    )
    assert row.note.split() == ["La", "lettera", "non", "c'è"]


def test_a_request_that_lacks_something_keeps_what_was_typed(app: Flask, browser: Browser) -> None:
    fields = {"entity": "Agliè", **ASKED, "email": "a@", "phone": "boh", "note": "x" * 2001}
    refused = browser.send(browser.get("/accedi/richiesta"), "/accedi/richiesta", fields)
    assert refused.status_code == 422
    for name in ("email", "phone", "note"):
        assert f'<a href="#{name}">' in refused.text
    assert 'value="Operatore A"' in refused.text
    assert "x" * 2001 in refused.text
    assert in_context(app, open_requests) == []


def test_a_network_that_sends_many_requests_must_wait(app: Flask, browser: Browser) -> None:
    page = browser.get("/accedi/richiesta")
    for _ in range(20):
        assert browser.send(page, "/accedi/richiesta", {"entity": "Agliè", **ASKED}).status_code == 200
    waiting = browser.send(page, "/accedi/richiesta", {"entity": "Agliè", **ASKED})
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "2")
    assert 'value="Operatore A"' in waiting.text


def test_after_a_reset_the_old_password_is_told_to_be_over_and_the_link_sets_a_new_one(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser], address: None, now: dt.datetime
) -> None:
    browser.sign_in()
    in_context(app, lambda: reset_login(AGLIE, actor="test", now=now))
    assert browser.get("/ente/prova").status_code == 303, "the session ends at once"
    refused = browser.sign_in()
    assert (refused.status_code, "La password di Agliè (TO) è stata azzerata" in refused.text) == (401, True)
    (arrived,) = mail(app, now)
    other = new_browser()
    page = other.get(arrived.path)
    assert "Scegli una nuova password" in page.text
    assert other.get(arrived.path.replace("reimposta", "attiva")).status_code == 410
    weak = other.send(page, arrived.path, {"password": "corta"})
    assert weak.status_code == 422
    assert other.send(weak, arrived.path, {"password": NEW}).status_code == 303
    dead = new_browser().get(arrived.path)
    assert (dead.status_code, DEAD in dead.text) == (410, True)
    assert new_browser().sign_in("Agliè", NEW).status_code == 303
    assert new_browser().sign_in("Agliè", PASSWORD).status_code == 401


def test_a_hostile_host_changes_no_address(app: Flask, browser: Browser, address: None, now: dt.datetime) -> None:
    page = browser.send(browser.get("/accedi/link"), "/accedi/link", {"entity": "Agliè"})
    for headers in ({"Host": "cattivo.example"}, {"X-Forwarded-Host": "cattivo.example"}):
        answer = browser.send(page, "/accedi/link", {"invia": "1"}, headers={"Sec-Fetch-Site": "same-origin", **headers})
        assert "cattivo.example" not in answer.text + str(answer.headers)
    for arrived in mail(app, now):
        assert "cattivo.example" not in arrived.text + arrived.html


@pytest.mark.parametrize("path", ["/accedi/link", "/accedi/codice", "/accedi/richiesta"])
def test_a_form_of_another_session_is_shown_again_and_does_nothing(
    app: Flask, browser: Browser, address: None, code: str, now: dt.datetime, path: str
) -> None:
    fields = {"entity": "Agliè", "code": code, "password": NEW, "invia": "1", **ASKED, "csrf_token": "x"}
    stale = browser.client.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert (stale.status_code, "La pagina era aperta da troppo tempo." in stale.text) == (400, True)
    assert 'value="Agliè"' in stale.text
    assert mail(app, now) == []
    assert in_context(app, open_requests) == []
    assert browser.sign_in().status_code == 303


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "a" * 3000])
def test_a_link_of_nobody_is_dead(browser: Browser, token: str) -> None:
    for page in ("entra", "reimposta"):
        assert browser.get(f"/{page}/{token}").status_code == 410
