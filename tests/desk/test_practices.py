"""Review at the desk and in the entity's pages: who may, what is shown, what a decision does, what comes back if not."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.practices.models import Practice, ReviewEntry
from app.practices.opendata.files import FILES, list_files
from app.practices.published import CURRENT, ENTRY, list_versions
from app.practices.record import PublicRecord
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.desk.logins import FIRENZE, deeds, register
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person, Screen, flat
from tests.fill.walk import SHORT_SHEET, begin, submit
from tests.public_practices import add_practices, practice_row

__all__ = ["new_person"]
NAMED = "«Sportello di ascolto», Firenze (FI)."
HOSTILE = "<script>alert(1)</script>"
CLOSED = dt.datetime(2026, 5, 20, 9, 0, tzinfo=dt.UTC)


def sent(person: Person, **typed: str | list[str]) -> str:
    """A practice of this person's entity, sent; its code."""
    from tests.fill.walk import answer_all

    begin(person)
    person.send(person.press(person.get("/compila/P"), "Aggiungi una buona pratica"), SHORT_SHEET | typed)
    answer_all(person)
    submit(person)
    return row()[0]


def row() -> tuple[str, str, int, str]:
    """(code, state, revision, item) of the practice that arrived last."""
    db.session.rollback()
    query = sa.select(Practice.code, Practice.state, Practice.revision, Practice.item_id).order_by(Practice.id.desc())
    code, state, revision, item = db.session.execute(query.limit(1)).one()
    return code, state, revision, item or ""


def decide(staff: Person, code: str, deed: str, **typed: str | list[str]) -> Screen:
    page = staff.get(f"/gestione/pratiche/{code}")
    return staff.send(page, typed, ("azione", deed))


def public() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(ENTRY.title).where(CURRENT).order_by(ENTRY.id)).scalars())


def test_what_arrives_is_seen_on_the_first_page_approved_and_published(
    coordinator: Person, new_staff: NewStaff, new_person: NewPerson
) -> None:
    code, reviewer = sent(new_person()), new_staff("reviewer")
    assert reviewer.get("/gestione").links()["pratica da valutare"] == "/gestione/pratiche?vista=attesa"
    listed = reviewer.get("/gestione/pratiche?vista=attesa")
    assert "Sportello di ascolto" in listed.text
    assert "Firenze (FI)" in listed.text
    page = reviewer.get(listed.links()["Sportello di ascolto"])
    assert page.heading == "Sportello di ascolto"
    assert "sportello@example.org" in page.text
    assert not [one for one in page.links() if one.startswith("Ritira")], "to withdraw is the coordinator's"
    done = decide(reviewer, code, "approva")
    assert done.alerts == [f"{NAMED} Pratica approvata: sarà pubblica con la prossima pubblicazione."]
    assert done.heading == "Pratiche da valutare e pubblicare"
    assert reviewer.client.get("/gestione/pratiche/pubblica").status_code == 403
    ready = coordinator.get(coordinator.get("/gestione").links()["pratica approvata da pubblicare"])
    assert "1 scheda nuova" in ready.text
    refused = coordinator.send(ready, {"nota": "Prima"}, None)
    assert refused.status == 422
    assert refused.summary() == [("#conferma", "Per pubblicare, conferma di aver guardato l'elenco.")]
    published = coordinator.send(refused, {"conferma": "1"}, None)
    assert published.alerts == ["Pubblicazione n. 1: 1 scheda nuova, 0 cambiate."]
    assert public() == ["Sportello di ascolto"]
    assert list_versions()[0].note == "Prima"
    assert ("practices_published", "staff:1") in deeds()
    assert "Niente da pubblicare" in published.text
    made = [one.name for one in list_files(list_versions()[0])]
    assert sorted(made) == sorted(FILES), "nobody waits for a file"


def test_a_publication_takes_only_what_its_page_showed(coordinator: Person, new_person: NewPerson) -> None:
    code = sent(new_person())
    decide(coordinator, code, "approva")
    shown = coordinator.get("/gestione/pratiche/pubblica")
    coordinator.press(coordinator.get(f"/gestione/pratiche/{code}"), "Annulla l'ultima decisione")
    refused = coordinator.send(shown, {"conferma": "1"}, None)
    assert refused.status == 422
    assert "guarda di nuovo l'elenco" in refused.text
    assert public() == []


