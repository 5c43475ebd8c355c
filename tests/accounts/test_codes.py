"""The code in the letter: told from a slip before anything is looked up, one entity's, once, until the deadline."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import codes, signing_in
from app.accounts.codes import (
    MistypedCodeError,
    SpentCodeError,
    WrongCodeError,
    codes_for,
    format_code,
    issue_code,
    read_code,
    redeem_code,
)
from app.accounts.entity_accounts import stored_hash
from app.accounts.links import DeadLinkError, entity_of_link, redeem_activation_link
from app.accounts.models import ActivationCode
from app.accounts.passwords import WeakPasswordError, verify_password
from app.accounts.places import place_of
from app.accounts.resets import reset_login
from app.accounts.sessions import find_identity, open_session
from app.accounts.signing_in import WrongPasswordError, sign_in_entity
from app.accounts.throttle import TooManyAttemptsError
from app.audit.models import AuditEntry
from app.demo.loading import demo_edition
from app.editions.current import edition_by_code
from app.editions.lifecycle import store_edition
from app.extensions import db
from tests.accounts.few import AGLIE, ALDINO, PASSWORD, SAMONE_TN, SAMONE_TO, at_once, entity, token_for

pytestmark = pytest.mark.usefixtures("few")
OTHER = "quattro parole messe qui"
HOME = place_of(None, "192.0.2.1")


@dataclass(frozen=True)
class OfEntity:
    """An edition as it is for one entity."""

    id: int
    closes_at: dt.datetime
    code: str = "2026"


@pytest.fixture
def edition(few: None, now: dt.datetime) -> OfEntity:
    store_edition(demo_edition(now), actor="test", now=now)
    stored = edition_by_code("demo")
    assert stored is not None
    return OfEntity(stored.id, stored.closes_at)


def issued(edition: OfEntity, code: str, now: dt.datetime) -> str:
    made = issue_code(edition, entity(code).id, now)
    db.session.commit()
    return made


def redeem(edition: OfEntity, typed: str, now: dt.datetime, *, code: str = AGLIE, password: str = PASSWORD) -> None:
    redeem_code(edition, entity(code), typed, password, now, place=HOME)


def outcome(edition: OfEntity, typed: str, now: dt.datetime, *, code: str = AGLIE, password: str = PASSWORD) -> object:
    try:
        redeem(edition, typed, now, code=code, password=password)
    except WrongCodeError:
        return "wrong"
    except SpentCodeError as error:
        return error.reason
    except TooManyAttemptsError as error:
        return error.seconds
    return "set"


def password_is(code: str, password: str) -> bool:
    return verify_password(stored_hash(entity(code).id), password)


def test_a_code_is_sixteen_digits_that_are_one_modulo_97(edition: OfEntity, now: dt.datetime) -> None:
    for code in (AGLIE, SAMONE_TO, SAMONE_TN, ALDINO):
        made = issued(edition, code, now)
        assert (len(made), made.isdigit(), int(made) % 97) == (16, True, 1)
        assert read_code(format_code(made)) == made


@pytest.mark.parametrize("parting", ["", " ", "-", ".", "\N{NO-BREAK SPACE}", " - ", "\n"])
def test_a_code_is_read_however_its_groups_are_parted(edition: OfEntity, now: dt.datetime, parting: str) -> None:
    made = issued(edition, AGLIE, now)
    assert read_code(format_code(made).replace(" ", parting)) == made


def test_letters_that_look_like_digits_are_taken_for_them(edition: OfEntity, now: dt.datetime) -> None:
    for code in (AGLIE, SAMONE_TO, SAMONE_TN, ALDINO):
        made = issued(edition, code, now)
        assert read_code(made.replace("0", "O").replace("1", "l")) == made


def test_every_slip_of_one_digit_or_of_two_neighbours_is_found(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    slips = [made[:at] + digit + made[at + 1 :] for at in range(16) for digit in "0123456789" if digit != made[at]]
    slips += [made[:at] + made[at + 1] + made[at] + made[at + 2 :] for at in range(15) if made[at] != made[at + 1]]
    for slip in slips:
        with pytest.raises(MistypedCodeError) as error:
            read_code(slip)
        assert error.value.reason == "checksum"


@pytest.mark.parametrize(
    ("typed", "reason", "digits"),
    [
        ("", "length", 0),
        ("1234 5678", "length", 8),
        ("1" * 17, "length", 17),
        ("12E4", "letters", 3),
        ("²" * 16, "checksum", 16),
    ],
)
def test_what_is_no_code_says_why(typed: str, reason: str, digits: int) -> None:
    with pytest.raises(MistypedCodeError) as error:
        read_code(typed)
    assert (error.value.reason, error.value.digits) == (reason, digits)


def test_the_same_code_again_until_it_is_used(edition: OfEntity, now: dt.datetime) -> None:
    first = issued(edition, AGLIE, now)
    assert issued(edition, AGLIE, now + dt.timedelta(days=3)) == first
    redeem(edition, first, now)
    second = issued(edition, AGLIE, now)
    assert second != first
    assert outcome(edition, first, now, password=OTHER) == "wrong"
    assert outcome(edition, second, now, password=OTHER) == "set"


def test_a_run_gives_each_its_own_code_and_a_rerun_the_same(edition: OfEntity, now: dt.datetime) -> None:
    single = issued(edition, AGLIE, now)
    ids = [entity(code).id for code in (AGLIE, SAMONE_TO, SAMONE_TN, ALDINO)]
    run = codes_for(edition, ids, now)
    db.session.commit()
    assert list(run) == sorted(ids)
    assert len(set(run.values())) == 4
    assert run[ids[0]] == single
    assert codes_for(edition, ids, now) == run
    assert codes_for(edition, [], now) == {}


def test_runs_at_once_make_one_code_for_each(app: Flask, edition: OfEntity, now: dt.datetime) -> None:
    ids = [entity(code).id for code in (AGLIE, SAMONE_TO, SAMONE_TN, ALDINO)]
    db.session.rollback()

    def run() -> dict[int, str]:
        made = codes_for(edition, ids, now)
        db.session.commit()
        return made

    outcomes = at_once(app, [run] * 4)
    assert outcomes == [codes_for(edition, ids, now)] * 4
    assert db.session.execute(sa.select(sa.func.max(ActivationCode.serial))).scalar_one() == 1


def test_another_edition_has_other_codes(edition: OfEntity, now: dt.datetime) -> None:
    first = issued(edition, AGLIE, now)
    store_edition(replace(demo_edition(now), code="altra"), actor="test", now=now)
    stored = edition_by_code("altra")
    assert stored is not None
    other = OfEntity(stored.id, stored.closes_at)
    assert issued(other, AGLIE, now) != first
    assert outcome(other, first, now) == "wrong"


def test_a_code_sets_the_password_once_and_ends_sessions_and_links(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    link = token_for(AGLIE, now)
    own, others = open_session(entity(AGLIE).id, now), open_session(entity(SAMONE_TO).id, now)
    db.session.commit()
    assert outcome(edition, made, now) == "set"
    assert password_is(AGLIE, PASSWORD)
    assert find_identity(own, now) is None
    assert find_identity(others, now) is not None
    with pytest.raises(DeadLinkError):
        entity_of_link(link, now)
    assert outcome(edition, made, now, password=OTHER) == "used"
    assert password_is(AGLIE, PASSWORD)


def test_a_code_works_for_its_entity_alone(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    issued(edition, SAMONE_TO, now)
    assert outcome(edition, made, now, code=SAMONE_TO) == "wrong"
    assert outcome(edition, made, now, code=SAMONE_TN) == "wrong", "nor where no code was ever made"
    assert stored_hash(entity(SAMONE_TO).id) is None
    assert outcome(edition, made, now) == "set"


def test_a_code_is_good_until_the_deadline_of_its_entity(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    assert outcome(edition, made, edition.closes_at) == "expired"
    assert stored_hash(entity(AGLIE).id) is None
    extended = OfEntity(edition.id, edition.closes_at + dt.timedelta(days=7))
    assert outcome(extended, made, edition.closes_at) == "set"


def test_a_reset_withdraws_the_code_and_the_next_letter_has_another(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    reset_login(AGLIE, actor="test", now=now)
    assert outcome(edition, made, now) == "withdrawn"
    renewed = issued(edition, AGLIE, now)
    assert renewed != made
    assert outcome(edition, renewed, now) == "set"


def test_a_password_set_through_a_link_withdraws_the_code(
    edition: OfEntity, now: dt.datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    code = issue_code(edition, entity(AGLIE).id, now)
    redeem_activation_link(token_for(AGLIE, now), PASSWORD, now)
    with pytest.raises(SpentCodeError) as refused:
        redeem_code(edition, entity(AGLIE), code, OTHER, now, place=HOME)
    assert refused.value.reason == "withdrawn"
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert (line["reason"], line["why"]) == ("spent letter code", "withdrawn")
    assert sign_in_entity(entity(AGLIE), PASSWORD, HOME, now)


def test_of_many_at_once_one_succeeds(app: Flask, edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    passwords = [f"cavallo batteria numero {number}" for number in range(4)]
    outcomes = at_once(app, [lambda password=word: outcome(edition, made, now, password=password) for word in passwords])
    assert sorted(map(str, outcomes)) == ["set", "used", "used", "used"]
    db.session.rollback()
    assert password_is(AGLIE, passwords[outcomes.index("set")])


def test_wrong_codes_must_wait_and_count_with_wrong_passwords(edition: OfEntity, now: dt.datetime) -> None:
    made, others = issued(edition, AGLIE, now), issued(edition, SAMONE_TO, now)
    assert [outcome(edition, others, now) for _ in range(4)] == ["wrong"] * 4
    with pytest.raises(WrongPasswordError):
        sign_in_entity(entity(AGLIE), "sbagliata sbagliata", HOME, now)
    assert outcome(edition, made, now) == 2
    assert outcome(edition, made, now + dt.timedelta(seconds=2)) == "set"


@pytest.mark.settings(throttle_network_failures=3)
def test_a_network_that_tries_many_entities_must_wait(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    assert [outcome(edition, made, now, code=code) for code in (SAMONE_TO, SAMONE_TN, ALDINO)] == ["wrong"] * 3
    assert outcome(edition, made, now) == 2


def test_a_slip_or_a_weak_password_is_no_try(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    for _ in range(10):
        with pytest.raises(MistypedCodeError):
            redeem(edition, made[:-1], now)
        with pytest.raises(WeakPasswordError):
            redeem(edition, made, now, password="corta")
    assert outcome(edition, made, now) == "set"


def test_the_password_is_never_hashed_inside_a_transaction(
    edition: OfEntity, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = issued(edition, AGLIE, now)
    open_during: list[bool] = []
    hashed = codes.hash_password

    def hash_password(password: str) -> str:
        open_during.append(db.session().in_transaction())
        return hashed(password)

    monkeypatch.setattr(codes, "hash_password", hash_password)
    redeem(edition, made, now)
    assert open_during == [False]


def test_a_session_is_not_opened_on_a_password_that_a_reset_ends_meanwhile(
    edition: OfEntity, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    redeem(edition, issued(edition, AGLIE, now), now)

    def verify(stored: str | None, password: str) -> bool:
        reset_login(AGLIE, actor="test", now=now)
        return True

    monkeypatch.setattr(signing_in, "verify_password", verify)
    with pytest.raises(WrongPasswordError):
        sign_in_entity(entity(AGLIE), PASSWORD, HOME, now)


def test_the_code_is_stored_nowhere(edition: OfEntity, now: dt.datetime) -> None:
    made = issued(edition, AGLIE, now)
    redeem(edition, made, now)
    stored = str(db.session.execute(sa.select(*ActivationCode.__table__.columns)).all())
    stored += str(db.session.execute(sa.select(*AuditEntry.__table__.columns)).all())
    assert made not in stored.replace(" ", "")


@pytest.mark.settings(secret_key="x" * 40)
def test_a_code_is_what_the_secret_makes_of_edition_entity_and_serial(edition: OfEntity, now: dt.datetime) -> None:
    told = f"activation-code|{edition.id}|{entity(AGLIE).id}|1".encode()
    number = int(hmac.digest(b"x" * 40, told, "sha256").hex(), 16) % 10**14
    assert issued(edition, AGLIE, now) == f"{number:014}{98 - number * 100 % 97:02}"
