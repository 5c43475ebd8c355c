"""`/gestione/accessi`: an administrator finds an entity, resets its login, and what was alive is dead over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.accounts.links import RESET, redeem_activation_link
from app.accounts.login_runs import ITEM_STATES
from app.accounts.login_state import STATES
from app.accounts.messages import HOOKS
from app.accounts.requests import OUTCOMES
from app.desk import login_words
from app.extensions import db
from tests.accounts.mailbox import queued
from tests.desk.conftest import NewStaff
from tests.desk.logins import FIRENZE, LONG, OFFICE, SAMONE_TN, activate, deeds, entity, register, sign_in
from tests.fill.person import Person

NEW = "quattro parole messe qui"


def test_an_entity_is_found_without_accents_and_among_namesakes(administrator: Person) -> None:
    page = administrator.get("/gestione/accessi?q=samone")
    assert [one for one in page.links() if one.startswith("Samone")] == ["Samone (TO)", "Samone (TN)"]
    assert "Mai attivato" in page.text
    assert "Nessun ente trovato" in administrator.get("/gestione/accessi?q=atlantide").text
    assert administrator.get("/gestione/accessi?q=048017").links()["Firenze (FI)"] == "/gestione/accessi/048017"
    assert administrator.get("/gestione/accessi").status == 200
    assert administrator.get(f"/gestione/accessi/{LONG}").heading.endswith("San Valentino in Abruzzo Citeriore (PE)")
    assert administrator.get("/gestione/accessi/999999").status == 404


def test_the_old_password_and_the_old_sessions_are_dead_after_a_reset(
    administrator: Person, new_client: Callable[[], FlaskClient], now: dt.datetime
) -> None:
    register(FIRENZE, now)
    activate(FIRENZE, now)
    office = new_client()
    assert sign_in(office).status_code == 303
    assert office.get("/operatore").status_code == 200
    page = administrator.get(f"/gestione/accessi/{FIRENZE}/azzera")
    assert "un accesso aperto adesso" in page.text
    assert OFFICE in page.text
    assert office.get("/operatore").status_code == 200, "asking changes nothing"
    done = administrator.send(page, press=None)
    assert done.alerts == [f"Accesso azzerato. Il link per la nuova password va a: {OFFICE}."]
    assert "Azzerato, senza password" in done.text
    assert office.get("/operatore").status_code == 303, "the session of before opens nothing"
    refused = sign_in(new_client())
    assert (refused.status_code, refused.headers.get("Location")) == (401, None)
    (delivery,) = queued()
    hook = HOOKS[delivery.kind]
    token = hook.fill(delivery, now).text.partition("/reimposta/")[2].split()[0]
    db.session.commit()
    redeem_activation_link(token, NEW, now, RESET)
    assert sign_in(new_client()).status_code == 401
    assert sign_in(new_client(), password=NEW).status_code == 303
    assert [action for action, _actor in deeds()] == ["login_reset"]


def test_a_reset_without_an_address_says_what_to_do(administrator: Person, now: dt.datetime) -> None:
    page = administrator.get(f"/gestione/accessi/{SAMONE_TN}/azzera")
    assert page.links()["Aggiungi un indirizzo"] == f"/gestione/accessi/{SAMONE_TN}/indirizzi"
    done = administrator.send(page, press=None)
    assert "Nessun indirizzo" in done.alerts[0]
    assert queued() == []


def test_who_waits_for_too_many_tries_is_let_try_again(
    administrator: Person, new_client: Callable[[], FlaskClient], now: dt.datetime
) -> None:
    activate(FIRENZE, now)
    stranger = new_client()
    for _ in range(12):
        sign_in(stranger, password="sbagliata sbagliata")
    assert sign_in(stranger).status_code == 429
    page = administrator.get(f"/gestione/accessi/{FIRENZE}")
    assert "Qualcuno deve aspettare" in page.text
    assert "In attesa per troppi tentativi" in administrator.get("/gestione/accessi?q=firenze").text
    done = administrator.press(page, "Togli l'attesa")
    assert done.alerts == ["Attesa tolta: si può riprovare subito con la password."]
    assert sign_in(stranger).status_code == 303
    assert [action for action, _actor in deeds()] == ["login_unlocked"]


def test_the_page_shows_addresses_sessions_and_no_secret(
    administrator: Person, new_client: Callable[[], FlaskClient], now: dt.datetime
) -> None:
    register(FIRENZE, now)
    activate(FIRENZE, now)
    sign_in(new_client())
    page = administrator.get(f"/gestione/accessi/{FIRENZE}")
    assert f"{OFFICE}ufficio protocollo · riceve i link" in page.text
    assert "Nessuno ha ancora detto chi compila" in page.text
    assert "Codice della letteraMai emesso" in page.text


@pytest.mark.parametrize("role", ["coordinator", "reviewer", "territory"])
def test_logins_are_for_administrators(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    for path in ("/accessi", f"/accessi/{FIRENZE}", f"/accessi/{FIRENZE}/azzera", "/accessi/gruppi", "/accessi/gruppi/nuovo"):
        assert person.get(f"/gestione{path}").status == 403


@pytest.mark.parametrize("role", ["reviewer", "territory"])
def test_addresses_and_letters_are_for_administrators_and_coordinators(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    for path in (f"/accessi/{FIRENZE}/indirizzi", f"/accessi/{FIRENZE}/lettera", "/indirizzi", "/richieste", "/consegne"):
        assert person.get(f"/gestione{path}").status == 403
    assert entity().code == FIRENZE


def test_every_code_has_its_words() -> None:
    assert set(login_words.LOGIN_STATES) == set(STATES)
    assert set(login_words.ITEM_STATES) == set(ITEM_STATES)
    assert set(login_words.OUTCOMES) == set(OUTCOMES)