def test_only_who_reviews_comes_here(new_staff: NewStaff, new_person: NewPerson) -> None:
    code = sent(new_person())
    paths = [
        "/gestione/pratiche",
        f"/gestione/pratiche/{code}",
        f"/gestione/pratiche/{code}/ritira",
        "/gestione/pratiche/pubblica",
    ]
    allowed = {
        "coordinator": [200, 200, 200, 200],
        "reviewer": [200, 200, 403, 403],
        "administrator": [403, 403, 403, 403],
        "territory": [403, 403, 403, 403],
    }
    for role, statuses in allowed.items():
        staff = new_staff(role)
        assert [staff.client.get(path).status_code for path in paths] == statuses, role
        menu = "Pratiche" in [one.text.strip() for one in staff.get("/gestione").page.all("a")]
        assert menu == (role in {"coordinator", "reviewer"})
        if role not in {"coordinator", "reviewer"}:
            assert "da valutare" not in staff.get("/gestione").text
    assert new_person().client.get("/gestione/pratiche").status_code != 200
    assert new_staff("reviewer").client.get("/gestione/pratiche/ZZZZZZZZ").status_code == 404
    assert new_staff("reviewer").client.get("/gestione/pratiche/%00x").status_code == 404


def test_no_decision_without_a_token(coordinator: Person, new_person: NewPerson) -> None:
    code = sent(new_person())
    page = coordinator.get(f"/gestione/pratiche/{code}")
    bad = {"csrf_token": "x", "revisione": "1", "azione": "rimanda", "nota": "Una nota lunga"}
    kept = coordinator.client.post(f"/gestione/pratiche/{code}", data=bad)
    assert kept.status_code == 422
    assert "Una nota lunga" in kept.get_data(as_text=True), "what was typed comes back"
    data = {"csrf_token": "x", "a": "1", "nota": "n", "conferma": "1"}
    for path in (f"{code}/assegna", f"{code}/annulla", f"{code}/riapri", "insieme", f"{code}/ritira", "pubblica"):
        answer = coordinator.client.post(f"/gestione/pratiche/{path}", data=data)
        assert answer.status_code in {400, 422}, path
    assert row()[1:3] == ("waiting", 1)
    assert page.status == 200


