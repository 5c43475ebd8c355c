"""Signing staff in: one answer for all that is wrong, codes used once, delays that grow and lock nobody out."""

from __future__ import annotations

import datetime as dt
import statistics
import time

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.accounts import passwords
from app.accounts.passwords import WeakPasswordError
from app.accounts.staff import StaffRow
from app.accounts.staff_accounts import disable_member
from app.accounts.staff_devices import is_device_of
from app.accounts.staff_passwords import change_own_password, end_other_staff_sessions, own_sessions
from app.accounts.staff_sessions import StaffIdentity, find_staff
from app.accounts.staff_signing_in import StaffTry, WrongSignInError, sign_in_staff
from app.accounts.throttle import TooManyAttemptsError
from app.audit.models import AuditEntry
from app.extensions import db
from tests.accounts.few import at_once
from tests.accounts.staff import ADMINISTRATOR, COORDINATOR, PASSWORD, activated, invite, phone

STEP = dt.timedelta(seconds=30)


@pytest.fixture
def row(db_session: object, now: dt.datetime) -> StaffRow:
    return activated(COORDINATOR, now, "coordinator")


def tried(now: dt.datetime, **changed: str) -> StaffTry:
    given = {"email": COORDINATOR, "password": PASSWORD, "code": phone(COORDINATOR, now), "network": "192.0.2.1"}
    return StaffTry(**{**given, **changed})


def identity(token: str, now: dt.datetime) -> StaffIdentity:
    found = find_staff(token, now)
    assert found is not None
    return found


def test_address_password_and_code_open_a_session(row: StaffRow, now: dt.datetime) -> None:
    signed = sign_in_staff(tried(now, email=" Coordina@EXAMPLE.org "), now)
    found = identity(signed.session_token, now)
    assert (found.staff_id, found.role, found.actor) == (row.id, "coordinator", f"staff:{row.id}")
    assert is_device_of(signed.device_token, row.id, 1)
    last = db.session.execute(sa.select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).scalar_one()
    assert (last.action, last.actor, last.subject) == ("staff_signed_in", found.actor, found.actor)


@pytest.mark.parametrize(
    "wrong", [{"email": "nessuno@example.org"}, {"password": "sbagliata sbagliata"}, {"code": "000000"}, {"code": ""}]
)
def test_every_wrong_combination_gets_one_answer(row: StaffRow, now: dt.datetime, wrong: dict[str, str]) -> None:
    with pytest.raises(WrongSignInError) as caught:
        sign_in_staff(tried(now, **wrong), now)
    assert caught.value.args == ()


def test_who_has_no_password_or_is_closed_gets_the_same(row: StaffRow, now: dt.datetime) -> None:
    invite(ADMINISTRATOR, now)
    with pytest.raises(WrongSignInError):
        sign_in_staff(tried(now, email=ADMINISTRATOR, code=phone(ADMINISTRATOR, now)), now)
    disable_member(row.id, actor="test", now=now)
    with pytest.raises(WrongSignInError):
        sign_in_staff(tried(now), now)


def test_a_code_is_used_once(row: StaffRow, now: dt.datetime) -> None:
    code = phone(COORDINATOR, now)
    sign_in_staff(tried(now, code=code), now)
    for later in (dt.timedelta(0), STEP):
        with pytest.raises(WrongSignInError):
            sign_in_staff(tried(now, code=code), now + later)
    sign_in_staff(tried(now, code=phone(COORDINATOR, now, later=1)), now + STEP)
    with pytest.raises(WrongSignInError):  # an older code of the same window
        sign_in_staff(tried(now, code=code), now + STEP)


def test_of_many_with_one_code_at_once_one_comes_in(app: Flask, row: StaffRow, now: dt.datetime) -> None:
    one = tried(now)
    db.session.remove()
    outcomes = at_once(app, [lambda: sign_in_staff(one, now)] * 4)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["StaffSignedIn"] + ["WrongSignInError"] * 3


