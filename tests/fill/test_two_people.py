"""Two operators at two browsers change the same answer: both values stay until somebody decides, and nobody is fought twice."""

from __future__ import annotations

import pytest

from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Stored
from tests.fill.person import LEAVE, Person, Screen
from tests.fill.walk import answer_all, submit

NEEDS = "Bisogni e priorità per il prossimo anno"
DISPUTED = "Un collega ha cambiato la stessa risposta: sono conservate tutte e due. Scegli quale vale."


@pytest.fixture
def colleague(new_person: NewPerson) -> Person:
    """Operatore B of the same entity."""
    return new_person("Operatore B")


def dispute(person: Person, colleague: Person, clock: Clock) -> Screen:
    """A and B write E02 from the same page, B first; the page that A sees then."""
    answer_all(person)
    stale = person.get("/compila/E")
    clock.move(minutes=5)
    colleague.fill("/compila/E", {"E02": "Più nidi"})
    clock.move(minutes=2)
    return person.send(stale, {"E02": "Più consultori"})


def offered(screen: Screen) -> list[tuple[str, str, str]]:
    """What the decision offers: (choice, value, who and when)."""
    radios = [one.attributes for one in screen.page.all("input") if one.attributes.get("name") == "E02.scelta"]
    labels = {one.attributes.get("for"): one for one in screen.page.all("label")}
    rows = []
    for radio in radios:
        spans = [one for one in screen.page.all("span") if one.parent is labels[radio["id"]]]
        texts = [" ".join(one.text.split()) for one in spans]
        rows.append((radio["value"], *(texts or [" ".join(labels[radio["id"]].text.split()), ""])))
    return [(value, text, who) for value, text, who in rows]


def decided(person: Person, text: str) -> None:
    assert "Non c'è niente da decidere." in person.get("/compila/conflitti").text
    page = person.get("/compila/E")
    assert page.value("E02") == [text]
    assert offered(page) == []


def test_the_page_shows_both_answers_with_who_and_when(person: Person, colleague: Person, clock: Clock, stored: Stored) -> None:
    asked = dispute(person, colleague, clock)
    assert (asked.path, asked.fragment) == ("/compila/E", "q-E02")
    assert asked.alerts == [DISPUTED]
    (challenger,) = stored().document.conflicts["E02"]
    assert offered(asked) == [
        ("current", "Più nidi", "Operatore B (non verificato), 16 marzo 2026, 10:05"),
        (str(challenger.revision), "Più consultori", "Operatore A (non verificato), 16 marzo 2026, 10:07"),
        ("edited", "La risposta che ho scritto qui sopra", ""),
    ]
    assert asked.value("E02") == ["Più nidi"]
    assert offered(colleague.get("/compila/E")) == offered(asked)
    overview = person.get("/compila")
    assert "Una risposta è stata cambiata da due persone: serve una decisione. Decidi" in overview.alerts
    assert person.get("/compila/conflitti").links() == {NEEDS: "/compila/E#q-E02"}


def test_the_current_answer_may_be_kept(person: Person, colleague: Person, clock: Clock) -> None:
    asked = dispute(person, colleague, clock)
    assert person.send(asked, {"E02.scelta": "current"}).path == "/compila/verifica"
    decided(person, "Più nidi")


def test_the_others_answer_may_be_taken(person: Person, colleague: Person, clock: Clock) -> None:
    asked = dispute(person, colleague, clock)
    assert person.send(asked, {"E02.scelta": offered(asked)[1][0]}).path == "/compila/verifica"
    decided(person, "Più consultori")


def test_the_two_may_be_combined(person: Person, colleague: Person, clock: Clock) -> None:
    asked = dispute(person, colleague, clock)
    both = {"E02": "Più nidi e più consultori", "E02.scelta": "edited"}
    assert colleague.send(colleague.get("/compila/E"), both).path == "/compila/verifica"
    decided(person, "Più nidi e più consultori")
    assert person.send(asked, {"E02.scelta": "current"}).path in {"/compila/E", "/compila/verifica"}


def test_saving_without_deciding_leaves_the_decision_open(person: Person, colleague: Person, clock: Clock) -> None:
    asked = dispute(person, colleague, clock)
    again = person.send(asked, {})
    assert (again.path, len(offered(again))) == ("/compila/E", 3)
    assert person.send(again, {}, LEAVE).path == "/compila"
    assert len(offered(person.get("/compila/E"))) == 3


def test_a_third_answer_stands_beside_the_two(person: Person, colleague: Person, clock: Clock, new_person: NewPerson) -> None:
    third = new_person("Operatore C")
    answer_all(person)
    stale = third.get("/compila/E")
    person_page = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": "Più nidi"})
    person.send(person_page, {"E02": "Più consultori"})
    asked = third.send(stale, {"E02": "Più trasporti"})
    assert [text for _choice, text, _who in offered(asked)][:3] == ["Più nidi", "Più consultori", "Più trasporti"]
    third.send(asked, {"E02.scelta": offered(asked)[2][0]})
    decided(person, "Più trasporti")


