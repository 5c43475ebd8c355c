"""A new address gets no link for a while; until then whoever read before stops the change by a link, staff by a button."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts.address_notices import change_address
from app.accounts.address_stops import NoticeHook
from app.accounts.messages import HOOKS
from app.accounts.resets import reset_login
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from app.registry.address_holds import open_holds
from app.registry.addresses import addresses_of, propose_change
from app.registry.recipients import recipients_of
from tests.accounts.mailbox import queued
from tests.conftest import Clock
from tests.desk.logins import FIRENZE, OFFICE, SAMONE_TN, activate, deeds, entity, register
from tests.fill.person import Person, Screen

PAGE = f"/gestione/accessi/{FIRENZE}/indirizzi"
NEW = "sociale@comune.example.org"
PEC = "comune@pec.example.org"
SAVE = ("azione", "salva")


def replace(person: Person, number: int, email: str = NEW) -> Screen:
    return person.fill(f"{PAGE}/{number}", {"email": email}, SAVE)


def correct(wrong: str, right: str, now: dt.datetime) -> None:
    """As the desk does, two days later."""
    held = next(row.id for row in addresses_of(entity().id) if row.email == wrong)
    change_address(entity(), ends=held, purpose="registry_office", email=right, actor="staff:7", now=now)


def readers(at: dt.datetime) -> list[str]:
    return recipients_of(entity().id, "reset", at)


def in_use() -> list[str]:
    return [row.email for row in addresses_of(entity().id)]


def stop_path(delivery: Delivery, now: dt.datetime) -> str:
    """The path of the link, as the message has it once it is sent."""
    hook = NoticeHook()
    assert hook.wanted(delivery, now) is None
    filled = hook.fill(delivery, now)
    path = re.search(r"/indirizzo/ferma/[A-Za-z0-9_-]{43}", filled.text)
    assert path is not None
    assert path[0] in (filled.html or "")
    assert path[0].rpartition("/")[2] not in delivery.text + (delivery.html or ""), "what is queued holds no secret"
    return path[0]


@pytest.fixture
def office(now: dt.datetime) -> int:
    """An entity that has signed in, with an office's address and a certified one."""
    activate(FIRENZE, now)
    register(FIRENZE, now, PEC, "pec")
    return register(FIRENZE, now)


def test_the_old_address_gets_the_links_until_the_new_one_does(coordinator: Person, clock: Clock, office: int) -> None:
    now = clock()
    page = replace(coordinator, office)
    assert [one.recipient for one in queued()] == [OFFICE, PEC]
    assert "Riceve i link dal" in page.text
    assert f"Fino ad allora vanno a {OFFICE}." in page.text
    assert (in_use(), readers(now)) == ([PEC, NEW], [OFFICE])
    assert recipients_of(entity().id, "reminder") == [NEW], "a reminder opens nothing"
    assert readers(now + dt.timedelta(hours=47, minutes=59)) == [OFFICE]
    assert readers(now + dt.timedelta(hours=48)) == [NEW]
    clock.move(hours=48)
    assert "Riceve i link dal" not in coordinator.get(PAGE).text


def test_a_link_never_goes_to_the_new_address_in_between(coordinator: Person, office: int, now: dt.datetime) -> None:
    replace(coordinator, office)
    assert reset_login(FIRENZE, actor="staff:7", now=now) == [OFFICE]
    sent = next(one for one in queued() if one.kind == "reset")
    assert HOOKS["reset"].wanted(sent, now) is None
    sent.recipient = NEW
    assert HOOKS["reset"].wanted(sent, now) == "the address is no longer the entity's"
    db.session.rollback()


def test_who_read_before_stops_it_by_a_post_and_once(
    coordinator: Person, new_client: Callable[[], FlaskClient], office: int, now: dt.datetime
) -> None:
    replace(coordinator, office)
    path = stop_path(queued()[0], now)
    reader = Person(new_client())
    page = reader.get(path)
    assert "al posto di pr***@comune.example.org è stato registrato so***@comune.example.org" in page.text
    reader.client.head(path)
    assert in_use() == [PEC, NEW], "a scanner's GET does nothing"
    done = reader.send(page, press=None)
    assert done.heading == "Modifica fermata"
    assert (in_use(), readers(now)) == ([PEC, OFFICE], [OFFICE])
    assert readers(now + dt.timedelta(days=9)) == [OFFICE]
    assert reader.get(path).status == 410
    entry = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action == "address_change_stopped")).scalar_one()
    assert (entry.actor, entry.subject, "@" in entry.detail) == ("visitor", f"entity:{FIRENZE}", False)


