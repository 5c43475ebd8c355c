"""The code by e-mail after the password, as a browser sees it: asked for in a new one, where the edition wants it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.demo.loading import demo_edition
from app.editions.lifecycle import move_edition, store_edition
from app.editions.models import Edition
from app.extensions import db
from tests.access.browser import Browser
from tests.accounts.few import AGLIE, SAMONE_TO, activate
from tests.accounts.mailbox import MASKED, OFFICE, Arrived, claim, register
from tests.conftest import Clock

VERIFY = "/accedi/verifica"


def in_context(app: Flask, deed: Callable[[], object]) -> object:
    with app.app_context():
        try:
            return deed()
        finally:
            db.session.remove()


@pytest.fixture(autouse=True)
def edition(app: Flask, now: dt.datetime) -> None:
    """An open edition that wants a second step, and an address of Agliè's."""

    def open_it() -> None:
        store_edition(demo_edition(now), actor="test", now=now)
        move_edition("demo", "open", actor="test", now=now)
        db.session.execute(sa.update(Edition).values(second_step=True))
        db.session.commit()
        register(AGLIE)

    in_context(app, open_it)


def mail(app: Flask, at: dt.datetime) -> Arrived:
    with app.app_context():
        try:
            return claim(at)[-1]
        finally:
            db.session.remove()


def test_a_new_browser_is_asked_and_is_known_afterwards(app: Flask, browser: Browser, now: dt.datetime) -> None:
    page = browser.sign_in(path="/accedi?next=/ente/prova")
    assert (page.status_code, browser.cookie()) == (200, None)
    assert MASKED in page.text
    assert OFFICE not in page.text
    assert 'autocomplete="one-time-code"' in page.text
    assert page.text.count("<h1") == 1
    entered = browser.send(page, VERIFY, {"digits": mail(app, now).digits})
    assert (entered.status_code, entered.location) == (303, "/operatore?next=/ente/prova")
    browser.send(browser.get("/operatore"), "/esci", {})
    assert browser.sign_in().status_code == 303


def test_without_the_setting_nothing_is_asked(app: Flask, browser: Browser) -> None:
    in_context(app, lambda: (db.session.execute(sa.update(Edition).values(second_step=False)), db.session.commit()))
    assert browser.sign_in().status_code == 303


def test_a_wrong_code_is_said_and_five_lead_back_to_the_password(app: Flask, browser: Browser, clock: Clock) -> None:
    page = browser.sign_in()
    right = mail(app, clock()).digits
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for left in ("4 volte", "3 volte", "2 volte", "1 volta"):
        page = browser.send(page, VERIFY, {"digits": wrong})
        assert page.status_code == 401
        assert f"puoi provare ancora {left}" in page.text
        assert 'href="#digits"' in page.text
        clock.move(minutes=1)
    over = browser.send(page, VERIFY, {"digits": wrong})
    assert (over.status_code, "Il codice non vale più. Scrivi di nuovo la password" in over.text) == (410, True)
    assert 'value="Agliè (TO)"' in over.text
    assert browser.send(page, VERIFY, {"digits": right}).status_code == 410
    assert browser.cookie() is None


def test_nothing_typed_is_said_beside_its_field(browser: Browser) -> None:
    page = browser.send(browser.sign_in(), VERIFY, {"digits": " "})
    assert page.status_code == 422
    assert 'aria-describedby="digits-error" aria-invalid="true"' in page.text


def test_the_code_is_sent_again_after_a_pause(browser: Browser, clock: Clock) -> None:
    page = browser.sign_in()
    early = browser.send(page, VERIFY, {"invia": "1"})
    assert (early.status_code, early.headers["Retry-After"]) == (429, "30")
    clock.move(seconds=30)
    again = browser.send(early, VERIFY, {"invia": "1"})
    assert (again.status_code, "Il codice è di nuovo in partenza" in again.text) == (200, True)


def test_an_old_page_writes_nothing_and_can_be_sent_again(app: Flask, browser: Browser, now: dt.datetime) -> None:
    page = browser.sign_in()
    digits = mail(app, now).digits
    stale = browser.send(page, VERIFY, {"digits": digits, "csrf_token": "x"})
    assert stale.status_code == 400
    assert browser.send(stale, VERIFY, {"digits": digits}).status_code == 303


def test_what_is_forged_leads_to_the_password(browser: Browser) -> None:
    page = browser.sign_in()
    for token in ("", "x", "A" * 43):
        assert browser.send(page, VERIFY, {"passo": token, "digits": "000000"}).status_code == 410
    assert browser.get(VERIFY).location == "/accedi"


def test_a_wrong_password_looks_as_ever(browser: Browser) -> None:
    page = browser.sign_in(password="sbagliata sbagliata")
    assert (page.status_code, VERIFY in page.text) == (401, False)


def test_without_an_address_the_other_ways_are_shown(app: Flask, browser: Browser, now: dt.datetime) -> None:
    in_context(app, lambda: activate(SAMONE_TO, now))
    page = browser.sign_in("Samone (TO)")
    assert (page.status_code, browser.cookie()) == (403, None)
    assert "non abbiamo nessun indirizzo" in page.text
    assert f'href="/accedi/codice?ente={SAMONE_TO}"' in page.text
