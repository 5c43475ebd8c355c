"""A territory's person fills in by telephone and sends; the office confirms by the link in its mail: in a real browser, through
a real mail server, on both databases; nothing stays on the computer."""

from __future__ import annotations

import datetime as dt
import re

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.accounts.staff_sessions import open_staff_session
from app.editions.models import Edition
from app.extensions import db
from app.registry.entities import find_by_code
from tests import browser as browsers
from tests.desk.staff import STAFF_COOKIE, add_member
from tests.e2e.conftest import OpenPage
from tests.e2e.mailing import mail_server, site
from tests.e2e.person import Person
from tests.e2e.walk import CONTINUE, answer_as_a_lead
from tests.live_site import Site
from tests.registry.rows import add_contact
from tests.smtp_server import SmtpServer

__all__ = ["mail_server", "site"]
MILANO, LOMBARDIA = "015146", "03"
OFFICE = "protocollo@comune.example.org"
ENTITY = f"/gestione/enti/{MILANO}"


def prepare(site: Site) -> dict[str, str]:
    """Let territories fill in by telephone, give Milano an address, and a person of Lombardia a session."""
    app, now = site.application(), dt.datetime.now(dt.UTC)
    with app.app_context():
        db.session.execute(sa.update(Edition).values(telephone="territory"))
        milano = find_by_code(MILANO)
        assert milano is not None
        add_contact(milano.id, "social_services", OFFICE)
        token = open_staff_session(add_member("territory", now, LOMBARDIA), now)
        db.session.commit()
        db.engine.dispose()
    return {"name": STAFF_COOKIE, "value": token, "url": site.url}


def look(page: Page, name: str) -> None:
    """See that the page is fit for a telephone and for a desk."""
    before = page.viewport_size
    for size, viewport in (("narrow", browsers.NARROW), ("wide", browsers.WIDE)):
        page.set_viewport_size(viewport)
        browsers.assert_fits(page)
        browsers.assert_accessible(page)
        browsers.show(page, f"by telephone {size} {name}")
    assert before is not None
    page.set_viewport_size(before)


def test_a_call_is_filled_in_sent_and_confirmed(site: Site, open_page: OpenPage, mail_server: SmtpServer) -> None:
    page = open_page("/", viewport=browsers.WIDE)
    page.context.add_cookies([prepare(site)])
    person = Person(page)
    _begin(person)
    _fill_in(person)
    _send(person)
    office = Person(open_page(_link(site, mail_server), viewport=browsers.NARROW), keyboard=True)
    _confirm(office)
    person.goes_to(ENTITY)
    person.reads("confermata il")
    look(person.page, "the desk's page of the entity")


def _begin(person: Person) -> None:
    person.goes_to(ENTITY)
    person.presses(f'main a[href="{ENTITY}/telefono"]')
    look(person.page, "who is on the line")
    person.presses("main form button[type=submit]")
    look(person.page, "who is on the line, with errors")
    for name, text in (("nome", "Persona in linea"), ("ufficio", "Servizi sociali"), ("telefono", "02 0000001")):
        person.types(name, text)
    person.chooses("accordo", "1")
    person.presses("main form button[type=submit]")
    person.is_at("/compila/B")
    expect(person.page.locator(".telephone-banner")).to_contain_text("Persona in linea (non verificato)")
    look(person.page, "a page of the questionnaire")


def _fill_in(person: Person) -> None:
    answer_as_a_lead(person)
    person.unfolds("main form details")
    box = person.page.locator('[name="E02"]')
    box.fill("Scritto al telefono")
    box.blur()
    expect(person.page.locator("#draft-text")).to_contain_text("Salvato")
    person.page.wait_for_timeout(3_000)  # what comes once a page is quiet: the panel, and the worker where it is allowed
    expect(person.page.locator("#draft-consent")).to_be_hidden()
    person.page.locator("#draft-more").click()
    expect(person.page.locator("[data-draft-do=download]")).to_have_count(0)
    kept = "async () => [(await indexedDB.databases()).length, (await caches.keys()).length, localStorage.length]"
    assert person.page.evaluate(kept) == [0, 0, 0]
    assert person.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    person.presses(CONTINUE)
    person.goes_to("/compila")
    look(person.page, "the task list")
    person.page.goto("/storico")
    assert "riservata all'ente" in person.page.locator("h1").inner_text()
    look(person.page, "a page that is closed to it")


def _send(person: Person) -> None:
    person.goes_to("/compila/verifica")
    look(person.page, "the check")
    person.chooses("dichiarazione", "1")
    person.presses("form.declaration button[type=submit]")
    person.is_at("/ricevuta")
    person.reads("Da confermare")
    look(person.page, "the receipt")
    person.presses(".telephone-banner button")
    person.is_at(ENTITY)
    person.reads("Risposta inviata al telefono")


def _link(site: Site, mail_server: SmtpServer) -> str:
    site.flask("mail", "deliver", "--once")
    taken = mail_server.taken[-1]
    assert taken.recipients == (OFFICE,)
    text = taken.message.get_body(("plain",)).get_content()
    found = re.search(rf"{re.escape(site.url)}(/conferma/\S+)", text)
    assert found is not None, text
    return found[1]


def _confirm(office: Person) -> None:
    office.looks()
    look(office.page, "the link in the mail")
    office.presses("main form button[type=submit]")
    look(office.page, "the link in the mail, with errors")
    office.chooses("scelta", "conferma")
    office.presses("main form button[type=submit]")
    office.reads("Grazie, risposta confermata")
    look(office.page, "confirmed")
    office.page.reload()
    office.page.goto(office.page.url)
    assert office.page.locator("h1").inner_text() == "Link non più valido"
    look(office.page, "the link afterwards")


def test_a_call_that_is_over_says_so_with_what_was_typed(site: Site, open_page: OpenPage) -> None:
    page = open_page("/", viewport=browsers.WIDE, java_script_enabled=False)
    page.context.add_cookies([prepare(site)])
    page.goto(f"{ENTITY}/telefono")
    for name, text in (("nome", "Persona in linea"), ("ufficio", "Servizi sociali"), ("telefono", "02 0000001")):
        page.locator(f'[name="{name}"]').fill(text)
    page.locator('label[for="accordo"]').click()
    page.locator("main form button[type=submit]").click()
    page.goto("/compila/E")
    Person(page, scripts=False).unfolds("main form details")
    page.locator('[name="E02"]').fill("Non ancora salvato")
    app = site.application()
    with app.app_context():
        db.session.execute(sa.update(Edition).values(telephone="nobody"))
        db.session.commit()
        db.engine.dispose()
    page.locator('main .page-actions button[value="continua"]').click()
    assert page.locator("h1").inner_text() == "La compilazione al telefono è finita"
    assert "Non ancora salvato" in page.locator("main").inner_text()
    browsers.show(page, "by telephone wide the call is over")
