"""Pages that are sent too late or by somebody else: what was typed is neither lost nor stored where it does not belong."""

from __future__ import annotations

import datetime as dt

from app.responses.late import late_work
from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import Person
from tests.fill.walk import SHORT_SHEET, answer_all, begin

TOO_LONG_OPEN = "La pagina era aperta da troppo tempo: le risposte non sono ancora salvate. Controllale e premi di nuovo Salva."
LAST_INSTANT = dt.datetime(2026, 4, 30, 21, 59, 59, tzinfo=dt.UTC)
PAST = dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
KEPT = "La scadenza è passata: quello che hai scritto è conservato, ma non fa parte della risposta."
OTHER_ACCESS = "La pagina era rimasta aperta da un altro accesso: non è stato salvato niente. Ora la vedi aggiornata."


def lose_token(person: Person) -> None:
    """The cookie that the pages' token is bound to goes: the browser was restarted, or it was cleared."""
    person.client.delete_cookie("ricognizione-form", domain="localhost")


def test_a_page_whose_token_is_lost_comes_back_as_typed_and_saves_then(person: Person, stored: Stored) -> None:
    answer_all(person)
    page, before = person.get("/compila/E"), stored().version
    lose_token(person)
    back = person.send(page, {"E02": "Più nidi", "E03": ["learn"], "E04.email": "senza chiocciola"})
    assert (back.status, back.path) == (400, "/compila/E")
    assert back.alerts == [TOO_LONG_OPEN]
    assert stored().version == before
    assert (back.value("E02"), back.value("E03")) == (["Più nidi"], ["learn"])
    assert back.value("E04.email") == ["senza chiocciola"]
    saved = person.send(back, {"E04.email": "giusta@example.org"})
    assert saved.path == "/compila/verifica"
    assert person.get("/compila/E").value("E02") == ["Più nidi"]


def test_a_sheet_whose_token_is_lost_comes_back_too(person: Person, stored: Stored) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    page = person.send(empty, {"P06": "union"})
    found = person.send(page, {"P07.search": "samone"}, ("search", "P07"))
    lose_token(person)
    back = person.send(found, SHORT_SHEET | {"P06": "union", "P07": ["022165", "048017"]})
    assert (back.status, back.value("P03"), back.value("P06")) == (400, [SHORT_SHEET["P03"]], ["union"])
    assert sorted(back.value("P07")) == ["022165", "048017"]
    assert person.send(back, {}).path == "/compila/P"
    item = empty.path.rpartition("/")[2]
    assert stored().document.answers[f"{item}/P07"].value == ["048017", "022165"]


def test_a_page_that_came_back_still_does_not_fight_a_colleague(person: Person, new_person: NewPerson) -> None:
    answer_all(person)
    person.fill("/compila/E", {"E02": "Più nidi"})
    page = person.get("/compila/E")
    new_person("Operatore B").fill("/compila/E", {"E02": "Più consultori"})
    lose_token(person)
    back = person.send(page, {"E03": ["learn"]})
    assert back.status == 400
    assert person.send(back, {}).path == "/compila/verifica"
    again = person.get("/compila/E")
    assert (again.value("E02"), again.value("E03")) == (["Più consultori"], ["learn"])


def test_a_page_that_came_back_keeps_a_colleagues_answer_beside_ones_own(person: Person, new_person: NewPerson) -> None:
    answer_all(person)
    page = person.get("/compila/E")
    new_person("Operatore B").fill("/compila/E", {"E02": "Più consultori"})
    lose_token(person)
    back = person.send(page, {"E02": "Più nidi"})
    asked = person.send(back, {})
    assert asked.path == "/compila/E"
    assert asked.texts("decision-value") == ["Più consultori", "Più nidi"]


def test_a_decision_taken_on_a_page_that_came_back_is_kept(person: Person, new_person: NewPerson) -> None:
    answer_all(person)
    page = person.get("/compila/E")
    new_person("Operatore B").fill("/compila/E", {"E02": "Più consultori"})
    asked = person.send(page, {"E02": "Più nidi"})
    lose_token(person)
    back = person.send(asked, {"E02.scelta": "current"})
    assert (back.status, back.value("E02.scelta")) == (400, ["current"])
    assert person.send(back, {}).path == "/compila/verifica"


