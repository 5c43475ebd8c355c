"""Ways through the questionnaire that many tests need."""

from __future__ import annotations

from tests.fill.person import DETAILS, Person, Screen

SHORT_SHEET = {
    "P01": "Sportello di ascolto",
    "P02": "families",
    "P03": "Si ascoltano le famiglie, una volta alla settimana.",
    "P04": ["all"],
    "P06": "municipality",
    "P15.email": "sportello@example.org",
    "P16": "publish",
}


def answer_all(person: Person) -> Screen:
    """Answer what is needed on the shortest way that has every step's first page, and give the check page."""
    person.fill("/compila/B", {"B01": "own"})
    person.fill("/compila/B/2", {"B04": ["families"], "B05": ["municipal", "region"]})
    person.fill("/compila/C", {"C01": "none"})
    person.fill("/compila/E", {})
    return person.get("/compila/verifica")


def begin(person: Person) -> None:
    """Answer the first question so that sheets of practices are asked."""
    person.fill("/compila/B", {"B01": "own"})


def add_practice(person: Person, **typed: str | list[str]) -> Screen:
    """Add a sheet with what is needed, and give the list of sheets."""
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    return person.send(empty, SHORT_SHEET | typed)


def open_details(person: Person, **typed: str | list[str]) -> Screen:
    """Add a sheet with what is needed, and give its page of details."""
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    return person.send(empty, SHORT_SHEET | typed, DETAILS)


def submit(person: Person) -> Screen:
    """Declare and send from the check page as it is now."""
    return person.send(person.get("/compila/verifica"), {"dichiarazione": "1"}, None)
