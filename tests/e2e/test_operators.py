"""A colleague is invited, reads the mail, comes in and is verified: in a real browser, through a real mail server, on both
databases; and how strong a password is said to be while it is typed."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.mailing import mail_server, site
from tests.e2e.person import Person
from tests.e2e.walk import SUBMIT, enter_with_code
from tests.live_site import Site
from tests.smtp_server import SmtpServer

__all__ = ["mail_server", "site"]
GUEST = "collega@comune.example.org"


def test_a_colleague_is_invited_reads_the_mail_and_is_verified(
    site: Site, open_page: OpenPage, mail_server: SmtpServer
) -> None:
    host = Person(open_page("/accedi", viewport=browsers.WIDE))
    enter_with_code(host, site, "015146")
    host.goes_to("/ente")
    host.reads("Operatore A (non verificato)")
    host.presses('main a[href="/ente/invita"]')
    host.types("email", GUEST)
    host.presses("main .page-actions button[type=submit]")
    host.is_at("/ente")
    host.reads("Inviti in attesa")
    site.flask("mail", "deliver", "--once")
    taken = mail_server.taken[-1]
    assert taken.recipients == (GUEST,)
    link = re.search(rf"{re.escape(site.url)}(/invito/\S+)", taken.message.get_body(("plain",)).get_content())
    assert link is not None
    guest = Person(open_page(link[1], viewport=browsers.NARROW), keyboard=True)
    guest.looks()
    guest.types("name", "Operatore B")
    guest.types("office", "Anagrafe")
    guest.presses(SUBMIT)
    guest.goes_to("/ente")
    guest.reads("Operatore B")
    assert "Operatore B (non verificato)" not in guest.page.locator("main").inner_text()
    host.goes_to("/ente")
    assert "Inviti in attesa" not in host.page.locator("main").inner_text()


def test_a_password_is_pasted_and_its_strength_said_in_words(open_page: OpenPage) -> None:
    page = open_page("/accedi/codice", viewport=browsers.NARROW)
    box, said = page.locator("#password"), page.locator("[data-strength]")
    for typed, words in (
        ("corta", "Troppo corta"),
        ("aaaabbbbcccc", "Debole: si indovina facilmente"),
        ("Comune 2026 2026", "Debole: si indovina facilmente"),
        ("quattro parole messe qui", "Buona"),
    ):
        box.fill("")
        box.evaluate(
            """(input, text) => {
              const data = new DataTransfer();
              data.setData("text/plain", text);
              const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
              if (!input.dispatchEvent(paste)) throw new Error("paste was stopped");
            }""",
            typed,
        )
        box.fill(typed)
        expect(said).to_have_text(words)
