"""A whole edition on a clock that is moved, as a coordinator, a Region's person and officers play it in a real browser, with
mail that is really delivered and whose links are followed: letters, the plan, the leads' invitation and an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import browser as browsers
from tests.e2e.edition_play import (
    COORDINATOR,
    MILANO,
    NAMES,
    NAPOLI,
    OPERATOR,
    Play,
    certified,
    codes_in,
    furnish,
    link_in,
    rome,
    text_for,
    to_whom,
)
from tests.e2e.person import Person
from tests.e2e.walk import CONTINUE, answer_as_a_lead, send_whole
from tests.live_site import demo_sites
from tests.moved_clock import clocked_site
from tests.smtp_server import smtp_server

PLAN = "/gestione/promemoria/piano"
REMINDERS = ("Promemoria a 21 giorni", "Promemoria a 7 giorni", "Promemoria a 2 giorni")


@pytest.fixture
def play(browser: Browser, watch: browsers.Watch) -> Iterator[Play]:
    with demo_sites(durable=False, empty=True) as demos, smtp_server() as server:
        mail = {"host": "127.0.0.1", "port": str(server.port), "security": "none"}
        settings = {f"{way}smtp_{name}": value for way in ("", "pec_") for name, value in mail.items()}
        settings |= {"smtp_sender": "ricognizione@example.org", "pec_sender": "ricognizione@pec.example.org"}
        with clocked_site(demos, "sqlite", **settings) as site:
            site.clock.set(rome(2, 8))
            furnish(site)
            site.start()

            def open_window() -> Person:
                context = browsers.new_context(browser, base_url=site.url)
                context.set_default_timeout(10_000)
                watch.follow(context)
                return Person(context.new_page(), scripts=False)  # other tests look at these pages with axe

            yield Play(site, server, open_window)


def test_a_whole_edition(play: Play) -> None:
    the_edition_opens(play)
    the_plan_is_made(play)
    letters_go_out(play)
    the_lead_is_invited_and_answers(play)


def answer_and_send(person: Person) -> None:
    """Every step as far as it is required, then the check and the receipt."""
    answer_as_a_lead(person)
    for part, text in (("name", "Operatore A"), ("office", "Ufficio"), ("email", OPERATOR), ("phone", "06 0000001")):
        person.types(f"E04.{part}", text)
    person.chooses("E05", "single")
    person.presses(CONTINUE)
    send_whole(person)


def the_edition_opens(play: Play) -> None:
    desk = play.staff(COORDINATOR)
    desk.goes_to("/gestione/edizioni/2027/passa/aperta")
    desk.reads("Manca il PDF della lettera")
    desk.chooses("confirmed", "1")
    desk.presses("main .page-actions button")
    desk.reads("Fatto: l'edizione è ora")


def the_plan_is_made(play: Play) -> None:
    """Proposed, and each step that goes by itself looked at and approved."""
    desk = play.people[COORDINATOR]
    desk.goes_to(PLAN)
    desk.presses(f'form[action="{PLAN}/proponi"] button')
    names = desk.page.locator("main table a").all_inner_texts()
    assert names == ["Lettera di preavviso", "Invito ai capofila", "Invito agli altri", *REMINDERS]
    for name in names[1:]:
        desk.goes_to(PLAN)
        desk.presses(f'main table a:has-text("{name}")')
        desk.presses('form[action$="/approva"] button')
        desk.reads("Approvato il")


def letters_go_out(play: Play) -> dict[str, str]:
    """A letter with a code for each of them; the step on paper is marked as done. Nothing is mailed before the opening."""
    play.at(rome(2, 12))
    desk = play.staff(COORDINATOR)
    desk.goes_to("/gestione/lettere/nuove")
    desk.types("codici", "\n".join([*NAMES, NAPOLI]))
    desk.presses("main form .page-actions button")
    desk.reads("6 lettere da fare")
    desk.reads("Un ente non ha un indirizzo e-mail")
    codes = codes_in(desk.downloads('form[action$="/scarica"] button'))
    assert sorted(codes) == sorted([*NAMES, NAPOLI])
    assert len(set(codes.values())) == len(codes), "each has a code of its own"
    desk.goes_to(PLAN)
    desk.presses('main table a:has-text("Lettera di preavviso")')
    desk.presses('form[action$="/fatta"] button')
    desk.reads("Segnato come fatto")
    assert play.run_plan(2, 26) == []
    return codes


def the_lead_is_invited_and_answers(play: Play) -> None:
    taken = play.run_plan(3, 1)
    assert to_whom(taken) == [certified(MILANO)], "leads first"
    play.at(rome(3, 2, 10))
    office = play.officer(MILANO, link_in(text_for(taken, certified(MILANO)), r"/attiva/\S+"))
    answer_and_send(office)
    play.post()
