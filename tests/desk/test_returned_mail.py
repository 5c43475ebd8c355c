"""What came back, on the page of deliveries: its evidence, addresses to correct with their file, what waits for a person."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from app.mail.returns.corrections import count_corrections
from app.mail.returns.evidence import count_waiting_returns
from app.mail.returns.handling import take_return
from app.mail.suppressions import suppress
from tests.desk.logins import FIRENZE, OFFICE, deeds, entity, register
from tests.fill.person import Person
from tests.mail.returns.deliveries import sent
from tests.mail.returns.writing import About, dsn, mail
from tests.mail.suppressed import is_suppressed

PAGE = "/gestione/consegne?vista="


def bounced(now: dt.datetime) -> About:
    about = sent(entity().id, now, recipient=OFFICE)
    take_return(dsn(about, "failed", "5.1.1", "550 5.1.1 =user unknown"), "pipe", now)
    return about


def test_a_delivery_that_came_back_shows_its_report(coordinator: Person, now: dt.datetime) -> None:
    bounced(now)
    page = coordinator.get(PAGE + "bounced")
    assert "Tornati indietro (1)" in page.text
    assert "Rifiutato per sempre" in page.text
    assert "550 5.1.1 =user unknown" in page.text
    assert "Firenze (FI)" in page.text


def test_an_address_is_corrected_from_the_list(coordinator: Person, now: dt.datetime) -> None:
    register(FIRENZE, now)
    bounced(now)
    page = coordinator.get(PAGE + "correggere")
    assert f"Indirizzi dell'ente (Firenze (FI), {OFFICE})" in page.links()
    assert page.links()[f"Indirizzi dell'ente (Firenze (FI), {OFFICE})"] == f"/gestione/accessi/{FIRENZE}/indirizzi"
    done = coordinator.press(page, "Togli dall'elenco")
    assert done.alerts == [f"Tolto dall'elenco: {OFFICE}. Se torna indietro altro, vi ricompare."]
    assert (count_corrections(), is_suppressed(OFFICE)) == (0, True)
    assert coordinator.press(page, "Togli dall'elenco").alerts == ["Questo indirizzo non era più nell'elenco."]
    assert [action for action, _actor in deeds()] == ["address_correction_settled"]
    entry = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action == "address_correction_settled")).scalar_one()
    assert OFFICE not in entry.detail + entry.subject


def test_the_list_is_taken_as_a_file_with_its_entry(coordinator: Person, now: dt.datetime) -> None:
    bounced(now)
    suppress("=formula@example.org", "550 no", now)
    db.session.commit()
    token = coordinator.get(PAGE + "correggere").form("/gestione/consegne/da-correggere/file").fields["csrf_token"][0]
    answer = coordinator.client.post("/gestione/consegne/da-correggere/file", data={"csrf_token": token})
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    lines = answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert lines[0] == "indirizzo;codice;ente;motivo;stato;risposta;dal"
    assert len(lines) == 3
    assert all(not line.startswith("=") for line in lines)
    assert any(line.startswith(f"{OFFICE};{FIRENZE};Firenze (FI);") for line in lines)
    assert [action for action, _actor in deeds()] == ["corrections_exported"]


def test_a_challenge_waits_with_its_link_as_text_and_is_closed(coordinator: Person, now: dt.datetime) -> None:
    about = sent(entity().id, now, recipient=OFFICE)
    text = "Please confirm your message: https://filter.example/c/<b>1</b>"
    take_return(mail(about, OFFICE, "Sender verification", text, "Auto-Submitted: auto-replied"), "pipe", now)
    page = coordinator.get(PAGE + "tornati")
    assert "https://filter.example/c/<b>1</b>" in page.text
    assert not any("filter.example" in target for target in page.links().values())
    assert "Inoltra alla segreteria" not in page.text
    assert coordinator.press(page, "Guardato").alerts == ["Segnato come guardato."]
    assert count_waiting_returns() == 0
    assert coordinator.press(page, "Guardato").alerts == ["Questo messaggio nel frattempo è stato chiuso da qualcuno."]
    assert [action for action, _actor in deeds()] == ["mail_return_settled"]


def test_a_message_that_was_held_back_is_sent_on(coordinator: Person, now: dt.datetime) -> None:
    about = sent(entity().id, now, recipient=OFFICE)
    raw = mail(
        about, "persona@example.net", "Domanda", "Buongiorno", "X-Loop: ricognizione@localhost", to="ritorni@example.org"
    )
    take_return(raw, "pipe", now)
    done = coordinator.press(coordinator.get(PAGE + "tornati"), "Inoltra alla segreteria")
    assert done.alerts == ["Inoltrato alla segreteria."]
    number = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.kind == "redirected")
    assert db.session.execute(number).scalar_one() == 1
    assert [action for action, _actor in deeds()] == ["mail_return_sent_on"]


def test_what_waits_stands_on_the_first_page(coordinator: Person, now: dt.datetime) -> None:
    bounced(now)
    take_return(b"From: x@example.net\nPrecedence: bulk\nSubject: altro\n\ntesto\n", "pipe", now)
    links = coordinator.get("/gestione").links()
    assert {"/gestione/consegne?vista=correggere", "/gestione/consegne?vista=tornati"} <= set(links.values())


@pytest.mark.parametrize("view", ["bounced", "correggere", "tornati", "correggere&pagina=9"])
def test_lists_with_nothing_on_them_say_so(administrator: Person, view: str) -> None:
    assert administrator.get(PAGE + view).with_class("empty")


def test_an_unknown_deed_is_refused(coordinator: Person, now: dt.datetime) -> None:
    about = bounced(now)
    token = coordinator.get(PAGE + "correggere").form("/gestione/consegne/da-correggere").fields["csrf_token"][0]
    answer = coordinator.client.post(f"/gestione/consegne/tornati/{about.number}", data={"csrf_token": token, "fatto": "x"})
    assert answer.status_code == 400