def test_what_is_private_is_marked_and_a_reserved_seat_is_shown_nowhere(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    begin(person)
    sheet = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    details = person.send(sheet, SHORT_SHEET, ("azione", "dettagli"))
    person.send(
        details, {"P08": "4", "P12": "98765", "P14.address": "Via Nascosta 9", "P14.reserved": "1"}, ("azione", "continua")
    )
    from tests.fill.walk import answer_all

    answer_all(person)
    submit(person)
    page = coordinator.get(f"/gestione/pratiche/{row()[0]}")
    assert "Nascosta" not in page.html
    kept = " ".join(page.texts("not-public"))
    assert "98.765" in kept
    assert "risposta riservata" in kept
    assert "numero troppo piccolo per essere pubblicato" in kept
    assert "sede riservata" in kept
    before = page.html[: page.html.index('class="not-public"')]
    assert "98.765" not in before
    assert "Operatore A" not in kept, "no person's answer"


def test_texts_of_entities_are_escaped_everywhere(coordinator: Person, new_person: NewPerson) -> None:
    code = sent(new_person(), P01=HOSTILE, P03=HOSTILE)
    for path in ("/gestione/pratiche", f"/gestione/pratiche/{code}", f"/gestione/pratiche/{code}/ritira"):
        assert HOSTILE not in coordinator.get(path).html
    decide(coordinator, code, "approva", nota=HOSTILE)
    for path in (f"/gestione/pratiche/{code}", "/gestione/pratiche/pubblica"):
        assert HOSTILE not in coordinator.get(path).html


def test_sent_back_is_read_answered_with_a_click_and_waits_again(
    coordinator: Person, new_person: NewPerson, clock: Clock
) -> None:
    register(FIRENZE, clock())
    person = new_person()
    code = sent(person)
    missing = decide(coordinator, code, "rimanda", title="Sportello famiglie")
    assert missing.summary() == [("#nota", "Scrivi una nota: l'ente e i colleghi devono sapere perché.")]
    assert missing.value("title") == ["Sportello famiglie"], "what was typed stays"
    told = coordinator.send(missing, {"nota": f"Titolo più corto {HOSTILE}", "phone": "055 123456"}, ("azione", "rimanda"))
    assert told.alerts == [f"{NAMED} Pratica rinviata all'ente, che riceve un avviso per e-mail, senza il testo della nota."]
    overview = person.get("/compila")
    assert "La segreteria chiede di rivedere una scheda" in overview.text
    address = f"/compila/pratiche/{row()[3]}"
    assert overview.links()["Sportello di ascolto"] == address
    sheet = person.get(address)
    assert "Titolo più corto <script>" in sheet.text
    assert HOSTILE not in sheet.html
    assert "Proposta: Sportello famiglie" in sheet.text
    assert "La scheda è giusta com'è" in sheet.text
    taken = person.press(sheet, "Accetta", "Titolo")
    assert taken.alerts[0].startswith("Correzione registrata.")
    assert "già così" in taken.text
    assert "La scheda è giusta com'è" not in taken.text, "there is something to send now"
    all_taken = person.press(taken, "Accetta", "Telefono")
    assert all_taken.links()["Verifica e invia di nuovo"] == "/compila/verifica"
    submit(person)
    assert row()[1] == "waiting"
    again = coordinator.get(f"/gestione/pratiche/{code}")
    assert again.heading == "Sportello famiglie"
    assert "055 123456" in again.text
    assert "Che cosa ha cambiato l'ente dopo la richiesta della segreteria" in again.text
    cells = [flat(cell.text) for cell in again.page.all("td")]
    assert cells == ["Sportello di ascolto", "Sportello famiglie", "(vuoto)", "055 123456"]
    decide(coordinator, code, "approva")
    decided = coordinator.get(f"/gestione/pratiche/{code}")
    assert "Che cosa ha cambiato l'ente" not in decided.text, "it was for whoever had to decide"
    assert "La segreteria chiede" not in person.get("/compila").text


def test_a_sheet_is_confirmed_as_it_is(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    code = sent(person)
    decide(coordinator, code, "rimanda", nota="È giusto?")
    sheet = person.get(f"/compila/pratiche/{row()[3]}")
    done = person.press(sheet, "La scheda è giusta com'è")
    assert done.alerts[0].startswith("Confermata")
    assert row()[1] == "waiting"
    assert "Confermata dall'ente com'era" in coordinator.get(f"/gestione/pratiche/{code}").text


def test_another_entity_answers_nothing(coordinator: Person, new_person: NewPerson) -> None:
    code = sent(new_person())
    decide(coordinator, code, "rimanda", nota="Segreto della scheda")
    other = new_person("Operatore C", "022165", "c@example.org")
    begin(other)
    item = row()[3]
    token = other.get("/compila/B").form().fields["csrf_token"][0]
    data = {"csrf_token": token, "ente": "022165", "azione": "conferma", "prendi": "tutte"}
    assert other.client.post(f"/compila/pratiche/{item}/segreteria", data=data).status_code == 404
    assert "Segreto" not in other.get("/compila").text
    assert row()[1] == "sent_back"


def test_after_the_deadline_sending_back_grants_days(
    coordinator: Person, new_staff: NewStaff, new_person: NewPerson, clock: Clock
) -> None:
    code = sent(new_person())
    clock.set(CLOSED)
    reviewer = new_staff("reviewer")
    page = reviewer.get(f"/gestione/pratiche/{code}")
    assert page.value("giorni") == ["7"]
    wrong = reviewer.send(page, {"nota": "Correggi", "giorni": "0"}, ("azione", "rimanda"))
    assert wrong.summary() == [("#giorni", "Scrivi per quanti giorni l'ente può ancora rispondere: da 1 a 60.")]
    assert row()[1] == "waiting"
    assert reviewer.send(wrong, {"giorni": "3"}, ("azione", "rimanda")).status == 200
    assert row()[1] == "sent_back"
    late = new_person()
    sheet = late.get(f"/compila/pratiche/{row()[3]}")
    assert "La rilevazione è chiusa" not in sheet.text
    assert "23 maggio 2026" in late.get("/compila").text
    clock.set(CLOSED + dt.timedelta(days=4))
    assert "La rilevazione è chiusa" in new_person().get("/compila").text


def test_what_another_did_meanwhile_is_said_and_what_was_typed_stays(
    coordinator: Person, new_staff: NewStaff, new_person: NewPerson
) -> None:
    code, other = sent(new_person()), new_staff("reviewer")
    mine = coordinator.get(f"/gestione/pratiche/{code}")
    decide(other, code, "respingi", nota="Fuori tema")
    refused = coordinator.send(mine, {"nota": "Bene così"}, ("azione", "approva"))
    assert refused.status == 409
    assert "Persona reviewer" in refused.text
    assert "non accolta" in refused.text
    assert refused.value("nota") == ["Bene così"]
    assert row()[1] == "rejected"


def test_many_are_approved_after_a_page_that_shows_them(
    coordinator: Person, new_staff: NewStaff, new_person: NewPerson, app: Flask, clock: Clock
) -> None:
    sent(new_person())
    rows = [
        practice_row(
            FIRENZE, PublicRecord(title=f"Ripresa {number}"), clock(), state="waiting", approved=None, approved_digest=None
        )
        for number in range(2)
    ]
    add_practices(rows)
    listed = coordinator.get("/gestione/pratiche")
    action = listed.form("/gestione/pratiche/insieme")
    assert len(action.offered["scelta"] or ()) == 3
    none = coordinator._send(action, {}, ("azione", "approva"))
    assert none.status == 422
    assert "Non hai scelto nessuna pratica" in none.text
    preview = coordinator._send(action, {"scelta": sorted(action.offered["scelta"] or ())}, ("azione", "approva"))
    assert "3 pratiche saranno approvate come sono" in preview.text
    assert row()[1] == "waiting", "nothing yet"
    other = new_staff("reviewer")
    decide(other, rows[0]["code"], "respingi", nota="No")
    done = coordinator._send(preview.form("/gestione/pratiche/insieme"), {}, None)
    assert "2 pratiche approvate" in done.text
    assert "1 pratica lasciata com'era" in done.text
    chosen = coordinator.get("/gestione/pratiche?vista=approvate")
    form = chosen.form("/gestione/pratiche/insieme?vista=approvate")
    given = coordinator._send(form, {"scelta": sorted(form.offered["scelta"] or ()), "a": "2"}, ("azione", "assegna"))
    assert "2 pratiche saranno assegnate a Persona reviewer" in given.text
    coordinator._send(given.form("/gestione/pratiche/insieme?vista=approvate"), {}, None)
    assert other.get("/gestione/pratiche?vista=approvate").text.count("Persona reviewer") >= 2


def test_what_its_entity_changed_after_the_approval_is_a_view_of_its_own(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    code = sent(person)
    decide(coordinator, code, "approva")
    coordinator.send(coordinator.get("/gestione/pratiche/pubblica"), {"conferma": "1"}, None)
    person.fill(f"/compila/pratiche/{row()[3]}", {"P03": "Adesso ogni giorno."})
    submit(person)
    listed = coordinator.get("/gestione/pratiche?vista=cambiate")
    assert "cambiata dopo l'approvazione" in listed.text
    page = coordinator.get(f"/gestione/pratiche/{code}")
    assert "Che cosa cambierebbe per chi legge" in page.text
    assert "Adesso ogni giorno." in page.text


def test_last_years_practice_stands_beside_this_years(coordinator: Person, new_person: NewPerson, clock: Clock) -> None:
    code = sent(new_person())
    old = PublicRecord(title="Sportello d'ascolto", description="Una volta al mese.")
    other = PublicRecord(title="Nido aperto")
    earlier = {"year": 2025, "edition_label": "2025", "published": None}
    add_practices([practice_row(FIRENZE, other, clock(), **earlier), practice_row(FIRENZE, old, clock(), **earlier)])
    page = coordinator.get(f"/gestione/pratiche/{code}")
    assert "Sportello d'ascolto" in page.links()
    assert "Una volta al mese." in page.text
    assert "Nido aperto" not in page.text
    assert page.unnamed_cells() == []


def test_withdrawing_asks_why_and_is_at_once(coordinator: Person, new_person: NewPerson) -> None:
    code = sent(new_person())
    decide(coordinator, code, "approva")
    coordinator.send(coordinator.get("/gestione/pratiche/pubblica"), {"conferma": "1"}, None)
    page = coordinator.get(coordinator.get(f"/gestione/pratiche/{code}").links()["Ritira dal pubblico"])
    refused = coordinator.send(page, {}, None)
    assert refused.status == 422
    assert refused.summary()[0][0] == "#nota"
    assert public() == ["Sportello di ascolto"]
    done = coordinator.send(refused, {"nota": "C'è un nome"}, None)
    assert done.alerts[0].startswith("Pratica ritirata")
    assert public() == []
    back = coordinator.press(done, "Rimetti in revisione")
    assert back.alerts == ["La pratica è di nuovo da valutare."]


def test_who_looks_after_it(coordinator: Person, new_staff: NewStaff, new_person: NewPerson) -> None:
    code = sent(new_person())
    new_staff("reviewer")
    mine = coordinator.press(coordinator.get(f"/gestione/pratiche/{code}"), "La seguo io")
    assert mine.alerts == ["Pratica assegnata."]
    assert "Sportello di ascolto" in coordinator.get("/gestione/pratiche?vista=mie").text
    assert "Sportello di ascolto" not in coordinator.get("/gestione/pratiche?vista=libere").text
    given = coordinator._send(mine.form(f"/gestione/pratiche/{code}/assegna", "Assegna a"), {"a": ""}, None)
    assert given.alerts == ["La pratica non è più assegnata a nessuno."]
    notes = db.session.execute(sa.select(sa.func.count(ReviewEntry.id)).where(ReviewEntry.action == "assigned")).scalar_one()
    assert notes == 2
