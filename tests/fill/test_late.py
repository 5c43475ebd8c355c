"""Work that comes after the deadline: kept and shown, brought in or discarded by a person, never sent."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.editions.extensions import extend
from app.extensions import db
from app.responses.late import late_work
from app.responses.models import LateSave, PersonalValue
from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Renew, Stored, session_of
from tests.fill.person import Person
from tests.fill.walk import add_practice, answer_all, submit
from tests.fill.wire import Device, op_id, put, save

END = dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
OWN_END = dt.datetime(2026, 5, 10, 22, 0, tzinfo=dt.UTC)
KEPT = "La scadenza è passata: quello che hai scritto è conservato, ma non fa parte della risposta."
NEEDS = "Bisogni e priorità per il prossimo anno"


@pytest.fixture
def device(person: Person, clock: Clock, renew: Renew) -> Device:
    """Operatore A's browser, after the deadline."""
    device = Device(person.client)
    clock.set(END)
    renew(person)
    return device


def reopen(now: dt.datetime = END) -> None:
    db.session.rollback()
    extend("2026", "048017", OWN_END, "Elezioni", actor="test", now=now, reopened=True)


def sign_in(person: Person, name: str, now: dt.datetime) -> None:
    token = session_of(name, "048017", f"{name[-1].lower()}@example.org", now)
    person.client.set_cookie("ricognizione", token, domain="localhost")


def rows() -> list[LateSave]:
    db.session.rollback()
    return list(db.session.execute(sa.select(LateSave).order_by(LateSave.id)).scalars())


def only(reply: dict[str, Any]) -> dict[str, Any]:
    (one,) = reply["saves"]
    return dict(one)


def test_what_a_script_sends_too_late_is_kept_and_said_to_be_late(device: Device, stored: Stored) -> None:
    good, bad = put("E02", "Più nidi"), put("Z99", "x")
    reply = device.send(save(good, bad, save_id="s1"))
    assert reply["takes_answers"] is False
    assert only(reply) == {
        "save_id": "s1",
        "applied": [],
        "conflicts": [],
        "refused": [{"op_id": bad["op_id"], "reason": "unknown_question"}],
        "late": True,
        "kept": [good["op_id"]],
    }
    assert (stored().version, stored().document.answers) == (0, {})
    (work,) = late_work(device.response)
    assert [(one.key, one.value) for one in work.operations] == [("E02", "Più nidi")]


def test_the_same_late_save_twice_is_kept_once(device: Device) -> None:
    late = save(put("E02", "Più nidi"))
    assert device.send(late)["saves"] == device.send(late)["saves"]
    assert len(rows()) == 1


def test_a_save_that_was_in_time_and_comes_again_is_not_late(
    person: Person, clock: Clock, renew: Renew, stored: Stored
) -> None:
    device, first = Device(person.client), save(put("E02", "Più nidi"))
    once = device.send(first)
    clock.set(END)
    renew(person)
    assert device.send(first)["saves"] == once["saves"]
    assert rows() == []


def test_a_page_that_was_open_keeps_what_was_typed(person: Person, clock: Clock, renew: Renew, stored: Stored) -> None:
    answer_all(person)
    submit(person)
    page = person.get("/compila/E")
    clock.set(END)
    renew(person)
    version = stored().version
    shown = person.send(page, {"E02": "Più nidi"})
    assert (shown.path, KEPT in shown.alerts) == ("/compila", True)
    assert "Una risposta è arrivata dopo la scadenza" in shown.text
    assert "non fanno parte della risposta inviata" in shown.text
    assert f"Operatore A (non verificato), 1 maggio 2026, 00:00 {NEEDS}" in shown.text
    assert "Più nidi" not in shown.text
    assert [form.action for form in shown.forms() if "tardi" in form.action] == []  # it may not be answered now
    assert (stored().version, stored().submissions) == (version, 1)
    person.send(page, {"E02": "Più nidi"})
    assert len(rows()) == 1


