"""The days of those who work at the desk, in a real browser: the coordinator watches, telephones and reminds, the administrator
puts logins right, and somebody of a Region sees that Region alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import OpenPage
from tests.e2e.desk import sit_down, turns_to
from tests.e2e.person import Person
from tests.e2e.walk import SUBMIT, account, sign_in
from tests.live_site import Site

SEARCH = '.filter-form button[type="submit"]'
NEW_BATCH = "/gestione/promemoria/nuovo"
TOSCANA = "09"
INITIATIVES = "/gestione/pratiche/iniziative"


@dataclass(frozen=True)
class Case:
    """An entity with which a day deals, and what to type to find it."""

    code: str
    typed: str


CASES = {
    "mouse": Case("demo-unione", "Unione dimostrativa"),
    "keyboard": Case("068038", "San Valentino in Abruzzo"),
    "telephone": Case("048017", "Firenze"),
}
COORDINATORS = [("sqlite", "mouse"), ("sqlite", "keyboard"), ("sqlite", "telephone")]
ADMINISTRATORS = [("sqlite", "mouse"), ("sqlite", "keyboard"), ("sqlite", "telephone")]
TERRITORIES = [("sqlite", "telephone"), ("postgresql", "mouse")]


def in_days(number: int) -> dt.date:
    return dt.datetime.now(dt.UTC).date() + dt.timedelta(days=number)


@pytest.mark.parametrize(("site", "way"), COORDINATORS, indirect=["site"], scope="module")
def test_the_coordinators_day(site: Site, open_page: OpenPage, way: str) -> None:
    person = sit_down(site, open_page, way, "coordinator")
    person.reads("Comuni rappresentati")
    find_who_is_missing(person, CASES[way])
    follow_one_entity(person, CASES[way])
    plan_a_reminder(person, CASES[way])
    steer_the_batch(person)
    take_the_list_away(person, CASES[way])
    turns_to(person, "/gestione/edizioni")
    person.presses('main a[href="/gestione/edizioni/demo"]')
    person.reads("Ricognizione delle buone pratiche per la famiglia (dimostrazione)")


def find_who_is_missing(person: Person, case: Case) -> None:
    turns_to(person, "/gestione/risposte")
    for state in ("never", "opened", "draft"):
        person.chooses("stato", state)
    person.presses(SEARCH)
    person.shoots("list")
    person.types("q", case.typed)
    person.presses(SEARCH)
    person.reads("1 ente")
    person.presses(f'main table a[href="/gestione/enti/{case.code}"]')


def follow_one_entity(person: Person, case: Case) -> None:
    here = f"/gestione/enti/{case.code}"
    person.unfolds('details:has(form[action$="/telefonate"])')
    person.picks("esito", "call_back")
    person.types("persona", "Operatore A")
    person.dates("richiamare", in_days(7))
    person.types("appunti", "Chiede di richiamare dopo il consiglio comunale.")
    person.presses('form[action$="/telefonate"] button')
    person.is_at(here)
    person.reads("Chiede di richiamare dopo il consiglio comunale.")
    person.unfolds('details:has(> div > form[action$="/note"])')
    person.types("nota", "Il protocollo è chiuso il venerdì.")
    person.presses('form[action$="/note"] button')
    person.reads("Il protocollo è chiuso il venerdì.")
    person.presses('section[aria-labelledby="note"] form[action$="/togli"] button')
    person.reads("Note che hai tolto")
    person.unfolds('details:has(form[action$="/proroga"])')
    person.presses('form[action$="/proroga"] button')
    assert person.page.locator(".error-summary").count() == 1, "a day and a reason are asked for"
    person.dates("giorno", in_days(60))
    person.types("motivo", "Il server del Comune era fermo.")
    person.presses('form[action$="/proroga"] button')
    person.is_at(here)
    person.reads("Scadenza prorogata al")
    person.shoots("entity with its day")


def plan_a_reminder(person: Person, case: Case) -> None:
    turns_to(person, "/gestione/promemoria")
    person.presses(f'main a[href^="{NEW_BATCH}"]')
    person.types("q", case.typed)
    person.presses('main button[name="passo"][value="chi"]')
    person.reads("1 ente")
    person.presses('main button[name="passo"][value="testo"]')
    person.chooses("testo", "0")
    person.types("nome", f"Promemoria a {case.typed}")
    person.presses('main button[name="passo"][value="quando"]')
    person.types("ritmo", "tanti")
    person.presses('main button[name="passo"][value="conferma"]')
    assert person.page.locator(".error-summary").count() == 1, "a pace is a number"
    person.types("ritmo", "200")
    person.presses('main button[name="passo"][value="conferma"]')
    person.reads("Conferma: invia a 1 ente")
    person.presses(f'form[method="post"][action="{NEW_BATCH}"] button[type="submit"]')
    person.reads(f"Promemoria a {case.typed}")


def steer_the_batch(person: Person) -> None:
    person.unfolds('details:has(form[action$="/pausa"])')
    person.types("motivo", "Il testo va corretto")
    person.presses('form[action$="/pausa"] button')
    person.reads("In pausa da")
    person.shoots("batch paused")
    person.presses('form[action$="/riprendi"] button')
    person.reads("Finisce")
    person.presses('main a[href$="/annulla"]')
    person.presses('main form[action$="/annulla"] button')
    person.reads("Perché non sono partiti")
    person.shoots("batch cancelled")


def take_the_list_away(person: Person, case: Case) -> None:
    turns_to(person, "/gestione/risposte")
    file = person.downloads('.list-export button[value="csv"]')
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert any(case.code in line for line in lines)


@pytest.mark.parametrize(("site", "way"), ADMINISTRATORS, indirect=["site"], scope="module")
def test_the_administrators_day(site: Site, open_page: OpenPage, way: str) -> None:
    case = CASES[way]
    office = Person(open_page("/accedi"))
    sign_in(office, account(site, case.code))
    somebody = Person(open_page("/accedi/richiesta"))
    ask_for_access(somebody, account(site, case.code).label)

    person = sit_down(site, open_page, way, "administrator")
    reset_a_login(person, office, case)
    change_an_address(person, case, way)
    print_the_letter(person, case)
    handle_a_request(person)
    add_a_colleague(person, way)
    read_the_log(person)


def ask_for_access(person: Person, entity: str) -> None:
    person.types("entity", entity)
    for name, text in (("name", "Operatore B"), ("office", "Protocollo"), ("email", "operatore.b@example.org")):
        person.types(name, text)
    person.presses(SUBMIT)
    assert person.page.locator(".error-summary").count() == 0


def reset_a_login(person: Person, office: Person, case: Case) -> None:
    turns_to(person, "/gestione/accessi")
    person.types("q", case.typed)
    person.presses('main form[role="search"] button')
    person.presses(f'main a[href="/gestione/accessi/{case.code}"]')
    person.reads("Operatore A")
    person.presses('main a[href$="/azzera"]')
    office.goes_to("/compila")
    assert "/accedi" not in office.page.url, "until it is confirmed nothing ends"
    person.presses('main form[action$="/azzera"] button')
    person.is_at(f"/gestione/accessi/{case.code}")
    person.reads("Azzerato, senza password")
    office.goes_to("/compila")
    office.is_at("/accedi")


def change_an_address(person: Person, case: Case, way: str) -> None:
    person.presses('main a[href$="/indirizzi"]')
    person.presses('main .sheet-row a[href*="/indirizzi/"]')
    person.types("email", "senza chiocciola")
    person.presses('main button[value="salva"]')
    assert person.page.locator(".error-summary").count() == 1
    person.types("email", f"protocollo.{way}@example.org")
    person.presses('main button[value="salva"]')
    person.is_at(f"/gestione/accessi/{case.code}/indirizzi")
    person.reads(f"protocollo.{way}@example.org")


def print_the_letter(person: Person, case: Case) -> None:
    person.presses(f'nav a[href="/gestione/accessi/{case.code}"]')
    person.presses('main a[href$="/lettera"]')
    assert person.downloads('main button[value="pdf"]').read_bytes().startswith(b"%PDF")
    person.presses('main button[value="pagina"]')
    person.shoots("letter to print")


def handle_a_request(person: Person) -> None:
    turns_to(person, "/gestione/richieste")
    person.reads("Operatore B")
    person.picks("esito", "answered")
    person.presses('main form[action^="/gestione/richieste/"] button')
    person.reads("Nessuna richiesta di accesso in attesa.")


def add_a_colleague(person: Person, way: str) -> None:
    turns_to(person, "/gestione/utenti")
    person.presses('main a[href="/gestione/utenti/nuovo"]')
    person.types("name", "Persona Nuova")
    person.types("email", f"nuova.{way}@example.org")
    person.chooses("role", "territory")
    person.picks("region", TOSCANA)
    person.presses('main form[method="post"] button[type="submit"]')
    person.reads("Persona Nuova")


def read_the_log(person: Person) -> None:
    turns_to(person, "/gestione/registro")
    person.unfolds("details:has(.log-filter)")
    person.picks("chi", "gestione")
    person.presses('.log-filter button[type="submit"]')
    person.shoots("log filtered")
    person.presses('form[action="/gestione/registro/verifica"] button')
    person.reads("Catena verificata")


@pytest.mark.parametrize(("site", "way"), TERRITORIES, indirect=["site"], scope="module")
def test_a_regions_person_sees_that_region_alone(site: Site, open_page: OpenPage, way: str) -> None:
    person = sit_down(site, open_page, way, "territory", TOSCANA)
    person.reads("Toscana")
    menu = person.page.locator("nav.entity-nav a").evaluate_all("links => links.map(one => one.getAttribute('href'))")
    assert menu == ["/gestione", "/gestione/risposte", "/gestione/telefonate", "/gestione/messaggi", INITIATIVES]
    turns_to(person, "/gestione/risposte")
    person.reads("273 enti")
    for typed, found in (("Firenze", "1 ente"), ("Samone", "0 enti")):
        person.types("q", typed)
        person.presses(SEARCH)
        person.reads(found)
    person.goes_to("/gestione/enti/048017")
    person.reads("Firenze")
    for path, said in (("/gestione/enti/022165", "404"), ("/gestione/registro", "403")):
        answer = person.page.goto(path)
        assert answer is not None
        assert str(answer.status) == said
        person.looks()
