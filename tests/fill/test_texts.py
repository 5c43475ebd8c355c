"""The same pages in English, with names of every length, and with texts that would like to be markup."""

from __future__ import annotations

import pytest

from tests.fill.conftest import NewPerson
from tests.fill.person import Person
from tests.fill.walk import SHORT_SHEET, add_practice, answer_all, begin, submit

HOSTILE = "\"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }} %(name)s %s & fine"
LONG_NAME = "San Valentino in Abruzzo Citeriore (PE)"
WORD = "Consorzio" * 16


@pytest.fixture
def english(person: Person) -> Person:
    """Operatore A, who reads English."""
    person.get("/compila/B?lingua=en")
    return person


def test_the_first_question_and_the_path_in_english(english: Person) -> None:
    first = english.get("/compila")
    assert first.page.all("html")[0].attributes["lang"] == "en"
    assert first.heading == "Services and measures for families"
    assert "Between 1 September 2025 and 31 August 2026" in first.text
    english.send(first, {"B01": "own"})
    states = [state for _title, state in english.get("/compila").task_states()]
    assert states == ["In progress", "To be started", "Not required", "Optional", "To be started"]


def test_wrong_input_in_english(english: Person) -> None:
    begin(english)
    wrong = english.fill("/compila/E", {"E04.email": "wrong"})
    assert wrong.value("E04.email") == ["wrong"]
    said = wrong.error_of("E04")
    assert said is not None
    assert said.startswith("Enter an e-mail address, for example")
    assert wrong.links()["Continue without correcting"] == "/compila/verifica"


def test_no_italian_is_left_on_the_english_pages(english: Person) -> None:
    answer_all(english)
    english.press(english.get("/compila/P"), "Add a good practice")
    sheet = english.get("/compila/P").links()["Untitled sheet"]
    english.fill(sheet, SHORT_SHEET | {"P01": "Listening desk", "P03": "We listen."})
    english.send(english.get("/compila/verifica"), {"dichiarazione": "1"}, None)
    paths = ["/compila", "/compila/B", "/compila/B/2", "/compila/B/3", "/compila/C", "/compila/P", sheet, f"{sheet}/2"]
    paths += [
        "/compila/E",
        "/compila/verifica",
        "/compila/bozza",
        "/compila/conflitti",
        "/ricevuta",
        "/ricevuta/1/copia",
        "/storico",
    ]
    for path in paths:
        page = english.get(path)
        assert page.page.all("html")[0].attributes["lang"] == "en", path
        words = set(page.text.lower().replace("/", " ").split())
        assert not words & {"della", "delle", "con", "risposta", "risposte", "sono", "questa", "perché", "salva"}, path


def test_the_receipt_in_english(english: Person) -> None:
    answer_all(english)
    receipt = english.send(english.get("/compila/verifica"), {"dichiarazione": "1"}, None)
    assert receipt.path == "/ricevuta"
    assert receipt.heading == "Response sent"
    assert "16 March 2026" in receipt.text
    assert receipt.texts("receipt-number")[0].startswith("Receipt no. 2026-048017-01-")


def test_two_people_read_the_same_answers_each_in_their_language(english: Person, new_person: NewPerson) -> None:
    answer_all(english)
    assert "Single municipality" in english.get("/compila/verifica").text
    assert "Comune singolo" in new_person("Operatore B").get("/compila/verifica").text


def test_long_names_stand_whole(new_person: NewPerson) -> None:
    person = new_person(WORD[:120], "068038")
    answer_all(person)
    add_practice(person, P01="Una pratica dal nome lungo " + "x" * 120)
    receipt = submit(person)
    assert LONG_NAME in receipt.text
    assert WORD[:120] in receipt.text
    assert LONG_NAME in person.get("/ricevuta/1/copia").text
    assert "x" * 120 in person.get("/compila").text


def test_the_longest_title_is_kept_and_one_more_is_said(person: Person) -> None:
    begin(person)
    assert add_practice(person, P01="è" * 150).path == "/compila/P"
    wrong = add_practice(person, P01="è" * 151)
    assert wrong.error_of("P01") == "Il testo è di 151 caratteri: accorcialo ad al massimo 150."
    assert wrong.value("P01") == ["è" * 151]


def test_hostile_text_is_only_text_wherever_it_is_shown(new_person: NewPerson) -> None:
    person, colleague = new_person(f"A {HOSTILE}"), new_person(f"B {HOSTILE}")
    answer_all(person)
    title = HOSTILE[:140]
    add_practice(person, P01=title, P03=HOSTILE, **{"P04": ["all"]})
    stale = person.get("/compila/E")
    colleague.fill("/compila/E", {"E02": f"B {HOSTILE}", "E01": ["other"], "E01.text": HOSTILE})
    asked = person.send(stale, {"E02": f"A {HOSTILE}"})
    sheet = person.get("/compila/P").links()[title.strip()]
    seen = {"/compila/E": asked}
    for path in ("/compila", "/compila/P", sheet, "/compila/conflitti", "/compila/verifica", "/compila/bozza"):
        seen[path] = person.get(path)
    person.send(asked, {"E02.scelta": "current"})
    seen["/ricevuta"] = submit(person)
    person.fill("/compila/E", {"E02": f"C {HOSTILE}"})
    person.fill(sheet, {"P01": f"D {title}"[:150]})
    seen["/storico"] = person.get("/storico")
    seen["/ricevuta/1/copia"] = person.get("/ricevuta/1/copia")
    person.press(person.get("/compila/P"), "Elimina")
    seen["removed"] = person.get("/compila/P")
    seen["search"] = person.get(f"/compila/E?cerca=E02&testo={HOSTILE.replace('%', '%25').replace('&', '%26')}")
    for path, screen in seen.items():
        assert screen.status == 200, path
        assert "<script>alert" not in screen.html, path
        assert "<img src=x" not in screen.html, path
        assert not [one for one in screen.page.elements if any(name.startswith("on") for name in one.attributes)], path
        assert "49 %" not in screen.html, path
    for path in (
        "/compila/E",
        "/compila",
        "/compila/P",
        "/compila/verifica",
        "/compila/bozza",
        "/ricevuta",
        "/storico",
        "removed",
    ):
        assert "<script>alert('x')</script>" in seen[path].text, path
    assert asked.texts("decision-value") == [f"B {HOSTILE}", f"A {HOSTILE}"]
    assert seen["/compila/bozza"].text.count("{{ 7*7 }} %(name)s %s & fine") >= 4


def test_control_characters_and_newlines_do_not_break_a_page(person: Person) -> None:
    answer_all(person)
    person.fill("/compila/E", {"E02": "prima\r\nseconda\x00\x07\u202e terza\n\n\nquarta"})
    kept = person.get("/compila/E").value("E02")[0]
    assert kept.splitlines()[0] == "prima"
    assert not set(kept) & {"\x00", "\x07", "\r"}
    assert "quarta" in person.get("/compila/bozza").text
