"""Questionnaire, pilot and state of an edition in the page."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa

from app.editions.changing import pilot_codes
from app.editions.current import EditionView, questionnaire_of
from app.editions.models import Definition, Edition
from app.extensions import db
from app.questionnaire.loader import read_shipped
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.desk.test_editions import HOME, LIST, last_entry, put, stored
from tests.fill.person import Person

QUESTIONNAIRE = f"{HOME}/questionario"
PILOT = f"{HOME}/pilota"
READY: dict[str, Any] = {"letter": b"%PDF-1.7", "plan": '[["2026-03-31",20],["2026-04-30",60]]'}


def upload(person: Person, content: bytes) -> Any:
    fields = person.get(QUESTIONNAIRE).form(containing="File della definizione").fields
    data: dict[str, Any] = {name: fields[name][0] for name in ("csrf_token", "visto")}
    data |= {"azione": "carica", "file": (io.BytesIO(content), "mio.yaml")}
    return person.client.post(QUESTIONNAIRE, data=data, content_type="multipart/form-data")


def test_a_definition_with_errors_changes_nothing_and_names_its_lines(coordinator: Person) -> None:
    put("draft")
    before = stored()
    source = read_shipped("RBP5").replace("show_if: \"B01 == 'none'\"", "show_if: \"B99 == 'none'\"")
    line = source[: source.index("B99")].count("\n") + 1
    response = upload(coordinator, source.encode())
    assert response.status_code == 422
    assert f"Riga {line}:" in response.get_data(as_text=True)
    assert upload(coordinator, b"\xff\xfe").status_code == 422
    assert upload(coordinator, b"").status_code == 422
    assert stored() == before
    assert db.session.execute(sa.select(sa.func.count(Definition.id))).scalar_one() == 1


def test_an_uploaded_definition_is_taken_and_the_older_one_can_be_chosen_again(coordinator: Person) -> None:
    put("draft")
    before = stored().digest
    source = read_shipped("RBP5").replace('version: "2026.2"', 'version: "2027.1"')
    assert upload(coordinator, source.encode()).status_code == 303
    after = stored()
    assert (after.digest != before, questionnaire_of(after.digest).version) == (True, "2027.1")
    assert last_entry()[1]["version"] == "2027.1"
    page = coordinator.get(QUESTIONNAIRE)
    assert page.form().fields["digest"] == [after.digest]
    page = coordinator.send(page, {"digest": before}, ("azione", "scegli"))
    assert (page.path, stored().digest) == (HOME, before)
    page = coordinator.get(f"{QUESTIONNAIRE}/anteprima?versione={after.digest}")
    assert (page.status, "versione 2027.1" in page.text) == (200, True)


def test_the_preview_has_every_question_with_the_period_in_its_place(coordinator: Person) -> None:
    page = coordinator.get(f"{QUESTIONNAIRE}/anteprima")
    codes = page.texts("blank-code")
    known = questionnaire_of(stored().digest)
    assert codes == [one.code for one in (*(q for step in known.steps for q in step.questions), *known.after_submission)]
    assert "{inizio}" not in page.text
    assert coordinator.client.get(f"{QUESTIONNAIRE}/anteprima?versione=nulla").status_code == 404


def test_the_questionnaire_of_an_open_edition_is_frozen(coordinator: Person) -> None:
    page = coordinator.get(QUESTIONNAIRE)
    assert "bloccato" in page.alerts[0]
    data = page.form().fields | {"digest": [stored().digest], "azione": ["scegli"]}
    assert coordinator.client.post(QUESTIONNAIRE, data=data).status_code == 422


def test_pilots_are_found_added_pasted_and_removed(coordinator: Person) -> None:
    put("draft")
    page = coordinator.get(f"{PILOT}?cerca=samone")
    assert len([form for form in page.forms() if form.text.startswith("Aggiungi Samone")]) == 2
    page = coordinator.press(page, "Aggiungi Samone (TN)")
    assert pilot_codes(stored().id) == ["022165"]
    form = page.form(containing="Codici degli enti")
    data = form.fields | {"codici": ["048017, 999999\n022165 777777"]}
    response = coordinator.client.post(PILOT, data=data)
    text = response.get_data(as_text=True)
    assert (response.status_code, "999999" in text, "777777" in text) == (422, True, True)
    assert pilot_codes(stored().id) == ["022165"]
    assert coordinator.client.post(PILOT, data=form.fields | {"codici": ["048017;022165\r\n021008"]}).status_code == 303
    assert pilot_codes(stored().id) == ["021008", "022165", "048017"]
    assert last_entry()[1]["added"] == "048017 021008"
    page = coordinator.get(PILOT)
    found = next(form for form in page.forms() if "Firenze" in form.text)
    assert coordinator.client.post(PILOT, data=found.fields | {"togli": ["048017"]}).status_code == 303
    assert pilot_codes(stored().id) == ["021008", "022165"]
    assert coordinator.client.post(PILOT, data=coordinator.get(PILOT).forms()[-1].fields | {"codici": [" "]}).status_code == 422


def test_the_pilot_of_an_open_edition_is_over(coordinator: Person) -> None:
    page = coordinator.get(PILOT)
    assert "il pilota è finito" in page.alerts[0]
    data = coordinator.get(f"{HOME}/modifica/titolo").form().fields | {"codici": ["048017"]}
    assert coordinator.client.post(PILOT, data=data).status_code == 422
    assert pilot_codes(stored().id) == []


def test_opening_says_what_is_missing_and_asks_to_confirm(coordinator: Person) -> None:
    put("draft", contacts="[]")
    page = coordinator.get(f"{HOME}/passa/aperta")
    assert "Possono rispondere 5 enti." in page.text
    assert "giovedì 30 aprile 2026, 23:59" in page.text
    for missing in ("Mancano i contatti", "Manca il PDF", "Manca il piano"):
        assert missing in page.text
    refused = coordinator.send(page, {}, None)
    assert (refused.status, stored().state) == (422, "draft")
    page = coordinator.send(refused, {"confirmed": "1"}, None)
    assert (page.path, stored().state) == (HOME, "open")
    assert last_entry() == ("edition_moved", {"before": "draft", "after": "open"})


def test_an_edition_goes_all_its_way_in_the_page(coordinator: Person) -> None:
    put("draft", **READY)
    steps = ["pilota", "bozza", "aperta", "chiusa", "aperta", "chiusa", "pubblicata", "chiusa"]
    states = []
    for step in steps:
        page = coordinator.get(f"{HOME}/passa/{step}")
        coordinator.send(page, {"confirmed": "1"} if "confirmed" in page.form().offered else {}, None)
        states.append(stored().state)
    assert states == ["pilot", "draft", "open", "closed", "open", "closed", "published", "closed"]


def test_what_blocks_an_opening_leaves_no_button(new_staff: NewStaff, clock: Clock, edition: EditionView) -> None:
    put("draft", **READY)
    clock.set(edition.closes_at)
    coordinator = new_staff("coordinator")
    page = coordinator.get(f"{HOME}/passa/aperta")
    assert "La scadenza è passata" in page.text
    assert [form for form in page.forms() if form.action == page.path] == []
    fields = coordinator.get(f"{HOME}/modifica/indirizzi").form().fields
    assert coordinator.client.post(f"{HOME}/passa/aperta", data=fields).status_code == 409
    assert stored().state == "draft"


def test_a_second_edition_is_not_opened_while_one_is(coordinator: Person) -> None:
    coordinator.send(coordinator.get("/gestione/nuova-edizione?da=2026"), {}, None)
    page = coordinator.get(f"{LIST}/2027/passa/aperta")
    assert "Un'altra edizione è aperta" in page.text


def test_a_step_that_is_not_there_leads_back(coordinator: Person) -> None:
    assert coordinator.get(f"{HOME}/passa/bozza").path == HOME


def test_a_step_is_not_taken_on_an_edition_that_changed_meanwhile(coordinator: Person, new_staff: NewStaff) -> None:
    mine = coordinator.get(f"{HOME}/passa/chiusa")
    new_staff("coordinator").fill(f"{HOME}/modifica/indirizzi", {"results_url": "https://example.org/x"}, ("azione", "salva"))
    page = coordinator.send(mine, {}, None)
    assert (page.status, stored().state) == (409, "open")
    assert coordinator.send(page, {}, None).path == HOME
    assert stored().state == "closed"


def test_closing_says_how_many_have_answered(coordinator: Person) -> None:
    page = coordinator.get(f"{HOME}/passa/chiusa")
    assert "Nessuna risposta è stata inviata." in page.text
    assert "La scadenza annunciata non è ancora passata" in page.text


def test_the_letter_of_a_large_file_is_the_only_larger_body(coordinator: Person) -> None:
    fields = coordinator.get(f"{HOME}/modifica/indirizzi").form().fields
    data = {name: values[0] for name, values in fields.items()} | {"file": (io.BytesIO(bytes(2 * 1024 * 1024)), "x")}
    response = coordinator.client.post(f"{HOME}/modifica/indirizzi", data=data, content_type="multipart/form-data")
    assert response.status_code == 413
    assert db.session.execute(sa.select(Edition.results_url)).scalar_one() is None
