"""Inviting, handing over and verifying from the entity's page, and the pages at the other end of the mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.invitations import pending_invitations
from app.accounts.operators import list_operators
from app.extensions import db
from app.registry.entities import find_by_code
from tests.accounts.mailbox import Arrived, claim
from tests.conftest import Clock
from tests.fill.conftest import NewPerson
from tests.fill.person import Person, Screen
from tests.fill.test_entity import rows
from tests.fill.walk import answer_all, submit

FIRENZE, SAMONE = "048017", "022165"
GUEST = "collega@comune.example.org"
DEAD = "Questo link è scaduto o già usato."


@pytest.fixture
def stranger(app: Flask, new_client: Callable[[], FlaskClient]) -> Person:
    """Somebody who has only the mail."""
    return Person(new_client())


def mail(now: dt.datetime) -> Arrived:
    """The last message; its link's host is taken off by `path`."""
    db.session.rollback()
    return claim(now)[-1]


def people(code: str = FIRENZE) -> list[str]:
    db.session.rollback()
    entity = find_by_code(code)
    assert entity is not None
    return [row.shown_name for row in list_operators(entity.id)]


def invite(person: Person, email: str = GUEST, path: str = "/ente/invita") -> Screen:
    return person.send(person.get(path), {"email": email}, None)


def accept(stranger: Person, path: str, name: str = "Operatore B") -> Screen:
    return stranger.send(stranger.get(path), {"name": name, "office": "Anagrafe"}, None)


def test_a_colleague_is_invited_comes_and_is_verified(person: Person, stranger: Person, now: dt.datetime) -> None:
    page = invite(person)
    assert page.path == "/ente"
    assert page.alerts[0].startswith(f"Invito in partenza per {GUEST}.")
    assert "Inviti in attesa" in page.text
    arrived = mail(now)
    shown = stranger.get(arrived.path)
    assert shown.heading == "Compila per Firenze (FI)"
    assert stranger.get("/compila").path == "/accedi", "looking at the link signs nobody in"
    entered = accept(stranger, arrived.path)
    assert entered.path == "/compila/B"
    assert entered.alerts[0] == "Ora compili per Firenze (FI). Il tuo indirizzo è verificato."
    assert people() == ["Operatore A (non verificato)", "Operatore B"]
    assert "Inviti in attesa" not in person.get("/ente").text
    assert DEAD in stranger.get(arrived.path).text


def test_what_is_missing_is_said_and_the_link_stays_good(person: Person, stranger: Person, now: dt.datetime) -> None:
    invite(person)
    path = mail(now).path
    refused = stranger.send(stranger.get(path), {"name": "Operatore B"}, None)
    assert (refused.status, refused.summary()[0][0]) == (422, "#office")
    assert refused.value("name") == ["Operatore B"]
    assert accept(stranger, path).path == "/compila/B"


def test_a_successor_takes_the_place_and_the_history_keeps_both(person: Person, stranger: Person, now: dt.datetime) -> None:
    answer_all(person)
    submit(person)
    assert "Prende il posto di Operatore A (non verificato)." in invite(person, path="/ente/passa-la-mano").text
    path = mail(now).path
    assert "Prendi il suo posto" in stranger.get(path).text
    accept(stranger, path)
    assert people() == ["Operatore B"]
    assert person.get("/compila").path == "/operatore"
    assert "Operatore A (non verificato)" in stranger.get("/storico").text
    assert "Operatore A" in stranger.get("/ente").text, "among those who were removed"


def test_ones_own_address_is_verified_by_its_link_alone(person: Person, stranger: Person, now: dt.datetime) -> None:
    page = person.press(person.get("/ente"), "Verifica il tuo indirizzo")
    assert page.alerts[0].startswith("Il link per verificare servizi.sociali@example.org è in partenza")
    path = mail(now).path
    shown = stranger.get(path)
    assert (shown.heading, people()) == ("Verifica l'indirizzo", ["Operatore A (non verificato)"])
    after = stranger.send(shown, {}, None)
    assert after.path == "/"
    assert people() == ["Operatore A"]
    assert rows(person.get("/ente"), "persone")[0].startswith("Operatore A sta compilando ora")
    assert "Verifica il tuo indirizzo" not in person.get("/ente").text
    assert DEAD in stranger.get(path).text


@pytest.mark.parametrize("typed", ["", "ufficio", "a b@c", "a@b.it\r\nBcc: c@d.it"])
def test_a_wrong_address_is_said_and_stays(person: Person, typed: str) -> None:
    page = invite(person, typed)
    ((target, text),) = page.summary()
    assert (page.status, target) == (422, "#email")
    assert text.startswith("Controlla l'indirizzo e-mail")


def test_nobody_hands_over_to_oneself(person: Person) -> None:
    page = invite(person, "servizi.sociali@example.org", "/ente/passa-la-mano")
    assert page.summary() == [("#email", "Questo è il tuo indirizzo: scrivi quello di chi prende il tuo posto.")]


def test_an_invitation_is_sent_again_after_a_pause_and_withdrawn(
    person: Person, stranger: Person, now: dt.datetime, clock: Clock
) -> None:
    page = invite(person)
    path = mail(now).path
    assert person.press(page, "Manda di nuovo").alerts[0].startswith("Un messaggio è appena partito: riprova tra 2 minuti.")
    clock.move(minutes=2)
    assert person.press(page, "Manda di nuovo").alerts[0] == f"Invito di nuovo in partenza per {GUEST}."
    assert person.press(page, "Ritira l'invito").alerts[0].startswith("Invito ritirato")
    assert DEAD in stranger.get(path).text
    assert person.press(page, "Manda di nuovo").alerts[0] == "Questo invito non è più in attesa."


def test_an_expired_invitation_is_shown_as_such(
    person: Person, now: dt.datetime, clock: Clock, renew: Callable[..., None]
) -> None:
    invite(person)
    clock.move(days=8)
    renew(person)
    assert f"{GUEST} Scaduto" in person.get("/ente").text


def test_nobody_touches_another_entitys_invitation(person: Person, new_person: NewPerson) -> None:
    invite(person)
    entity = find_by_code(FIRENZE)
    assert entity is not None
    (waiting,) = pending_invitations(entity.id)
    other = new_person("Operatore S", SAMONE)
    token = other.get("/ente").forms()[-1].fields["csrf_token"]
    for order in ("rimanda", "ritira"):
        for number in (waiting.id, 2147483647):
            assert other.client.post(f"/ente/inviti/{number}/{order}", data={"csrf_token": token}).status_code == 303
            assert other.get("/ente").alerts[0] == "Questo invito non è più in attesa."
    assert GUEST not in other.get("/ente").text
    db.session.rollback()
    assert [one.id for one in pending_invitations(entity.id)] == [waiting.id]
    page = other.get("/ente/invita")
    assert other.client.post("/ente/invita", data={**page.form().fields, "ente": FIRENZE, "email": GUEST}).status_code == 303
    assert GUEST not in other.get("/ente").text
