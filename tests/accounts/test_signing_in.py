"""Signing in with a password: delays that grow and release, and nobody who can lock the owner out."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import signing_in, throttle
from app.accounts.entity_accounts import stored_hash
from app.accounts.models import EntityAccount, KnownPlace, SignInThrottle
from app.accounts.places import Place, place_of
from app.accounts.sessions import find_identity
from app.accounts.signing_in import SignedIn, WrongPasswordError, sign_in_entity
from app.accounts.throttle import TooManyAttemptsError, network_of
from app.extensions import db
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TN, SAMONE_TO, activate, at_once, entity

pytestmark = pytest.mark.usefixtures("few")
WRONG = "sbagliata sbagliata"
OFFICE, ATTACKER, HOTEL = "192.0.2.1", "198.51.100.7", "203.0.113.9"


def attempt(
    now: dt.datetime, password: str = WRONG, *, network: str = ATTACKER, device: str = "", code: str = AGLIE
) -> SignedIn:
    return sign_in_entity(entity(code), password, place_of(device, network), now)


def outcome(now: dt.datetime, password: str = WRONG, *, network: str = ATTACKER, device: str = "", code: str = AGLIE) -> object:
    try:
        return attempt(now, password, network=network, device=device, code=code)
    except WrongPasswordError:
        return "wrong"
    except TooManyAttemptsError as error:
        return error.seconds


def attack(now: dt.datetime, tries: int, network: str = ATTACKER) -> dt.datetime:
    """Wrong passwords, each as soon as it is allowed; the instant after the last."""
    for _ in range(tries):
        while isinstance(wait := outcome(now, network=network), int):
            now += dt.timedelta(seconds=wait)
    return now


@pytest.fixture(autouse=True)
def account(few: None, now: dt.datetime) -> None:
    activate(AGLIE, now)
    activate(SAMONE_TO, now, "quattro parole messe qui")


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare passwords without hashing: these tests count tries."""
    monkeypatch.setattr(signing_in, "verify_password", lambda stored, password: password == PASSWORD)


def test_the_right_password_opens_a_session_of_its_entity(now: dt.datetime) -> None:
    signed = attempt(now, PASSWORD)
    identity = find_identity(signed.session_token, now)
    assert identity is not None
    assert identity.entity_code == AGLIE
    assert attempt(now, PASSWORD).session_token != signed.session_token


def test_a_wrong_password_or_that_of_another_entity_opens_none(now: dt.datetime) -> None:
    for code, password in ((AGLIE, WRONG), (SAMONE_TO, PASSWORD), (SAMONE_TN, PASSWORD), (AGLIE, ""), (AGLIE, "a" * 100_000)):
        assert outcome(now, password, code=code) == "wrong"


@pytest.mark.usefixtures("fast")
def test_delays_grow_up_to_the_longest_and_release(now: dt.datetime) -> None:
    assert [outcome(now) for _ in range(6)] == ["wrong"] * 5 + [2]
    waits = []
    for _ in range(9):
        wait = outcome(now)
        assert isinstance(wait, int)
        assert outcome(now + dt.timedelta(seconds=wait - 1)) == 1
        now += dt.timedelta(seconds=wait)
        assert outcome(now) == "wrong"
        waits.append(wait)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert outcome(now, PASSWORD) == 300
    assert isinstance(outcome(now + dt.timedelta(seconds=300), PASSWORD), SignedIn)


@pytest.mark.usefixtures("fast")
def test_a_right_password_starts_the_count_again(now: dt.datetime) -> None:
    for _ in range(3):
        assert [outcome(now) for _ in range(4)] == ["wrong"] * 4
        assert isinstance(outcome(now, PASSWORD), SignedIn)


@pytest.mark.usefixtures("fast")
def test_a_count_is_forgotten_after_the_window(now: dt.datetime) -> None:
    now = attack(now, 12)
    assert outcome(now) == 256
    now += dt.timedelta(minutes=15)
    assert [outcome(now) for _ in range(6)] == ["wrong"] * 5 + [2]


@pytest.mark.usefixtures("fast")
def test_waiting_badly_does_not_lengthen_the_wait(now: dt.datetime) -> None:
    attack(now, 5)
    assert [outcome(now) for _ in range(50)] == [2] * 50


@pytest.mark.usefixtures("fast")
def test_an_attacker_cannot_lock_the_owner_out(now: dt.datetime) -> None:
    device = attempt(now, PASSWORD, network=OFFICE).device_token
    now = attack(now, 300)
    for host in range(60):
        now = attack(now, 1, network=f"198.51.100.{host}")
    assert isinstance(outcome(now, network="198.51.100.200"), int), "strangers wait, wherever they come from"
    assert isinstance(outcome(now, PASSWORD, network=HOTEL, device=device), SignedIn), "a known device does not"
    assert isinstance(outcome(now, PASSWORD, network=OFFICE), SignedIn), "nor a known network"


