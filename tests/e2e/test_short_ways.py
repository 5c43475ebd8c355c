"""Who answers for whom, and the short ways in and through, in a real browser on both databases: a code typed wrong and right,
a link by e-mail through a real mail server, a dead link, nothing to report, a Unione that answers, its village that undoes it.
"""

from __future__ import annotations

import re

from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.mailing import mail_server, site
from tests.e2e.person import Person
from tests.e2e.walk import CONTINUE, PASSWORD, SEND, SUBMIT, account, declare_and_send, letter_code, say_who, sign_in
from tests.live_site import Site
from tests.smtp_server import SmtpServer

__all__ = ["mail_server", "site"]
UNION, VILLAGE = "demo-unione", "022165"


def test_a_code_typed_wrong_then_right_and_nothing_to_report(site: Site, open_page: OpenPage) -> None:
    code = letter_code(site, "015146")
    assert len(code) == 16
    person = Person(open_page("/accedi", viewport=browsers.NARROW), keyboard=True, pictures="code")
    person.presses('main a[href="/accedi/codice"]')
    person.types("entity", "Milano")
    person.types("code", code[1] + code[0] + code[2:] if code[0] != code[1] else str((int(code[0]) + 1) % 10) + code[1:])
    person.types("password", PASSWORD)
    person.presses(SUBMIT)
    assert person.page.locator(".error-summary").count() == 1
    person.reads("Una cifra del codice è sbagliata")
    person.types("code", " ".join(code[start : start + 4] for start in range(0, 16, 4)))
    person.types("password", PASSWORD)
    person.presses(SUBMIT)
    say_who(person)
    person.chooses("B01", "none")
    person.presses(CONTINUE)
    person.is_at("/compila/breve")
    person.chooses("B02", "staff")
    person.presses(SEND)
    person.is_at("/compila/breve")
    assert person.page.locator("#dichiarazione").get_attribute("aria-invalid") == "true"
    declare_and_send(person)


def test_a_link_by_e_mail_enters_once(site: Site, open_page: OpenPage, mail_server: SmtpServer) -> None:
    person = Person(open_page("/accedi/link", viewport=browsers.WIDE), pictures="link")
    person.types("entity", "048017")
    person.presses(SUBMIT)
    person.reads("se***@example.org")
    person.presses(SUBMIT)
    site.flask("mail", "deliver", "--once")
    taken = mail_server.taken[-1]
    assert taken.recipients == ("servizi.sociali.firenze@example.org",)
    link = re.search(rf"{re.escape(site.url)}(/entra/\S+)", taken.message.get_body(("plain",)).get_content())
    assert link is not None
    person.goes_to(link[1])
    person.reads("Entra come Firenze (FI)")
    person.presses(SUBMIT)
    person.is_at("/operatore")
    other = Person(open_page(link[1]), pictures="dead link")
    other.looks()
    other.reads("Questo link è scaduto o già usato.")


def test_a_unione_answers_and_its_village_is_covered_and_undoes_it(site: Site, open_page: OpenPage) -> None:
    union = Person(open_page("/accedi", viewport=browsers.WIDE), pictures="union")
    sign_in(union, account(site, UNION))
    union.chooses("B01", "none")
    union.presses(CONTINUE)
    union.is_at("/compila/breve")
    union.presses('main form button[value="intero"]')
    union.goes_to("/compila/E")
    if union.page.locator('main [name="E06"]').count() == 0:
        union.presses(CONTINUE)
        union.goes_to("/compila/E")
    union.reads("Samone (TN)")
    union.presses(CONTINUE)

    village = Person(
        open_page("/accedi", viewport=browsers.NARROW, java_script_enabled=False), scripts=False, pictures="village"
    )
    sign_in(village, account(site, VILLAGE))
    village.goes_to("/compila")
    village.reads("Per noi risponde Unione dimostrativa di Comuni: confermi?")
    village.presses("main .coverage-ask form button[type=submit]")
    village.is_at("/compila/breve")
    declare_and_send(village)
    village.goes_to("/compila")
    village.reads("Sarete coperti")

    union.goes_to("/compila/breve")
    declare_and_send(union)
    village.goes_to("/compila")
    village.reads("coperto dalla risposta di Unione dimostrativa di Comuni")
    undo(village)


def undo(village: Person) -> None:
    """Take back what was sent on the short path, and read on every page that it counts no longer."""
    village.presses('form[action="/compila/annulla"] button')
    village.is_at("/compila/B")
    village.reads("Invio annullato: non conta più.")
    for path in ("/compila", "/ricevuta"):
        village.goes_to(path)
        village.reads("per l'amministrazione il tuo ente non ha ancora risposto")
    village.goes_to("/storico")
    village.reads("L'ultima versione è stata annullata")
    village.goes_to("/compila")
    village.reads("Per noi risponde Unione dimostrativa di Comuni: confermi?")
