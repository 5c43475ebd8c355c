"""The desk's side of messages: what waits, answers, who looks after it, queries that open at their answer, notices without
content; a territory's person has its own Region alone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Operator, StaffMember
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.hooks import hook_of
from app.mail.models import Delivery
from app.registry.entities import find_by_code
from app.registry.entity_languages import choose_language
from app.threads.models import Thread
from app.threads.notices import TO_ENTITY, TO_STAFF, QueuedNotice
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.desk.logins import FIRENZE, SAMONE_TN, deeds, register
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person, Screen
from tests.fill.walk import begin
from tests.registry.rows import add_contact
from tests.threads import samples
from tests.threads.writing import ask, send, write

__all__ = ["new_person"]
ENTITY = f"/gestione/enti/{FIRENZE}"
SECRET = "La delibera 77 è sbagliata"


def notices(kind: str) -> list[tuple[str, str, str]]:
    """(recipient, subject, text) of the notices of a kind, in order."""
    db.session.rollback()
    query = sa.select(Delivery.recipient, Delivery.subject, Delivery.text).where(Delivery.kind == kind).order_by(Delivery.id)
    return [tuple(row) for row in db.session.execute(query)]


def state(number: int = 1) -> tuple[str, int | None]:
    db.session.rollback()
    return tuple(db.session.execute(sa.select(Thread.state, Thread.assigned_id).where(Thread.id == number)).one())


def begin_at_desk(staff: Person, code: str = FIRENZE, query: str = "", text: str = SECRET) -> Screen:
    page = staff.get(f"/gestione/enti/{code}/messaggi/nuovo{query}")
    subject = page.value("oggetto")[0] or "Un chiarimento"
    return send(staff, page.form(f"/gestione/enti/{code}/messaggi/nuovo"), oggetto=subject, testo=text)


def test_what_waits_is_seen_on_the_first_page_answered_and_gone(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    ask(person, "Quale anno?", "Dati del 2025 o del 2026?", [("piano.pdf", samples.PDF)])
    home = coordinator.get("/gestione")
    assert home.links()["messaggio che aspetta una risposta"] == "/gestione/messaggi?vista=attesa"
    listed = coordinator.get("/gestione/messaggi?vista=attesa")
    assert "Firenze (FI)" in listed.text
    assert "da leggere" in listed.text
    thread = coordinator.get(listed.links()["Quale anno?"])
    assert "Operatore A" in thread.text
    assert coordinator.client.get(thread.links()["piano.pdf"]).data == samples.PDF
    answered = write(coordinator, "/gestione/messaggi/1", "Del 2025.", poi="ente")
    assert answered.alerts == ["Messaggio inviato: l'ente riceve un avviso per e-mail, senza il testo."]
    assert "Persona coordinator" in answered.text
    assert state() == ("entity", None)
    assert "messaggio che aspetta" not in coordinator.get("/gestione").text
    assert "da leggere" not in coordinator.get("/gestione/messaggi?vista=tutti").text
    read = person.get("/messaggi/1")
    assert "Segreteria della rilevazione" in read.text
    assert "Persona coordinator" not in read.text, "who answers is the desk"
    assert ("thread_answered", "staff:1") in deeds()


def test_unread_is_seen_by_both_and_ends_where_it_is_read(
    coordinator: Person, new_staff: NewStaff, new_person: NewPerson
) -> None:
    person = new_person()
    begin(person)
    begin_at_desk(coordinator)
    badge = [one.text for one in person.get("/compila").with_class("nav-count")]
    assert [" ".join(one.split()) for one in badge] == ["1 da leggere"]
    assert "C'è un messaggio della segreteria da leggere." in person.get("/compila").text
    assert person.client.head("/messaggi/1").status_code == 200
    assert person.get("/messaggi").with_class("nav-count"), "a request that shows nothing reads nothing"
    person.get("/messaggi/1")
    assert not person.get("/compila").with_class("nav-count")
    write(person, "/messaggi/1", "Ecco")
    other = new_staff("administrator")
    assert "da leggere" in other.get("/gestione/messaggi?vista=nuovi").text
    other.get("/gestione/messaggi/1")
    assert "Nessun messaggio qui." in other.get("/gestione/messaggi?vista=nuovi").text
    assert "da leggere" in coordinator.get("/gestione/messaggi?vista=nuovi").text, "each member has a mark of their own"


def test_notices_hold_nothing_of_what_was_written_and_come_once_until_it_is_read(
    coordinator: Person, new_person: NewPerson, clock: Clock
) -> None:
    register(FIRENZE, clock())
    person = new_person()
    verify("servizi.sociali@example.org", clock())
    begin_at_desk(coordinator)
    write(coordinator, "/gestione/messaggi/1", f"{SECRET}, e ancora")
    told = notices(TO_ENTITY)
    assert [(to, subject) for to, subject, _text in told] == [
        ("protocollo@comune.example.org", "Avete un nuovo messaggio dalla segreteria della rilevazione")
    ]
    assert "delibera" not in told[0][2]
    assert "chiarimento" not in told[0][2]
    assert re.search(r"http://127\.0\.0\.1:8000/messaggi/1\b", told[0][2])
    person.get("/messaggi/1")
    write(person, "/messaggi/1", "Corretta")
    write(coordinator, "/gestione/messaggi/1", "Grazie")
    assert [to for to, _subject, _text in notices(TO_ENTITY)][1:] == [
        "protocollo@comune.example.org",
        "servizi.sociali@example.org",
    ], "who wrote in the thread is told too"
    assert len(notices(TO_STAFF)) == 1, "who began it looks after it"
    assert notices(TO_STAFF)[0][0] == "coordinator@example.org"
    assert "Corretta" not in str(notices(TO_STAFF))


@pytest.mark.parametrize(
    ("language", "subject", "told"),
    [
        ("it", "Avete un nuovo messaggio dalla segreteria della rilevazione", "c'è un nuovo messaggio per Firenze (FI)"),
        ("de", "Neue Nachricht vom Sekretariat der Erhebung", "für Firenze (FI) liegt eine neue Nachricht zur Erhebung"),
        ("fr", "Nouveau message du secrétariat de l'enquête", "est arrivé pour Firenze (FI)."),
        ("sl", "Novo sporočilo tajništva raziskave", "za vašo ustanovo – Firenze (FI) – je na voljo novo sporočilo"),
    ],
)
def test_a_notice_is_in_the_language_in_which_the_entity_is_written_to_and_the_desks_in_italian(
    coordinator: Person, new_person: NewPerson, clock: Clock, language: str, subject: str, told: str
) -> None:
    register(FIRENZE, clock())
    firenze = find_by_code(FIRENZE)
    assert firenze is not None
    choose_language(firenze.id, language, actor="staff:1", now=clock())
    begin_at_desk(coordinator)
    [(_to, written, text)] = notices(TO_ENTITY)
    assert written == subject
    assert told in text
    assert "/messaggi/1" in text
    assert "Per aiuto:" not in text or language == "it"
    assert "delibera" not in text
    stored = db.session.scalars(sa.select(Delivery.language).where(Delivery.kind == TO_ENTITY)).all()
    assert stored == [language]
    write(new_person(), "/messaggi/1", "Corretta")
    [(_desk, for_the_desk, _text)] = notices(TO_STAFF)
    assert for_the_desk == "Un nuovo messaggio da un ente: Firenze (FI)"


def verify(email: str, at: dt.datetime) -> None:
    db.session.execute(sa.update(Operator).where(Operator.email == email).values(verified_at=at))
    db.session.commit()


def test_an_address_that_nobody_has_verified_is_told_nothing(coordinator: Person, new_person: NewPerson, clock: Clock) -> None:
    register(FIRENZE, clock())
    person = new_person()
    ask(person)
    begin_at_desk(coordinator)
    write(coordinator, "/gestione/messaggi/1", "Una risposta")
    assert {to for to, _subject, _text in notices(TO_ENTITY)} == {"protocollo@comune.example.org"}


@pytest.mark.parametrize("change", [{"role": "reviewer"}, {"role": "territory", "region_code": "04"}, {"disabled_at": START}])
@pytest.mark.settings(mail_reply_to="segreteria@example.org")
def test_who_may_not_see_a_thread_any_more_gets_no_notice_of_it(
    coordinator: Person, new_person: NewPerson, clock: Clock, change: dict[str, object]
) -> None:
    person = new_person()
    begin_at_desk(coordinator)
    write(person, "/messaggi/1", "Prima")
    assert [to for to, _subject, _text in notices(TO_STAFF)] == ["coordinator@example.org"]
    queued: QueuedNotice = db.session.execute(sa.select(Delivery).where(Delivery.kind == TO_STAFF)).scalar_one()
    hook = hook_of(TO_STAFF)
    assert hook is not None
    assert hook.wanted(queued, clock()) is None
    db.session.execute(sa.update(StaffMember).where(StaffMember.role == "coordinator").values(**change))
    db.session.commit()
    assert hook.wanted(queued, clock()) == "somebody else looks after it"
    write(person, "/messaggi/1", "Dopo")
    assert sorted(to for to, _subject, _text in notices(TO_STAFF)) == ["coordinator@example.org", "segreteria@example.org"]


def test_a_notice_whose_message_was_read_is_not_sent(coordinator: Person, new_person: NewPerson, clock: Clock) -> None:
    register(FIRENZE, clock())
    begin_at_desk(coordinator)
    db.session.rollback()
    hook = hook_of(TO_ENTITY)
    delivery = db.session.execute(sa.select(Delivery).where(Delivery.kind == TO_ENTITY)).scalar_one()
    queued: QueuedNotice = delivery
    assert hook is not None
    assert hook.wanted(queued, clock()) is None
    new_person().get("/messaggi/1")
    db.session.rollback()
    assert hook.wanted(queued, clock()) == "read meanwhile"


@pytest.mark.settings(mail_reply_to="segreteria@example.org")
def test_where_nobody_looks_after_it_the_desks_mailbox_is_told(new_person: NewPerson, coordinator: Person) -> None:
    person = new_person()
    ask(person)
    write(person, "/messaggi/1", "Ancora")
    assert [to for to, _subject, _text in notices(TO_STAFF)] == ["segreteria@example.org"]
    coordinator.get("/gestione/messaggi/1")
    write(person, "/messaggi/1", "E ancora")
    assert len(notices(TO_STAFF)) == 2


def test_a_territorys_person_has_its_own_region_alone(new_staff: NewStaff, new_person: NewPerson) -> None:
    ask(new_person(), "Di Firenze", SECRET, [("piano.pdf", samples.PDF)])
    ask(new_person("Operatore C", "022165", "c@example.org"), "Di Samone", "Altro")
    own, foreign = new_staff("territory", "09"), new_staff("territory", "04")
    assert "Di Samone" not in own.get("/gestione/messaggi?vista=tutti").text
    assert "Di Samone" not in own.get("/gestione/messaggi?vista=tutti&regione=04").text
    theirs = foreign.get("/gestione/messaggi?vista=tutti&q=Firenze")
    assert "Nessun messaggio qui." in theirs.text
    for path in ("/gestione/messaggi/1", "/gestione/messaggi/1/allegati/1", f"{ENTITY}/messaggi/nuovo"):
        assert foreign.client.get(path).status_code == 404
        assert own.client.get(path).status_code == 200
    token = foreign.get("/gestione/messaggi/2").form("/gestione/messaggi/2").fields["csrf_token"][0]
    for path in ("/gestione/messaggi/1", "/gestione/messaggi/1/assegna", "/gestione/messaggi/1/chiudi"):
        assert foreign.client.post(path, data={"csrf_token": token, "testo": "x", "a": "1"}).status_code == 404
    assert foreign.client.get("/gestione/messaggi/2/allegati/1").status_code == 404
    assert write(own, "/gestione/messaggi/1", "Risponde il territorio").status == 200
    assert "messaggio che aspetta" in foreign.get("/gestione").text
    assert "messaggio che aspetta" not in own.get("/gestione").text


def test_a_reviewer_reads_no_messages(new_staff: NewStaff, new_person: NewPerson) -> None:
    ask(new_person())
    assert new_staff("reviewer").client.get("/gestione/messaggi").status_code == 403
    assert new_staff("reviewer").client.get("/gestione/messaggi/1").status_code == 403


def test_views_and_words_find_threads(coordinator: Person, new_staff: NewStaff, new_person: NewPerson) -> None:
    ask(new_person(), "Prima", "parla del 100% dei minori")
    ask(new_person("Operatore C", "022165", "c@example.org"), "Seconda", "altro")
    coordinator.press(coordinator.get("/gestione/messaggi/1"), "La seguo io")
    assert state()[1] == 1

    def found(query: str) -> list[str]:
        text = coordinator.get(f"/gestione/messaggi?{query}").text
        return [name for name in ("Prima", "Seconda") if name in text]

    assert found("vista=miei") == ["Prima"]
    assert found("vista=liberi") == ["Seconda"]
    assert found("vista=tutti") == ["Prima", "Seconda"]
    assert found("vista=chiusi") == []
    assert found("vista=tutti&q=100%25") == ["Prima"]
    assert found("vista=tutti&q=5%25") == []
    assert found("vista=tutti&q=samone") == ["Seconda"]
    assert found("vista=tutti&regione=09") == ["Prima"]
    assert found("vista=x&q=%00&regione=zz&pagina=9") == ["Prima", "Seconda"]
    coordinator.press(coordinator.get("/gestione/messaggi/1"), "Chiudi la conversazione")
    assert found("vista=chiusi") == ["Prima"]
    assert found("vista=attesa") == ["Seconda"]


def test_a_thread_is_given_only_to_who_may_see_it(coordinator: Person, new_staff: NewStaff, new_person: NewPerson) -> None:
    ask(new_person())
    new_staff("territory", "04")
    new_staff("territory", "09")
    new_staff("reviewer")
    page = coordinator.get("/gestione/messaggi/1")
    form = next(one for one in page.forms() if "Assegna a" in one.text)
    assert len(form.offered["a"] or ()) == 3, "nobody, the coordinator, the Region's own person"
    token = form.fields["csrf_token"][0]
    for wrong in ("2", "4", "99"):
        refused = coordinator._follow(
            coordinator.client.post("/gestione/messaggi/1/assegna", data={"csrf_token": token, "a": wrong}), ""
        )
        assert refused.alerts == ["Questa persona non può seguire la conversazione: scegline un'altra."]
    coordinator.client.post("/gestione/messaggi/1/assegna", data={"csrf_token": token, "a": "3"})
    assert state() == ("desk", 3)
    again = coordinator.client.post("/gestione/messaggi/1/assegna", data={"csrf_token": token, "a": "3"})
    assert again.status_code == 303
    assert [one for one, _actor in deeds()].count("thread_assigned") == 1
    entries = db.session.execute(sa.select(AuditEntry.detail).where(AuditEntry.action == "thread_assigned")).scalars().all()
    assert entries == ['{"member_of_staff":3,"thread":1}']


def test_a_kept_answer_is_put_below_what_was_typed_and_goes_only_when_it_is_sent(
    coordinator: Person, new_staff: NewStaff, new_person: NewPerson
) -> None:
    ask(new_person())
    page = coordinator.get("/gestione/messaggi/risposte/nuova")
    empty = send(coordinator, page.form(), titolo="", testo="")
    assert [target for target, _text in empty.summary()] == ["#titolo", "#testo"]
    listed = send(coordinator, page.form(), titolo="Anno", testo="Si intende l'anno 2025.")
    assert listed.path == "/gestione/messaggi/risposte"
    form = coordinator.get("/gestione/messaggi/1").form("/gestione/messaggi/1")
    put = send(coordinator, form, testo="Buongiorno.", risposta="1", azione="inserisci")
    assert put.value("testo") == ["Buongiorno.\n\nSi intende l'anno 2025."]
    assert state() == ("desk", None)
    territory = new_staff("territory", "09")
    assert "Anno" in territory.get("/gestione/messaggi/risposte").text
    assert territory.client.get("/gestione/messaggi/risposte/nuova").status_code == 403
    changed = send(coordinator, coordinator.get("/gestione/messaggi/risposte/1").form(), titolo="Anno", testo="Il 2025.")
    gone = coordinator.press(changed, "Togli")
    assert "non è più fra le risposte" in gone.text
    assert "Risposta pronta" not in coordinator.get("/gestione/messaggi/1").text
    assert "Il 2025." in coordinator.press(gone, "Rimettila fra le risposte").text
    kept = [one for one, _actor in deeds() if one.startswith("saved_answer")]
    assert kept == [f"saved_answer_{what}" for what in ("added", "changed", "removed", "restored")]


def test_the_entitys_page_leads_to_its_threads(coordinator: Person, new_person: NewPerson) -> None:
    ask(new_person(), "Di Firenze")
    ask(new_person("Operatore C", "022165", "c@example.org"), "Di Samone")
    page = coordinator.get(ENTITY)
    assert page.links()["Di Firenze"] == "/gestione/messaggi/1"
    assert "Di Samone" not in page.text
    assert page.links()["Scrivi all'ente"] == f"{ENTITY}/messaggi/nuovo"


def test_two_clicks_of_the_desk_write_once_and_old_pages_lose_nothing(coordinator: Person, app: Flask) -> None:
    form = coordinator.get(f"{ENTITY}/messaggi/nuovo").form()
    for _click in range(2):
        assert send(coordinator, form, oggetto="Oggetto", testo="Testo").path == "/gestione/messaggi/1"
    form.fields["csrf_token"] = ["vecchio"]
    form.fields["invio"] = ["altro"]
    old = send(coordinator, form, oggetto="Oggetto", testo="Scritto a lungo")
    assert (old.status, old.value("testo")) == (422, ["Scritto a lungo"])
    assert db.session.execute(sa.select(sa.func.count()).select_from(Thread)).scalar_one() == 1


def test_the_record_and_the_exports_hold_nothing_of_what_was_written(coordinator: Person, new_person: NewPerson) -> None:
    ask(new_person(), "Oggetto segretissimo", SECRET)
    db.session.rollback()
    details = db.session.execute(sa.select(AuditEntry.detail)).scalars().all()
    assert not [one for one in details if "segretissimo" in one or "delibera" in one]
    token = coordinator.get("/gestione/risposte").form("/gestione/risposte/esporta").fields["csrf_token"][0]
    for kind in ("csv", "xlsx"):
        file = coordinator.client.post("/gestione/risposte/esporta", data={"csrf_token": token, "formato": kind})
        assert file.status_code == 200
        assert b"delibera" not in file.data
        assert b"segretissimo" not in file.data
    assert SAMONE_TN not in str(details)


def test_an_address_that_is_new_meanwhile_is_told_and_no_other_twice(
    coordinator: Person, new_person: NewPerson, clock: Clock
) -> None:
    register(FIRENZE, clock())
    begin_at_desk(coordinator)
    before = [to for to, _subject, _text in notices(TO_ENTITY)]
    entity = find_by_code(FIRENZE)
    assert entity is not None
    add_contact(entity.id, "registry_office", "anagrafe@comune.example.org")
    write(coordinator, "/gestione/messaggi/1", "Ancora")
    assert sorted(to for to, _subject, _text in notices(TO_ENTITY)) == sorted([*before, "anagrafe@comune.example.org"])
