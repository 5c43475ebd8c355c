"""The letter on paper of a plan: whose it is, how it reads, prepared from its step, moved, skipped, in no limit of e-mails."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.models import ActivationCode
from app.chasing.respondents import respondent_table
from app.editions.current import EditionView
from app.extensions import db
from app.letters.many import letters_by_number
from app.reminders.audience import Choice, find_audience
from app.reminders.plans.previews import plan_faults
from app.reminders.plans.steps import list_steps
from tests.conftest import Clock
from tests.desk.test_home import answer
from tests.desk.test_letters import take
from tests.desk.test_reminder_plan import PLAN, press, propose, reachable, step_page, steps
from tests.fill.person import Person, Screen
from tests.registry_rows import CODES

__all__ = ["reachable"]

NAME = "Lettera di preavviso"


def letter_step(person: Person) -> tuple[Screen, str]:
    propose(person)
    return step_page(person, NAME)


def test_the_step_shows_whose_letters_they_are_and_how_one_reads(reachable: EditionView, coordinator: Person) -> None:
    page, _where = letter_step(coordinator)
    assert "5 enti" in page.text
    assert "non conta fra le e-mail" in page.text
    assert "È il testo predefinito" in page.text
    assert "0000 0000 0000 0000" in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ActivationCode)) == 0
    text = f"/gestione/edizioni/{reachable.code}/modifica/lettera"
    assert text in page.links().values()
    written = "# Vi scriviamo\n\nAl prossimo mese, {{ente}}.\n\n{{codice}}\n"
    press(coordinator, coordinator.get(text), text, "Salva", letter_text=written)
    page, _where = step_page(coordinator, NAME)
    assert "È il testo della lettera di questa edizione" in page.text
    assert "Al prossimo mese, " in page.text


def test_letters_are_prepared_from_the_step_for_who_has_not_answered(reachable: EditionView, coordinator: Person) -> None:
    answer(reachable, CODES[0])
    page, where = letter_step(coordinator)
    made = press(coordinator, page, f"{where}/lettere", "Prepara le lettere")
    assert (made.path, made.status) == ("/gestione/lettere/1", 200)
    assert "4 lettere da fare." in made.text
    assert "per un passo del piano" in made.text
    assert where in made.links().values()
    db.session.rollback()
    assert len(letters_by_number(1).entity_ids) == 4
    take(coordinator)
    page, _where = step_page(coordinator, NAME)
    assert "Lettere n. 1" in page.text
    assert "scaricate il" in page.text
    press(coordinator, page, f"{where}/fatta", "Segna le lettere come spedite")
    assert [one.state for one in steps() if one.name == NAME] == ["done"]


def test_a_narrowed_step_prepares_letters_of_its_own_entities_alone(reachable: EditionView, coordinator: Person) -> None:
    page, where = letter_step(coordinator)
    press(coordinator, page, where, "Salva le modifiche", regione="09")
    page, _where = step_page(coordinator, NAME)
    assert "1 ente" in page.text
    made = press(coordinator, page, f"{where}/lettere", "Prepara le lettere")
    assert "Una lettera da fare." in made.text


def test_nobody_s_letters_are_refused_in_words(reachable: EditionView, coordinator: Person) -> None:
    page, where = letter_step(coordinator)
    for code in CODES:
        answer(reachable, code)
    db.session.execute(sa.delete(respondent_table))
    db.session.commit()
    refused = press(coordinator, page, f"{where}/lettere", "Prepara le lettere")
    assert (refused.status, refused.path) == (422, f"{where}/lettere")
    assert "Ora non ci sono lettere da preparare" in refused.text


def test_a_step_that_is_a_message_prepares_no_letters(reachable: EditionView, coordinator: Person) -> None:
    _page, letter = letter_step(coordinator)
    page, where = step_page(coordinator, "Promemoria a 7 giorni")
    assert "Prepara le lettere" not in page.text
    token = page.form(f"{where}/approva", "Approva: parte da solo").fields["csrf_token"][0]
    answered = coordinator.client.post(f"{where}/lettere", data={"csrf_token": token})
    assert answered.status_code == 422
    assert letter != where


def test_it_is_moved_paused_skipped_and_counts_in_no_limit(reachable: EditionView, coordinator: Person, clock: Clock) -> None:
    page, where = letter_step(coordinator)
    moved = press(coordinator, page, where, "Salva le modifiche", giorno="2026-02-16")
    assert "16 febbraio 2026" in moved.text
    press(coordinator, moved, f"{where}/pausa", "Metti in pausa", motivo="Manca la carta")
    press(coordinator, step_page(coordinator, NAME)[0], f"{where}/riprendi", "Riprendi")
    press(coordinator, step_page(coordinator, NAME)[0], f"{where}/fatta", "Segna le lettere come spedite")
    db.session.rollback()
    stored = list_steps(reachable.id)
    assert [fault for fault in plan_faults(reachable, stored, clock()) if fault.reason == "too_many"] == []
    audience = find_audience(reachable, Choice(stored[-1].content.filter), clock(), clock())
    assert (len(audience.recipients), dict(audience.by_reason())) == (5, {}), "a letter was no message to anybody"
    press(coordinator, coordinator.get(f"{PLAN}/nuovo?passo=letter"), f"{PLAN}/nuovo", "Aggiungi il passo", giorni="12")
    db.session.rollback()
    second = max(one.id for one in steps())
    there = f"{PLAN}/{second}"
    assert "Saltato" in press(coordinator, coordinator.get(there), f"{there}/salta", "Salta", motivo="Basta una").text
