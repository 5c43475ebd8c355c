"""Editions in the page: the list, a new one, its parts with their errors, and what somebody else has changed meanwhile."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.staff import ROLES
from app.audit.models import AuditEntry
from app.editions.current import Contact, EditionView, edition_by_code, letter_of, letter_text_of, plan_of
from app.editions.models import Edition
from app.extensions import db
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.fill.person import Person, Screen

LIST = "/gestione/edizioni"
HOME = "/gestione/edizioni/2026"
SAVE = ("azione", "salva")


def part(name: str) -> str:
    return f"{HOME}/modifica/{name}"


def stored(code: str = "2026") -> EditionView:
    db.session.rollback()
    db.session.expire_all()
    found = edition_by_code(code)
    assert found is not None
    return found


def put(state: str = "draft", **values: Any) -> None:
    """The edition as it would be in another state."""
    edition = db.session.execute(sa.select(Edition).where(Edition.code == "2026")).scalar_one()
    for name, value in {"state": state, **values}.items():
        setattr(edition, name, value)
    db.session.commit()


def last_entry() -> tuple[str, dict[str, Any]]:
    query = sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail).order_by(AuditEntry.number.desc()).limit(1)
    row = db.session.execute(query).one()
    assert row.actor.startswith("staff:")
    return row.action, json.loads(row.detail)


def error_of(screen: Screen, field: str) -> str:
    return " ".join(screen.by_id(f"{field}-errore").text.split()).removeprefix("Errore: ")


def test_the_list_shows_every_edition_with_its_state_and_dates(coordinator: Person) -> None:
    page = coordinator.get(LIST)
    assert page.status == 200
    assert "Ricognizione 2026" in page.text
    assert "Aperta" in page.texts("tag")
    assert "30 apr 2026, 23:59" in page.text
    assert page.links()["Nuova edizione dalla più recente"] == "/gestione/nuova-edizione?da=2026"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "coordinator"])
def test_only_a_coordinator_prepares_editions(new_staff: NewStaff, role: str) -> None:
    client = new_staff(role).client
    addresses = (LIST, HOME, "/gestione/nuova-edizione", part("date"), f"{HOME}/questionario", f"{HOME}/pilota")
    assert [client.get(address).status_code for address in addresses] == [403] * len(addresses)


def test_what_does_not_exist_is_not_found(coordinator: Person) -> None:
    for address in (
        f"{LIST}/1999",
        part("nulla"),
        f"{HOME}/passa/nulla",
        "/gestione/nuova-edizione?da=1999",
        f"{HOME}/lettera.pdf",
    ):
        assert coordinator.client.get(address).status_code == 404, address


def test_an_empty_edition_is_a_draft_with_the_shipped_questionnaire(coordinator: Person) -> None:
    typed = {
        **{"code": "2027", "title": "Ricognizione 2027", "period_from": "2026-09-01", "period_to": "31/08/2027"},
        **{"opening_day": "2027-03-01", "opening_time": "09:00", "deadline_day": "2027-04-30", "deadline_time": "23:59"},
    }
    page = coordinator.send(coordinator.get("/gestione/nuova-edizione"), typed, None)
    assert (page.status, page.path) == (200, f"{LIST}/2027")
    made = stored("2027")
    assert (made.state, made.contacts, made.period_to) == ("draft", (), dt.date(2027, 8, 31))
    assert made.closes_at == dt.datetime(2027, 4, 30, 22, 0, tzinfo=dt.UTC)
    assert made.digest == stored().digest
    assert last_entry()[0] == "edition_created"


def test_a_clone_takes_everything_but_dates_state_and_code(coordinator: Person) -> None:
    put("closed", plan='[["2026-03-31",20],["2026-04-30",60]]', letter=b"%PDF-1.7", letter_text="# {{codice}}")
    page = coordinator.get("/gestione/nuova-edizione?da=2026")
    assert page.value("title") == ["Ricognizione 2027"]
    assert page.value("code") == ["2027"]
    assert page.value("deadline_day") == ["2027-04-30"]
    assert coordinator.send(page, {}, None).path == f"{LIST}/2027"
    made, earlier = stored("2027"), stored()
    assert (made.state, made.contacts, made.digest) == ("draft", earlier.contacts, earlier.digest)
    assert letter_of(made.id) == b"%PDF-1.7"
    assert letter_text_of(made.id) == "# {{codice}}"
    assert plan_of(made.id) == ((dt.date(2027, 3, 31), 20), (dt.date(2027, 4, 30), 60))
    assert made.opens_at == dt.datetime(2027, 3, 1, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("address", [HOME, part("titolo")])
def test_the_way_to_an_edition_names_it_by_its_code_and_the_title_stands_once(coordinator: Person, address: str) -> None:
    page = coordinator.get(address)
    assert " ".join(page.texts("breadcrumb")[0].split()).startswith("Edizioni/ 2026")
    above = page.text.partition("Titolo e codice" if address == HOME else "Lo leggono")[0]
    assert above.count("Ricognizione 2026") == 1


def test_a_clone_of_an_edition_whose_code_names_no_year_has_one_proposed(coordinator: Person) -> None:
    put("closed", code="pilota")
    page = coordinator.get("/gestione/nuova-edizione?da=pilota")
    assert page.value("code") == ["pilota-2027"]
    assert "Il codice «pilota» non contiene un anno: è proposto con l'anno dell'apertura." in page.text
    assert coordinator.send(page, {}, None).path == f"{LIST}/pilota-2027"
    assert coordinator.get("/gestione/nuova-edizione?da=pilota").value("code") == ["pilota-2027-2"]


def test_a_new_edition_that_is_wrong_comes_back_as_it_was_typed(coordinator: Person) -> None:
    page = coordinator.get("/gestione/nuova-edizione?da=2026")
    page = coordinator.send(page, {"code": "2026", "title": "", "period_to": "2020-01-01", "deadline_day": "2027-01-01"}, None)
    assert page.status == 422
    assert page.value("deadline_day") == ["2027-01-01"]
    assert {address for address, _ in page.summary()} == {"#code", "#title", "#period_to", "#deadline_day"}
    page = coordinator.send(page, {"period_from": "mai", "opening_day": "", "deadline_time": "25:00"}, None)
    assert {address for address, _ in page.summary()} == {"#period_from", "#opening_day", "#deadline_day"}


def test_title_and_code_change_in_a_draft(coordinator: Person) -> None:
    put("draft")
    page = coordinator.fill(part("titolo"), {"title": "Ricognizione di prova", "code": "prova"}, SAVE)
    assert (page.path, stored("prova").title) == (f"{LIST}/prova", "Ricognizione di prova")
    action, detail = last_entry()
    assert (action, detail["part"], detail["code_before"], detail["title_before"]) == (
        *("edition_changed", "name"),
        *("2026", "Ricognizione 2026"),
    )


def test_a_code_is_not_changed_after_the_draft(coordinator: Person) -> None:
    page = coordinator.get(part("titolo"))
    form = page.form()
    form.fields["code"] = ["altro"]
    response = coordinator.client.post(part("titolo"), data=form.fields | {"azione": ["salva"]})
    assert response.status_code == 422
    assert stored().code == "2026"


def test_dates_are_checked_for_their_order_and_say_what_is_unwise(coordinator: Person) -> None:
    put("draft")
    page = coordinator.fill(part("date"), {"deadline_day": "2026-03-01", "deadline_time": "08:00"}, SAVE)
    assert page.status == 422
    assert error_of(page, "deadline_day") == "La scadenza deve venire dopo l'apertura."
    assert page.value("deadline_time") == ["08:00"]
    page = coordinator.send(page, {"deadline_day": "2026-05-03", "deadline_time": "23:59"}, SAVE)
    assert page.path == HOME
    assert any("domenica" in text for text in page.alerts)
    assert stored().closes_at == dt.datetime(2026, 5, 3, 22, 0, tzinfo=dt.UTC)


def test_an_hour_that_the_clock_skips_is_refused(coordinator: Person) -> None:
    put("draft")
    page = coordinator.fill(part("date"), {"opening_day": "2026-03-29", "opening_time": "02:30"}, SAVE)
    assert page.status == 422
    assert "ora legale" in error_of(page, "opening_day")


def test_an_earlier_deadline_of_an_open_edition_asks_to_be_confirmed(coordinator: Person) -> None:
    page = coordinator.fill(part("date"), {"deadline_day": "2026-04-20"}, SAVE)
    assert page.status == 422
    assert page.summary()[0][0] == "#confirmed"
    assert stored().closes_at == dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
    page = coordinator.send(page, {"confirmed": "1"}, SAVE)
    assert page.path == HOME
    assert stored().closes_at == dt.datetime(2026, 4, 20, 22, 0, tzinfo=dt.UTC)


def test_a_later_deadline_needs_no_confirmation_and_a_past_one_is_refused(coordinator: Person) -> None:
    assert coordinator.fill(part("date"), {"deadline_day": "2026-05-20"}, SAVE).path == HOME
    page = coordinator.fill(part("date"), {"deadline_day": "2026-03-10"}, SAVE)
    assert "nel futuro" in error_of(page, "deadline_day")


def test_the_opening_of_an_open_edition_stays(coordinator: Person) -> None:
    page = coordinator.get(part("date"))
    data = page.form().fields | {"opening_day": ["2026-03-02"], "azione": ["salva"]}
    assert coordinator.client.post(part("date"), data=data).status_code == 422
    assert stored().opens_at == dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)


def test_contacts_are_added_and_removed_without_scripts(coordinator: Person) -> None:
    page = coordinator.fill(part("contatti"), {}, ("azione", "aggiungi"))
    assert (page.status, page.value("name")) == (200, ["Segreteria", ""])
    page = coordinator.send(page, {"name": ["Segreteria", "Ufficio"], "email": ["segreteria@example.org", "no"]}, SAVE)
    assert page.status == 422
    assert error_of(page, "email-1").startswith("Controlla l'e-mail")
    assert page.summary() == [("#email-1", "Riga 2: Controlla l'e-mail: deve somigliare a segreteria@esempio.it.")]
    assert page.value("email") == ["segreteria@example.org", "no"]
    page = coordinator.send(page, {"email": ["segreteria@example.org", "ufficio@example.org"]}, SAVE)
    assert page.path == HOME
    assert [contact.name for contact in stored().contacts] == ["Segreteria", "Ufficio"]
    assert last_entry()[1] == {"part": "contacts", "before": 1, "after": 2}
    page = coordinator.fill(part("contatti"), {}, ("togli", "0"))
    assert page.value("name") == ["Ufficio"]
    assert len(stored().contacts) == 2
    coordinator.send(page, {}, SAVE)
    assert stored().contacts == (Contact(name="Ufficio", email="ufficio@example.org"),)


def test_the_plan_stands_by_day_grows_and_lies_within_the_dates(coordinator: Person) -> None:
    page = coordinator.fill(part("piano"), {"day": "2026-04-30", "percent": "60"}, ("azione", "aggiungi"))
    page = coordinator.send(page, {"day": ["2026-04-30", "2026-03-31"], "percent": ["60", "20"]}, SAVE)
    assert page.path == HOME
    assert plan_of(stored().id) == ((dt.date(2026, 3, 31), 20), (dt.date(2026, 4, 30), 60))
    page = coordinator.fill(part("piano"), {"day": ["2026-03-31", "2026-12-31"], "percent": ["80", "60"]}, SAVE)
    assert page.status == 422
    assert "dal 1 marzo 2026 al 30 aprile 2026" in error_of(page, "day-1")
    assert "crescere" in error_of(page, "percent-1")
    page = coordinator.fill(part("piano"), {"day": ["ieri", "2026-04-01"], "percent": ["cinque", "60"]}, SAVE)
    assert {address for address, _ in page.summary()} == {"#day-0", "#percent-0"}
    coordinator.fill(part("piano"), {"day": ["", ""], "percent": ["", ""]}, SAVE)
    assert plan_of(stored().id) == ()


def test_a_letter_text_names_the_line_that_is_wrong(coordinator: Person) -> None:
    page = coordinator.fill(part("lettera"), {"letter_text": "# Titolo\n\n{{nome}}\n"}, SAVE)
    assert page.status == 422
    assert "Riga 3: {{nome}} non è un segnaposto" in page.text
    assert "Manca {{codice}}" in page.text
    assert page.value("letter_text") == ["# Titolo\n\n{{nome}}"]
    page = coordinator.send(page, {"letter_text": "# Titolo\r\n\r\n{{codice}}"}, SAVE)
    assert page.path == HOME
    assert letter_text_of(stored().id) == "# Titolo\n\n{{codice}}"


def test_a_letter_is_previewed_as_any_entity_and_nothing_is_saved(coordinator: Person) -> None:
    text = "# Per {{ente}}\n\n{{codice}}\n\n<b>Testo</b>"
    page = coordinator.fill(part("lettera"), {"letter_text": text, "entity": "Bolzano"}, ("azione", "anteprima"))
    assert page.status == 200
    assert "Per Bolzano (BZ)" in page.text
    assert "0000 0000 0000 0000" in page.text
    assert "&lt;b&gt;Testo" in page.html
    assert letter_text_of(stored().id) == ""
    page = coordinator.send(page, {"entity": "Samone"}, ("azione", "anteprima"))
    assert (page.status, error_of(page, "entity")[:10]) == (422, "Più enti h")


def test_the_default_letter_is_not_stored_as_ones_own(coordinator: Person) -> None:
    coordinator.fill(part("lettera"), {}, SAVE)
    assert letter_text_of(stored().id) == ""


def test_the_public_letter_is_a_pdf(coordinator: Person) -> None:
    address = f"{HOME}/lettera-pubblica"

    def upload(content: bytes) -> int:
        fields = coordinator.get(address).form().fields
        data: dict[str, Any] = {name: fields[name][0] for name in ("csrf_token", "visto")}
        data |= {"azione": "carica", "letter": (io.BytesIO(content), "lettera.pdf")}
        return coordinator.client.post(address, data=data, content_type="multipart/form-data").status_code

    assert upload(b"PK") == 422
    assert upload(b"") == 422
    assert upload(b"%PDF-" + bytes(5 * 1024 * 1024)) == 422
    assert letter_of(stored().id) is None
    assert upload(b"%PDF-1.7" + bytes(2 * 1024 * 1024)) == 303
    assert stored().letter_bytes == 8 + 2 * 1024 * 1024
    assert coordinator.client.get(f"{HOME}/lettera.pdf").mimetype == "application/pdf"
    assert coordinator.send(coordinator.get(address), {}, ("azione", "togli")).path == HOME
    assert letter_of(stored().id) is None


def test_addresses_and_period(coordinator: Person) -> None:
    page = coordinator.fill(part("indirizzi"), {"results_url": "javascript:alert(1)"}, SAVE)
    assert (page.status, page.value("results_url")) == (422, ["javascript:alert(1)"])
    coordinator.send(page, {"results_url": "https://example.org/mappa"}, SAVE)
    assert stored().results_url == "https://example.org/mappa"
    page = coordinator.fill(part("periodo"), {"period_from": "2026-10-01"}, SAVE)
    assert page.summary()[0][0] == "#period_to"
    late = coordinator.send(page, {"period_from": "01/01/2026", "period_to": "9999-12-31"}, SAVE)
    assert late.summary() == [("#period_to", "Il periodo deve stare fra il 2000 e il 2199: controlla l'anno.")]
    coordinator.send(page, {"period_from": "01/01/2026"}, SAVE)
    assert stored().period_from == dt.date(2026, 1, 1)


@pytest.mark.parametrize("name", ["titolo", "periodo", "date", "contatti", "lettera", "piano", "indirizzi", "accesso"])
def test_who_comes_second_is_told_and_loses_nothing(coordinator: Person, new_staff: NewStaff, name: str, clock: Clock) -> None:
    put("draft")
    typed: dict[str, dict[str, str]] = {
        "titolo": {"title": "Il mio titolo"},
        "periodo": {"period_to": "2026-07-31"},
        "date": {"deadline_day": "2026-05-29"},
        "contatti": {"name": "Il mio ufficio"},
        "lettera": {"letter_text": "# Mia\n\n{{codice}}"},
        "piano": {"day": "2026-04-01", "percent": "7"},
        "indirizzi": {"results_url": "https://example.org/mio"},
        "accesso": {"second_step": "1"},
    }
    field, value = next(iter(typed[name].items()))
    mine = coordinator.get(part(name))
    other = new_staff("coordinator")
    assert other.fill(part("indirizzi"), {"results_url": "https://example.org/loro"}, SAVE).path == HOME
    seen = stored()
    page = coordinator.send(mine, typed[name], SAVE)
    assert page.status == 409
    assert stored() == seen
    assert page.value(field) == [value]
    assert coordinator.send(page, {}, SAVE).path == HOME
    assert stored() != seen
    assert stored().changed_at > START


def test_a_version_that_is_none_is_a_changed_one(coordinator: Person) -> None:
    fields = coordinator.get(part("indirizzi")).form().fields
    for version in ("", "ieri", "2026-01-01"):
        data = fields | {"visto": [version], "azione": ["salva"]}
        assert coordinator.client.post(part("indirizzi"), data=data).status_code == 409


def test_the_second_step_is_off_until_somebody_wants_it_and_can_be_taken_back(coordinator: Person) -> None:
    assert stored().second_step is False
    page = coordinator.fill(part("accesso"), {"second_step": "1"}, SAVE)
    assert (page.path, stored().second_step) == (HOME, True)
    assert "Password, e un codice per e-mail nei browser nuovi" in page.text
    assert last_entry() == ("edition_changed", {"part": "second_step", "before": False, "after": True})
    form = coordinator.get(part("accesso"))
    assert form.value("second_step") == ["1"]
    fields = {name: value for name, value in form.form().fields.items() if name != "second_step"}
    assert coordinator.client.post(part("accesso"), data=fields | {"azione": ["salva"]}).status_code == 303
    assert stored().second_step is False
