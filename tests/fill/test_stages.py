"""What an entity may look at and do before the opening, in a pilot, after the deadline, closed and published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.editions.files import read_edition_file
from app.editions.lifecycle import move_edition, store_edition
from app.editions.models import Edition, PilotEntity
from app.extensions import db
from tests.conftest import START, Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import Person
from tests.fill.test_lost_pages import KEPT
from tests.fill.walk import add_practice, answer_all, submit
from tests.open_edition import EDITION

CLOSED = "La rilevazione è chiusa: le risposte si possono solo leggere."
NOT_YET = "La rilevazione non è ancora aperta"


def set_state(state: str, *pilots: str) -> None:
    """Put the edition into this state, whatever it was."""
    db.session.rollback()
    edition = db.session.execute(sa.select(Edition)).scalar_one()
    edition.state = state
    db.session.add_all(PilotEntity(edition_id=edition.id, entity_code=code) for code in pilots)
    db.session.commit()


def pages_of_a_full_response(person: Person) -> tuple[str, ...]:
    """Answer and send; the addresses of all pages there are then."""
    answer_all(person)
    add_practice(person)
    submit(person)
    sheet = person.get("/compila/P").links()["Sportello di ascolto"]
    steps = ("/compila", "/compila/B", "/compila/B/2", "/compila/B/3", "/compila/C", "/compila/P", "/compila/E")
    rest = ("/compila/verifica", "/compila/bozza", "/compila/conflitti", "/ricevuta", "/ricevuta/1/copia", "/storico")
    return (*steps, sheet, f"{sheet}/2", *rest)


def test_before_the_opening_a_page_says_when_to_come_back(person: Person, clock: Clock, renew: Renew) -> None:
    clock.set(dt.datetime(2026, 2, 28, 12, 0, tzinfo=dt.UTC))
    renew(person)
    for path in ("/compila", "/compila/B", "/compila/verifica", "/ricevuta", "/storico"):
        page = person.get(path)
        assert (page.status, page.heading) == (200, NOT_YET), path
        assert "Potrai rispondere da domenica 1 marzo 2026 alle 09:00." in page.text


def test_without_any_edition_a_page_says_so(person: Person) -> None:
    set_state("draft")
    page = person.get("/compila")
    assert page.heading == NOT_YET
    assert "Le date della prossima rilevazione saranno pubblicate qui." in page.text


def test_in_a_pilot_only_its_entities_may_answer(person: Person, new_person: NewPerson, stored: Stored) -> None:
    set_state("pilot", "022165")
    outsider = person.get("/compila")
    assert outsider.heading == NOT_YET
    pilot = new_person("Operatore C", "022165")
    assert pilot.get("/compila").path == "/compila/B"
    assert pilot.fill("/compila/B", {"B01": "own"}).path == "/compila/B/2"
    assert stored("022165").document.answers["B01"].value == {"code": "own"}


def test_an_entity_that_leaves_the_pilot_reads_only(person: Person, stored: Stored) -> None:
    set_state("pilot", "048017")
    page = person.get("/compila")
    person.send(page, {"B01": "own"})
    db.session.rollback()
    db.session.execute(sa.delete(PilotEntity))
    db.session.commit()
    assert KEPT in person.send(page, {"B01": "none"}).alerts
    assert stored().document.answers["B01"].value == {"code": "own"}


@pytest.mark.parametrize("state", ["closed", "published"])
def test_a_closed_edition_can_be_read_everywhere_and_changed_nowhere(person: Person, stored: Stored, state: str) -> None:
    paths = pages_of_a_full_response(person)
    person.fill("/compila/E", {"E02": "Una correzione"})
    check = person.get("/compila/verifica")
    submit(person)
    open_page, listed = person.get("/compila/E"), person.get("/compila/P")
    set_state(state)
    before = stored()
    for path in paths:
        page = person.get(path)
        assert (page.status, page.path) == (200, path)
        buttons = {pair for form in page.forms() for pair in form.buttons}
        assert ("azione", "esci") not in buttons, path
        assert not any(
            form.action.startswith(("/compila", "/ricevuta")) and "csrf_token" in form.fields and form.text
            for form in page.forms()
            if form.action != path
        ), path
        if path.startswith("/compila") and path not in {"/compila/bozza", "/compila/conflitti"}:
            assert CLOSED in page.alerts, path
    assert KEPT in person.send(open_page, {"E02": "Tardi"}).alerts
    assert any(
        "la scheda non è stata duplicata. Non è cambiato niente" in one for one in person.press(listed, "Duplica").alerts
    )
    assert person.send(check, {"dichiarazione": "1"}, None).path in {"/compila/verifica", "/ricevuta"}
    assert stored().document == before.document
    assert stored().submissions == 2
    assert (
        "La rilevazione è chiusa. Per correggere la risposta, chiedi la riapertura o chiama i contatti in fondo alla pagina."
        in (person.get("/ricevuta").text)
    )


def test_after_the_deadline_the_pages_are_the_same_as_closed(person: Person, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    clock.set(dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC))
    renew(person)
    for path in ("/compila", "/compila/B", "/compila/P", "/compila/verifica"):
        assert CLOSED in person.get(path).alerts, path
    page = person.get("/compila/E")
    assert page.by_id("q-E04-name").attributes["value"] == "Operatore A"
    assert "readonly" in page.by_id("q-E04-name").attributes
    assert "disabled" in page.by_id("q-E05").attributes


def test_a_pilot_of_the_next_edition_does_not_hide_the_open_one(person: Person, tmp_path: Path) -> None:
    answer_all(person)
    file = tmp_path / "next.yaml"
    file.write_text(EDITION.replace('"2026"', '"2027"'), encoding="utf-8")
    coming = replace(read_edition_file(file), opens_at=START + dt.timedelta(days=9))
    store_edition(coming, actor="test", now=START)
    move_edition("2027", "pilot", actor="test", now=START)
    assert person.get("/compila").heading == "A che punto sei"
    assert person.fill("/compila/E", {"E02": "Più nidi"}).path == "/compila/verifica"


def test_a_changed_questionnaire_leaves_a_begun_response_with_its_own(
    person: Person, new_person: NewPerson, tmp_path: Path, write_variant: Callable[[], Path]
) -> None:
    set_state("pilot", "048017", "022165")
    begun = person.get("/compila/B")
    person.send(begun, {"B01": "own"})
    db.session.rollback()
    store_edition(replace(read_edition_file(write_variant()), pilot=("048017", "022165")), actor="test", now=START)
    assert "Bisogni e priorità per il prossimo anno" in person.get("/compila/E").text
    other = new_person("Operatore C", "022165")
    other.fill("/compila/B", {"B01": "own"})
    assert "Priorità e bisogni per il prossimo anno" in other.get("/compila/E").text


@pytest.fixture
def write_variant(tmp_path: Path) -> Callable[[], Path]:
    """The edition's file with another wording of one question."""
    from app.questionnaire.loader import read_shipped

    def write() -> Path:
        source = read_shipped("RBP5").replace("Bisogni e priorità", "Priorità e bisogni")
        (tmp_path / "altro.yaml").write_text(source, encoding="utf-8")
        file = tmp_path / "variant.yaml"
        file.write_text(EDITION.replace("RBP5", "altro.yaml"), encoding="utf-8")
        return file

    return write