@pytest.mark.usefixtures("fast")
def test_the_owner_signs_in_beside_an_attacker_on_the_same_network(now: dt.datetime) -> None:
    device = attempt(now, PASSWORD, network=OFFICE).device_token
    now = attack(now, 100, network=OFFICE)
    assert isinstance(outcome(now, network=OFFICE), int)
    assert isinstance(outcome(now, PASSWORD, network=OFFICE, device=device), SignedIn)


@pytest.mark.usefixtures("fast")
def test_a_known_device_has_an_allowance_and_no_more(now: dt.datetime) -> None:
    device = attempt(now, PASSWORD, network=OFFICE).device_token
    assert [outcome(now, device=device) for _ in range(6)] == ["wrong"] * 5 + [2]


@pytest.mark.usefixtures("fast")
def test_a_device_known_to_one_entity_is_a_stranger_to_another(now: dt.datetime) -> None:
    device = attempt(now, PASSWORD, network=OFFICE).device_token
    for _ in range(5):
        outcome(now, code=SAMONE_TO)
    assert outcome(now, code=SAMONE_TO, device=device) == 2


@pytest.mark.usefixtures("fast")
def test_a_device_gets_a_new_id_at_each_sign_in(now: dt.datetime) -> None:
    planted = attempt(now, PASSWORD, network=OFFICE).device_token
    fresh = attempt(now, PASSWORD, network=OFFICE, device=planted).device_token
    assert fresh != planted
    for _ in range(5):
        outcome(now)
    assert outcome(now, device=planted) == 2, "whoever planted it gains nothing"
    assert outcome(now, device=fresh) == "wrong"


@pytest.mark.usefixtures("fast")
def test_a_network_that_tries_many_accounts_waits(app: Flask, now: dt.datetime) -> None:
    limit = throttle.limit_of_network(ATTACKER)
    for _ in range(limit.free - 1):
        throttle.count_try([limit], now)
    assert outcome(now, code=SAMONE_TO) == "wrong"
    assert outcome(now, code=AGLIE) == 2
    assert outcome(now, code=AGLIE, network=HOTEL) == "wrong"


@pytest.mark.usefixtures("fast")
def test_many_tries_at_once_are_many_tries(app: Flask, now: dt.datetime) -> None:
    results = at_once(app, [lambda: outcome(now)] * 12)
    assert results.count("wrong") == 5, results


@pytest.mark.usefixtures("fast")
def test_a_clock_set_back_locks_nobody_out(now: dt.datetime) -> None:
    attack(now + dt.timedelta(days=1), 10)
    assert outcome(now) == "wrong"


@pytest.mark.usefixtures("fast")
def test_old_counts_are_deleted(now: dt.datetime) -> None:
    outcome(now)
    outcome(now + dt.timedelta(days=2), PASSWORD, network=HOTEL)
    oldest = db.session.execute(sa.select(sa.func.min(SignInThrottle.last_failure_at))).scalar_one()
    assert oldest == now + dt.timedelta(days=2)


def test_no_address_is_stored(now: dt.datetime) -> None:
    outcome(now)
    attempt(now, PASSWORD, network=OFFICE)
    stored = str(db.session.execute(sa.select(*SignInThrottle.__table__.columns)).all())
    stored += str(db.session.execute(sa.select(*KnownPlace.__table__.columns)).all())
    assert OFFICE not in stored
    assert ATTACKER not in stored


def test_a_password_is_never_checked_inside_a_transaction(monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> None:
    open_during: list[bool] = []
    monkeypatch.setattr(signing_in, "verify_password", lambda *_: open_during.append(db.session().in_transaction()))
    outcome(now)
    assert open_during == [False]


def test_an_older_hash_is_replaced(monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> None:
    from argon2 import PasswordHasher

    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    db.session.execute(sa.update(EntityAccount).where(EntityAccount.entity_id == entity(AGLIE).id).values(password_hash=older))
    db.session.commit()
    attempt(now, PASSWORD)
    newer = stored_hash(entity(AGLIE).id)
    assert newer is not None
    assert newer.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert isinstance(outcome(now, PASSWORD), SignedIn)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("2001:db8:1:201:ffff::9", "2001:db8:1:200::/56"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_networks(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_a_place_without_a_cookie_of_ours_has_no_device() -> None:
    assert place_of("x", OFFICE) == place_of(None, OFFICE) == Place(None, OFFICE)
