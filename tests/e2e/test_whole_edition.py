"""A whole edition on a clock that is moved, as a coordinator, a Region's person and officers play it in a real browser, with
mail that is really delivered and whose links are followed: letters, invitation, reminders, calls, filling in by telephone,
messages, extension, close, what comes late, report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import browser as browsers
from tests.e2e.edition_play import (
    BERGAMO,
    CALLER,
    COORDINATOR,
    FIRENZE,
    MILANO,
    NAMES,
    NAPOLI,
    OPERATOR,
    ROMA,
    TORINO,
    TOSCANA,
    Play,
    certified,
    codes_in,
    email,
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
SEND_MESSAGE = "main form[enctype] button.btn-primary[type=submit]"


@pytest.fixture
def play(browser: Browser, watch: browsers.Watch) -> Iterator[Play]:
    with demo_sites(durable=False, empty=True) as demos, smtp_server() as server:
        mail = {"host": "127.0.0.1", "port": str(server.port), "security": "none"}
        settings = {f"{way}smtp_{name}": value for way in ("", "pec_") for name, value in mail.items()}
        settings |= {"smtp_sender": "ricognizione@example.org", "pec_sender": "ricognizione@pec.example.org"}
        settings["reminders_per_hour"] = "20000"  # a batch leaves at once
        with clocked_site(demos, "sqlite", **settings) as site:
            watch.expect("status 401")  # a page that stands open while the clock jumps by days outlives its session
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
    codes = letters_go_out(play)
    the_lead_is_invited_and_answers(play)
    the_others_are_invited(play)
    an_officer_asks_and_the_desk_answers(play, codes)
    the_region_calls_and_fills_in(play)
    who_has_not_answered_is_reminded(play)
    a_region_gets_more_time(play)
    work_comes_after_the_deadline(play, codes)
    the_edition_closes(play)
    who_had_more_time_answers(play, codes)
    the_reports_say_what_happened(play)


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


def the_others_are_invited(play: Play) -> None:
    taken = play.run_plan(3, 4)
    assert to_whom(taken) == sorted(map(certified, (BERGAMO, FIRENZE, ROMA, TORINO)))


def an_officer_asks_and_the_desk_answers(play: Play, codes: dict[str, str]) -> None:
    """Both read the thread; the notices say nothing of what stands in it."""
    play.at(rome(3, 5, 10))
    office = play.officer(ROMA, f"{play.site.url}/accedi?ente={ROMA}", codes[ROMA])
    office.goes_to("/compila/B")
    office.chooses("B01", "own")
    office.presses(CONTINUE)
    office.goes_to("/messaggi/nuovo?domanda=B01")
    office.types("testo", "Conta anche lo sportello del consorzio?")
    office.presses(SEND_MESSAGE)
    desk = play.staff(COORDINATOR)
    desk.presses('main a[href="/gestione/messaggi?vista=attesa"]')
    desk.presses("main .thread-unread a")
    desk.reads("Conta anche lo sportello del consorzio?")
    desk.types("testo", "Certo, scrivetelo nella stessa scheda.")
    desk.presses(SEND_MESSAGE)
    desk.reads("Messaggio inviato")
    play.at(rome(3, 5, 12))
    taken = play.post()
    assert taken
    assert all("stessa scheda" not in text_for([one], one.recipients[0]) for one in taken), "a notice is without the message"
    office.goes_to("/messaggi")
    office.presses("main .thread-unread a")
    office.reads("Certo, scrivetelo nella stessa scheda.")


def the_region_calls_and_fills_in(play: Play) -> None:
    """Somebody of Lombardia calls Bergamo, is asked to call back, then fills in; the office confirms by its link."""
    play.at(rome(3, 10, 10))
    caller, here = play.staff(CALLER), f"/gestione/enti/{BERGAMO}"
    answer = caller.page.goto(f"/gestione/enti/{ROMA}")
    assert answer is not None and answer.status == 404, "another Region's"
    caller.goes_to(here)
    caller.unfolds('details:has(form[action$="/telefonate"])')
    caller.picks("esito", "call_back")
    caller.dates("richiamare", rome(3, 12).date())
    caller.presses('form[action$="/telefonate"] button')
    caller.reads("Telefonata annotata")
    play.at(rome(3, 12, 10))
    caller = play.staff(CALLER)
    caller.goes_to(f"{here}/telefono")
    for name, text in (("nome", "Persona in linea"), ("ufficio", "Servizi sociali"), ("telefono", "035 0000001")):
        caller.types(name, text)
    caller.chooses("accordo", "1")
    caller.presses("main form button[type=submit]")
    answer_and_send(caller)
    caller.reads("Da confermare")
    caller.presses(".telephone-banner button")
    caller.reads("Risposta inviata al telefono")
    taken = play.post()
    link = link_in(text_for(taken, email(BERGAMO)), r"/conferma/\S+")
    office = play.open_window()
    office.goes_to(link)
    office.chooses("scelta", "conferma")
    office.presses("main form button[type=submit]")
    office.reads("Grazie, risposta confermata")
    caller.goes_to(here)
    caller.reads("confermata il")


def who_has_not_answered_is_reminded(play: Play) -> None:
    """At twenty-one and at seven days; in between Roma answers by the link in its reminder."""
    taken = play.run_plan(3, 24)
    assert sorted(set(to_whom(taken)) - {OPERATOR}) == sorted(map(email, (FIRENZE, ROMA, TORINO)))
    play.at(rome(3, 30, 10))
    office = play.officer(ROMA, link_in(text_for(taken, email(ROMA)), r"/accedi\S*"))
    answer_and_send(office)
    play.post()
    taken = play.run_plan(4, 7)
    assert to_whom(taken) == sorted(map(email, (FIRENZE, TORINO)))


def a_region_gets_more_time(play: Play) -> None:
    play.at(rome(4, 8, 10))
    desk = play.staff(COORDINATOR)
    desk.goes_to(f"/gestione/proroga?regione={TOSCANA}")
    desk.dates("giorno", rome(4, 21).date())
    desk.presses('form[method="get"] .page-actions button')
    desk.types("motivo", "Uffici chiusi per lavori.")
    desk.chooses("avvisa", "1")
    desk.presses('form[method="post"] .page-actions button.btn-primary')
    desk.reads("1 ente può rispondere fino al")
    play.at(rome(4, 8, 12))
    taken = play.post()
    assert to_whom(taken) == [email(FIRENZE)]
    assert "21 aprile 2027" in text_for(taken, email(FIRENZE))
    play.last = to_whom(play.run_plan(4, 12))
    assert email(TORINO) in play.last
    assert set(play.last) <= {email(TORINO), email(FIRENZE)}, "nobody who answered"


def work_comes_after_the_deadline(play: Play, codes: dict[str, str]) -> None:
    """Torino has a page open when the deadline passes: what it sends then is kept apart."""
    play.at(rome(4, 14, 23, 50))
    office = play.officer(TORINO, f"{play.site.url}/accedi?ente={TORINO}", codes[TORINO])
    office.goes_to("/compila/B")
    office.chooses("B01", "own")
    play.at(rome(4, 15, 0, 10))
    office.presses(CONTINUE)
    office.reads("La scadenza è passata: quello che hai scritto è conservato, ma non fa parte della risposta.")
    office.reads("Una risposta è arrivata dopo la scadenza")


def the_edition_closes(play: Play) -> None:
    play.at(rome(4, 15, 9))
    desk = play.staff(COORDINATOR)
    desk.goes_to("/gestione/edizioni/2027/passa/chiusa")
    desk.reads("3 risposte sono state inviate")
    desk.presses("main .page-actions button")
    desk.reads("Fatto: l'edizione è ora")
    desk.goes_to(f"/gestione/enti/{TORINO}")
    desk.reads("Risposte arrivate dopo la scadenza")
    assert play.run_plan(4, 16) == []


def who_had_more_time_answers(play: Play, codes: dict[str, str]) -> None:
    play.at(rome(4, 20, 10))
    office = play.officer(FIRENZE, f"{play.site.url}/accedi?ente={FIRENZE}", codes[FIRENZE])
    answer_and_send(office)


def the_reports_say_what_happened(play: Play) -> None:
    play.at(rome(4, 22, 10))
    desk = play.staff(COORDINATOR)
    told = {"Invito ai capofila": (1, 1), "Invito agli altri": (4, 3)}  # step: who was written to, who has sent since
    told |= dict(zip(REMINDERS, ((3, 2), (2, 1), (len(play.last), play.last.count(email(FIRENZE)))), strict=True))
    for name, (entities, submitted) in told.items():
        desk.goes_to("/gestione/promemoria")
        desk.presses(f'main table a:has-text("{name}")')
        desk.presses('main a[href$="/esito"]')
        cells = [int(text) for text in desk.page.locator("main table td").all_inner_texts()]
        assert (cells[0], cells[1], cells[3], cells[5]) == (entities, entities, 0, submitted), name