def test_a_page_without_anything_new_keeps_nothing(person: Person, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    page = person.get("/compila/E")
    clock.set(END)
    renew(person)
    assert "niente di nuovo" in person.send(page).alerts[0]
    assert rows() == []


def test_too_much_late_work_is_refused_and_says_so(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.responses.late.MOST_CHARACTERS", 300)
    big = put("E02", "x" * 400)
    assert only(device.send(save(big)))["refused"] == [{"op_id": big["op_id"], "reason": "too_large"}]
    assert rows() == []


def test_who_may_answer_again_brings_it_into_the_draft_as_its_author(
    device: Device, person: Person, clock: Clock, stored: Stored
) -> None:
    device.send(save(put("E02", "Più nidi")), save(put("E02", "Più centri"), put("C01", "none")))
    reopen()
    colleague = Person(person.client)
    sign_in(colleague, "Operatore B", clock())
    page = colleague.get("/compila")
    assert "2 risposte sono arrivate dopo la scadenza" in page.text
    after = colleague.press(page, "Riprendi nella bozza")
    assert "3 modifiche sono ora nella bozza. Controllale e poi invia." in after.alerts
    answers = stored().document.answers
    assert (answers["E02"].value, answers["C01"].value, stored().document.conflicts) == ("Più centri", {"code": "none"}, {})
    assert answers["E02"].operator == rows()[0].operator_id
    assert (stored().submissions, [one.state for one in rows()]) == (0, ["taken", "taken"])
    assert [one.operations for one in rows()] == ["[]", "[]"]
    assert "dopo la scadenza" not in colleague.get("/compila").text
    told = db.session.execute(sa.select(AuditEntry.detail).where(AuditEntry.action == "late_work_taken")).scalars().all()
    assert len(told) == 1
    assert "centri" not in told[0]


def test_two_peoples_late_answers_are_both_kept(device: Device, person: Person, clock: Clock, stored: Stored) -> None:
    device.send(save(put("E02", "Più nidi")))
    sign_in(person, "Operatore B", clock())
    other = Device(person.client)
    other.send(save(put("E02", "Più centri")))
    assert "Operatore B" in person.get("/compila").text
    reopen()
    after = person.press(person.get("/compila"), "Riprendi nella bozza")
    assert after.path == "/compila/conflitti"
    document = stored().document
    assert (document.answers["E02"].value, [one.value for one in document.conflicts["E02"]]) == ("Più nidi", ["Più centri"])


def test_a_late_answer_does_not_overwrite_what_was_written_since(device: Device, person: Person, stored: Stored) -> None:
    device.send(save(put("E02", "Più nidi")))
    reopen()
    device.send(save(put("E02", "Più trasporti")))
    person.press(person.get("/compila"), "Riprendi nella bozza")
    document = stored().document
    assert (document.answers["E02"].value, [one.value for one in document.conflicts["E02"]]) == ("Più trasporti", ["Più nidi"])


def test_a_late_save_that_comes_again_after_a_reopening_is_still_late(device: Device, stored: Stored) -> None:
    late = save(put("E02", "Più nidi"))
    once = device.send(late)
    reopen()
    assert device.send(late)["saves"] == once["saves"]
    assert (stored().document.answers, len(rows())) == ({}, 1)


def test_a_sheet_made_filled_and_deleted_late_comes_in_without_a_fight(device: Device, person: Person, stored: Stored) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    for item in (one, two):
        device.send(save({"op_id": op_id(), "op": "add", "item": item, "step": "P"}))
        device.send(save(put("P01", "Sportello", item=item)))
    device.send(save({"op_id": op_id(), "op": "delete", "item": two, "base": 0}))
    assert "Sportello: " in person.get("/compila").text
    reopen()
    person.press(person.get("/compila"), "Riprendi nella bozza")
    assert (stored().document.live_items(), stored().document.conflicts) == ({"P": [one]}, {})


def test_what_the_draft_cannot_take_stays_waiting(device: Device, person: Person, stored: Stored) -> None:
    strange = put("P01", "Sportello", item=str(uuid.uuid4()))
    device.send(save(put("E02", "Più nidi"), strange))
    reopen()
    after = person.press(person.get("/compila"), "Riprendi nella bozza")
    assert any("restano conservate a parte" in alert for alert in after.alerts)
    assert "Una risposta è arrivata dopo la scadenza" in after.text
    (left,) = rows()
    assert (left.state, stored().document.answers["E02"].value) == ("waiting", "Più nidi")


def test_bringing_in_that_was_broken_off_goes_on_without_repeating(
    device: Device, person: Person, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.send(save(put("E02", "Più nidi")))
    reopen()
    monkeypatch.setattr("app.responses.late._settle", lambda *_anything: None)
    person.press(person.get("/compila"), "Riprendi nella bozza")
    monkeypatch.undo()
    version = stored().version
    person.press(person.get("/compila"), "Riprendi nella bozza")
    assert (stored().version, [one.state for one in rows()]) == (version, ["taken"])


def test_it_is_discarded_after_a_second_question(device: Device, person: Person, stored: Stored) -> None:
    late = save(put("E02", "Più nidi"))
    device.send(late)
    page = person.get("/compila/arrivate-tardi/scarta")
    assert NEEDS in page.text
    assert [one.state for one in rows()] == ["waiting"]
    after = person.press(page, "Sì, scartale")
    assert "Le risposte arrivate dopo la scadenza sono state eliminate." in after.alerts
    assert [(one.state, one.operations) for one in rows()] == [("discarded", "[]")]
    device.send(late)
    assert [one.state for one in rows()] == ["discarded"]
    assert person.get("/compila/arrivate-tardi/scarta").path == "/compila"


def test_it_cannot_be_brought_in_while_the_edition_is_closed(device: Device, person: Person, stored: Stored) -> None:
    device.send(save(put("E02", "Più nidi")))
    reopen()
    page = person.get("/compila")
    db.session.execute(sa.text("DELETE FROM extension"))
    db.session.commit()
    after = person.press(page, "Riprendi nella bozza")
    assert any("restano conservate a parte" in alert for alert in after.alerts)
    assert (stored().version, [one.state for one in rows()]) == (0, ["waiting"])


def test_another_entitys_page_settles_nothing(device: Device, person: Person, new_person: NewPerson) -> None:
    device.send(save(put("E02", "Più nidi")))
    reopen()
    other = new_person("Operatore C", "022165")
    page = person.get("/compila").form("/compila/arrivate-tardi/riprendi")
    for action in ("riprendi", "scarta"):
        person.client.post(f"/compila/arrivate-tardi/{action}", data=page.fields | {"ente": ["022165"]})
        other.client.post(f"/compila/arrivate-tardi/{action}", data={"ente": "022165"})
    assert [one.state for one in rows()] == ["waiting"]
    assert "Più nidi" not in other.get("/compila").text


def test_personal_values_stand_apart_until_they_are_settled(device: Device, person: Person, stored: Stored) -> None:
    device.send(save(put("E04", name=["Maria Segreta"], email=["segreta@example.org"])))
    (kept,) = rows()
    assert "egreta" not in kept.operations
    assert len(db.session.execute(sa.select(PersonalValue.value)).scalars().all()) == 1
    reopen()
    person.press(person.get("/compila"), "Riprendi nella bozza")
    assert person.get("/compila/E").value("E04.name") == ["Maria Segreta"]
    values = db.session.execute(sa.select(PersonalValue.value)).scalars().all()
    assert sorted(value is None for value in values) == [False, True]


def test_discarding_erases_personal_values_and_no_other(device: Device, person: Person, stored: Stored) -> None:
    reopen()
    device.send(save(put("E04", name=["Maria Segreta"], email=["segreta@example.org"])))
    db.session.execute(sa.text("DELETE FROM extension"))
    db.session.commit()
    device.send(save(put("E04", name=["Maria Segreta"], email=["segreta@example.org"], base=1)))
    person.press(person.get("/compila/arrivate-tardi/scarta"), "Sì, scartale")
    values = db.session.execute(sa.select(PersonalValue.value)).scalars().all()
    assert sorted(value is None for value in values) == [False, True]
    assert Device(person.client).pull()["changes"]["answers"]["E04"]["fields"]["name"] == ["Maria Segreta"]


def test_a_button_of_a_sheet_that_is_pressed_too_late_says_that_nothing_was_changed(
    person: Person, clock: Clock, renew: Renew, stored: Stored
) -> None:
    answer_all(person)
    for title in ("Uno", "Due"):
        add_practice(person, P01=title)
    listed = person.get("/compila/P")
    gone = person.press(listed, "Elimina", "Uno")
    before = stored()
    clock.set(END)
    renew(person)
    pressed = {
        "Aggiungi una buona pratica": (listed, "aggiunta"),
        "Duplica": (listed, "duplicata"),
        "Sposta giù": (listed, "spostata"),
        "Elimina": (listed, "eliminata"),
        "Ripristina": (gone, "ripristinata"),
    }
    for button, (page, done) in pressed.items():
        shown = person.press(page, button)
        told = f"La scadenza è passata: la scheda non è stata {done}. Non è cambiato niente: le risposte restano come erano."
        assert (shown.path, told in shown.alerts) == ("/compila/P", True), button
    assert (stored().version, stored().document) == (before.version, before.document)
    assert rows() == []


def test_a_sheet_that_is_saved_too_late_is_kept(person: Person, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    page = person.get(add_practice(person, P01="Uno").links()["Uno"])
    person.press(person.get("/compila/P"), "Elimina", "Uno")
    clock.set(END)
    renew(person)
    assert KEPT in person.send(page, {"P03": "Scritto tardi"}).alerts
    assert ["Scritto tardi" in one.operations for one in rows()] == [True]
