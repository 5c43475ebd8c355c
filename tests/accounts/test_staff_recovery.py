"""Recovery codes stand in for the phone once each; sessions end by time and one by one; new browsers are told of."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import staff_accounts, staff_passwords
from app.accounts.models import StaffRecoveryCode
from app.accounts.staff import StaffRow
from app.accounts.staff_accounts import disable_member, reset_member
from app.accounts.staff_passwords import change_own_password, end_own_session, own_sessions, renew_codes
from app.accounts.staff_recovery import codes_left, matching_code
from app.accounts.staff_sessions import StaffIdentity, end_staff_session, find_staff, keep_staff_alive
from app.accounts.staff_signing_in import StaffSignedIn, StaffTry, WrongSignInError, sign_in_set_up, sign_in_staff
from app.accounts.staff_sso import SsoRefusedError, sign_in_sso
from app.accounts.staff_sso_links import SessionEndedError, link_sso, linked_at
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from tests.accounts.few import at_once
from tests.accounts.staff import ADMINISTRATOR, COORDINATOR, PASSWORD, activated, phone

STEP = dt.timedelta(seconds=30)


@pytest.fixture
def row(db_session: object, now: dt.datetime) -> StaffRow:
    return activated(COORDINATOR, now, "coordinator")


@pytest.fixture
def codes(row: StaffRow, now: dt.datetime) -> tuple[str, ...]:
    return sign_in_set_up(row.id, 1, now).recovery_codes


def tried(code: str, **changed: str) -> StaffTry:
    return StaffTry(**{"email": COORDINATOR, "password": PASSWORD, "code": code, "network": "192.0.2.1", **changed})


def identity(signed: StaffSignedIn, now: dt.datetime) -> StaffIdentity:
    found = find_staff(signed.session_token, now)
    assert found is not None
    return found


def told() -> list[tuple[str, str]]:
    """Recipient and subject of each notice."""
    query = sa.select(Delivery.recipient, Delivery.subject).where(Delivery.kind == "staff_security").order_by(Delivery.id)
    return [tuple(one) for one in db.session.execute(query)]


def audited(action: str) -> list[str]:
    query = sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number)
    return [one.detail for one in db.session.execute(query).scalars()]


def test_a_code_lets_in_once_however_it_is_written(row: StaffRow, codes: tuple[str, ...], now: dt.datetime) -> None:
    assert (len(set(codes)), codes_left(row.id)) == (10, 10)
    sign_in_staff(tried(codes[0].upper().replace("-", " ")), now)
    assert codes_left(row.id) == 9
    for used in (codes[0], codes[0].replace("-", "")):
        with pytest.raises(WrongSignInError):
            sign_in_staff(tried(used), now)
    sign_in_staff(tried(codes[1]), now)
    assert [subject for _, subject in told() if "codice" in subject] == [
        "Ricognizione: è stato usato un codice di recupero del tuo accesso"
    ] * 2
    assert {recipient for recipient, _ in told()} == {COORDINATOR}
    assert audited("staff_recovery_code_used") == ['{"left":9}', '{"left":8}']


def test_no_code_is_stored_or_sent(codes: tuple[str, ...], now: dt.datetime) -> None:
    sign_in_staff(tried(codes[0]), now)
    stored = db.session.execute(sa.select(StaffRecoveryCode.code_hash)).scalars().all()
    texts = db.session.execute(sa.select(Delivery.text)).scalars().all()
    assert not [code for code in codes for text in (*stored, *texts) if code in text or code.replace("-", "") in text]


def test_a_wrong_password_uses_no_code_up_and_anothers_code_is_worth_nothing(
    row: StaffRow, codes: tuple[str, ...], now: dt.datetime
) -> None:
    other = activated(ADMINISTRATOR, now)
    for wrong in ({"password": "sbagliata sbagliata"}, {"email": ADMINISTRATOR}):
        with pytest.raises(WrongSignInError):
            sign_in_staff(tried(codes[0], **wrong), now)
    assert (codes_left(row.id), codes_left(other.id)) == (10, 0)
    assert (matching_code(other.id, codes[0]), matching_code(row.id, ""), matching_code(row.id, "é" * 999)) == (None,) * 3


def test_of_many_with_one_code_at_once_one_comes_in(app: Flask, codes: tuple[str, ...], now: dt.datetime) -> None:
    db.session.remove()
    outcomes = at_once(app, [lambda: sign_in_staff(tried(codes[0]), now)] * 4)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["StaffSignedIn"] + ["WrongSignInError"] * 3


def test_new_codes_ask_for_password_and_code_and_end_the_old_ones(
    row: StaffRow, codes: tuple[str, ...], now: dt.datetime
) -> None:
    here = identity(sign_in_staff(tried(codes[0]), now), now)
    for wrong in (("sbagliata sbagliata", codes[1]), (PASSWORD, "000000")):
        with pytest.raises(WrongSignInError):
            renew_codes(here, *wrong, now)
    renewed = renew_codes(here, PASSWORD, phone(COORDINATOR, now), now)
    assert (codes_left(row.id), set(renewed) & set(codes)) == (10, set())
    with pytest.raises(WrongSignInError):
        sign_in_staff(tried(codes[1]), now)
    sign_in_staff(tried(renewed[0]), now)
    assert audited("staff_recovery_codes_made") == ['{"count":10}']


def test_a_new_password_ends_the_single_sign_on_and_keeps_the_codes(
    row: StaffRow, codes: tuple[str, ...], now: dt.datetime
) -> None:
    """Whoever sat in a session with password and code may have connected an account of theirs: the owner's way out ends it."""
    here = identity(sign_in_staff(tried(codes[0]), now), now)
    link_sso(here, "somebody's account", now)
    assert change_own_password(here, PASSWORD, codes[1], "cinque cani nel prato", now)
    assert linked_at(row.id) is None
    with pytest.raises(SsoRefusedError) as caught:
        sign_in_sso("somebody's account", now, device="", browser="")
    assert caught.value.reason == "unlinked"
    assert (audited("staff_sso_unlinked"), codes_left(row.id)) == (["{}"], 8)
    assert told()[-1] == (COORDINATOR, "Ricognizione: l'accesso unico non è più collegato")
    assert not change_own_password(here, "cinque cani nel prato", codes[2], "sei galli nel campo", now)
    assert len(audited("staff_sso_unlinked")) == 1
    texts = db.session.execute(sa.select(Delivery.text).where(Delivery.kind == "staff_security")).scalars().all()
    assert all("cambia la password e rifai i codici di recupero" in " ".join(text.split()) for text in texts)


