"""The entity's own page: addresses that wait for the desk, who fills in, open sessions, associations, earlier editions."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.accounts.models import WebSession
from app.audit.models import AuditEntry
from app.editions.files import read_edition_file
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.registry.addresses import addresses_of, decide_change, waiting_changes
from app.registry.entities import find_by_code
from app.registry.entity_languages import languages_of
from tests.conftest import START, Clock
from tests.fill.conftest import NewPerson, Renew
from tests.fill.person import Person, Screen
from tests.fill.walk import answer_all, submit
from tests.open_edition import EDITION
from tests.registry.rows import add_association, add_contact

FIRENZE, SAMONE = "048017", "022165"
PROPOSE = ("azione", "proponi")
END = ("azione", "termina")


def id_of(code: str) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def emails(code: str) -> list[str]:
    db.session.rollback()
    return [row.email for row in addresses_of(id_of(code))]


def waiting(code: str) -> list[tuple[str, str | None]]:
    db.session.rollback()
    return [(row.email, row.replaces_email) for row in waiting_changes(id_of(code))]


def rows(screen: Screen, section: str) -> list[str]:
    """The texts of the rows in one section of the page."""
    found = next(one for one in screen.page.all("section") if one.attributes.get("aria-labelledby") == section)

    def inside(element: object) -> bool:
        above = getattr(element, "parent", None)
        while above is not None and above is not found:
            above = above.parent
        return above is not None

    return [" ".join(one.text.split()) for one in screen.with_class("sheet-row") if inside(one)]


def test_the_page_is_reached_from_every_page_of_the_entity(person: Person) -> None:
    links = [one.attributes["href"] for one in person.get("/compila/B").page.all("a") if one.text.strip() == "Il tuo ente"]
    assert links == ["/ente"]
    page = person.get("/ente")
    assert page.heading == "Il tuo ente"
    assert "Non conosciamo ancora nessun indirizzo del tuo ente" in page.text
    assert "Non ci sono risposte di altre edizioni." in page.text


def test_addresses_stand_with_what_goes_to_them(person: Person) -> None:
    for purpose, email in (("pec", "pec@example.org"), ("mayor", "sindaco@example.org")):
        add_contact(id_of(FIRENZE), purpose, email)
    add_contact(id_of(SAMONE), "mayor", "samone@example.org")
    page = person.get("/ente")
    pec, mayor = rows(page, "indirizzi")
    assert "La PEC si usa solo se non c'è nessun altro indirizzo" in pec
    assert mayor.startswith("sindaco@example.org Ufficio del sindaco · Riceve: link per accedere, ricevute e riaperture.")
    assert "samone@example.org" not in page.html


def test_the_language_of_messages_is_chosen_on_the_page_for_the_entity_alone(person: Person, new_person: NewPerson) -> None:
    page = person.get("/ente")
    form = page.form("/ente/lingua")
    assert (form.fields["lingua-messaggi"], form.offered["lingua-messaggi"]) == (["it"], {"it", "de", "fr", "sl"})
    saved = person._send(form, {"lingua-messaggi": "fr"}, None)
    assert (saved.path, saved.fragment) == ("/ente", "lingua-dei-messaggi")
    assert saved.alerts == ["Lingua salvata: vale per i messaggi che partono d'ora in poi."]
    assert saved.form("/ente/lingua").fields["lingua-messaggi"] == ["fr"]
    db.session.rollback()
    assert languages_of([id_of(FIRENZE), id_of(SAMONE)]) == {id_of(FIRENZE): "fr", id_of(SAMONE): "it"}
    assert new_person("Operatore B", SAMONE).get("/ente").form("/ente/lingua").fields["lingua-messaggi"] == ["it"]
    told = sa.select(AuditEntry.actor, AuditEntry.subject).where(AuditEntry.action == "entity_language_chosen")
    [(actor, subject)] = db.session.execute(told).all()
    assert (actor.partition(":")[0], subject) == ("operator", f"entity:{FIRENZE}")


def test_a_language_that_there_is_not_is_refused_on_the_page(person: Person) -> None:
    token = person.get("/ente").form("/ente/lingua").fields["csrf_token"][0]
    person.client.post("/ente/lingua", data={"csrf_token": token, "lingua-messaggi": "xx"})
    page = person.get("/ente")
    assert page.alerts == ["Scegli una delle lingue dell'elenco."]
    assert page.form("/ente/lingua").fields["lingua-messaggi"] == ["it"]


def test_a_new_address_waits_for_the_desk_and_can_be_withdrawn(person: Person) -> None:
    form = person.get("/ente/indirizzi")
    page = person.send(form, {"purpose": "social_services", "email": " Sociali@Example.org "}, PROPOSE)
    assert page.path == "/ente"
    assert page.alerts[0].startswith("Proposta registrata: vale dopo la conferma della segreteria.")
    assert "Aggiungi sociali@example.org (servizi sociali) In attesa" in page.text
    assert (emails(FIRENZE), waiting(FIRENZE)) == ([], [("sociali@example.org", None)])
    after = person.press(page, "Ritira la proposta")
    assert after.alerts[0] == "Proposta ritirata."
    assert waiting(FIRENZE) == []
    assert person.press(page, "Ritira la proposta").alerts[0] == "Questa proposta non è più in attesa."


def test_an_address_is_changed_or_ended_once_the_desk_agrees(person: Person) -> None:
    address = add_contact(id_of(FIRENZE), "mayor", "sindaco@example.org")
    form = person.get(f"/ente/indirizzi/{address}")
    assert form.value("purpose", f"/ente/indirizzi/{address}") == ["mayor"]
    page = person.send(form, {"email": "nuovo@example.org"}, PROPOSE)
    assert "nuovo@example.org al posto di sindaco@example.org" in page.text
    assert emails(FIRENZE) == ["sindaco@example.org"]
    (change,) = waiting_changes(id_of(FIRENZE))
    decide_change(change.id, agrees=True, decided_by="test", now=START)
    assert emails(FIRENZE) == ["nuovo@example.org"]
    (new,) = addresses_of(id_of(FIRENZE))
    page = person.send(person.get(f"/ente/indirizzi/{new.id}"), {}, END)
    assert "Non usare più nuovo@example.org" in page.text


@pytest.mark.parametrize(
    ("typed", "place", "said"),
    [
        ({"email": "nuovo@example.org"}, "purpose", "Scegli di quale ufficio è l'indirizzo."),
        ({"purpose": "mayor"}, "email", "Scrivi un indirizzo e-mail, per esempio ufficio@comune.esempio.it."),
        ({"purpose": "mayor", "email": "a b@c"}, "email", "Controlla l'indirizzo e-mail"),
        ({"purpose": "mayor", "email": "sindaco@example.org"}, "email", "Questo indirizzo è già registrato"),
    ],
)
def test_a_wrong_proposal_says_where_and_keeps_what_was_typed(
    person: Person, typed: dict[str, str], place: str, said: str
) -> None:
    add_contact(id_of(FIRENZE), "mayor", "sindaco@example.org")
    page = person.send(person.get("/ente/indirizzi"), typed, PROPOSE)
    assert (page.status, page.path) == (422, "/ente/indirizzi")
    ((target, text),) = page.summary()
    assert target == f"#{place}"
    assert text.startswith(said)
    assert page.value("email") == [typed.get("email", "")]
    assert waiting(FIRENZE) == []


def test_nobody_changes_another_entitys_addresses(person: Person, new_person: NewPerson) -> None:
    theirs = add_contact(id_of(SAMONE), "mayor", "samone@example.org")
    other = new_person("Operatore S", SAMONE)
    other.fill(f"/ente/indirizzi/{theirs}", {"email": "nuovo@example.org"}, PROPOSE)
    (change,) = waiting_changes(id_of(SAMONE))
    assert person.get(f"/ente/indirizzi/{theirs}").status == 404
    token = person.get("/ente").forms()[-1].fields["csrf_token"]
    for path in (f"/ente/modifiche/{change.id}/ritira", "/ente/modifiche/999999999/ritira"):
        assert person.client.post(path, data={"csrf_token": token}).status_code == 303
        assert person.get("/ente").alerts[0] == "Questa proposta non è più in attesa."
    assert waiting(SAMONE) == [("nuovo@example.org", "samone@example.org")]
    page = person.get("/ente/indirizzi")
    fields = {**page.form().fields, "ente": [SAMONE], "purpose": ["mayor"], "email": ["rubato@example.org"]}
    assert person.client.post("/ente/indirizzi", data=fields).status_code == 303
    assert (waiting(FIRENZE), len(waiting(SAMONE))) == ([], 1)


@pytest.mark.parametrize("number", ["2147483648", "9" * 300])
def test_numbers_that_no_database_holds_are_unknown(person: Person, number: str) -> None:
    token = person.get("/ente").forms()[-1].fields["csrf_token"]
    assert person.client.get(f"/ente/indirizzi/{number}").status_code == 404
    for path in (f"/ente/modifiche/{number}/ritira", f"/ente/persone/{number}/togli"):
        assert person.client.post(path, data={"csrf_token": token}).status_code == 404


def test_a_person_is_taken_from_the_list_and_put_back(person: Person, new_person: NewPerson) -> None:
    colleague = new_person("Operatore B")
    colleague.fill("/compila/B", {"B01": "own"})
    page = person.get("/ente")
    assert "Togli dall'elenco Operatore A" not in page.text
    after = person.press(page, "Togli dall'elenco", "Operatore B")
    assert after.alerts[0].startswith("Operatore B non è più nell'elenco.")
    assert "Operatore B" not in person.get("/operatore").text
    assert colleague.get("/compila").path == "/operatore"
    back = person.press(after, "Ripristina", "Operatore B")
    assert back.alerts[0] == "Operatore B è di nuovo nell'elenco."
    assert "Continua come Operatore B" in person.get("/operatore").text


def test_who_was_removed_keeps_the_name_beside_what_was_sent(person: Person, new_person: NewPerson) -> None:
    answer_all(person)
    submit(person)
    new = new_person("Operatore B")
    new.press(new.get("/ente"), "Togli dall'elenco", "Operatore A")
    assert "Inviata da Operatore A (non verificato)." in new.get("/ricevuta").text
    assert "Operatore A" in new.get("/storico").text


def test_nobody_removes_whoever_is_filling_in_or_another_entitys_people(person: Person, new_person: NewPerson) -> None:
    other = new_person("Operatore S", SAMONE)
    button = new_person("Operatore S2", SAMONE).get("/ente")
    theirs = next(form.action for form in button.forms() if form.action.startswith("/ente/persone/"))
    mine = next(
        form.action for form in new_person("Operatore C").get("/ente").forms() if form.action.startswith("/ente/persone/")
    )
    token = person.get("/ente").forms()[-1].fields["csrf_token"]
    for path, said in ((mine, "Stai compilando tu"), (theirs, "Questa persona non è nell'elenco.")):
        assert person.client.post(path, data={"csrf_token": token}).status_code == 303
        assert person.get("/ente").alerts[0].startswith(said)
    assert other.get("/ente").path == "/ente"


def test_sessions_are_listed_and_ended(person: Person, new_person: NewPerson, clock: Clock) -> None:
    clock.move(minutes=5)
    colleague, stranger = new_person("Operatore B"), new_person("Operatore S", SAMONE)
    page = person.get("/ente")
    listed = rows(page, "accessi")
    assert [row.split(" Entrato")[0] for row in listed] == [
        "Operatore B (non verificato)",
        "Operatore A (non verificato) questo browser",
    ]
    ids = db.session.execute(sa.select(WebSession.id_hash)).scalars().all()
    assert not any(one[:12] in page.html for one in ids)
    assert colleague.get("/compila/B").status == 200
    after = person.press(page, "Termina", "l'accesso del 16 marzo 2026, 10:05")
    assert after.alerts[0] == "Accesso terminato: lì bisogna accedere di nuovo."
    assert colleague.get("/compila/B").path == "/accedi"
    assert len(rows(after, "accessi")) == 1
    assert person.press(page, "Termina", "l'accesso del 16 marzo 2026, 10:05").alerts[0] == "Questo accesso era già terminato."
    assert stranger.get("/compila/B").path == "/compila/B"


def test_all_other_sessions_are_ended_at_once(person: Person, new_person: NewPerson) -> None:
    colleagues, stranger = [new_person("Operatore B"), new_person("Operatore C")], new_person("Operatore S", SAMONE)
    after = person.press(person.get("/ente"), "Termina tutti gli altri")
    assert after.alerts[0] == "Terminati 2 altri accessi."
    assert [one.get("/compila/B").path for one in colleagues] == ["/accedi", "/accedi"]
    assert stranger.get("/ente").path == "/ente"
    assert "Termina tutti gli altri" not in after.text


def test_a_session_of_another_entity_is_as_if_it_did_not_exist(person: Person, new_person: NewPerson) -> None:
    stranger = new_person("Operatore S", SAMONE)
    key = _another_key(new_person("Operatore S2", SAMONE).get("/ente"))
    token = person.get("/ente").forms()[-1].fields["csrf_token"]
    assert person.client.post(f"/ente/sessioni/{key}/termina", data={"csrf_token": token}).status_code == 303
    assert person.get("/ente").alerts[0] == "Questo accesso era già terminato."
    assert stranger.get("/ente").path == "/ente"


def _another_key(screen: Screen) -> str:
    found = [re.fullmatch(r"/ente/sessioni/([0-9a-f]{16})/termina", form.action) for form in screen.forms()]
    return next(one.group(1) for one in found if one)


def test_associations_stand_with_their_lead_and_members(person: Person, new_person: NewPerson) -> None:
    add_association("A1", id_of(FIRENZE), id_of(FIRENZE), id_of(SAMONE))
    page = person.get("/ente")
    assert "Di cui sei capofila" in page.text
    assert "2 Comuni associati" in page.text
    assert "Di cui fai parte" not in page.text
    member = new_person("Operatore S", SAMONE).get("/ente")
    assert "Di cui fai parte" in member.text
    assert "capofila: Firenze (FI)" in member.text


def open_next(tmp_path: Path, clock: Clock) -> None:
    """Close the edition and open the one of the year after."""
    clock.set(dt.datetime(2027, 3, 16, 9, 0, tzinfo=dt.UTC))
    file = tmp_path / "next.yaml"
    text = EDITION.replace("2026", "2027").replace("2025", "2026")
    file.write_text(text, encoding="utf-8")
    move_edition("2026", "closed", actor="test", now=clock())
    store_edition(read_edition_file(file), actor="test", now=clock())
    move_edition("2027", "open", actor="test", now=clock())


def test_what_was_sent_in_an_earlier_edition_can_be_read(
    person: Person, new_person: NewPerson, renew: Renew, clock: Clock, tmp_path: Path
) -> None:
    answer_all(person)
    person.fill("/compila/E", {"E02": "Più nidi"})
    number = submit(person).texts("receipt-number")[0]
    open_next(tmp_path, clock)
    renew(person)
    page = person.get("/ente")
    assert number in page.text
    copy = person.get(page.links()["Ricognizione 2026"])
    assert copy.heading == "Copia della risposta inviata"
    assert "Più nidi" in copy.text
    assert "da Operatore A" in copy.text
    other = new_person("Operatore S", SAMONE)
    assert other.get("/ente/edizioni/2026").status == 404
    assert other.get("/ente/edizioni/none").status == 404
    assert "Non ci sono risposte di altre edizioni." in other.get("/ente").text


def test_the_page_can_be_read_after_the_deadline(person: Person, clock: Clock, renew: Renew) -> None:
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    renew(person)
    assert person.get("/ente").heading == "Il tuo ente"
