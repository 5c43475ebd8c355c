"""Nothing to report, and another entity answers: one page each, from the first question to the receipt, and back."""

from __future__ import annotations

import datetime as dt

import pytest

from app.responses.coverage import standing_of
from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import LEAVE, Person, Screen
from tests.fill.test_lost_pages import KEPT

SHORT = "/compila/breve"
SEND = ("azione", "invia")
SEARCH = ("search", "B03")
DECLARED = {"dichiarazione": "1"}


def nothing(person: Person) -> Screen:
    """Say that there was nothing, and give the page that follows."""
    return person.fill("/compila/B", {"B01": "none"})


def elsewhere(person: Person) -> Screen:
    return person.fill("/compila/B", {"B01": "other"})


def choose_samone(person: Person, page: Screen) -> Screen:
    return person.send(page, {"B03.search": "samone"}, SEARCH)


def test_the_first_question_leads_to_one_page_that_asks_what_is_needed(person: Person) -> None:
    page = nothing(person)
    assert (page.path, page.heading) == (SHORT, "Niente da segnalare")
    assert page.questions() == ["B02", "E04", "E05"]
    assert page.value("E04.name") == ["Operatore A"]
    assert page.value("E05") == ["single"]
    page = elsewhere(person)
    assert (page.path, page.heading) == (SHORT, "Risponde un altro ente")
    assert page.questions() == ["B03", "E04", "E05"]


@pytest.mark.parametrize(("way", "path"), [("prima", "/compila/B"), ("intero", "/compila/B/2")])
def test_whoever_leaves_for_another_page_loses_nothing(person: Person, stored: Stored, way: str, path: str) -> None:
    page = person.send(nothing(person), {"B02": ["staff"], "E04.email": "ufficio(at)example.org"}, ("azione", way))
    assert page.path == path
    again = person.get(SHORT)
    assert (again.value("B02"), again.value("E04.email")) == (["staff"], ["ufficio(at)example.org"])
    assert stored().submissions == 0


def test_what_comes_too_late_on_the_way_out_is_kept_apart(person: Person, stored: Stored, clock: Clock, renew: Renew) -> None:
    page = nothing(person)
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    renew(person)
    late = person.send(page, {"B02": ["staff"]}, ("azione", "intero"))
    assert (late.status, late.path) == (200, "/compila")
    assert late.alerts[0] == KEPT


def test_nothing_to_report_is_sent_from_its_page(person: Person, stored: Stored) -> None:
    receipt = person.send(nothing(person), {"B02": ["staff"], **DECLARED}, SEND)
    assert (receipt.path, receipt.heading) == ("/ricevuta", "Risposta inviata")
    sent = stored()
    assert (sent.status, sent.submissions) == ("submitted", 1)
    assert sent.document.answers["B02"].value == {"codes": ["staff"]}
    assert sent.document.answers["E05"].value == {"code": "single"}


def test_the_reason_need_not_be_told(person: Person) -> None:
    assert person.send(nothing(person), DECLARED, SEND).path == "/ricevuta"


def test_the_entity_is_searched_chosen_and_sent(person: Person, stored: Stored) -> None:
    found = choose_samone(person, elsewhere(person))
    assert (found.path, found.fragment) == (SHORT, "q-B03")
    assert found.value("E04.name") == ["Operatore A"]
    receipt = person.send(found, {"B03": "022165", **DECLARED}, SEND)
    assert receipt.path == "/ricevuta"
    assert "Avete indicato che risponde Samone (TN)." in receipt.text
    assert stored().document.answers["B03"].value == "022165"


def test_a_name_that_was_typed_and_not_looked_for_is_searched_before_anything_is_sent(person: Person, stored: Stored) -> None:
    page = person.send(elsewhere(person), {"B03.search": "samone", **DECLARED}, SEND)
    assert (page.path, page.fragment) == (SHORT, "q-B03")
    assert stored().submissions == 0


def test_what_is_typed_is_stored_before_what_is_missing_is_said(person: Person, stored: Stored) -> None:
    page = person.send(elsewhere(person), {"E04.name": "Operatore B", "E04.email": "ufficio(at)example.org"}, SEND)
    assert (page.status, page.path) == (422, SHORT)
    assert [target for target, _text in page.summary()] == ["#q-B03", "#q-E04-email", "#dichiarazione"]
    assert page.value("E04.email") == ["ufficio(at)example.org"]
    assert page.by_id("dichiarazione").attributes["aria-describedby"] == "dichiarazione-errore"
    assert stored().submissions == 0
    again = person.get(SHORT)
    assert again.value("E04.name") == ["Operatore B"]
    mended = person.send(page, {"B03.na": "1", "E04.email": "ufficio@example.org", **DECLARED}, SEND)
    assert mended.path == "/ricevuta"


def test_leaving_keeps_the_draft_and_the_task_list_leads_back(person: Person, stored: Stored) -> None:
    overview = person.send(nothing(person), {"B02": ["funds"]}, LEAVE)
    assert overview.path == "/compila"
    assert overview.links()["Rispondi in una pagina"] == SHORT
    assert stored().document.answers["B02"].value == {"codes": ["funds"]}


def test_an_answer_that_brings_another_question_shows_it_before_sending(person: Person, stored: Stored) -> None:
    page = person.send(nothing(person), {"E05": "lead_ambito", **DECLARED}, SEND)
    assert (page.path, page.fragment) == (SHORT, "q-E06")
    assert page.questions() == ["B02", "E04", "E05", "E06"]
    assert stored().submissions == 0


