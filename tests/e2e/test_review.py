"""A practice from its sheet to the public and out of it again: sent, reviewed, sent back, corrected with a click, approved,
published, withdrawn; by keyboard in a real browser, and without scripts on a telephone; each page looked at."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import TimeoutError

from app.extensions import db
from app.practices.models import Practice
from app.practices.opendata.files import FILES
from app.practices.published import CURRENT, ENTRY
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.person import Person
from tests.e2e.test_threads import look, sit_down
from tests.e2e.walk import CONTINUE, answer_as_a_lead, send_whole
from tests.live_site import Site

ENTITIES = {True: "015146", False: "058091"}
DATA = [name for name in FILES if name.startswith("pratiche")]
EVERYWHERE = ["map", "list", "page", *DATA, "api", "api, alone"]
ONE = re.compile("^1 scheda$")
TAKE = 'main form:has(input[name="prendi"][value="title"]) button'


def public(site: Site, title: str) -> int:
    """How many entries of this title everybody may read."""
    with site.application().app_context():
        found = db.session.execute(sa.select(sa.func.count(ENTRY.id)).where(CURRENT, ENTRY.title == title)).scalar_one()
        db.session.remove()
        db.engine.dispose()
    return found


def code_of(site: Site, title: str) -> str:
    with site.application().app_context():
        code = db.session.execute(sa.select(Practice.code).where(Practice.title == title)).scalar_one()
        db.session.remove()
        db.engine.dispose()
    return code


@pytest.mark.parametrize("scripts", [True, False], ids=["by keyboard", "without scripts"])
def test_a_practice_goes_the_whole_way(site: Site, open_page: OpenPage, watch: browsers.Watch, scripts: bool) -> None:
    for announced in ("/js/map_", "/mappa/punti-"):  # what the map announces is not used where scripts are off
        watch.expect(announced)
    own, desk = sit_down(site, ENTITIES[scripts])
    viewport = browsers.WIDE if scripts else browsers.NARROW
    entity = Person(open_page(java_script_enabled=scripts, viewport=viewport), keyboard=scripts, scripts=scripts)
    entity.page.context.add_cookies([own])
    staff = Person(open_page(java_script_enabled=scripts, viewport=viewport), keyboard=scripts, scripts=scripts)
    staff.page.context.add_cookies([desk])
    title, better = f"Sportello {ENTITIES[scripts]} lungo", f"Sportello {ENTITIES[scripts]}"
    _send(entity, title)
    code = code_of(site, title)
    _send_back(staff, code, better, scripts=scripts)
    _correct(entity, title, scripts=scripts)
    _approve_and_publish(staff, code, better, scripts=scripts)
    assert public(site, better) == 1
    anybody = Person(open_page(java_script_enabled=scripts, viewport=viewport), keyboard=scripts, scripts=scripts)
    assert _sees(anybody, better, code, patience=20_000) == EVERYWHERE
    _withdraw(staff, code, scripts=scripts)
    assert public(site, better) == 0
    assert _sees(anybody, better, code, patience=2_000) == []


def _sees(person: Person, title: str, code: str, *, patience: float) -> list[str]:
    """Where somebody without a login finds the practice: on the map, in the list, on its page, in each file of each version."""
    person.goes_to(f"/mappa?q={title}")
    if person.scripts:
        person.page.wait_for_selector("#map-frame[data-titled]")
    on_map = _says_one(person, patience)
    _follows(person, "#map-list-link")
    found = ["map"] if on_map else []
    if person.page.locator(f'main a[href$="/pratiche/{code}"]').count():
        person.presses(f'main a[href$="/pratiche/{code}"]')
        person.reads(title)
        found.append("list")
    asked = person.page.request
    address = person.page.url.partition("/pratiche")[0]
    if asked.get(f"{address}/pratiche/{code}").status == 200:
        found.append("page")
    last = asked.get(f"{address}/api/v1/pratiche").json()["version"]
    folders = ["/dati", *(f"/dati/{number}" for number in range(1, last + 1))]
    paths = {file: [f"{folder}/{file}" for folder in folders] for file in DATA}
    paths |= {"api": ["/api/v1/pratiche?quanti=100&q=" + title], "api, alone": [f"/api/v1/pratiche/{code}"]}
    for name, several in paths.items():
        answers = [asked.get(f"{address}{path}") for path in several]
        if any(said.status == 200 and code in said.text() for said in answers):
            found.append(name)
    return found


def _says_one(person: Person, patience: float) -> bool:
    """Whether the map comes to say, in so many milliseconds, that there is one: with scripts it asks the server, too."""
    status = person.page.locator("#map-status").filter(has_text=ONE)
    try:
        status.wait_for(timeout=patience if person.scripts else 1_000)
    except TimeoutError:
        return False
    return True


def _follows(person: Person, selector: str) -> None:
    """A link from the map, whose script writes into the address what is chosen: that is no navigation."""
    if person.keyboard:
        browsers.tab_to(person.page, selector)
        person.page.keyboard.press("Enter")
    else:
        person.page.locator(selector).click()
    person.page.wait_for_url("**/pratiche?*")
    person.looks()


def _send(person: Person, title: str) -> None:
    person.goes_to("/compila/B")
    person.chooses("B01", "own")
    person.presses(CONTINUE)
    person.goes_to("/compila/P")
    person.presses('main form[action$="/schede"] button')
    person.types("P01", title)
    person.chooses("P02", "families")
    person.types("P03", "Si ascoltano le famiglie, una volta alla settimana.")
    person.chooses("P04", "all")
    person.chooses("P06", "municipality")
    person.types("P15.email", "sportello@example.org")
    person.chooses("P16", "publish")
    person.presses('main button[name="azione"][value="continua"]:not(.visually-hidden)')
    answer_as_a_lead(person)
    person.types("E04.email", "operatore.a@example.org")
    person.types("E04.phone", "06 1234567")
    person.presses(CONTINUE)
    send_whole(person)


def _send_back(person: Person, code: str, better: str, *, scripts: bool) -> None:
    person.goes_to("/gestione")
    person.presses('main a[href^="/gestione/pratiche?vista=attesa"]')
    look(person.page, "the queue", scripts=scripts)
    person.presses(f'main a[href^="/gestione/pratiche/{code}"]')
    look(person.page, "a practice", scripts=scripts)
    person.unfolds("#decidi ~ form details")
    person.types("title", better)
    person.presses('main button[value="rimanda"]')
    person.reads("Scrivi una nota")
    look(person.page, "a practice, with errors", scripts=scripts)
    person.types("nota", "Il titolo può essere più corto.")
    person.presses('main button[value="rimanda"]')
    person.reads("Pratica rinviata")


def _correct(person: Person, title: str, *, scripts: bool) -> None:
    person.goes_to("/compila")
    person.reads("La segreteria chiede di rivedere una scheda")
    person.presses('main section[aria-labelledby="rimandate"] a')
    person.reads("Il titolo può essere più corto.")
    look(person.page, "a sheet that was sent back", scripts=scripts)
    if scripts:  # what the page saves by itself meanwhile is no second person's word
        with person.page.expect_response("**/compila/sincronizza"):
            person.types("P01", "Scritto a metà")
    person.presses(TAKE)
    person.reads("Correzione registrata.")
    person.reads("la segreteria non la vede ancora")
    person.presses("#da-inviare a")
    send_whole(person)


def _approve_and_publish(person: Person, code: str, better: str, *, scripts: bool) -> None:
    person.goes_to("/gestione/pratiche?vista=attesa")
    person.chooses("scelta", person.page.locator(f'input[value^="{code}."]').get_attribute("value") or "")
    person.presses('main button[value="approva"]:not(.visually-hidden)')
    look(person.page, "before many are approved", scripts=scripts)
    person.presses("main form button.btn-primary")
    person.reads("1 pratica approvata")
    look(person.page, "after many were approved", scripts=scripts)
    person.goes_to("/gestione/pratiche/pubblica")
    look(person.page, "a publication", scripts=scripts)
    person.presses("main form button.btn-primary")
    person.reads("conferma di aver guardato")
    person.chooses("conferma", "1")
    person.presses("main form button.btn-primary")
    person.reads("Pubblicazione n. ")
    look(person.page, "publications", scripts=scripts)
    person.goes_to(f"/gestione/pratiche/{code}")
    look(person.page, "a practice that is public", scripts=scripts)


def _withdraw(person: Person, code: str, *, scripts: bool) -> None:
    person.presses(f'main a[href^="/gestione/pratiche/{code}/ritira"]')
    look(person.page, "withdrawing", scripts=scripts)
    person.types("nota", "Prova di ritiro.")
    person.presses("main form button.btn-danger")
    person.reads("Pratica ritirata")