def test_a_page_of_another_entitys_session_saves_and_shows_nothing(
    person: Person, stored: Stored, new_person: NewPerson
) -> None:
    answer_all(person)
    page = person.get("/compila/E")
    other = new_person("Operatore C", "022165")
    answer_all(other)
    before = stored("022165")
    person.client.set_cookie("ricognizione", other.client.get_cookie("ricognizione").value, domain="localhost")
    shown = person.send(page, {"E02": "Segreto di Firenze"})
    assert shown.path == "/compila/E"
    assert shown.alerts == [OTHER_ACCESS]
    assert "Segreto di Firenze" not in shown.html
    assert stored("022165").version == before.version
    assert stored("022165").document == before.document
    assert "E02" not in stored().document.answers


def test_a_check_page_of_another_entitys_session_sends_nothing(person: Person, stored: Stored, new_person: NewPerson) -> None:
    """Both stand at the same version and the token is still good: only the name of the entity tells the pages apart."""
    answer_all(person)
    page = person.get("/compila/verifica")
    other = new_person("Operatore C", "022165")
    answer_all(other)
    assert stored().version == stored("022165").version
    person.client.set_cookie("ricognizione", other.client.get_cookie("ricognizione").value, domain="localhost")
    shown = person.send(page, {"dichiarazione": "1"}, None)
    assert shown.path == "/compila/verifica"
    assert shown.alerts[:1] == [OTHER_ACCESS]
    assert stored("022165").submissions == 0
    assert stored().submissions == 0


def test_the_last_instant_counts(person: Person, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    clock.set(LAST_INSTANT)
    renew(person)
    assert person.fill("/compila/E", {"E02": "All'ultimo"}).path == "/compila/verifica"
    assert person.get("/compila/E").value("E02") == ["All'ultimo"]


def test_what_is_sent_after_the_deadline_is_kept_apart(person: Person, clock: Clock, stored: Stored, renew: Renew) -> None:
    answer_all(person)
    clock.set(LAST_INSTANT)
    renew(person)
    page, before = person.get("/compila/E"), stored().version
    clock.set(PAST)
    late = person.send(page, {"E02": "Scritto per due ore", "E03": ["learn"], "E04.office": "Ufficio nuovo"})
    assert (late.status, late.path, late.alerts[0]) == (200, "/compila", KEPT)
    (work,) = late_work(stored().id)
    assert {one.key for one in work.operations} == {"E02", "E03", "E04"}
    assert next(one.value for one in work.operations if one.key == "E02") == "Scritto per due ore"
    assert stored().version == before
    assert "E02" not in stored().document.answers


def test_after_the_deadline_a_sheet_keeps_what_was_typed_too(
    person: Person, clock: Clock, stored: Stored, renew: Renew
) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    page = person.send(empty, {"P06": "union"})
    found = person.send(page, {"P07.search": "samone"}, ("search", "P07"))
    listed, before = person.get("/compila/P"), stored().version
    clock.set(PAST)
    renew(person)
    late = person.send(found, {"P01": "Scritto per due ore", "P07": ["001235"]})
    assert (late.status, late.path, late.alerts[0]) == (200, "/compila", KEPT)
    assert "Scritto per due ore: Titolo" in late.text
    (work,) = late_work(stored().id)
    assert {one.question: one.value for one in work.operations if one.question in {"P01", "P07"}} == {
        "P01": "Scritto per due ore",
        "P07": ["001235"],
    }
    refused = person.press(listed, "Elimina")
    assert refused.alerts[0].startswith("La scadenza è passata: la scheda non è stata eliminata. Non è cambiato niente")
    assert stored().version == before


def test_after_the_deadline_nothing_is_sent(person: Person, clock: Clock, stored: Stored, renew: Renew) -> None:
    page = answer_all(person)
    clock.set(PAST)
    renew(person)
    late = person.send(page, {"dichiarazione": "1"}, None)
    assert late.status == 403
    assert late.alerts[0] == "La scadenza è passata: la risposta non è stata inviata. Chiama i contatti qui sotto."
    assert stored().submissions == 0


def test_a_page_sent_twice_is_stored_once(person: Person, stored: Stored) -> None:
    answer_all(person)
    page = person.get("/compila/E")
    person.send(page, {"E02": "Più nidi"})
    version = stored().version
    assert person.send(page, {"E02": "Più nidi"}).path == "/compila/verifica"
    assert stored().version == version