def test_the_link_is_dead_once_the_change_holds(
    coordinator: Person, new_client: Callable[[], FlaskClient], clock: Clock, office: int
) -> None:
    replace(coordinator, office)
    path = stop_path(queued()[0], clock())
    clock.move(hours=48)
    assert Person(new_client()).get(path).status == 410
    assert Person(new_client()).get("/indirizzo/ferma/" + "A" * 43).status == 410
    assert in_use() == [PEC, NEW]


def test_staff_stop_it_by_a_button(coordinator: Person, clock: Clock, office: int) -> None:
    page = replace(coordinator, office)
    done = coordinator.press(page, "Ferma la modifica", NEW)
    assert done.alerts == [f"Modifica fermata: {NEW} non è più in uso. Si scrive di nuovo a {OFFICE}."]
    assert in_use() == [PEC, OFFICE]
    again = coordinator.press(page, "Ferma la modifica", NEW)
    assert again.alerts == ["Questa modifica non è più in attesa: vale già, o qualcuno l'ha fermata."]
    assert [action for action, _actor in deeds()] == ["address_changed", "address_change_stopped"]
    assert open_holds(clock()) == []


def test_a_change_of_a_held_address_gives_it_no_link(coordinator: Person, office: int, now: dt.datetime) -> None:
    replace(coordinator, office)
    held = next(row.id for row in addresses_of(entity().id) if row.email == NEW)
    replace(coordinator, held, "terzo@comune.example.org")
    assert readers(now) == [OFFICE]
    assert readers(now + dt.timedelta(hours=47)) == [OFFICE]
    told = [one.recipient for one in queued()][2:]
    assert told == [PEC, OFFICE], "who still gets the links is told; who has never got one may stop nothing"


def test_correcting_a_held_address_leaves_nobody_but_the_office(
    coordinator: Person, office: int, now: dt.datetime, clock: Clock
) -> None:
    replace(coordinator, office, "ladro@example.org")
    clock.move(hours=47)
    correct("ladro@example.org", OFFICE, clock())
    told = queued()[2:]
    assert [one.recipient for one in told] == [PEC, OFFICE], "the one in use again read all the time"
    for hours in (47, 48, 60, 94, 96):
        assert readers(now + dt.timedelta(hours=hours)) == [OFFICE], hours
    coordinator.client.post(stop_path(told[1], clock()))
    assert readers(clock()) == [OFFICE]
    assert "ladro@example.org" not in in_use()


def test_a_held_address_keeps_its_first_reader_through_a_second_change(
    coordinator: Person, office: int, now: dt.datetime, clock: Clock
) -> None:
    replace(coordinator, office, "ladro@example.org")
    first = stop_path(queued()[0], now)
    clock.move(hours=47)
    correct("ladro@example.org", NEW, clock())
    assert [readers(now + dt.timedelta(hours=hours)) for hours in (47, 48, 94)] == [[OFFICE]] * 3
    assert readers(now + dt.timedelta(hours=95)) == [NEW]
    assert coordinator.client.get(first).status_code == 410, "that change was overtaken"
    [hold] = open_holds(clock(), entity_id=entity().id)
    assert (hold.email, hold.replaced) == (NEW, OFFICE)


def test_certified_mail_that_is_held_is_told_of_nothing(coordinator: Person, office: int) -> None:
    coordinator.fill(f"{PAGE}/nuovo", {"purpose": "pec", "email": "ladro@pec.example.org"}, SAVE)
    before = len(queued())
    replace(coordinator, office)
    assert [one.recipient for one in queued()][before:] == [OFFICE, PEC]


def test_an_addition_is_held_and_an_entity_that_never_signed_in_is_not(
    coordinator: Person, office: int, now: dt.datetime
) -> None:
    coordinator.fill(f"{PAGE}/nuovo", {"purpose": "social_services", "email": NEW}, SAVE)
    assert readers(now) == [OFFICE]
    coordinator.fill(f"/gestione/accessi/{SAMONE_TN}/indirizzi/nuovo", {"purpose": "mayor", "email": NEW}, SAVE)
    assert recipients_of(entity(SAMONE_TN).id, "activation", now) == [NEW], "there is nothing to guard yet"


def test_a_confirmed_proposal_is_held_too(coordinator: Person, office: int, now: dt.datetime) -> None:
    number = propose_change(
        entity().id, purpose="registry_office", email=NEW, replaces_id=office, proposed_by="operator:1", now=now
    )
    assert number
    coordinator.press(coordinator.get(PAGE), "Conferma", NEW)
    assert (in_use(), readers(now)) == ([PEC, NEW], [OFFICE])
    assert stop_path(queued()[0], now)
