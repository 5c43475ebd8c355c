"""The page where an entity changes its password, at a browser without scripts."""

from __future__ import annotations

import datetime as dt

import pytest

from app.accounts.links import create_activation_link, redeem_activation_link
from app.fill import password as password_page
from tests.conftest import Clock
from tests.fill.conftest import NewPerson
from tests.fill.person import Person, Screen

FIRENZE, PASSWORD, NEW = "048017", "cavallo batteria graffetta", "quattro parole messe qui"
TYPED = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def own(new_person: NewPerson, now: dt.datetime) -> Person:
    """Operatore A of Firenze, whose password is known."""
    redeem_activation_link(create_activation_link(FIRENZE, now).rpartition("/")[2], PASSWORD, now)
    return new_person()


def change(person: Person, typed: dict[str, str]) -> Screen:
    return person.send(person.get("/ente/password"), typed, None)


def test_it_is_changed_and_this_browser_goes_on_alone(own: Person, new_person: NewPerson) -> None:
    colleague = new_person("Operatore B")
    before = own.client.get_cookie("ricognizione", domain="localhost")
    assert own.get("/ente").links()["Cambia la password"] == "/ente/password"
    after = change(own, TYPED)
    assert (after.path, after.alerts[0]) == (
        "/ente",
        "La password è cambiata. Negli altri browser bisogna entrare di nuovo, con quella nuova.",
    )
    now_there = own.client.get_cookie("ricognizione", domain="localhost")
    assert before is not None
    assert now_there is not None
    assert before.value != now_there.value
    assert own.get("/compila/B").path == "/compila/B"
    assert colleague.get("/compila/B").path == "/accedi"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({**TYPED, "current_password": "sbagliata sbagliata"}, "#current_password"),
        ({**TYPED, "new_password": "corta"}, "#new_password"),
        ({**TYPED, "new_password": "qwertyuiop"}, "#new_password"),
        ({"new_password": NEW}, "#current_password"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_no_password_comes_back(own: Person, typed: dict[str, str], field: str) -> None:
    refused = change(own, typed)
    assert (refused.status, refused.summary()[0][0]) == (422, field)
    assert refused.value("current_password") == refused.value("new_password") == [""]
    assert change(own, TYPED).path == "/ente"


def test_too_many_tries_must_wait(own: Person, clock: Clock) -> None:
    for _ in range(5):
        change(own, {**TYPED, "current_password": "sbagliata sbagliata"})
    waiting = change(own, TYPED)
    assert waiting.status == 429
    assert "Riprova tra 2 secondi: l'accesso non è bloccato." in waiting.text
    clock.move(seconds=2)
    assert change(own, TYPED).path == "/ente"


def test_an_entity_without_a_password_is_told_how_to_get_one(person: Person) -> None:
    page = person.get("/ente/password")
    assert "non ha una password" in page.text
    assert [form for form in page.forms() if form.action == "/ente/password"] == []


def test_a_page_of_another_sign_in_changes_nothing(own: Person, new_person: NewPerson) -> None:
    page = own.get("/ente/password")
    other = new_person("Operatore S", "022165").client.get_cookie("ricognizione", domain="localhost")
    assert other is not None
    own.client.set_cookie("ricognizione", other.value, domain="localhost")
    assert own.send(page, TYPED, None).alerts[0].startswith("La pagina era rimasta aperta da un altro accesso")


def test_a_form_without_its_token_comes_back(own: Person) -> None:
    own.get("/ente/password")
    answer = own.client.post("/ente/password", data={**TYPED, "ente": FIRENZE})
    assert answer.status_code == 400
    assert "La pagina era aperta da troppo tempo" in answer.text
    assert PASSWORD not in answer.text


def test_where_the_session_ended_meanwhile_nothing_is_said_to_have_changed(
    own: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*_given: object) -> None:
        raise password_page.SessionOverError

    monkeypatch.setattr(password_page, "change_password", over)
    after = change(own, TYPED)
    assert (after.path, after.alerts) == ("/ente", [])
