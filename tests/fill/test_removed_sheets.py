"""Answers in dispute that went away with their sheet or their step stop nothing, and are there again when it comes back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.responses.journal import folded_document, journal_lines
from app.responses.models import Response
from tests.fill.conftest import NewPerson, Stored
from tests.fill.person import Person, Screen
from tests.fill.walk import add_practice, answer_all, submit
from tests.fill.wire import Device

NOTHING = "Non c'è niente da decidere."
MINE, THEIRS = "Si ascoltano le famiglie.", "Si parla con le famiglie."


@pytest.fixture
def colleague(new_person: NewPerson) -> Person:
    """Operatore B of the same entity."""
    return new_person("Operatore B")


@pytest.fixture
def disputed(person: Person, colleague: Person) -> str:
    """A practice whose description two people have written in two ways, as the address of its sheet."""
    answer_all(person)
    address = add_practice(person, P01="Ascolto").links()["Ascolto"]
    stale = person.get(address)
    colleague.fill(address, {"P03": THEIRS})
    person.send(stale, {"P03": MINE})
    assert person.get("/compila/conflitti").links() == {"Ascolto: Che cosa si fa e perché": f"{address}#q-P03"}
    return address


def waiting(stored: Stored) -> int:
    query = sa.select(Response.open_conflicts).where(Response.id == stored().id)
    return int(db.session.execute(query).scalar_one())


def offered(screen: Screen) -> list[str]:
    """The choices between the descriptions."""
    radios = [one.attributes for one in screen.page.all("input") if one.attributes.get("name") == "P03.scelta"]
    return [radio["value"] for radio in radios]


def test_a_dispute_in_a_deleted_sheet_stops_nothing(person: Person, disputed: str, stored: Stored) -> None:
    assert submit(person).status == 422
    assert waiting(stored) == 1
    listed = person.press(person.get("/compila/P"), "Elimina", "Ascolto")
    assert "Contiene una risposta scritta in due modi diversi: finché la scheda resta eliminata" in listed.text
    assert NOTHING in person.get("/compila/conflitti").text
    assert "serve una decisione" not in person.get("/compila").text
    assert Device(person.client).pull()["changes"]["conflicts"] == []
    assert waiting(stored) == 0
    assert submit(person).path == "/ricevuta"


def test_a_sheet_that_comes_back_brings_its_dispute_along(person: Person, disputed: str, stored: Stored) -> None:
    listed = person.press(person.get("/compila/P"), "Elimina", "Ascolto")
    back = person.press(listed, "Ripristina", "Ascolto")
    assert back.alerts == [
        "Scheda ripristinata.",
        "In questa scheda una risposta è scritta in due modi diversi: aprila e scegli quale vale.",
    ]
    assert waiting(stored) == 1
    assert submit(person).status == 422
    page = person.get(disputed)
    assert page.value("P03") == [THEIRS]
    person.send(page, {"P03.scelta": offered(page)[1]})
    assert person.get(disputed).value("P03") == [MINE]
    assert NOTHING in person.get("/compila/conflitti").text
    assert submit(person).path == "/ricevuta"
    document = stored().document
    assert (document.conflicts, folded_document(stored().id)) == ({}, document)
    steps = [operation.op for line in journal_lines(stored().id) for operation in line.operations]
    assert [step for step in steps if step in {"delete", "restore", "resolve"}] == ["delete", "restore", "resolve"]


def test_what_is_written_twice_after_a_deletion_waits_for_one_decision_about_the_sheet(
    person: Person, colleague: Person, stored: Stored
) -> None:
    answer_all(person)
    address = add_practice(person, P01="Ascolto").links()["Ascolto"]
    stale = person.get(address)
    colleague.fill(address, {"P03": THEIRS})
    colleague.press(colleague.get("/compila/P"), "Elimina", "Ascolto")
    asked = person.send(stale, {"P03": MINE})
    assert person.get("/compila/conflitti").links() == {"Ascolto": "/compila/P"}
    gone = person.press(asked, "Conferma l'eliminazione")
    assert NOTHING in person.get("/compila/conflitti").text
    person.press(gone, "Ripristina", "Ascolto")
    page = person.get(address)
    assert len(offered(page)) == 3
    assert [MINE in page.text, THEIRS in page.text] == [True, True]
    assert submit(person).status == 422


def test_a_dispute_on_a_step_that_is_no_longer_asked_stops_nothing(
    person: Person, colleague: Person, disputed: str, stored: Stored
) -> None:
    stale = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": "Più nidi"})
    person.send(stale, {"E02": "Più consultori"})
    assert waiting(stored) == 2
    person.fill("/compila/B", {"B01": "none"})
    assert set(stored().document.conflicts) == {"E02", f"{disputed.rpartition('/')[2]}/P03"}
    asked = person.get("/compila/conflitti").links()
    assert all("non ti è richiesto" not in person.get(address).text for address in asked.values())
    person.fill("/compila/B", {"B01": "own"})
    assert len(person.get("/compila/conflitti").links()) == waiting(stored) == 2


def test_what_is_typed_on_a_sheet_whose_step_is_no_longer_asked_is_kept(
    person: Person, colleague: Person, stored: Stored
) -> None:
    answer_all(person)
    address = add_practice(person, P01="Ascolto").links()["Ascolto"]
    page = person.get(address)
    colleague.fill("/compila/B", {"B01": "none"})
    person.send(page, {"P03": MINE})
    assert "non ti è richiesto" in person.get(address).text
    person.fill("/compila/B", {"B01": "own"})
    assert person.get(address).value("P03") == [MINE]
