"""A municipality's whole way: activate, say who fills in, answer with a mistake, check, send, keep the receipt, correct, leave.

Each way of using a browser walks it on SQLite and on PostgreSQL: a mouse on a wide screen, the keyboard alone, a telephone
without scripts.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.person import Person
from tests.e2e.walk import CONTINUE
from tests.live_site import Site

ONWARD = "main .page-actions a.btn"
WAYS = {
    "mouse": ("017029", {"viewport": browsers.WIDE}),
    "keyboard": ("037006", {"viewport": browsers.WIDE}),
    "telephone without scripts": ("015146", {"viewport": browsers.NARROW, "java_script_enabled": False}),
}


def activation_path(site: Site, code: str) -> str:
    link = next(word for word in site.flask("entity", "activate", code).split() if word.startswith(site.url))
    return link.removeprefix(site.url)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def person(way: str, open_page: OpenPage, site: Site) -> Person:
    page: Page = open_page("/", **WAYS[way][1])
    kind = site.database_url.split(":")[0].split("+")[0]
    return Person(page, keyboard=way == "keyboard", scripts="without scripts" not in way, pictures=f"{way} {kind}")


def test_a_municipality_answers_sends_and_corrects(site: Site, person: Person, way: str) -> None:
    code = WAYS[way][0]
    activate(person, activation_path(site, code))
    say_who_fills_in(person)
    answer_the_first_steps(person)
    describe_a_practice(person)
    close(person)
    send(person)
    correct_and_send_again(person)
    leave(person)


def activate(person: Person, link: str) -> None:
    person.looks()
    person.goes_to(link)
    person.types("password", "corta")
    person.presses("main button[type=submit]")
    assert person.page.locator(".error-summary").count() == 1
    person.types("password", "quattro parole per provare")
    person.presses("main button[type=submit]")
    person.is_at("/operatore")


def say_who_fills_in(person: Person) -> None:
    person.types("name", "Operatore A")
    person.presses("main button[type=submit]")
    assert person.page.locator('main [name="name"]').input_value() == "Operatore A"
    person.types("office", "Ufficio servizi sociali")
    person.types("email", "servizi.sociali@comune.esempio.it")
    person.types("phone", "055 1234567")
    person.presses("main button[type=submit]")
    person.is_at("/compila/B")


def answer_the_first_steps(person: Person) -> None:
    person.chooses("B01", "own")
    person.presses(CONTINUE)
    person.is_at("/compila/B/2")
    person.goes_to("/compila/verifica")
    assert person.page.locator('.to-mend a[href^="/compila/B/2"]').count() > 0, "what is missing is a link to where it is asked"
    person.presses('.to-mend a[href^="/compila/B/2"]')
    person.chooses("B04", "families")
    person.chooses("B04", "childhood")
    person.chooses("B05", "municipal")
    person.presses(CONTINUE)
    person.is_at("/compila/B/3")
    person.presses(CONTINUE)
    person.is_at("/compila/C")
    person.chooses("C01", "none")
    person.presses(CONTINUE)
    person.is_at("/compila/P")


def describe_a_practice(person: Person) -> None:
    person.presses("main .page-actions form button")
    sheet = "/" + person.page.url.split("/", 3)[3]
    person.types("P01", "Spazio bimbi e nonni")
    person.chooses("P02", "families")
    person.types("P03", "Un pomeriggio a settimana i nonni leggono ai bambini nella biblioteca comunale.")
    person.chooses("P04", "all")
    person.chooses("P06", "municipality")
    person.types("P15.email", "non un indirizzo")
    person.chooses("P16", "publish")
    person.presses(CONTINUE)
    person.is_at(sheet)
    assert person.page.locator('main [name="P15.email"]').input_value() == "non un indirizzo", "what was typed stays"
    assert person.page.locator('main [name="P15.email"]').get_attribute("aria-invalid") == "true"
    person.types("P15.email", "biblioteca@comune.esempio.it")
    person.presses(CONTINUE)
    person.is_at("/compila/P")
    person.reads("Spazio bimbi e nonni")
    person.presses(ONWARD)
    person.is_at("/compila/E")


def close(person: Person) -> None:
    person.unfolds("main form details.disclosure")
    person.types("E02", "Servirebbero educatori.")
    person.types("E04.name", "Operatore A")
    person.types("E04.office", "Ufficio servizi sociali")
    person.types("E04.email", "servizi.sociali@comune.esempio.it")
    person.types("E04.phone", "055 1234567")
    person.chooses("E05", "single")
    person.presses(CONTINUE)
    person.is_at("/compila/verifica")


def send(person: Person) -> None:
    person.reads("Spazio bimbi e nonni")
    person.presses("form.declaration button[type=submit]")
    person.is_at("/compila/verifica")
    assert person.page.locator("#dichiarazione").get_attribute("aria-invalid") == "true", "the declaration is asked for"
    person.chooses("dichiarazione", "1")
    person.presses("form.declaration button[type=submit]")
    person.is_at("/ricevuta")
    person.reads("Operatore A")


def correct_and_send_again(person: Person) -> None:
    person.goes_to("/compila/B/2")
    person.chooses("B05", "region")
    person.presses(CONTINUE)
    person.goes_to("/compila")
    person.presses('main a[href="/compila/verifica"]')
    person.chooses("dichiarazione", "1")
    person.presses("form.declaration button[type=submit]")
    person.is_at("/ricevuta")
    person.goes_to("/storico")
    person.reads("Fondi regionali")


def leave(person: Person) -> None:
    person.presses('header form[action="/esci"] button, form[action="/esci"] button')
    person.goes_to("/compila")
    person.is_at("/accedi")
