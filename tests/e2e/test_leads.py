"""A lead municipality and its members, and a municipality that has merged, in a real browser on both databases."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.extensions import db
from app.registry.models import Entity
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.person import Person
from tests.e2e.walk import (
    CONTINUE,
    PASSWORD,
    SHORT,
    SUBMIT,
    account,
    answer_as_a_lead,
    declare_and_send,
    enter_with_code,
    send_whole,
    sign_in,
)
from tests.live_site import Site

FIRENZE, FIESOLE, VAGLIA = "048017", "048015", "048046"
MERGED, SUCCESSOR = "001002", "001001"


def test_a_lead_confirms_one_member_denies_another_and_is_denied(site: Site, open_page: OpenPage) -> None:
    members = [
        Person(open_page("/", viewport=browsers.NARROW), pictures="member to be confirmed"),
        Person(
            open_page("/", viewport=browsers.NARROW, java_script_enabled=False), scripts=False, pictures="member to be denied"
        ),
    ]
    for person, code in zip(members, (FIESOLE, VAGLIA), strict=True):
        declare_the_lead(person, site, code)

    lead = Person(open_page("/", viewport=browsers.WIDE), keyboard=True, pictures="lead")
    sign_in(lead, account(site, FIRENZE))
    lead.is_at("/compila")
    lead.reads("2 enti contano su di te")
    lead.reads("Il Comune di Fiesole (FI) ha indicato che risponde il tuo ente. Confermi?")
    answer_as_a_lead(lead)
    lead.presses(CONTINUE)  # in what capacity stands there already
    lead.is_at("/compila/E")
    assert ticked(lead) == {FIRENZE, FIESOLE, VAGLIA}, "its members, as the registry knows them"

    lead.goes_to("/compila")
    lead.presses(f'form[action="/compila/comuni/{FIESOLE}"]:has([value="si"]) button')
    lead.reads("Confermato: rispondi anche per Fiesole (FI).")
    lead.presses(f'form[action="/compila/comuni/{VAGLIA}"]:has([value="no"]) button')
    lead.reads("Registrato: non rispondi per Vaglia (FI).")
    lead.goes_to("/compila/E")
    assert ticked(lead) == {FIESOLE}
    send_whole(lead)

    confirmed, denied = members
    confirmed.goes_to("/compila")
    confirmed.reads("Il tuo Comune è coperto dalla risposta di Firenze (FI).")
    denied.goes_to("/ricevuta")
    denied.reads("Firenze (FI) ha detto che non risponde per voi: rispondi tu, o indica un altro ente.")
    deny_the_lead(confirmed)
    read_who_denies(lead)


def declare_the_lead(person: Person, site: Site, code: str) -> None:
    enter_with_code(person, site, code)
    person.is_at("/compila/B")
    person.chooses("B01", "other")
    person.presses(CONTINUE)
    person.is_at(SHORT)
    person.chooses("B03", FIRENZE)
    declare_and_send(person)
    person.reads("Avete indicato che risponde Firenze (FI). Sarete coperti quando quell'ente invia la sua risposta.")


def deny_the_lead(member: Person) -> None:
    """The member takes back what it had sent, and says that the lead does not answer for it."""
    member.presses('form[action="/compila/annulla"] button')
    member.is_at("/compila/B")
    member.goes_to("/compila")
    member.reads("Per noi risponde Firenze (FI): confermi?")
    member.presses(f'form[action="/compila/capofila/{FIRENZE}"]:has([value="no"]) button')
    member.reads("Registrato: per voi non risponde Firenze (FI).")


def read_who_denies(lead: Person) -> None:
    denial = "Il Comune di Fiesole (FI) ha detto che per lui non risponde il tuo ente: toglilo dall'elenco o chiamalo."
    lead.goes_to("/compila")
    lead.reads(denial)
    lead.presses('main .alert a[href^="/compila/E"]')
    lead.reads(denial)


def ticked(person: Person) -> set[str]:
    boxes = person.page.locator('main [name="E06"]:checked')
    return {boxes.nth(place).get_attribute("value") or "" for place in range(boxes.count())}


def test_the_successor_of_a_merged_municipality_takes_its_draft_over(site: Site, open_page: OpenPage) -> None:
    merged = Person(open_page("/", viewport=browsers.NARROW), pictures="before the merger")
    enter_with_code(merged, site, MERGED)
    merged.chooses("B01", "own")
    merged.presses(CONTINUE)
    merged.chooses("B04", "families")
    merged.chooses("B05", "region")
    merged.presses(CONTINUE)
    end(site, MERGED, SUCCESSOR)

    ended = Person(open_page("/accedi"), pictures="merged")
    ended.types("entity", MERGED)
    ended.types("password", PASSWORD)
    ended.presses(SUBMIT)
    ended.reads("Il tuo Comune è confluito in Agliè (TO): accedi come Agliè (TO).")

    heir = Person(open_page("/", viewport=browsers.WIDE), pictures="successor")
    enter_with_code(heir, site, SUCCESSOR)
    heir.is_at("/compila")
    heir.reads("Il Comune di Airasca (TO) è confluito nel tuo: vuoi riprendere le sue risposte?")
    heir.presses(f'form[action="/compila/confluito/{MERGED}"]:has([value="si"]) button')
    heir.is_at("/compila")
    heir.reads("di Airasca (TO): rileggile prima di inviare.")
    heir.goes_to("/compila/B")
    assert heir.page.locator('main [name="B01"][value="own"]').is_checked()
    heir.goes_to("/compila/B/2")
    assert heir.page.locator('main [name="B04"][value="families"]').is_checked()
    assert heir.page.locator('main [name="B05"][value="region"]').is_checked()
    heir.goes_to("/compila")
    assert "è confluito nel tuo" not in heir.page.locator("main").inner_text(), "offered once"


def end(site: Site, code: str, successor: str) -> None:
    """The municipality has merged into another one."""
    with site.application().app_context():
        heir = db.session.execute(sa.select(Entity.id).where(Entity.code == successor)).scalar_one()
        values = {"valid_to": dt.date(2026, 1, 1), "successor_id": heir}
        db.session.execute(sa.update(Entity).where(Entity.code == code).values(**values))
        db.session.commit()
        db.engine.dispose()
