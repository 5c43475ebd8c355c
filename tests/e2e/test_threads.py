"""An entity asks about a question, the desk answers and asks about an answer, the entity opens it there: in a real browser by
the keyboard, and without scripts; each page looked at on a telephone and on a desk."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.accounts.operators import add_operator
from app.accounts.sessions import open_session
from app.accounts.staff_sessions import open_staff_session
from app.extensions import db
from app.registry.entities import find_by_code
from tests import browser as browsers
from tests.desk.staff import STAFF_COOKIE, add_member
from tests.e2e.conftest import OpenPage
from tests.e2e.person import Person
from tests.live_site import Site
from tests.roles.world import SESSION_COOKIE
from tests.threads import samples

BY_KEYBOARD, WITHOUT_SCRIPTS = "015146", "058091"
SEND = "main form[enctype] button.btn-primary[type=submit]"


def sit_down(site: Site, code: str) -> tuple[dict[str, str], dict[str, str]]:
    """The cookies of an operator of this municipality and of a coordinator."""
    app, now = site.application(), dt.datetime.now(dt.UTC)
    with app.app_context():
        entity = find_by_code(code)
        assert entity is not None
        who = add_operator(entity.id, name="Persona di prova", office="Anagrafe", email="", phone="06 0", now=now)
        own, desk = open_session(entity.id, now, operator_id=who), open_staff_session(add_member("coordinator", now), now)
        db.session.commit()
        db.engine.dispose()
    return (
        {"name": SESSION_COOKIE, "value": own, "url": site.url},
        {"name": STAFF_COOKIE, "value": desk, "url": site.url},
    )


def look(page: Page, name: str, *, scripts: bool) -> None:
    """See that the page is fit for a telephone and for a desk."""
    before = page.viewport_size
    for size, viewport in (("narrow", browsers.NARROW), ("wide", browsers.WIDE)):
        page.set_viewport_size(viewport)
        browsers.assert_fits(page)
        if scripts:
            browsers.assert_accessible(page)
        browsers.show(page, f"messages {size} {name}")
    assert before is not None
    page.set_viewport_size(before)


@pytest.mark.parametrize("scripts", [True, False], ids=["by keyboard", "without scripts"])
def test_both_sides_write_and_a_query_opens_at_its_answer(
    site: Site, open_page: OpenPage, scripts: bool, tmp_path: Path
) -> None:
    code = BY_KEYBOARD if scripts else WITHOUT_SCRIPTS
    own, desk = sit_down(site, code)
    entity = Person(open_page(java_script_enabled=scripts), keyboard=scripts, scripts=scripts)
    entity.page.context.add_cookies([own])
    staff = Person(open_page(java_script_enabled=scripts), keyboard=scripts, scripts=scripts)
    staff.page.context.add_cookies([desk])
    _ask(entity, tmp_path, scripts=scripts)
    _answer(staff, code, scripts=scripts)
    _find_the_query(entity, scripts=scripts)


def _ask(person: Person, folder: Path, *, scripts: bool) -> None:
    person.goes_to("/compila/B")
    look(person.page, "a page of questions", scripts=scripts)
    person.presses('main a[href="/messaggi/nuovo?domanda=B01"]')
    look(person.page, "a new message", scripts=scripts)
    person.presses(SEND)
    look(person.page, "a new message, with errors", scripts=scripts)
    person.types("testo", "Conta anche lo sportello del consorzio?")
    plan = folder / "Città, piano 2026.pdf"
    plan.write_bytes(samples.PDF)
    person.page.locator("#allegati").set_input_files(plan)
    person.presses(SEND)
    look(person.page, "one's own thread", scripts=scripts)
    assert person.downloads(".thread-files a").read_bytes() == samples.PDF


def _answer(person: Person, code: str, *, scripts: bool) -> None:
    person.goes_to("/gestione")
    person.presses('main a[href="/gestione/messaggi?vista=attesa"]')
    look(person.page, "the desk's list", scripts=scripts)
    person.presses("main .sheet-name a")
    person.types("testo", "Sì, anche quello.")
    look(person.page, "the desk's thread", scripts=scripts)
    person.presses(SEND)
    person.reads("Messaggio inviato")
    person.goes_to("/gestione/messaggi/risposte")
    look(person.page, "saved answers", scripts=scripts)
    person.goes_to("/gestione/messaggi/risposte/nuova")
    look(person.page, "a saved answer", scripts=scripts)
    person.goes_to(f"/gestione/enti/{code}")
    look(person.page, "the entity's page", scripts=scripts)
    person.goes_to(f"/gestione/enti/{code}/messaggi/nuovo?domanda=B01")
    look(person.page, "a query", scripts=scripts)
    person.types("testo", "È proprio questa la risposta?")
    person.presses(SEND)
    person.reads("Richiesta sulla risposta a:")


def _find_the_query(person: Person, *, scripts: bool) -> None:
    person.goes_to("/compila")
    look(person.page, "the overview with a query", scripts=scripts)
    person.goes_to("/messaggi")
    look(person.page, "the entity's list", scripts=scripts)
    person.presses("main .thread-unread a")
    look(person.page, "a query in its thread", scripts=scripts)
    person.presses("main .ask-box a")
    assert person.page.url.endswith("#q-B01")
    assert person.page.locator("#richiesta-B01").is_visible()
    look(person.page, "a query at its question", scripts=scripts)
    person.presses("#richiesta-B01 a")
    person.types("testo", "Sì, confermo.")
    person.presses(SEND)
    person.reads("aspetta la segreteria")