def test_a_decision_on_an_old_page_does_not_close_what_it_did_not_show(
    person: Person, colleague: Person, clock: Clock, new_person: NewPerson
) -> None:
    third = new_person("Operatore C")
    answer_all(person)
    stale = third.get("/compila/E")
    asked = _dispute_of_two(person, colleague)
    third.send(stale, {"E02": "Più trasporti"})
    person.send(asked, {"E02.scelta": "current"})
    left = offered(person.get("/compila/E"))
    assert [text for _choice, text, _who in left] == ["Più nidi", "Più trasporti", "La risposta che ho scritto qui sopra"]


def _dispute_of_two(person: Person, colleague: Person) -> Screen:
    mine = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": "Più nidi"})
    return person.send(mine, {"E02": "Più consultori"})


def test_nothing_is_sent_until_no_decision_is_open(person: Person, colleague: Person, clock: Clock, stored: Stored) -> None:
    asked = dispute(person, colleague, clock)
    refused = submit(person)
    assert (refused.status, refused.path) == (422, "/compila/verifica")
    assert refused.links()[NEEDS] == "/compila/E#q-E02"
    assert "Ci sono tutte le risposte necessarie: rileggi e invia." not in refused.text
    assert stored().submissions == 0
    person.send(asked, {"E02.scelta": "current"})
    assert submit(person).path == "/ricevuta"


def test_the_same_answer_from_both_is_no_conflict(person: Person, colleague: Person) -> None:
    answer_all(person)
    stale = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": "Più nidi"})
    assert person.send(stale, {"E02": "Più nidi"}).path == "/compila/verifica"
    decided(person, "Più nidi")


def test_different_answers_of_one_page_do_not_meet(person: Person, colleague: Person) -> None:
    answer_all(person)
    stale = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": "Più nidi"})
    assert person.send(stale, {"E03": ["share"]}).path == "/compila/verifica"
    page = person.get("/compila/E")
    assert (page.value("E02"), page.value("E03")) == (["Più nidi"], ["share"])
    decided(person, "Più nidi")


def test_a_field_left_as_it_was_shown_does_not_fight_a_newer_answer(person: Person, colleague: Person) -> None:
    answer_all(person)
    person.fill("/compila/E", {"E02": "Più nidi", "E04.phone": "055 000000"})
    stale = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": "Più consultori", "E04.phone": "055 999999"})
    colleague.fill("/compila/E", {"E02": "Più consultori e trasporti"})
    assert person.send(stale, {"E03": ["learn"]}).path == "/compila/verifica"
    decided(person, "Più consultori e trasporti")
    assert person.get("/compila/E").value("E04.phone") == ["055 999999"]


def test_going_back_in_ones_own_browser_makes_no_conflict(person: Person) -> None:
    answer_all(person)
    shown_before = person.get("/compila/E")
    person.send(shown_before, {"E02": "Prima stesura"})
    assert person.send(shown_before, {"E02": "Seconda stesura"}).path == "/compila/verifica"
    assert person.send(shown_before, {"E02": ""}).path == "/compila/verifica"
    decided(person, "Seconda stesura")  # the field stood empty when the page was shown: nothing was changed on it


def test_the_same_operator_at_another_browser_is_a_second_person(person: Person, new_person: NewPerson) -> None:
    elsewhere = new_person("Operatore A")
    answer_all(person)
    stale = elsewhere.get("/compila/E")
    person.fill("/compila/E", {"E02": "Dal computer fisso"})
    asked = elsewhere.send(stale, {"E02": "Dal portatile"})
    assert [text for _choice, text, _who in offered(asked)][:2] == ["Dal computer fisso", "Dal portatile"]


def test_who_else_is_working_is_said_for_a_while(person: Person, colleague: Person, clock: Clock) -> None:
    answer_all(person)
    assert colleague.get("/compila").texts("colleagues") == [
        "In questo momento sta lavorando anche: Operatore A (non verificato)."
    ]
    assert person.get("/compila").texts("colleagues") == []
    clock.move(minutes=11)
    assert colleague.get("/compila").texts("colleagues") == []


def test_two_opinions_on_the_questionnaire_never_stop_a_correction(person: Person, colleague: Person) -> None:
    answer_all(person)
    submit(person)
    mine, theirs = person.get("/ricevuta"), colleague.get("/ricevuta")
    opinion = "/ricevuta/parere"
    for who, page, mark in ((person, mine, "4"), (colleague, theirs, "2")):
        fields = page.form(opinion).fields | {"F01": [mark], "F01.comment": [f"Parere {mark}"]}
        assert who.client.post(opinion, data=fields).status_code == 303
    assert "Non c'è niente da decidere." in person.get("/compila/conflitti").text
    assert person.get("/ricevuta").value("F01", opinion) == ["2"]
    assert person.get("/compila/verifica").status == 200
    person.fill("/compila/E", {"E02": "Più nidi"})
    assert submit(person).path == "/ricevuta"
