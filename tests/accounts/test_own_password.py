"""An entity changes its password by itself: what it must give, what ends, what goes on and who is told."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import own_password
from app.accounts.identity import Identity
from app.accounts.invitations import pending_invitations
from app.accounts.links import DeadLinkError, entity_of_link
from app.accounts.operator_messages import send_invitation
from app.accounts.operators import add_operator
from app.accounts.own_password import PASSWORD_CHANGED, SessionOverError, change_password
from app.accounts.passwords import WeakPasswordError
from app.accounts.places import place_of
from app.accounts.sessions import end_session, find_identity, open_session
from app.accounts.sign_in_links import create_sign_in_link, entity_of_sign_in_link
from app.accounts.signing_in import SignedIn, WrongPasswordError, sign_in_entity
from app.accounts.suspensions import SuspendedLoginError, lift_suspension, suspend_login
from app.accounts.throttle import TooManyAttemptsError
from app.audit.models import AuditEntry
from app.extensions import db
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TO, activate, at_once, entity, token_for
from tests.accounts.mailbox import OFFICE, queued, register

pytestmark = pytest.mark.usefixtures("few")
NEW = "quattro parole messe qui"
WRONG = "sbagliata sbagliata"
HOME = place_of(None, "192.0.2.1")
PEC = "comune@pec.example.org"


@pytest.fixture
def signed(now: dt.datetime) -> SignedIn:
    """Somebody of Agliè who has signed in with the password."""
    return sign_in_entity(activate(AGLIE, now), PASSWORD, HOME, now)


def who(signed: SignedIn, now: dt.datetime) -> Identity:
    found = find_identity(signed.session_token, now)
    assert found is not None
    return found


def change(
    signed: SignedIn, now: dt.datetime, present: str = PASSWORD, new: str = NEW, identity: Identity | None = None
) -> SignedIn:
    return change_password(entity(AGLIE), identity or who(signed, now), present, new, place_of(signed.device_token, "x"), now)


def test_everything_that_opened_the_entity_ends_and_the_session_goes_on_with_a_new_id(
    signed: SignedIn, now: dt.datetime
) -> None:
    activate(SAMONE_TO, now)
    other, stranger = open_session(entity(AGLIE).id, now), open_session(entity(SAMONE_TO).id, now)
    link, mailed = token_for(AGLIE, now), create_sign_in_link(entity(AGLIE).id, now).rpartition("/")[2]
    by = add_operator(entity(AGLIE).id, name="Operatore A", office="Anagrafe", email="a@example.org", phone="", now=now)
    send_invitation(entity(AGLIE), "b@example.org", by=by, hands_over=False, language="it", now=now)
    went_on = change(signed, now)
    assert [find_identity(token, now) for token in (signed.session_token, other)] == [None, None]
    assert who(went_on, now).entity_code == AGLIE
    assert went_on.session_token != signed.session_token
    assert find_identity(stranger, now) is not None
    for dead in (lambda: entity_of_link(link, now), lambda: entity_of_sign_in_link(mailed, now)):
        with pytest.raises(DeadLinkError):
            dead()
    assert pending_invitations(entity(AGLIE).id) == []
    with pytest.raises(WrongPasswordError):
        sign_in_entity(entity(AGLIE), PASSWORD, HOME, now)
    assert sign_in_entity(entity(AGLIE), NEW, HOME, now)


def test_whoever_fills_in_stays_the_same_and_stands_in_the_audit(signed: SignedIn, now: dt.datetime) -> None:
    by = add_operator(entity(AGLIE).id, name="Operatore A", office="Anagrafe", email="a@example.org", phone="", now=now)
    token = open_session(entity(AGLIE).id, now, operator_id=by)
    db.session.commit()
    went_on = change(signed, now, identity=find_identity(token, now))
    assert who(went_on, now).operator_id == by
    columns = (AuditEntry.actor, AuditEntry.subject, AuditEntry.detail)
    query = sa.select(*columns).where(AuditEntry.action == "own_password_changed")
    assert [tuple(row) for row in db.session.execute(query)] == [(f"operator:{by}", f"entity:{AGLIE}", '{"told":0}')]


def test_registered_addresses_and_certified_mail_are_told_and_get_no_secret(signed: SignedIn, now: dt.datetime) -> None:
    register(AGLIE)
    register(AGLIE, PEC, "pec")
    register(SAMONE_TO, "altro@example.org")
    change(signed, now)
    told = [one for one in queued() if one.kind == PASSWORD_CHANGED]
    assert sorted(one.recipient for one in told) == sorted([PEC, OFFICE])
    for one in told:
        assert one.subject == "Ricognizione: è cambiata la password di Agliè (TO)"
        assert "16 marzo 2026, 10:00" in one.text
        assert "{link}" not in one.text
        assert NEW not in one.text + (one.html or "")


def test_a_wrong_present_password_changes_nothing_and_after_five_one_must_wait(signed: SignedIn, now: dt.datetime) -> None:
    for _ in range(5):
        with pytest.raises(WrongPasswordError):
            change(signed, now, present=WRONG)
    with pytest.raises(TooManyAttemptsError):
        change(signed, now)
    assert find_identity(signed.session_token, now) is not None
    later = now + dt.timedelta(minutes=6)
    assert change(signed, later)


@pytest.mark.parametrize(("new", "reason"), [("corta", "short"), ("qwertyuiop", "common"), ("Comune di Agliè 1", "obvious")])
def test_a_weak_one_is_refused_as_elsewhere(signed: SignedIn, now: dt.datetime, new: str, reason: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        change(signed, now, new=new)
    assert refused.value.reason == reason
    assert find_identity(signed.session_token, now) is not None


def test_a_session_that_has_ended_meanwhile_changes_nothing(signed: SignedIn, now: dt.datetime) -> None:
    before = who(signed, now)
    end_session(before.session_key, now)
    with pytest.raises(SessionOverError):
        change(signed, now, identity=before)
    assert sign_in_entity(entity(AGLIE), PASSWORD, HOME, now)


def test_a_login_suspended_meanwhile_changes_nothing(
    signed: SignedIn, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = own_password.hash_password

    def suspended_meanwhile(password: str) -> str:
        suspend_login(entity(AGLIE), reason="Lo chiede l'ente", actor="test", now=now)
        return hashed(password)

    monkeypatch.setattr(own_password, "hash_password", suspended_meanwhile)
    with pytest.raises(SuspendedLoginError):
        change(signed, now)
    lift_suspension(entity(AGLIE), actor="test", now=now)
    assert sign_in_entity(entity(AGLIE), PASSWORD, HOME, now)


def test_of_two_at_once_one_succeeds(app: Flask, signed: SignedIn, now: dt.datetime) -> None:
    identity = who(signed, now)
    other = find_identity(open_session(entity(AGLIE).id, now), now)
    assert other is not None
    db.session.commit()
    place = place_of(None, "192.0.2.1")
    outcomes = at_once(
        app,
        [
            lambda: change_password(entity(AGLIE), identity, PASSWORD, NEW, place, now),
            lambda: change_password(entity(AGLIE), other, PASSWORD, NEW + " due", place, now),
        ],
    )
    kinds = sorted(type(one).__name__ for one in outcomes)
    assert kinds in (["SessionOverError", "SignedIn"], ["SignedIn", "WrongPasswordError"]), outcomes
