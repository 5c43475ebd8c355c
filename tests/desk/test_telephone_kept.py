"""Filling in by telephone: mode, author and call of what is sent, lists and files, and the officer's own data."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts.models import StaffMember
from app.accounts.operators import telephone_operators
from app.chasing.models import PHONE_BEGUN, PHONE_SENT
from app.chasing.respondents import refresh_respondents
from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery
from app.privacy.erasing import erase_operator
from app.privacy.exporting import person_data
from app.responses.models import Response, Submission, TelephoneCopy
from tests.conftest import START, Clock
from tests.desk.test_telephone import ENTITY, OVER, SESSION, allowed, begin, declare, entity, outcomes
from tests.fill.conftest import session_of
from tests.fill.person import Person
from tests.registry.rows import add_contact

__all__ = ["allowed"]
FIRENZE = "048017"


def test_what_is_sent_has_mode_and_author_and_asks_the_registered_address(coordinator: Person) -> None:
    add_contact(entity(), "registry_office", "protocollo@example.org")
    begin(coordinator)
    receipt = declare(coordinator)
    assert receipt.path == "/ricevuta"
    assert "Da confermare" in receipt.text
    assert not {"Storico", "Versioni inviate e differenze"} & set(receipt.links())
    assert outcomes() == [PHONE_SENT]
    sent = db.session.execute(sa.select(Submission.staff_id, Submission.operator_id)).one()
    assert sent.staff_id == db.session.execute(sa.select(StaffMember.id)).scalar_one()
    assert sent.operator_id == telephone_operators(entity())[0].id
    assert db.session.execute(sa.select(Response.submitted_mode)).scalar_one() == "telephone"
    assert list(db.session.execute(sa.select(Delivery.kind, Delivery.recipient))) == [
        ("telephone_copy", "protocollo@example.org")
    ]
    copy = db.session.execute(sa.select(TelephoneCopy.addresses, TelephoneCopy.confirmed_at)).one()
    assert tuple(copy) == (1, None)
    coordinator.press(coordinator.get("/compila"), "Fine della telefonata")
    page = coordinator.get(ENTITY)
    assert "da Persona coordinator; in linea Persona in linea (non verificato)" in page.text
    assert "Risposta inviata al telefono" in page.text


def test_lists_and_files_say_so_until_the_entity_sends_by_itself(
    coordinator: Person, new_client: Callable[[], FlaskClient], clock: Clock, edition: EditionView
) -> None:
    begin(coordinator)
    declare(coordinator)
    refresh_respondents(edition, clock())
    assert re.search(r"Firenze \(FI\).*Inviata al telefono", coordinator.get("/gestione/risposte?problema=by_phone").text)
    file = _exported(coordinator)
    place = file.splitlines()[0].rstrip().split(";").index("by_phone")
    assert [line.split(";")[place] for line in file.splitlines() if line.startswith(FIRENZE)] == ["1"]
    own = Person(new_client())
    own.client.set_cookie(SESSION, session_of("Operatore A", FIRENZE, "a@example.org", clock()), domain="localhost")
    own.fill("/compila/E", {"E02": "Corretto da noi"})
    own._send(own.get("/compila/verifica").form(), {"dichiarazione": "1"}, None)
    assert db.session.execute(sa.select(Response.submitted_mode)).scalar_one() == "web"
    clock.move(minutes=2)
    assert [line.split(";")[place] for line in _exported(coordinator).splitlines() if line.startswith(FIRENZE)] == ["0"]


def _exported(person: Person) -> str:
    token = person.get("/gestione").form("/gestione/esci").fields["csrf_token"][0]
    answer = person.client.post("/gestione/risposte/esporta", data={"formato": "csv", "csrf_token": token})
    return str(answer.get_data(as_text=True))


def test_without_a_registered_address_nothing_is_sent_to_the_one_that_was_said(coordinator: Person) -> None:
    begin(coordinator)
    declare(coordinator)
    assert list(db.session.execute(sa.select(Delivery.recipient)).scalars()) == []
    assert "non ha indirizzi" in coordinator.get("/ricevuta").text
    assert "non chiesta" in coordinator.get(ENTITY).text


def test_an_officer_is_copied_and_erased_as_anybody_else(coordinator: Person) -> None:
    begin(coordinator)
    coordinator.fill("/compila/B", {"B01": "own"})
    (row,) = telephone_operators(entity())
    found = person_data(row.id, entity())
    assert (found["person"][0]["by_phone"], found["person"][0]["phone"]) == (True, "055 987")
    assert [one["spoke_with"] for one in found["calls"]] == ["Persona in linea"]
    erase_operator(row.id, actor="test", now=START, entity_id=entity())
    everything = "".join(
        str(db.session.execute(sa.text(f'SELECT * FROM "{name}"')).all())
        for name in sa.inspect(db.session.connection()).get_table_names()
    )
    assert not any(secret in everything for secret in ("Persona in linea", "055 987", "privata@example.org"))
    assert coordinator.get("/compila/B").heading == OVER
    assert outcomes() == [PHONE_BEGUN]