def test_a_hash_of_older_parameters_is_made_anew(row: StaffRow, now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.accounts import staff_signing_in

    monkeypatch.setattr(staff_signing_in, "needs_rehash", lambda stored: True)
    sign_in_staff(tried(now), now)
    sign_in_staff(tried(now, code=phone(COORDINATOR, now, later=1)), now + STEP)


def test_tries_must_wait_longer_and_longer_also_for_addresses_that_nobody_has(row: StaffRow, now: dt.datetime) -> None:
    for email in (COORDINATOR, "nessuno@example.org"):
        waits = []
        at = now
        for _ in range(12):
            try:
                sign_in_staff(tried(now, email=email, password="sbagliata sbagliata", network=email), at)
            except WrongSignInError:
                continue
            except TooManyAttemptsError as error:
                waits.append(error.seconds)
                at += dt.timedelta(seconds=error.seconds)
        assert waits[:3] == [2, 4, 8], email


def test_strangers_do_not_lock_the_owner_out(row: StaffRow, now: dt.datetime) -> None:
    signed = sign_in_staff(tried(now), now)
    at = now
    for number in range(40):
        try:
            sign_in_staff(tried(now, password="sbagliata sbagliata", network=f"198.51.100.{number}"), at)
        except WrongSignInError:
            continue
        except TooManyAttemptsError as error:
            at += dt.timedelta(seconds=error.seconds)
    with pytest.raises(TooManyAttemptsError) as caught:
        sign_in_staff(tried(at, network="203.0.113.9"), at)
    assert caught.value.seconds <= 300
    sign_in_staff(tried(at, network="203.0.113.9", device=signed.device_token), at)


def _other(sign: str) -> str:
    return "b" if sign == "a" else "a"


def test_nobody_else_can_make_a_known_device(row: StaffRow, now: dt.datetime) -> None:
    other = activated(ADMINISTRATOR, now)
    device = sign_in_staff(tried(now), now).device_token
    assert is_device_of(device, row.id, 1)
    assert not is_device_of(device, other.id, 1)
    assert not is_device_of(device, row.id, 2), "a reset makes it worth nothing"
    for forged in ("", ".", device[:-1], _other(device[0]) + device[1:], "é" * 50, device.replace(".", "")):
        assert not is_device_of(forged, row.id, 1)


def test_unknown_addresses_cost_the_same_work(
    app: Flask, row: StaffRow, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements and the same hashes, whatever of the three is wrong."""
    invite(ADMINISTRATOR, now)
    work: list[str] = []
    verify = passwords.PasswordHasher.verify

    def noted(self: object, stored: str, password: str) -> bool:
        work.append("hash")
        return bool(verify(self, stored, password))

    monkeypatch.setattr(passwords.PasswordHasher, "verify", noted)
    event.listen(db.engine, "before_cursor_execute", lambda *args: work.append(args[2]))
    done = {}
    kinds = {
        "unknown": {"email": "nessuno@example.org"},
        "password": {"password": "sbagliata sbagliata"},
        "code": {"code": "000000"},
        "recovery code": {"code": "abcd-efgh-ijkm-npqr"},
        "recovery code of nobody": {"email": "nessuno@example.org", "code": "abcd-efgh-ijkm-npqr"},
        "not activated": {"email": ADMINISTRATOR},
        "both": {"password": "sbagliata sbagliata", "code": "000000"},
    }
    for name, wrong in [*kinds.items(), *kinds.items()]:  # the second time, when each has its rows of counted tries
        attempt = tried(now, network=name, **wrong)
        db.session.rollback()
        work.clear()
        with pytest.raises(WrongSignInError):
            sign_in_staff(attempt, now)
        done[name] = list(work)
    assert done["unknown"].count("hash") == 1
    assert all(did == done["unknown"] for did in done.values()), done


@pytest.mark.settings(throttle_account_failures=100, throttle_network_failures=10_000)
def test_unknown_addresses_take_the_same_time(row: StaffRow, now: dt.datetime) -> None:
    """Medians over interleaved tries differ by less than a tenth; `strict` measurement is the promise's own figure."""
    known = tried(now, password="sbagliata sbagliata")
    spans: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(62):
        for name, email in (("known", COORDINATOR), ("unknown", "nessuno@example.org")):
            attempt = StaffTry(email, known.password, known.code, f"{name}{number}")
            began = time.process_time()
            with pytest.raises(WrongSignInError):
                sign_in_staff(attempt, now)
            if number > 1:
                spans[name].append(time.process_time() - began)
    ratio = statistics.median(spans["known"]) / statistics.median(spans["unknown"])
    assert 0.9 < ratio < 1.1, ratio


def test_a_new_password_asks_for_the_old_one_and_a_code(row: StaffRow, now: dt.datetime) -> None:
    here = identity(sign_in_staff(tried(now), now).session_token, now)
    there = sign_in_staff(tried(now, code=phone(COORDINATOR, now, later=1)), now + STEP).session_token
    at = now + 2 * STEP
    code = phone(COORDINATOR, at)
    with pytest.raises(WeakPasswordError):
        change_own_password(here, PASSWORD, code, "coordina123", at)
    for wrong in (("sbagliata sbagliata", code), (PASSWORD, "000000")):
        with pytest.raises(WrongSignInError):
            change_own_password(here, *wrong, "cinque cani nel prato", at)
    assert find_staff(there, at) is not None
    change_own_password(here, PASSWORD, code, "cinque cani nel prato", at)
    assert find_staff(there, at) is None
    assert identity_of_still(here, at)
    with pytest.raises(WrongSignInError):
        sign_in_staff(tried(now, code=phone(COORDINATOR, at, later=1)), at + STEP)
    sign_in_staff(tried(now, password="cinque cani nel prato", code=phone(COORDINATOR, at, later=1)), at + STEP)


def identity_of_still(here: StaffIdentity, at: dt.datetime) -> bool:
    return [one.current for one in own_sessions(here, at)] == [True]


def test_one_ends_ones_other_sessions(row: StaffRow, now: dt.datetime) -> None:
    here = identity(sign_in_staff(tried(now), now).session_token, now)
    sign_in_staff(tried(now, code=phone(COORDINATOR, now, later=1)), now + STEP)
    activated(ADMINISTRATOR, now)
    assert [one.current for one in own_sessions(here, now + STEP)] == [False, True]
    assert end_other_staff_sessions(here, now + STEP) == 1
    assert end_other_staff_sessions(here, now + STEP) == 0
    assert [one.current for one in own_sessions(here, now + STEP)] == [True]


def test_who_sits_in_a_stolen_session_cannot_try_passwords_for_ever(row: StaffRow, now: dt.datetime) -> None:
    here = identity(sign_in_staff(tried(now), now).session_token, now)
    for _ in range(5):
        with pytest.raises(WrongSignInError):
            change_own_password(here, "sbagliata sbagliata", "000000", "cinque cani nel prato", now)
    with pytest.raises(TooManyAttemptsError):
        change_own_password(here, PASSWORD, phone(COORDINATOR, now), "cinque cani nel prato", now)
