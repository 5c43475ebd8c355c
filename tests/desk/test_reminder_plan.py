"""The plan at the desk: proposed, changed, approved, paused, skipped, taken out, put back; what moved dates do to it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.extensions import db
from app.mail.pace import ROME
from app.registry.entities import find_by_code
from app.reminders.models import Batch, PlanStep
from app.reminders.plans.running import run_plans
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact
from tests.registry_rows import CODES

PLAN = "/gestione/promemoria/piano"
DATES = "/gestione/edizioni/2026/modifica/date"


@pytest.fixture
def reachable(edition: EditionView) -> EditionView:
    for code in CODES:
        entity = find_by_code(code)
        assert entity is not None
        add_contact(entity.id, "social_services", f"u{code}@example.org")
    return edition


def steps() -> list[PlanStep]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(PlanStep).order_by(PlanStep.id)))


def press(person: Person, page: Screen, action: str, saying: str, **typed: str) -> Screen:
    return person._send(page.form(action, saying), typed, None)


def propose(person: Person) -> Screen:
    return press(person, person.get(PLAN), f"{PLAN}/proponi", "Prendi questo piano")


def step_page(person: Person, name: str) -> tuple[Screen, str]:
    db.session.rollback()
    number = db.session.scalar(sa.select(PlanStep.id).where(PlanStep.name == name))
    return person.get(f"{PLAN}/{number}"), f"{PLAN}/{number}"


def test_a_plan_is_proposed_with_its_days_and_taken_over_once(reachable: EditionView, coordinator: Person) -> None:
    page = coordinator.get(PLAN)
    assert "giovedì" not in page.heading
    assert all(text in page.text for text in ("Invito ai capofila", "Promemoria a 21 giorni", "gio 9 aprile 2026, 09:00"))
    taken = propose(coordinator)
    assert (taken.path, len(steps())) == (PLAN, 6)
    assert {one.state for one in steps()} == {"planned"}
    assert press(coordinator, page, f"{PLAN}/proponi", "Prendi questo piano").path == PLAN
    assert len(steps()) == 6


def test_a_step_is_approved_as_it_was_seen_and_goes_then(reachable: EditionView, coordinator: Person, clock: Clock) -> None:
    propose(coordinator)
    page, where = step_page(coordinator, "Promemoria a 7 giorni")
    assert "5 enti" in page.text
    assert "promemoria per Ricognizione 2026" in page.text
    done = press(coordinator, page, f"{where}/approva", "Approva: parte da solo")
    assert "Approvato" in " ".join(done.alerts)
    assert "Approvato il 16 marzo 2026" in done.text
    run_plans(dt.datetime(2026, 4, 23, 9, 0, tzinfo=ROME))
    assert db.session.scalars(sa.select(Batch.name)).all() == ["Promemoria a 7 giorni"]
    assert coordinator.get(where).links()["Vedi l'invio"] == "/gestione/promemoria/1"
    told = ["plan_proposed", "plan_step_approved", "batch_queued"]
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert [one for one in actions if one in told] == told


def test_a_change_withdraws_the_approval_and_an_old_page_changes_nothing(
    reachable: EditionView, coordinator: Person, new_staff: NewStaff
) -> None:
    propose(coordinator)
    page, where = step_page(coordinator, "Promemoria a 7 giorni")
    press(coordinator, page, f"{where}/approva", "Approva: parte da solo")
    other = new_staff("coordinator")
    old, _where = step_page(other, "Promemoria a 7 giorni")
    approved, _where = step_page(coordinator, "Promemoria a 7 giorni")
    saved = press(coordinator, approved, where, "Salva le modifiche", giorni="8")
    assert "va approvato di nuovo" in " ".join(saved.alerts)
    refused = press(other, old, where, "Salva le modifiche", giorni="5")
    assert refused.status == 409
    assert refused.form(where, "Salva le modifiche").fields["giorni"] == ["5"]
    assert [(one.days, one.approved_by) for one in steps() if one.days in (5, 8)] == [(8, None)]
    assert press(coordinator, approved, f"{where}/salta", "Salta", motivo="prova").status == 409


def test_what_is_wrong_is_said_at_its_step_and_keeps_it_from_being_approved(
    reachable: EditionView, coordinator: Person
) -> None:
    propose(coordinator)
    page, where = step_page(coordinator, "Promemoria a 7 giorni")
    press(coordinator, page, where, "Salva le modifiche", giorno="2026-04-28")
    page, where = step_page(coordinator, "Promemoria a 7 giorni")
    assert "Cade nello stesso giorno di «Promemoria a 2 giorni»" in page.text
    assert "approva" not in " ".join(form.action for form in page.forms())
    assert "Cade nello stesso giorno di «Promemoria a 7 giorni»" in coordinator.get(PLAN).text


def test_a_form_says_what_is_wrong_field_by_field(reachable: EditionView, coordinator: Person) -> None:
    new = coordinator.get(f"{PLAN}/nuovo?passo=reminder")
    typed = {"nome": "", "giorni": "x", "ora": "19:00", "giorno": "25/04/2026", "ritmo": "0"}
    refused = press(coordinator, new, f"{PLAN}/nuovo", "Aggiungi il passo", **typed)
    assert refused.status == 422
    assert [target for target, _text in refused.summary()] == ["#nome", "#giorni", "#ora", "#giorno", "#ritmo"]
    assert steps() == []
    made = press(
        coordinator,
        refused,
        f"{PLAN}/nuovo",
        "Aggiungi il passo",
        nome="Ultimo",
        giorni="3",
        ora="9:30",
        giorno="",
        ritmo="400",
    )
    assert (made.heading, steps()[0].minute) == ("Ultimo", 570)


def test_a_step_is_paused_resumed_skipped_and_comes_back(reachable: EditionView, coordinator: Person) -> None:
    propose(coordinator)
    name = "Promemoria a 7 giorni"
    page, where = step_page(coordinator, name)
    assert press(coordinator, page, f"{where}/pausa", "Metti in pausa").status == 422
    assert "In pausa" in press(coordinator, page, f"{where}/pausa", "Metti in pausa", motivo="Si rivede il testo").text
    assert "Si rivede il testo" in step_page(coordinator, name)[0].text
    press(coordinator, step_page(coordinator, name)[0], f"{where}/riprendi", "Riprendi")
    assert "Saltato" in press(coordinator, step_page(coordinator, name)[0], f"{where}/salta", "Salta", motivo="No").text
    press(coordinator, step_page(coordinator, name)[0], f"{where}/ripristina", "Ripristina")
    gone = press(coordinator, step_page(coordinator, name)[0], f"{where}/togli", "Togli dal piano")
    assert "Passi tolti" in gone.text
    press(coordinator, gone, f"{where}/rimetti", "Rimetti")
    assert {(one.state, one.removed_at) for one in steps()} == {("planned", None)}


def test_letters_on_paper_wait_for_a_person(reachable: EditionView, coordinator: Person) -> None:
    made = press(coordinator, coordinator.get(f"{PLAN}/nuovo?passo=letter"), f"{PLAN}/nuovo", "Aggiungi il passo", giorni="10")
    sent = press(coordinator, made, f"{made.path}/fatta", "Segna le lettere come spedite")
    assert ("Fatto" in sent.text, steps()[0].days) == (True, -10)


def test_the_dashboard_says_what_waits_for_an_approval(
    reachable: EditionView, coordinator: Person, clock: Clock, new_staff: NewStaff
) -> None:
    propose(coordinator)
    clock.set(dt.datetime(2026, 4, 8, 10, 0, tzinfo=ROME))
    page = new_staff("coordinator").get("/gestione")
    assert "passi del piano da approvare" in page.text
    assert PLAN in page.links().values()
    assert "da approvare" not in new_staff("territory", "09").get("/gestione").text


def test_moved_dates_say_first_what_they_do_to_the_plan(reachable: EditionView, coordinator: Person) -> None:
    propose(coordinator)
    page, where = step_page(coordinator, "Promemoria a 7 giorni")
    press(coordinator, page, f"{where}/approva", "Approva: parte da solo")
    form = coordinator.get(DATES)
    shown = press(coordinator, form, DATES, "Salva", deadline_day="2026-05-29")
    assert (shown.status, shown.path) == (200, DATES)
    assert "Non è ancora salvato nulla" in shown.text
    assert "va approvato di nuovo" in shown.text
    assert "ven 22 mag 2026, 09:00" in shown.text
    db.session.rollback()
    assert db.session.execute(sa.text("SELECT count(*) FROM plan_step WHERE approved_by IS NOT NULL")).scalar() == 1
    saved = press(coordinator, shown, DATES, "Salva")
    assert saved.path == "/gestione/edizioni/2026"
    assert [one.approved_by for one in steps()] == [None] * 6
    assert "ven 22 mag 2026, 09:00" in coordinator.get(PLAN).text
