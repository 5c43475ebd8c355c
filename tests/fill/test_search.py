"""Entities and municipalities are found by a search that needs no script, and nothing else on the page is lost by it."""

from __future__ import annotations

from tests.fill.person import Person, Screen
from tests.fill.walk import SHORT_SHEET, begin

SEARCH_ENTITY = ("search", "B03")
SEARCH_MUNICIPALITIES = ("search", "P07")


def choices(screen: Screen, code: str) -> dict[str, str]:
    """Code to name of what can be chosen now."""
    labels = {one.attributes.get("for"): " ".join(one.text.split()) for one in screen.page.all("label")}
    return {
        one.attributes["value"]: labels[one.attributes["id"]]
        for one in screen.page.all("input")
        if one.attributes.get("name") == code and one.attributes.get("type") in {"radio", "checkbox"}
    }


def test_an_entity_is_searched_chosen_and_saved(person: Person) -> None:
    typed = {"B03.search": "samone", "B04": ["families", "childhood"]}
    person.fill("/compila/B", {"B01": "both"})
    found = person.fill("/compila/B/2", typed, SEARCH_ENTITY)
    assert (found.path, found.fragment) == ("/compila/B/2", "q-B03")
    assert choices(found, "B03") == {"001235": "Samone (TO)", "022165": "Samone (TN)"}
    assert "Trovati 2 nomi: scegli quello giusto, poi salva." in found.text
    assert found.value("B03.search") == ["samone"]
    assert found.value("B04") == ["families", "childhood"]
    assert found.error_of("B03") is None
    assert person.send(found, {"B03": "022165", "B05": ["municipal"]}).path == "/compila/B/3"
    again = person.get("/compila/B/2")
    assert choices(again, "B03") == {"022165": "Samone (TN)"}
    assert again.value("B03") == ["022165"]
    assert again.value("B04") == ["families", "childhood"]


def test_names_are_found_without_accents_and_in_the_other_language(person: Person) -> None:
    person.fill("/compila/B", {"B01": "other"})
    assert choices(person.fill("/compila/B/2", {"B03.search": "BOZEN"}, SEARCH_ENTITY), "B03") == {"021008": "Bolzano (BZ)"}
    found = person.fill("/compila/B/2", {"B03.search": "san valentino abruzzo"}, SEARCH_ENTITY)
    assert choices(found, "B03") in ({"068038": "San Valentino in Abruzzo Citeriore (PE)"}, {})


def test_a_search_that_finds_nothing_says_what_to_try(person: Person) -> None:
    person.fill("/compila/B", {"B01": "both"})
    found = person.fill("/compila/B/2", {"B03.search": "zzz", "B04": ["centres"]}, SEARCH_ENTITY)
    assert "Nessun nome corrisponde. Prova con una parte del nome, per esempio le prime lettere." in found.text
    assert choices(found, "B03") == {}
    assert found.value("B04") == ["centres"]


def test_not_knowing_the_entity_is_an_answer(person: Person) -> None:
    person.fill("/compila/B", {"B01": "other"})
    assert person.fill("/compila/B/2", {"B03.na": "1"}).path == "/compila/E"
    assert person.get("/compila/B/2").value("B03.na") == ["1"]


def test_municipalities_are_gathered_search_by_search(person: Person) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    page = person.send(empty, SHORT_SHEET | {"P06": "union"})
    assert page.path == empty.path
    assert choices(page, "P07") == {"048017": "Firenze (FI)"}
    assert page.value("P07") == ["048017"]

    found = person.send(page, {"P07.search": "samone", "P01": "Un titolo nuovo"}, SEARCH_MUNICIPALITIES)
    assert (found.path, found.fragment) == (empty.path, "q-P07")
    assert choices(found, "P07") == {"048017": "Firenze (FI)", "001235": "Samone (TO)", "022165": "Samone (TN)"}
    assert found.value("P01") == ["Un titolo nuovo"]
    assert found.value("P15.email") == ["sportello@example.org"]

    more = person.send(found, {"P07": ["048017", "001235"], "P07.search": "bolz"}, SEARCH_MUNICIPALITIES)
    assert choices(more, "P07") == {"048017": "Firenze (FI)", "001235": "Samone (TO)", "021008": "Bolzano (BZ)"}
    assert more.value("P07") == ["048017", "001235"]
    assert person.send(more, {"P07": ["001235", "021008"]}).path == "/compila/P"
    again = person.get(empty.path)
    assert choices(again, "P07") == {"001235": "Samone (TO)", "021008": "Bolzano (BZ)"}
    assert again.value("P07") == ["001235", "021008"]
    assert "Bolzano (BZ)" in person.get("/compila/bozza").text
