"""An entity with a deadline of its own: what its pages say, until when it may answer, and how it asks for one."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.editions.extensions import extend
from app.editions.models import ReopeningRequest
from app.extensions import db
from tests.conftest import START, Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import Person
from tests.fill.test_lost_pages import OTHER_ACCESS
from tests.fill.test_stages import CLOSED, set_state
from tests.fill.walk import answer_all, submit

END = dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
OWN_END = dt.datetime(2026, 5, 10, 22, 0, tzinfo=dt.UTC)
ASK = "Chiedi la riapertura"


def grant(now: dt.datetime, *, reopened: bool) -> None:
    db.session.rollback()
    extend("2026", "048017", OWN_END, "Elezioni", actor="test", now=now, reopened=reopened)


def requests() -> list[ReopeningRequest]:
    db.session.rollback()
    return list(db.session.execute(sa.select(ReopeningRequest).order_by(ReopeningRequest.id)).scalars())


def test_every_page_shows_the_entitys_own_deadline(person: Person) -> None:
    answer_all(person)
    grant(START, reopened=False)
    for path in ("/compila", "/compila/verifica", "/compila/B"):
        whole = person.client.get(path).text
        assert "Scadenza: 10 maggio 2026" in whole, path
        assert "55 giorni rimasti" in whole, path
        assert "30 aprile 2026" not in whole, path
    submit(person)
    assert "Puoi correggerla fino al 10 maggio 2026, 23:59." in person.get("/ricevuta").text
    assert "30 aprile" not in person.get("/ricevuta").text


def test_an_edition_closed_before_its_time_counts_no_days_but_an_extension_s(person: Person) -> None:
    answer_all(person)
    assert "giorni rimasti" in person.client.get("/compila").text
    set_state("closed")
    assert "giorni rimasti" not in person.client.get("/compila").text
    grant(START, reopened=True)
    assert "55 giorni rimasti" in person.client.get("/compila").text


def test_the_short_page_tells_the_entitys_own_deadline(person: Person) -> None:
    grant(START, reopened=False)
    page = person.fill("/compila/B", {"B01": "none"})
    assert "fino al 10 maggio 2026, 23:59" in page.text
    assert "30 aprile" not in page.text


def test_others_keep_the_editions_deadline(person: Person, new_person: NewPerson) -> None:
    grant(START, reopened=False)
    other = new_person("Operatore C", "022165")
    answer_all(other)
    text = other.get("/compila").text
    assert "30 aprile 2026" in text
    assert "10 maggio" not in text


def test_an_extended_entity_answers_after_the_editions_end(
    person: Person, new_person: NewPerson, clock: Clock, renew: Renew, stored: Stored
) -> None:
    answer_all(person)
    grant(START, reopened=False)
    clock.set(END)
    renew(person)
    person.fill("/compila/E", {"E02": "Dopo la scadenza di tutti"})
    assert stored().document.answers["E02"].value == "Dopo la scadenza di tutti"
    assert submit(person).path == "/ricevuta"
    set_state("closed")
    person.fill("/compila/E", {"E02": "Anche a rilevazione chiusa"})
    assert stored().document.answers["E02"].value == "Anche a rilevazione chiusa"
    other = new_person("Operatore C", "022165")
    assert CLOSED in other.get("/compila").alerts
    clock.set(OWN_END)
    renew(person)
    assert CLOSED in person.get("/compila").alerts


@pytest.mark.parametrize("state", ["open", "closed", "published"])
def test_a_reopened_response_is_corrected_and_sent_again(
    person: Person, clock: Clock, renew: Renew, stored: Stored, state: str
) -> None:
    answer_all(person)
    submit(person)
    set_state(state)
    clock.set(END)
    renew(person)
    assert CLOSED in person.get("/compila").alerts
    grant(END, reopened=True)
    assert "Puoi correggerla fino al 10 maggio 2026, 23:59." in person.get("/ricevuta").text
    person.fill("/compila/E", {"E02": "Una correzione"})
    submit(person)
    assert stored().submissions == 2


def test_who_can_answer_need_not_ask(person: Person) -> None:
    answer_all(person)
    assert ASK not in person.get("/compila").text
    page = person.get("/riapertura")
    assert page.path == "/compila"
    assert "Non serve una riapertura: puoi ancora rispondere." in page.alerts
    assert requests() == []


def test_after_the_deadline_one_asks_and_asking_again_changes_the_reason(person: Person, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    submit(person)
    clock.set(END)
    renew(person)
    for path in ("/compila", "/ricevuta"):
        assert person.get(path).links()[ASK] == "/riapertura", path
    page = person.send(person.get("/riapertura"), {"motivo": "  Mancava il Centro per le famiglie "}, None)
    assert page.path == "/compila"
    assert "Richiesta inviata. Se viene accolta ti scriviamo, e qui trovi la nuova scadenza." in page.alerts
    assert any("La tua richiesta di riapertura del" in alert for alert in page.alerts)
    assert ASK not in page.links()
    again = person.get("/riapertura")
    assert any("è in attesa" in alert for alert in again.alerts)
    person.send(again, {"motivo": "Due centri"}, None)
    (only,) = requests()
    assert (only.reason, only.name, only.email, only.closed_at) == (
        "Due centri",
        "Operatore A",
        "servizi.sociali@example.org",
        None,
    )
    told = db.session.execute(sa.select(AuditEntry.detail).where(AuditEntry.action == "reopening_requested")).scalars().all()
    assert len(told) == 2
    assert not any("centri" in detail.lower() or "Operatore" in detail for detail in told)


@pytest.mark.parametrize(
    ("reason", "says"),
    [("   ", "Scrivi perché serve riaprire la risposta."), ("x" * 501, "al massimo 500 caratteri, ora sono 501")],
)
def test_a_reason_that_cannot_be_stored_comes_back(person: Person, clock: Clock, renew: Renew, reason: str, says: str) -> None:
    answer_all(person)
    clock.set(END)
    renew(person)
    page = person.send(person.get("/riapertura"), {"motivo": reason}, None)
    assert page.status == 422
    assert says in page.text
    assert page.by_id("motivo").attributes["aria-invalid"] == "true"
    assert requests() == []


def test_a_reason_of_another_entity_s_page_is_not_sent_as_this_one_s(person: Person, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    clock.set(END)
    renew(person)
    page = person.get("/riapertura")
    shown = person.send(page, {"motivo": "Mancava un centro", "ente": "022165"}, None)
    assert shown.path == "/riapertura"
    assert OTHER_ACCESS in shown.alerts
    assert requests() == []


def test_an_opinion_of_another_entity_s_page_is_not_kept_as_this_one_s(person: Person, stored: Stored) -> None:
    answer_all(person)
    submit(person)
    before = stored().version
    page = person.get("/ricevuta").form("/ricevuta/parere")
    person.client.post(page.action, data=page.fields | {"ente": ["022165"]})
    shown = person.get("/ricevuta")
    assert (shown.path, stored().version) == ("/ricevuta", before)
    assert OTHER_ACCESS in shown.alerts
