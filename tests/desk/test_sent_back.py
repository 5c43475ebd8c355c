"""Answering the desk from a page that is no longer new: what a colleague wrote since is never replaced without a word."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.responses.document import read_document
from app.responses.models import Response
from tests.desk.logins import FIRENZE
from tests.desk.test_practices import decide, row, sent
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person
from tests.fill.walk import submit
from tests.fill.wire import Device, put, save

__all__ = ["new_person"]


@pytest.mark.parametrize("button", ["Accetta", "Accetta tutte"])
def test_a_correction_that_is_taken_from_an_old_page_does_not_replace_what_a_colleague_wrote_since(
    coordinator: Person, new_person: NewPerson, button: str
) -> None:
    person = new_person()
    code = sent(person)
    decide(coordinator, code, "rimanda", title="Titolo proposto", phone="055 123456", nota="Così va meglio")
    address = f"/compila/pratiche/{row()[3]}"
    opened = person.get(address)
    colleague = new_person("Operatore B", FIRENZE, "b@example.org")
    colleague.fill(address, {"P01": "Titolo del collega"})
    after = person.press(opened, button, "Titolo" if button == "Accetta" else "")
    assert after.alerts[0] == "Un collega ha modificato questa risposta nel frattempo: decidi quale vale."
    db.session.rollback()
    document = read_document(db.session.execute(sa.select(Response.document)).scalar_one())
    key = f"{row()[3]}/P01"
    assert document.answers[key].value == "Titolo del collega"
    assert [one.value for one in document.conflicts[key]] == ["Titolo proposto"]
    for title in ("Titolo del collega", "Titolo proposto"):
        assert title in after.text
    assert list(document.conflicts) == [key], "what nobody else touched is simply taken"


def test_a_sheet_that_was_sent_back_is_not_done_until_it_was_sent_again(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    code = sent(person)
    item = row()[3]
    address, title = f"/compila/pratiche/{item}", "Sportello di ascolto"
    assert dict(person.get("/compila").task_states())[title] == "Completato"
    decide(coordinator, code, "rimanda", nota="Il titolo dice poco: di chi è lo sportello?")
    overview, listed = person.get("/compila"), person.get("/compila/P")
    states = dict(overview.task_states())
    assert states[title] == "Da correggere"
    assert [state for state in states.values() if state == "Da correggere"] == ["Da correggere"] * 2, "the sheet and its step"
    for page in (overview, listed):
        assert "Il titolo dice poco: di chi è lo sportello?" in page.text
        assert page.links()[title] == address
        assert "la segreteria non la vede ancora" not in page.text
    assert "Da correggere" in listed.text
    title = "Sportello per i genitori"
    saved = person.fill(address, {"P01": title})
    assert saved.path == "/compila/P"
    for page in (saved, person.get(address)):
        assert "La correzione è salvata, ma la segreteria non la vede ancora: invia di nuovo la risposta." in page.text
        assert page.links()["Verifica e invia di nuovo"] == "/compila/verifica"
    assert dict(person.get("/compila").task_states())[title] == "Da inviare di nuovo"
    submit(person)
    assert dict(person.get("/compila").task_states())[title] == "Completato"
    assert "la segreteria non la vede ancora" not in person.get("/compila/P").text


def test_a_change_elsewhere_does_not_answer_for_the_sheet(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    decide(coordinator, sent(person), "rimanda", nota=f"{'Una parola dopo l’altra ' * 20}fine")
    person.press(person.get("/compila/P"), "Duplica", "Sportello di ascolto")
    states = person.get("/compila").task_states()
    assert ("Sportello di ascolto", "Da correggere") in states
    assert "fine»" not in person.get("/compila").text, "a long note is read whole in the sheet"
    assert "l’altra fine" in person.get(f"/compila/pratiche/{row()[3]}").text


def test_what_the_same_browser_saved_by_itself_disputes_no_correction(coordinator: Person, new_person: NewPerson) -> None:
    """Somebody types in the sheet, the page saves it, and then the proposal is taken: that is one person's last word."""
    person = new_person()
    decide(coordinator, sent(person), "rimanda", title="Titolo proposto", nota="Così va meglio")
    item = row()[3]
    opened = person.get(f"/compila/pratiche/{item}")
    base = int(opened.form(f"/compila/pratiche/{item}/segreteria", "Titolo").fields["P01.base"][0])
    Device(person.client).send(save(put("P01", "Scritto a metà", base=base, item=item)))
    taken = person.press(opened, "Accetta", "Titolo")
    assert taken.alerts[0] == "Correzione registrata."
    db.session.rollback()
    document = read_document(db.session.execute(sa.select(Response.document)).scalar_one())
    assert document.answers[f"{item}/P01"].value == "Titolo proposto"
    assert not document.conflicts
