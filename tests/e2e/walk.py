"""Ways that many journeys go: in with a password or with the letter's code, through the steps, and out with a receipt."""

from __future__ import annotations

import re

from tests.e2e.person import Person
from tests.live_site import DemoAccount, Site

PASSWORD = "quattro parole per provare"
SUBMIT = "main form .button-row button[type=submit]"
CONTINUE = 'main .page-actions button[value="continua"]'
SEND = 'main .page-actions button[value="invia"]'
SHORT = "/compila/breve"


def account(site: Site, code: str) -> DemoAccount:
    return next(one for one in site.accounts if one.code == code)


def letter_code(site: Site, entity: str) -> str:
    """The sixteen digits that the entity's letter holds."""
    return "".join(re.findall(r"\d{4}", site.flask("entity", "code", entity).splitlines()[-1])[:4])


def sign_in(person: Person, who: DemoAccount) -> None:
    person.goes_to("/accedi")
    person.types("entity", who.label)
    person.types("password", who.password)
    person.presses(SUBMIT)
    say_who(person)


def enter_with_code(person: Person, site: Site, entity: str) -> None:
    person.goes_to("/accedi/codice")
    person.types("entity", entity)
    person.types("code", letter_code(site, entity))
    person.types("password", PASSWORD)
    person.presses(SUBMIT)
    say_who(person)


def say_who(person: Person) -> None:
    person.is_at("/operatore")
    for name, text in (("name", "Operatore A"), ("office", "Ufficio"), ("email", "operatore.a@example.org")):
        person.types(name, text)
    person.presses("main button[type=submit]")


def declare_and_send(person: Person) -> None:
    """From the page of a short path."""
    person.chooses("dichiarazione", "1")
    person.presses(SEND)
    person.is_at("/ricevuta")


def answer_as_a_lead(person: Person) -> None:
    """Every step as far as it is required, with a visit to the last one, which is left as it proposes itself."""
    person.goes_to("/compila/B")
    person.chooses("B01", "own")
    person.presses(CONTINUE)
    person.chooses("B04", "families")
    person.chooses("B05", "municipal")
    person.presses(CONTINUE)
    person.goes_to("/compila/C")
    person.chooses("C01", "none")
    person.presses(CONTINUE)
    person.goes_to("/compila/E")


def send_whole(person: Person) -> None:
    """From the check page."""
    person.goes_to("/compila/verifica")
    person.chooses("dichiarazione", "1")
    person.presses("form.declaration button[type=submit]")
    person.is_at("/ricevuta")