def test_two_people_who_change_the_same_answer_decide_on_the_page(
    person: Person, new_person: NewPerson, stored: Stored
) -> None:
    page = nothing(person)
    new_person("Operatore B").fill(SHORT, {"B02": ["staff"]}, LEAVE)
    disputed = person.send(page, {"B02": ["funds"], **DECLARED}, SEND)
    assert (disputed.status, disputed.path) == (422, SHORT)
    assert disputed.with_class("decision")
    assert stored().submissions == 0
    decided = person.send(disputed, {"B02.scelta": "current", "E04.scelta": "edited", **DECLARED}, SEND)
    assert decided.path == "/ricevuta"


def test_what_is_typed_is_kept_when_a_colleague_has_left_the_short_path(
    person: Person, new_person: NewPerson, stored: Stored
) -> None:
    page = nothing(person)
    new_person("Operatore B").fill("/compila/B", {"B01": "own"})
    after = person.send(page, {"B02": ["staff"], **DECLARED}, SEND)
    assert after.path == "/compila"
    assert stored().document.answers["B02"].value == {"codes": ["staff"]}
    assert stored().submissions == 0


def test_who_is_not_on_a_short_path_is_told_what_the_page_is_for(person: Person) -> None:
    person.fill("/compila/B", {"B01": "own"})
    page = person.get(SHORT)
    assert page.path == "/compila"
    assert page.alerts[0] == "La pagina breve serve solo se non c'è niente da segnalare o se risponde un altro ente."


def test_what_is_sent_by_mistake_is_taken_back_until_the_deadline(person: Person, stored: Stored) -> None:
    receipt = person.send(nothing(person), DECLARED, SEND)
    for path in ("/ricevuta", "/compila"):
        assert any(form.text == "Annulla: abbiamo qualcosa da segnalare" for form in person.get(path).forms()), path
    back = person.press(receipt, "Annulla: abbiamo qualcosa da segnalare")
    assert back.path == "/compila/B"
    assert back.alerts[0].startswith("Invio annullato: non conta più.")
    assert stored().status == "draft"
    assert not any(form.action == "/compila/annulla" for form in person.get("/compila").forms())
    again = person.send(person.get(SHORT), DECLARED, SEND)  # and undone
    assert (again.path, stored().submissions) == ("/ricevuta", 2)


def test_every_page_says_that_what_was_taken_back_counts_no_longer(person: Person) -> None:
    person.press(person.send(nothing(person), DECLARED, SEND), "Annulla: abbiamo qualcosa da segnalare")
    receipt = person.get("/ricevuta")
    assert receipt.heading == "Invio annullato"
    assert "per l'amministrazione il tuo ente non ha ancora risposto" in receipt.text
    assert "Correggi la risposta" not in receipt.text
    overview = person.get("/compila")
    assert overview.alerts == [
        "L'invio è stato annullato e non conta più: per l'amministrazione il tuo ente non ha ancora risposto."
    ]
    assert overview.links()["Rispondi alla prima domanda"] == "/compila/B"
    assert overview.links()["L'invio era giusto: invialo di nuovo"] == SHORT
    assert person.get("/storico").alerts == [
        "L'ultima versione è stata annullata: resta qui con la sua ricevuta, ma non conta più."
    ]
    assert "ANNULLATA" in person.get("/ricevuta/1/copia").text
    assert any("questa risposta non conta finché non la invii di nuovo" in text for text in person.get(SHORT).alerts)
    person.send(person.get(SHORT), DECLARED, SEND)
    for path in ("/ricevuta", "/compila", "/storico", "/ricevuta/2/copia", SHORT):
        assert "annullat" not in person.get(path).text.lower(), path


def test_after_the_deadline_whoever_took_its_answer_back_reads_that_none_counts(
    person: Person, clock: Clock, renew: Renew
) -> None:
    person.press(person.send(nothing(person), DECLARED, SEND), "Annulla: abbiamo qualcosa da segnalare")
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    renew(person)
    assert any("per l'amministrazione il tuo ente non ha risposto" in text for text in person.get("/compila").alerts)
    receipt = person.get("/ricevuta")
    assert "per l'amministrazione il tuo ente non ha risposto" in receipt.text
    assert receipt.links()["Chiedi la riapertura"] == "/riapertura"


def test_after_the_deadline_the_page_is_read_and_nothing_is_lost_or_sent(
    person: Person, stored: Stored, clock: Clock, renew: Renew
) -> None:
    page = nothing(person)
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    renew(person)
    late = person.send(page, {"B02": ["staff"], **DECLARED}, SEND)
    assert (late.status, late.path) == (200, "/compila")
    assert late.alerts[0] == KEPT
    assert "La rilevazione è chiusa: le risposte si possono solo leggere." in late.alerts
    assert stored().submissions == 0
    assert not person.get(SHORT).form().buttons


def test_a_short_path_that_was_sent_is_no_longer_taken_back_after_the_deadline(
    person: Person, stored: Stored, clock: Clock, renew: Renew
) -> None:
    receipt = person.send(nothing(person), DECLARED, SEND)
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    renew(person)
    refused = person.press(receipt, "Annulla: abbiamo qualcosa da segnalare")
    assert refused.alerts[0].startswith("La scadenza è passata: l'invio non si può più annullare da qui.")
    assert stored().status == "submitted"
    assert standing_of(stored().entity_id, stored().edition, clock()).submitted_as == "nothing"
