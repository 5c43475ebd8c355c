"""The copy of what was sent by telephone: its message, its link, what the entity says, and what the desk does with it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts.models import LoginSuspension, StaffSession
from app.accounts.suspensions import suspend_login
from app.chasing.waiting import waiting_today
from app.editions.current import EditionView
from app.editions.models import Extension
from app.extensions import db
from app.mail.models import Delivery
from app.registry.address_holds import add_hold
from app.registry.entities import find_by_code
from app.registry.entity_languages import choose_language
from app.registry.models import ContactAddress, Entity
from app.registry.recipients import recipients_of
from app.responses.models import Response, TelephoneCopy, TelephoneLink
from app.responses.telephone_copies import FLAGGED_AFTER, LINK_DAYS
from app.responses.telephone_messages import HOOKS, KIND
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.desk.test_telephone import ENTITY, FIRENZE, SESSION, allowed, begin, declare, deeds, entity
from tests.fill.conftest import session_of
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact

__all__ = ["allowed"]
OFFICE = "protocollo@example.org"
AGREES, OBJECTS = {"scelta": "conferma"}, {"scelta": "non-va", "nota": "Le buone pratiche sono due"}
DEAD = "Link non più valido"


@pytest.fixture
def sent(coordinator: Person) -> Person:
    """A coordinator has sent Firenze's response by telephone; an office may be asked."""
    add_contact(entity(), "registry_office", OFFICE)
    begin(coordinator)
    declare(coordinator)
    return coordinator


@pytest.fixture
def office(new_client: Callable[[], FlaskClient]) -> Person:
    """Somebody of the office at a browser that has no session."""
    return Person(new_client())


def message() -> Delivery:
    db.session.rollback()
    return db.session.execute(sa.select(Delivery).where(Delivery.kind == KIND).order_by(Delivery.id.desc())).scalars().first()


def follow(now: dt.datetime) -> str:
    """The path of the link, as the message brings it."""
    text = HOOKS[KIND].fill(message(), now).text
    db.session.commit()
    found = re.search(r"https?://\S+?(/conferma/\S+)", text)
    assert found, text
    return found[1]


def refusal(now: dt.datetime) -> str | None:
    return HOOKS[KIND].wanted(message(), now)


def copy() -> TelephoneCopy:
    db.session.rollback()
    return db.session.execute(sa.select(TelephoneCopy).order_by(TelephoneCopy.id.desc())).scalars().first()


# The message -------------------------------------------------------------------------------------------------------------


def test_the_message_holds_the_receipts_words_and_nothing_of_anybody(sent: Person, clock: Clock) -> None:
    queued = message()
    assert (queued.recipient, queued.language) == (OFFICE, "it")
    assert all(text in queued.text for text in ("Ricevuta n. 2026-048017-01-", "Versione inviata: 1", "30 giorni", "{link}"))
    assert not any(secret in queued.text for secret in ("Persona in linea", "Persona coordinator", "privata@example.org"))
    assert refusal(clock()) is None
    path = follow(clock())
    assert path.partition("/conferma/")[2] not in str(db.session.execute(sa.select(TelephoneLink.token_hash)).all())
    assert "/conferma/" in (HOOKS[KIND].fill(message(), clock()).html or "")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("it", ("Da confermare: ", "Conferma o segnala", "per 30 giorni", "Nessuno vi chiederà mai la password")),
        ("de", ("Bitte bestätigen: ", "Bestätigen oder Fehler melden", "30 Tage gültig", "Uhr berichtigen")),
        ("fr", ("À confirmer : ", "Confirmer ou signaler", "pendant 30 jours", "Version envoyée\xa0: 1")),
        ("sl", ("V potrditev: ", "Potrdite ali sporočite napako", "velja 30 dni", "Oddana različica: 1")),
    ],
)
def test_the_message_is_in_the_language_in_which_the_entity_is_written_to(
    coordinator: Person, clock: Clock, language: str, told: tuple[str, ...]
) -> None:
    add_contact(entity(), "registry_office", OFFICE)
    choose_language(entity(), language, actor="staff:1", now=clock())
    begin(coordinator)
    declare(coordinator)
    queued = message()
    assert queued.language == language
    assert queued.subject.startswith(told[0])
    assert queued.html is not None
    assert f'<html lang="{language}">' in queued.html
    for text in told[1:]:
        assert text in queued.text
        assert text in queued.html
    filled = HOOKS[KIND].fill(queued, clock())
    assert "{" not in filled.text + (filled.html or "")
    assert "/conferma/" in filled.text


