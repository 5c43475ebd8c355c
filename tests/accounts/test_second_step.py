"""The second step: a code by e-mail after the right password, in a browser that is new to the entity, where it is wanted."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import signing_in
from app.accounts.links import DeadLinkError
from app.accounts.models import SecondStep, WebSession
from app.accounts.places import Place, place_of
from app.accounts.rations import AskedTooOftenError
from app.accounts.resets import reset_login
from app.accounts.second_step import MINUTES, MOST_AN_HOUR, MOST_TRIES, PAUSE, CodeAskedError, WrongDigitsError, send_code_again
from app.accounts.sending import NoAddressError
from app.accounts.sessions import find_identity
from app.accounts.sign_in_links import create_sign_in_link
from app.accounts.signing_in import SignedIn, WrongPasswordError, sign_in_by_code, sign_in_by_link, sign_in_entity
from app.accounts.throttle import TooManyAttemptsError
from app.extensions import db
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TO, activate, at_once, entity
from tests.accounts.mailbox import OFFICE, claim, queued, register

pytestmark = pytest.mark.usefixtures("few")
HERE, ATTACKER = place_of("", "192.0.2.1"), place_of("", "198.51.100.7")


@pytest.fixture(autouse=True)
def account(few: None, now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agliè with a password and an address. Passwords are compared without hashing: these tests count tries."""
    activate(AGLIE, now)
    register(AGLIE)
    monkeypatch.setattr(signing_in, "verify_password", lambda stored, password: password == PASSWORD)


def sign_in(now: dt.datetime, place: Place = HERE, *, wanted: bool = True, password: str = PASSWORD) -> SignedIn:
    return sign_in_entity(entity(AGLIE), password, place, now, second_step=wanted)


def asked(now: dt.datetime, place: Place = HERE) -> str:
    """The token of a browser that waits for its code."""
    with pytest.raises(CodeAskedError) as caught:
        sign_in(now, place)
    return caught.value.token


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def sessions() -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(WebSession)).scalar_one()


def test_a_new_browser_needs_the_code_that_goes_to_the_registered_address(now: dt.datetime) -> None:
    token = asked(now)
    assert sessions() == 0
    (arrived,) = claim(now)
    assert arrived.recipient == OFFICE
    signed = sign_in_by_code(token, f" {arrived.digits[:3]} {arrived.digits[3:]}", HERE, now)
    found = find_identity(signed.session_token, now)
    assert found is not None
    assert found.entity_code == AGLIE
    again = sign_in(now, place_of(signed.device_token, "203.0.113.9"))
    assert find_identity(again.session_token, now) is not None, "the browser is known now, from wherever"


def test_where_it_is_not_wanted_the_password_is_enough(now: dt.datetime) -> None:
    assert find_identity(sign_in(now, wanted=False).session_token, now) is not None
    assert queued() == []


def test_a_known_network_is_no_known_browser(now: dt.datetime) -> None:
    sign_in(now, wanted=False)
    asked(now, place_of("", HERE.network))


def test_a_wrong_password_asks_for_no_code(now: dt.datetime) -> None:
    with pytest.raises(WrongPasswordError):
        sign_in(now, password="sbagliata sbagliata")
    assert queued() == []


def test_the_code_is_stored_nowhere_and_another_browsers_is_another(now: dt.datetime) -> None:
    first = asked(now)
    second = asked(now + PAUSE)
    one, other = claim(now + PAUSE)
    assert one.digits != other.digits
    rows = str(db.session.execute(sa.select(*SecondStep.__table__.columns)).all())
    assert all(secret not in rows for secret in (first, second, one.digits, other.digits))
    assert all(one.digits not in row.text for row in queued())
    with pytest.raises(WrongDigitsError):
        sign_in_by_code(first, other.digits, HERE, now + PAUSE)


def test_a_code_is_good_once_and_for_ten_minutes(now: dt.datetime) -> None:
    token = asked(now)
    (arrived,) = claim(now)
    with pytest.raises(DeadLinkError):
        sign_in_by_code(token, arrived.digits, HERE, now + dt.timedelta(minutes=MINUTES))
    sign_in_by_code(token, arrived.digits, HERE, now + dt.timedelta(minutes=MINUTES, seconds=-1))
    with pytest.raises(DeadLinkError):
        sign_in_by_code(token, arrived.digits, HERE, now)


def test_of_many_at_once_one_succeeds(app: Flask, now: dt.datetime) -> None:
    token = asked(now)
    (arrived,) = claim(now)
    outcomes = at_once(app, [lambda: sign_in_by_code(token, arrived.digits, HERE, now) for _ in range(3)])
    assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1, outcomes


def test_after_five_wrong_tries_the_right_code_is_dead(now: dt.datetime) -> None:
    token = asked(now)
    (arrived,) = claim(now)
    left = []
    for number in range(MOST_TRIES):
        now += dt.timedelta(minutes=1)
        with pytest.raises(WrongDigitsError) as caught:
            sign_in_by_code(token, wrong(arrived.digits), place_of("", f"198.51.100.{number}"), now)
        left.append(caught.value.left)
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(DeadLinkError):
        sign_in_by_code(token, arrived.digits, HERE, now)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\ud800" * 6, "0" * 10_000])
def test_what_is_no_code_is_wrong(now: dt.datetime, typed: str) -> None:
    with pytest.raises(WrongDigitsError):
        sign_in_by_code(asked(now), typed, HERE, now)


def test_a_thief_of_the_password_cannot_guess_and_cannot_lock_the_owner_out(now: dt.datetime) -> None:
    owner = sign_in(now, wanted=False)
    guesses = 0
    for _minute in range(120):
        now += dt.timedelta(minutes=1)
        try:
            token = asked(now, ATTACKER)
        except (AskedTooOftenError, TooManyAttemptsError):
            continue
        for _try in range(MOST_TRIES):
            try:
                sign_in_by_code(token, "000000", ATTACKER, now)
            except WrongDigitsError:
                guesses += 1
            except TooManyAttemptsError:
                break
    assert 0 < guesses <= 3 * MOST_AN_HOUR * MOST_TRIES
    known = sign_in(now, place_of(owner.device_token, HERE.network))
    assert find_identity(known.session_token, now) is not None
    link = create_sign_in_link(entity(AGLIE).id, now).rpartition("/")[2]
    by_link = sign_in_by_link(link, place_of("", "203.0.113.9"), now)
    assert find_identity(by_link.session_token, now) is not None


def test_without_an_address_the_password_alone_opens_nothing(now: dt.datetime) -> None:
    activate(SAMONE_TO, now)
    with pytest.raises(NoAddressError):
        sign_in_entity(entity(SAMONE_TO), PASSWORD, HERE, now, second_step=True)
    assert sessions() == 0


def test_codes_are_rationed_and_the_same_is_sent_again(now: dt.datetime) -> None:
    token = asked(now)
    with pytest.raises(AskedTooOftenError):
        send_code_again(token, "it", now)
    later = now + PAUSE
    send_code_again(token, "it", later)
    first, second = claim(later)
    assert first.digits == second.digits
    with pytest.raises(DeadLinkError):
        send_code_again("a" * 43, "it", later)


def test_a_reset_ends_what_waits(now: dt.datetime) -> None:
    token = asked(now)
    reset_login(AGLIE, actor="test", now=now)
    assert {one.kind: one.reason for one in claim(now)}["second_step"] == "nobody waits for the code any more"
    with pytest.raises(DeadLinkError):
        sign_in_by_code(token, "000000", HERE, now)
