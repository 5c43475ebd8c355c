"""Requests of entities, their letters again, and deliveries about which a person decides."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.operators import add_operator, list_operators
from app.accounts.requests import add_access_request, count_open_requests
from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.editions.reopenings import ask_reopening, waiting_reopenings
from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import Message, queue_message
from app.mail.suppressions import suppress
from tests.accounts.mailbox import queued
from tests.conftest import Clock
from tests.desk.logins import FIRENZE, OFFICE, activate, choose, deeds, entity, register
from tests.fill.person import Person
from tests.mail.suppressed import is_suppressed

LETTER = f"/gestione/accessi/{FIRENZE}/lettera"


def ask_access(now: dt.datetime, name: str = "Persona A", code: str = FIRENZE) -> int:
    asker = {"name": name, "office": "Protocollo", "email": f"{name[-1].lower()}@example.org", "phone": "06 1", "note": "Nulla"}
    return add_access_request(entity(code), **asker, network=f"192.0.2.{len(name)}", now=now)


def lost(state: str, now: dt.datetime) -> int:
    given = {"kind": "receipt", "reference": f"entity:{entity().id}", "language": "it", "subject": "Ricevuta", "text": "Testo"}
    queue_message(Message(**given, recipient=OFFICE, dedupe_key=f"{state}-{now.isoformat()}"), now)
    change = sa.update(Delivery).values(state=state, attempts=1, reply="451 try later").where(Delivery.state == "queued")
    number = db.session.execute(change.returning(Delivery.id)).scalar_one()
    db.session.commit()
    return number


def state_of(number: int) -> str:
    db.session.rollback()
    return db.session.execute(sa.select(Delivery.state).where(Delivery.id == number)).scalar_one()


def test_a_request_for_access_is_read_and_closed_with_its_outcome(coordinator: Person, now: dt.datetime) -> None:
    number = ask_access(now)
    page = coordinator.get("/gestione/richieste")
    assert "Persona A, Protocollo" in page.text
    unchosen = choose(coordinator, page, f"/gestione/richieste/{number}")
    assert unchosen.alerts == ["Scegli com'è finita prima di chiudere la richiesta."]
    closed = choose(coordinator, page, f"/gestione/richieste/{number}", esito="answered")
    assert closed.alerts == ["Richiesta chiusa: Risposto: l'ente può entrare."]
    assert count_open_requests() == 0
    again = choose(coordinator, page, f"/gestione/richieste/{number}", esito="refused")
    assert again.alerts == ["Questa richiesta era già chiusa."]
    assert [action for action, _actor in deeds()] == ["access_request_handled"]


def test_a_request_to_reopen_is_refused_or_leads_to_the_entity(
    coordinator: Person, edition: EditionView, now: dt.datetime
) -> None:
    add_operator(entity().id, name="Persona B", office="Sociale", email="b@example.org", phone="06 2", now=now)
    db.session.commit()
    (asker,) = list_operators(entity().id)
    ask_reopening(asker, edition, "Il responsabile era assente", now)
    page = coordinator.get("/gestione/richieste")
    assert "Il responsabile era assente" in page.text
    assert page.links()["Concedi dalla pagina dell'ente"] == f"/gestione/enti/{FIRENZE}"
    refused = coordinator.press(page, "Rifiuta", "Firenze")
    assert refused.alerts == ["Richiesta di riapertura rifiutata: avvisa l'ente con una telefonata."]
    assert waiting_reopenings(edition.id) == []
    assert "Nessuna richiesta di riapertura in attesa." in refused.text


def test_the_letter_is_made_by_a_post_alone_and_noted(coordinator: Person, now: dt.datetime) -> None:
    page = coordinator.get(LETTER)
    assert "Codice della lettera: Mai emesso" in page.text
    assert deeds() == []
    token = page.form(LETTER).fields["csrf_token"][0]
    printed = coordinator.client.post(LETTER, data={"csrf_token": token, "formato": "pagina"})
    assert (printed.status_code, printed.headers["Cache-Control"]) == (200, "no-store")
    assert "letter-code" in printed.get_data(as_text=True)
    pdf = coordinator.client.post(LETTER, data={"csrf_token": token, "formato": "pdf"})
    assert (pdf.mimetype, pdf.data[:5], pdf.headers["Cache-Control"]) == ("application/pdf", b"%PDF-", "no-store")
    assert [action for action, _actor in deeds()] == ["letters_made", "letters_made"]
    assert "Emesso, non ancora usato" in coordinator.get(LETTER).text
    assert coordinator.client.post(LETTER, data={"formato": "pdf"}).status_code == 400


def test_no_letter_after_the_end(coordinator: Person, now: dt.datetime, clock: Clock) -> None:
    token = coordinator.get(LETTER).form(LETTER).fields["csrf_token"][0]
    clock.move(days=90)
    from tests.desk.staff import sit_down

    person = Person(sit_down(coordinator.client, "coordinator", clock()))
    assert "non prende più risposte" in person.get(LETTER).text
    assert token
    assert deeds() == []


def test_the_activation_link_is_sent_again(coordinator: Person, now: dt.datetime) -> None:
    assert "Non c'è nessun indirizzo a cui mandarlo." in coordinator.get(LETTER).text
    register(FIRENZE, now)
    sent = coordinator.press(coordinator.get(LETTER), "Manda di nuovo il link di attivazione")
    assert sent.alerts == [f"Il link di attivazione va a: {OFFICE}."]
    assert [(one.kind, one.recipient) for one in queued()] == [("activation", OFFICE)]
    activate(FIRENZE, now)
    assert "il link di attivazione non serve" in coordinator.get(LETTER).text


def test_a_delivery_of_unknown_fate_is_decided_by_a_person(coordinator: Person, now: dt.datetime) -> None:
    first = lost("unknown", now)
    page = coordinator.get("/gestione/consegne")
    assert "Firenze (FI)" in page.text
    assert coordinator.press(page, "È arrivato").alerts == ["Segnato come arrivato."]
    assert state_of(first) == "accepted"
    assert coordinator.press(page, "Rimandalo").alerts == ["Di questo messaggio nel frattempo si è saputo l'esito."]
    second = lost("unknown", now + dt.timedelta(minutes=1))
    again = coordinator.press(coordinator.get("/gestione/consegne"), "Rimandalo")
    assert again.alerts == ["Di nuovo in partenza, con lo stesso identificativo."]
    assert state_of(second) == "queued"
    assert "Nessuno: qui non c'è nulla da fare." in again.text


def test_what_failed_is_listed_with_the_servers_word(coordinator: Person, now: dt.datetime) -> None:
    lost("failed", now)
    page = coordinator.get("/gestione/consegne?vista=failed")
    assert "451 try later" in page.text
    assert page.links()["Indirizzi dell'ente (Firenze (FI))"] == f"/gestione/accessi/{FIRENZE}/indirizzi"


def test_an_address_held_back_is_allowed_again(coordinator: Person, now: dt.datetime) -> None:
    suppress(OFFICE, "550 unknown", now)
    db.session.commit()
    done = coordinator.press(coordinator.get("/gestione/consegne?vista=sospesi"), "È di nuovo valido")
    assert done.alerts == [f"{OFFICE} è di nuovo valido: i prossimi messaggi partono."]
    assert not is_suppressed(OFFICE)
    entry = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action == "mail_address_allowed")).scalar_one()
    assert OFFICE not in entry.detail + entry.subject


@pytest.mark.parametrize("path", ["/gestione/richieste", "/gestione/consegne", "/gestione/consegne?vista=sospesi&pagina=9"])
def test_pages_with_nothing_on_them_say_so(administrator: Person, path: str) -> None:
    assert administrator.get(path).with_class("empty")