def _correct(person: Person, clock: Clock) -> None:
    clock.move(minutes=1)
    person.fill("/compila/E", {"E02": "Corretto"})
    person._send(person.get("/compila/verifica").form("/compila/verifica"), {"dichiarazione": "1"}, None)


def test_a_version_sent_since_cancels_the_message_and_ends_the_link(sent: Person, office: Person, clock: Clock) -> None:
    path, first = follow(clock()), message().id
    _correct(sent, clock)
    assert db.session.get(Delivery, first).state == "cancelled"
    assert message().id != first
    assert refusal(clock()) is None
    assert office.get(path).heading == DEAD
    assert office.get(follow(clock())).status == 200


def test_a_claimed_message_of_an_older_version_brings_no_newer_link(sent: Person, clock: Clock) -> None:
    older = message()
    db.session.expunge(older)
    _correct(sent, clock)
    assert HOOKS[KIND].wanted(older, clock()) == "answered, withdrawn or sent again"
    with pytest.raises(LookupError):
        HOOKS[KIND].fill(older, clock())


def reopen(edition: EditionView, now: dt.datetime) -> None:
    """As the desk reopens a response whose time is over."""
    granted = {"edition_id": edition.id, "entity_id": entity(), "reason": "prova", "granted_by": "test", "granted_at": now}
    until = START + dt.timedelta(days=60)
    db.session.execute(sa.insert(Extension).values(**granted, reopened=True, closes_at=until))
    db.session.commit()


def test_a_reopened_or_withdrawn_response_is_not_asked_about(sent: Person, clock: Clock, edition: EditionView) -> None:
    clock.move(hours=1)
    reopen(edition, clock())
    assert refusal(clock()) == "the response was reopened"
    db.session.execute(sa.update(Response).values(status="draft"))
    db.session.commit()
    assert refusal(clock()) == "answered, withdrawn or sent again"


def test_an_earlier_reopening_does_not_stop_it(coordinator: Person, clock: Clock, edition: EditionView) -> None:
    reopen(edition, clock())
    clock.move(minutes=1)
    add_contact(entity(), "registry_office", OFFICE)
    begin(coordinator)
    declare(coordinator)
    assert refusal(clock()) is None


def test_a_suspended_login_is_asked_nothing_and_its_links_are_dead(sent: Person, office: Person, clock: Clock) -> None:
    path = follow(clock())
    firenze = find_by_code(FIRENZE)
    assert firenze is not None
    suspend_login(firenze, reason="prova", actor="test", now=clock())
    assert refusal(clock()) == "the entity cannot answer"
    assert office.get(path).heading == DEAD
    db.session.execute(sa.delete(LoginSuspension))
    db.session.execute(sa.update(Entity).where(Entity.code == FIRENZE).values(valid_to=START.date()))
    db.session.commit()
    assert (refusal(clock()), office.get(path).heading) == ("the entity cannot answer", DEAD)


def test_an_address_that_is_still_held_is_not_asked(edition: EditionView, clock: Clock) -> None:
    add_contact(entity(), "registry_office", OFFICE)
    added = db.session.execute(sa.select(ContactAddress.id)).scalar_one()
    assert recipients_of(entity(), KIND, clock()) == [OFFICE]
    effect = clock() + dt.timedelta(hours=1)
    add_hold(entity(), added_id=added, replaced_id=None, token_hash="t", takes_effect_at=effect, now=clock())
    assert recipients_of(entity(), KIND, clock()) == []
    assert recipients_of(entity(), KIND, effect) == [OFFICE]


# What the entity says ----------------------------------------------------------------------------------------------------


def test_the_page_says_who_when_and_by_whom_and_looking_changes_nothing(sent: Person, office: Person, clock: Clock) -> None:
    path = follow(clock())
    page = office.get(path)
    for text in (
        "Firenze (FI)",
        "Ricognizione 2026",
        "Persona coordinator",
        "Persona in linea (non verificato)",
        "2026-048017-01-",
    ):
        assert text in page.text
    assert "055 987" not in page.html
    assert page.links()["Entra e leggi la copia"].startswith("/accedi?")
    office.client.head(path)
    assert (copy().confirmed_at, copy().contested_at) == (None, None)
    assert office.get(path).status == 200


def test_confirming_is_done_once(sent: Person, office: Person, clock: Clock) -> None:
    first, second = follow(clock()), follow(clock())
    done = office.fill(first, AGREES, None)
    assert done.heading == "Grazie, risposta confermata"
    assert copy().confirmed_at == clock()
    assert deeds("telephone_copy") == [("telephone_copy_confirmed", f"entity:{FIRENZE}")]
    for path in (first, second):
        assert (office.get(path).status, office.get(path).heading) == (410, DEAD)
    assert refusal(clock()) == "answered, withdrawn or sent again"
    assert "confermata il 16/03/2026" in sent.get(ENTITY).text
    assert "Confermata" in sent.get("/ricevuta").text