@pytest.mark.parametrize("deed", ["reset", "closed", "session ended", "too late"])
def test_a_session_that_has_ended_meanwhile_connects_nothing(row: StaffRow, now: dt.datetime, deed: str) -> None:
    here = identity(sign_in_set_up(row.id, 1, now), now)
    deeds = {
        "reset": lambda: reset_member(row.id, actor="test", now=now, mail=False),
        "closed": lambda: disable_member(row.id, actor="test", now=now),
        "session ended": lambda: end_staff_session(here.session_key, now),
        "too late": lambda: None,
    }
    deeds[deed]()
    with pytest.raises(SessionEndedError):
        link_sso(here, "somebody's account", now + dt.timedelta(hours=12 if deed == "too late" else 0))
    assert (linked_at(row.id), audited("staff_sso_linked")) == (None, [])


def test_a_connection_waits_for_a_reset_under_way(
    app: Flask, row: StaffRow, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = identity(sign_in_set_up(row.id, 1, now), now)
    db.session.remove()
    hand_link, nearly_done = staff_accounts._hand_link, threading.Event()

    def slowly(*given: Any, **options: Any) -> str:
        nearly_done.set()
        time.sleep(0.5)
        return hand_link(*given, **options)

    def link() -> None:
        assert nearly_done.wait(20)
        link_sso(here, "somebody's account", now)

    monkeypatch.setattr(staff_accounts, "_hand_link", slowly)
    outcomes = at_once(app, [lambda: reset_member(row.id, actor="test", now=now, mail=False), link])
    assert [type(outcome).__name__ for outcome in outcomes] == ["str", "SessionEndedError"]
    assert linked_at(row.id) is None


def test_a_new_password_under_way_is_waited_for_by_the_single_sign_on(
    app: Flask, row: StaffRow, codes: tuple[str, ...], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = identity(sign_in_staff(tried(codes[0]), now), now)
    link_sso(here, "somebody's account", now)
    db.session.remove()
    disconnect, nearly_done = staff_passwords.disconnect_sso, threading.Event()

    def slowly(*given: Any) -> bool:
        done = disconnect(*given)
        nearly_done.set()
        time.sleep(0.5)
        return done

    def come_in() -> object:
        assert nearly_done.wait(20)
        return sign_in_sso("somebody's account", now, device="", browser="")

    def change() -> bool:
        return change_own_password(here, PASSWORD, codes[1], "cinque cani nel prato", now)

    monkeypatch.setattr(staff_passwords, "disconnect_sso", slowly)
    outcomes = at_once(app, [change, come_in])
    assert [type(outcome).__name__ for outcome in outcomes] == ["bool", "SsoRefusedError"]
    assert [one.current for one in own_sessions(here, now)] == [True]


def test_a_reset_ends_them(row: StaffRow, codes: tuple[str, ...], now: dt.datetime) -> None:
    reset_member(row.id, actor="test", now=now, mail=False)
    assert codes_left(row.id) == 0


def test_a_browser_not_seen_before_is_told_of_and_a_known_one_is_not(row: StaffRow, now: dt.datetime) -> None:
    first = sign_in_staff(tried(phone(COORDINATOR, now), browser="Firefox|Windows"), now)
    assert told() == [(COORDINATOR, "Ricognizione: sei entrato nella gestione da un nuovo browser")]
    text = db.session.execute(sa.select(Delivery.text).where(Delivery.kind == "staff_security")).scalar_one()
    assert "Firefox su Windows" in text
    assert "192.0.2.1" not in text
    later = now + STEP
    sign_in_staff(tried(phone(COORDINATOR, later), device=first.device_token), later)
    assert len(told()) == 1


@pytest.mark.settings(staff_session_idle_minutes=10, staff_session_hours=1)
def test_a_session_ends_by_idleness_and_by_age(row: StaffRow, now: dt.datetime) -> None:
    token = sign_in_set_up(row.id, 1, now).session_token
    assert find_staff(token, now + dt.timedelta(minutes=9, seconds=59)) is not None
    assert find_staff(token, now + dt.timedelta(minutes=10)) is None
    at = now
    while at < now + dt.timedelta(minutes=55):
        found = find_staff(token, at)
        assert found is not None
        keep_staff_alive(found, at, writes=True)
        db.session.commit()
        at += dt.timedelta(minutes=5)
    assert find_staff(token, now + dt.timedelta(minutes=59)) is not None
    assert find_staff(token, now + dt.timedelta(hours=1)) is None


def test_one_session_is_ended_by_its_owner_alone(row: StaffRow, now: dt.datetime) -> None:
    here = identity(sign_in_set_up(row.id, 1, now), now)
    there = sign_in_set_up(row.id, 1, now, browser="Safari|iPhone")
    other = identity(sign_in_set_up(activated(ADMINISTRATOR, now).id, 1, now), now)
    (key,) = (one.key for one in own_sessions(here, now) if not one.current)
    assert [one.browser for one in own_sessions(here, now) if not one.current] == ["Safari|iPhone"]
    assert not end_own_session(other, key, now)
    assert find_staff(there.session_token, now) is not None
    assert end_own_session(here, key, now)
    assert find_staff(there.session_token, now) is None
    assert not end_own_session(here, key, now)
