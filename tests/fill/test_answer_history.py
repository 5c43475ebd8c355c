"""What each answer has been: every value with who and when, to its own entity alone; an earlier one comes back."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from app.responses.journal import folded_document
from app.responses.personal import erase_personal_values
from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import Person, Screen
from tests.fill.wire import Device, op_id, put, save

NEEDS = "Bisogni e priorità per il prossimo anno"


@pytest.fixture
def changed(person: Person, new_person: NewPerson, clock: Clock) -> Device:
    """E02 was written by A, and then by B."""
    device = Device(person.client)
    device.send(save(put("E02", "Più nidi")))
    clock.move(minutes=5)
    Device(new_person("Operatore B").client).send(save(put("E02", "Più centri", base=1)))
    clock.move(minutes=5)
    return device


def history(page: Screen, label: str = NEEDS) -> str:
    (found,) = [one for one in page.page.all("details") if label in one.text]
    return " ".join(found.text.split())


def restore(person: Person, containing: str) -> Screen:
    return person.press(person.get("/storico"), "Ripristina", containing)


def test_every_value_is_shown_with_who_and_when(person: Person, changed: Device) -> None:
    told = history(person.get("/storico"))
    assert (
        told.index("Più centri")
        < told.index("Operatore B (non verificato), 16 marzo 2026, 10:05 Adesso")
        < told.index("Più nidi")
    )
    assert told.index("Più nidi") < told.index("Operatore A (non verificato), 16 marzo 2026, 10:00")


def test_an_earlier_value_comes_back_and_so_does_the_one_before(person: Person, changed: Device, stored: Stored) -> None:
    after = restore(person, "16 marzo 2026, 10:00")
    assert "Valore ripristinato. Se ci ripensi, qui trovi anche quello di prima." in after.alerts
    answer = stored().document.answers["E02"]
    assert (answer.value, answer.revision) == ("Più nidi", 3)
    restore(person, "16 marzo 2026, 10:05")
    assert stored().document.answers["E02"].value == "Più centri"
    assert folded_document(stored().id) == stored().document


def test_a_colleagues_newer_answer_is_not_overwritten(
    person: Person, changed: Device, new_person: NewPerson, stored: Stored
) -> None:
    page = person.get("/storico")
    Device(new_person("Operatore B").client).send(save(put("E02", "Più trasporti", base=2)))
    asked = person.press(page, "Ripristina", "16 marzo 2026, 10:00")
    assert (asked.path, asked.fragment) == ("/compila/E", "q-E02")
    assert asked.alerts == ["Un collega ha cambiato la stessa risposta: sono conservate tutte e due. Scegli quale vale."]
    (held,) = stored().document.conflicts["E02"]
    assert (stored().document.answers["E02"].value, held.value) == ("Più trasporti", "Più nidi")
    person.send(asked, {"E02.scelta": str(held.revision)})
    assert (stored().document.answers["E02"].value, stored().document.conflicts) == ("Più nidi", {})
    assert "Più trasporti" in history(person.get("/storico"))


def test_a_page_that_does_not_say_what_it_showed_overwrites_nothing(person: Person, changed: Device, stored: Stored) -> None:
    fields = {"risposta": "E02", "revisione": "1", "ente": "048017"}
    token = person.get("/storico").form("/storico/ripristina").fields["csrf_token"][0]
    person.client.post("/storico/ripristina", data=fields | {"csrf_token": token})
    assert stored().document.answers["E02"].value == "Più centri"
    assert [one.value for one in stored().document.conflicts["E02"]] == ["Più nidi"]


def test_a_value_that_comes_back_into_a_sheet_that_was_deleted_meanwhile_waits_for_a_decision(
    person: Person, changed: Device, new_person: NewPerson, stored: Stored
) -> None:
    item = str(uuid.uuid4())
    changed.send(save({"op_id": op_id(), "op": "add", "item": item, "step": "P"}))
    changed.send(save(put("P01", "Sportello", item=item)))
    changed.send(save(put("P01", "Sportello nuovo", item=item, base=4)))
    page = person.get("/storico")
    Device(new_person("Operatore B").client).send(save({"op_id": op_id(), "op": "delete", "item": item, "base": 5}))
    asked = person.press(page, "Ripristina", "16 marzo 2026, 10:10")
    assert (asked.path, set(stored().document.conflicts)) == ("/compila/conflitti", {item})
    assert stored().document.answers[f"{item}/P01"].value == "Sportello"


def test_a_value_that_was_cleared_comes_back(person: Person, changed: Device, stored: Stored) -> None:
    changed.send(save(put("E02", base=2)))
    assert "(nessuna risposta)" in history(person.get("/storico"))
    restore(person, "16 marzo 2026, 10:05")
    assert stored().document.answers["E02"].value == "Più centri"


def test_the_answers_of_a_sheet_carry_its_name_and_those_of_a_removed_one_are_left_out(
    person: Person, changed: Device, stored: Stored
) -> None:
    item = str(uuid.uuid4())
    changed.send(save({"op_id": op_id(), "op": "add", "item": item, "step": "P"}))
    changed.send(save(put("P01", "Sportello", item=item)))
    changed.send(save(put("P01", "Sportello nuovo", item=item, base=4)))
    assert "Sportello nuovo: Titolo" in person.get("/storico").text
    restore(person, "16 marzo 2026, 10:10")
    assert stored().document.answers[f"{item}/P01"].value == "Sportello"
    base = stored().version
    changed.send(save({"op_id": op_id(), "op": "delete", "item": item, "base": base}))
    assert "Sportello" not in person.get("/storico").text


def test_a_personal_value_comes_back_and_an_erased_one_does_not(
    person: Person, changed: Device, stored: Stored, clock: Clock
) -> None:
    who = {"email": ["a@example.org"], "phone": ["055 1"]}
    changed.send(save(put("E04", name=["Maria"], **who)))
    clock.move(minutes=1)
    changed.send(save(put("E04", name=["Anna"], base=3, **who)))
    restore(person, "16 marzo 2026, 10:10")
    assert person.get("/compila/E").value("E04.name") == ["Maria"]
    page = person.get("/storico")
    erase_personal_values(stored().id, clock())
    person.press(page, "Ripristina", "16 marzo 2026, 10:11")
    assert stored().version == 5
    assert "Anna" not in person.get("/storico").text


def test_after_the_deadline_it_can_only_be_read(
    person: Person, changed: Device, clock: Clock, renew: Renew, stored: Stored
) -> None:
    page = person.get("/storico")
    clock.set(dt.datetime(2026, 5, 2, tzinfo=dt.UTC))
    renew(person)
    after = person.press(page, "Ripristina", "16 marzo 2026, 10:00")
    assert "La rilevazione è chiusa: le risposte si possono solo leggere." in after.alerts
    assert not [form for form in after.forms() if form.text.startswith("Ripristina")]
    assert stored().version == 2


def test_what_never_was_cannot_be_restored(person: Person, changed: Device, new_person: NewPerson, stored: Stored) -> None:
    form = person.get("/storico").form("/storico/ripristina")
    for wrong in ({"revisione": ["7"]}, {"risposta": ["B01"]}, {"risposta": ["x\x00"]}, {"revisione": ["molte"]}):
        assert person.client.post(form.action, data=form.fields | wrong).status_code == 404
    person.client.post(form.action, data=form.fields | {"ente": ["022165"]})
    assert person.client.post(form.action, data={"ente": "048017"}).status_code == 400
    other = new_person("Operatore C", "022165")
    assert "nidi" not in other.get("/storico").text
    assert stored().version == 2


def test_many_long_values_make_no_page_without_end(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.responses.changes.MOST_CHARACTERS", 5_000)
    device = Device(person.client)
    for number in range(6):
        device.send(save(put("E02", f"{number} {'x' * 2_000}", base=number)))
    shown = history(person.get("/storico"))
    assert [f"{number} x" in shown for number in range(6)] == [False, False, False, False, True, True]
    assert "I valori più vecchi sono troppo lunghi" in shown