def test_something_wrong_goes_to_the_desk_until_it_has_seen_to_it(
    sent: Person, office: Person, clock: Clock, edition: EditionView, new_staff: NewStaff
) -> None:
    path = follow(clock())
    bare = office.fill(path, {"scelta": "non-va"}, None)
    assert (bare.status, bare.summary()) == (422, [("#nota", "Scrivi che cosa non va, anche in poche parole.")])
    assert office.fill(path, {"nota": "x"}, None).summary()[0][0] == "#scelta"
    long = office.fill(path, {"scelta": "non-va", "nota": "x" * 2001}, None)
    assert (long.status, long.form().fields["nota"]) == (422, ["x" * 2001])
    assert office.fill(path, OBJECTS, None).heading == "Grazie, segnalazione ricevuta"
    assert _contested(edition, "09") == 1
    assert _contested(edition, "04") == 0
    assert _contested(edition, None) == 1
    territory = new_staff("territory")
    page = territory.get(ENTITY)
    assert OBJECTS["nota"] in page.text
    stranger = new_staff("territory", "04")
    token = stranger.get("/gestione").form("/gestione/esci").fields["csrf_token"][0]
    handled = f"{ENTITY}/copia-al-telefono/{copy().id}/gestita"
    assert stranger.client.post(handled, data={"csrf_token": token}).status_code == 404
    assert _contested(edition, None) == 1
    done = territory.press(page, "Segna come gestita")
    assert done.alerts[0].startswith("Segnalazione gestita")
    assert (_contested(edition, None), "gestita il" in done.text) == (0, True)
    assert deeds("telephone_copy_handled")[0][1].startswith("staff:")
    again = territory.press(page, "Segna come gestita")
    assert "non è più in attesa" in again.alerts[0]


def _contested(edition: EditionView, region: str | None) -> int:
    db.session.rollback()
    return waiting_today(edition.id, START, region).contested


def test_the_home_page_of_the_desk_lists_it(sent: Person, office: Person, clock: Clock) -> None:
    office.fill(follow(clock()), OBJECTS, None)
    page = sent.get("/gestione")
    assert "risposta al telefono in cui qualcosa non va" in page.text


def test_the_entity_reads_what_it_said_and_corrects_by_itself(
    sent: Person, office: Person, clock: Clock, edition: EditionView
) -> None:
    office.fill(follow(clock()), OBJECTS, None)
    office.client.set_cookie(SESSION, session_of("Operatore A", FIRENZE, "a@example.org", clock()), domain="localhost")
    assert OBJECTS["nota"] in office.get("/compila").text
    _correct(office, clock)
    assert "Inviata al telefono" not in office.get("/compila").text
    assert _contested(edition, None) == 0
    assert [one.kind for one in db.session.execute(sa.select(Delivery).order_by(Delivery.id)).scalars()][-1] == "receipt"


def test_a_link_ends_by_its_term_and_a_form_without_its_token_says_nothing(sent: Person, office: Person, clock: Clock) -> None:
    path = follow(clock())
    answer = Screen(office.client.post(path, data=AGREES))
    assert (answer.status, copy().confirmed_at) == (400, None)
    foreign = office.client.post(path, data=AGREES, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, copy().confirmed_at) == (400, None)
    assert office.get("/conferma/" + "A" * 43).heading == DEAD
    assert office.get("/conferma/x").heading == DEAD
    form = office.get(path)
    clock.move(days=LINK_DAYS)
    assert office.get(path).heading == DEAD
    assert office.send(form, AGREES, None).heading == DEAD
    assert copy().confirmed_at is None


def test_unconfirmed_it_counts_and_is_flagged_after_ten_days(sent: Person, clock: Clock) -> None:
    assert "in attesa" in sent.get(ENTITY).text
    clock.move(seconds=FLAGGED_AFTER.total_seconds())
    later = _again(sent, clock)
    assert "non ancora confermata, dopo più di 10 giorni" in later.get(ENTITY).text
    assert db.session.execute(sa.select(Response.status)).scalar_one() == "submitted"


def _again(person: Person, clock: Clock) -> Person:
    """The same member of staff in a session of today."""
    times = {"last_seen_at": clock(), "expires_at": clock() + dt.timedelta(hours=9)}
    db.session.execute(sa.update(StaffSession).values(**times))
    db.session.commit()
    return person
