"""Invitations, handing over and verifying: single use, expiring, hashed, rationed, of one entity alone."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.invitations import (
    DAYS,
    MOST_A_DAY,
    MOST_TO_ONE,
    VERIFICATION,
    AlreadyVerifiedError,
    OwnAddressError,
    Pending,
    UnknownInvitationError,
    invited_by_link,
    pending_invitations,
    take_up,
    verify_address,
    withdraw_invitation,
)
from app.accounts.links import DeadLinkError
from app.accounts.models import OperatorInvitation, OperatorLink
from app.accounts.operator_messages import send_again, send_invitation, send_verification
from app.accounts.operators import add_operator, get_operator, list_operators, operator_names, remove_operator
from app.accounts.places import place_of
from app.accounts.rations import AskedTooOftenError
from app.accounts.resets import reset_login
from app.accounts.sessions import find_identity, open_session
from app.accounts.signing_in import sign_in_invited
from app.accounts.suspensions import lift_suspension, suspend_login
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.messages import UnfitMessageError
from app.registry.models import Entity
from tests.accounts.few import AGLIE, SAMONE_TO, activate, at_once, entity, token_for
from tests.accounts.mailbox import Arrived, claim, queued

pytestmark = pytest.mark.usefixtures("few")
GUEST = "collega@comune.example.org"
HERE = place_of("", "192.0.2.1")
DECLARED = {"name": "Operatore B", "office": "Anagrafe", "phone": ""}


@pytest.fixture
def host(few: None, now: dt.datetime) -> int:
    """An operator of Agliè whose address nobody has verified."""
    return add_operator(entity(AGLIE).id, name="Operatore A", office="Ufficio", email="a@example.org", phone="", now=now)


def invited(host: int, now: dt.datetime, *, hands_over: bool = False, email: str = GUEST) -> Arrived:
    send_invitation(entity(AGLIE), email, by=host, hands_over=hands_over, language="it", now=now)
    return claim(now)[-1]


def accepted(token: str, now: dt.datetime, **changed: str) -> int:
    taken = take_up(token, **{**DECLARED, **changed}, now=now)[1]
    db.session.commit()
    return taken


def shown(code: str = AGLIE) -> list[str]:
    return [row.shown_name for row in list_operators(entity(code).id)]


def entries(action: str) -> list[tuple[str, str, str]]:
    query = sa.select(AuditEntry.actor, AuditEntry.subject, AuditEntry.detail).where(AuditEntry.action == action)
    return [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.number))]


def test_who_takes_an_invitation_up_is_verified_and_signed_in(host: int, now: dt.datetime) -> None:
    arrived = invited(host, now)
    assert (arrived.recipient, arrived.path.rpartition("/")[0]) == (GUEST, "/invito")
    signed = sign_in_invited(arrived.token, **DECLARED, place=HERE, now=now)
    identity = find_identity(signed.session_token, now)
    assert identity is not None
    assert (identity.entity_code, identity.operator_name, identity.operator_verified) == (AGLIE, "Operatore B", True)
    assert shown() == ["Operatore A (non verificato)", "Operatore B"]
    assert pending_invitations(entity(AGLIE).id) == []
    with pytest.raises(DeadLinkError):
        sign_in_invited(arrived.token, **DECLARED, place=HERE, now=now)


def test_nothing_that_a_person_typed_and_no_secret_stands_in_the_message_or_the_tables(host: int, now: dt.datetime) -> None:
    arrived = invited(host, now)
    (delivery,) = queued()
    assert "{link}" in delivery.text
    assert "Operatore A" not in delivery.text + (delivery.html or "")
    stored = [*db.session.execute(sa.select(*OperatorLink.__table__.columns))]
    told = [*db.session.execute(sa.select(*AuditEntry.__table__.columns))]
    assert arrived.token not in str(stored)
    assert all(secret not in str(told) for secret in (arrived.token, GUEST, "Operatore A"))


def test_looking_at_a_link_does_not_use_it_and_it_expires(host: int, now: dt.datetime) -> None:
    token = invited(host, now).token
    last = now + dt.timedelta(days=DAYS) - dt.timedelta(seconds=1)
    for _ in range(3):
        assert invited_by_link(token, last).email == GUEST
    with pytest.raises(DeadLinkError):
        take_up(token, **DECLARED, now=now + dt.timedelta(days=DAYS))
    assert shown() == ["Operatore A (non verificato)"]


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ù" * 43, "a" * 42 + "\n"])
def test_what_is_no_link_is_dead(now: dt.datetime, token: str) -> None:
    with pytest.raises(DeadLinkError):
        invited_by_link(token, now)


def test_a_link_of_one_purpose_is_dead_at_the_others_address(host: int, now: dt.datetime) -> None:
    token = invited(host, now).token
    with pytest.raises(DeadLinkError):
        verify_address(token, now)
    assert invited_by_link(token, now).email == GUEST


def test_of_many_at_once_one_succeeds(app: Flask, host: int, now: dt.datetime) -> None:
    token = invited(host, now).token
    db.session.commit()
    outcomes = at_once(app, [lambda name=f"Operatore {n}": accepted(token, now, name=name) for n in range(4)])
    assert sum(isinstance(outcome, DeadLinkError) for outcome in outcomes) == 3, outcomes
    db.session.rollback()
    assert len(shown()) == 2


@pytest.mark.settings(base_url="https://rilevazione.esempio.it")
def test_the_address_is_the_configured_one_whatever_the_host_header_says(app: Flask, host: int, now: dt.datetime) -> None:
    send_invitation(entity(AGLIE), GUEST, by=host, hands_over=False, language="it", now=now)
    with app.test_request_context("/", headers={"Host": "cattivo.example", "X-Forwarded-Host": "cattivo.example"}):
        (arrived,) = claim(now)
    assert "https://rilevazione.esempio.it/invito/" in arrived.text
    assert "cattivo" not in arrived.text + arrived.html


def test_whoever_hands_over_goes_when_the_successor_comes_and_not_before(host: int, now: dt.datetime) -> None:
    at_work = open_session(entity(AGLIE).id, now, operator_id=host)
    db.session.commit()
    arrived = invited(host, now, hands_over=True)
    assert [one.hands_over for one in pending_invitations(entity(AGLIE).id)] == ["Operatore A (non verificato)"]
    assert get_operator(entity(AGLIE).id, host) is not None
    successor = accepted(arrived.token, now)
    assert shown() == ["Operatore B"]
    assert operator_names(entity(AGLIE).id) == {host: "Operatore A (non verificato)", successor: "Operatore B"}
    identity = find_identity(at_work, now)
    assert identity is not None
    assert identity.operator_id is None
    assert [row[:2] for row in entries("operator_handed_over")] == [(f"operator:{successor}", f"operator:{host}")]


def test_nobody_hands_over_to_their_own_address(host: int, now: dt.datetime) -> None:
    with pytest.raises(OwnAddressError):
        send_invitation(entity(AGLIE), "A@example.org", by=host, hands_over=True, language="it", now=now)
    assert queued() == []


def test_a_verification_marks_the_operator_alone(host: int, now: dt.datetime) -> None:
    other = add_operator(entity(AGLIE).id, name="Operatore C", office="U", email="c@example.org", phone="", now=now)
    assert send_verification(entity(AGLIE), host, language="it", now=now) == "a@example.org"
    (arrived,) = claim(now)
    assert arrived.path.startswith("/verifica/")
    assert (invited_by_link(arrived.token, now, VERIFICATION).operator_id, shown()[0]) == (host, "Operatore A (non verificato)")
    verify_address(arrived.token, now)
    assert shown() == ["Operatore A", "Operatore C (non verificato)"]
    with pytest.raises(DeadLinkError):
        verify_address(arrived.token, now)
    with pytest.raises(AlreadyVerifiedError):
        send_verification(entity(AGLIE), host, language="it", now=now)
    assert get_operator(entity(AGLIE).id, other) is not None


def test_a_removed_operator_who_comes_back_is_as_verified_as_before(host: int, now: dt.datetime) -> None:
    guest = accepted(invited(host, now).token, now)
    remove_operator(entity(AGLIE).id, guest, by=host, now=now)
    again = accepted(invited(host, now + dt.timedelta(minutes=3)).token, now + dt.timedelta(minutes=3))
    assert (again, shown()) == (guest, ["Operatore A (non verificato)", "Operatore B"])


def test_a_pending_one_is_sent_again_and_withdrawn_by_its_entity_alone(host: int, now: dt.datetime) -> None:
    first = invited(host, now)
    (waiting,) = pending_invitations(entity(AGLIE).id)
    assert waiting == Pending(waiting.id, GUEST, now, now + dt.timedelta(days=DAYS), None)
    later = now + dt.timedelta(days=3)
    for stranger in (send_again, withdraw_invitation):
        more = {"language": "it"} if stranger is send_again else {}
        with pytest.raises(UnknownInvitationError):
            stranger(entity(SAMONE_TO), waiting.id, by=None, now=later, **more)
    assert send_again(entity(AGLIE), waiting.id, by=host, language="it", now=later) == GUEST
    (second,) = claim(later)
    assert second.token != first.token
    send_again(entity(AGLIE), waiting.id, by=host, language="it", now=later + dt.timedelta(minutes=3))
    withdraw_invitation(entity(AGLIE), waiting.id, by=host, now=later + dt.timedelta(minutes=4))
    assert [one.reason for one in claim(later + dt.timedelta(minutes=5))] == ["the invitation has ended"]
    for token in (first.token, second.token):
        with pytest.raises(DeadLinkError):
            invited_by_link(token, later)
    assert db.session.execute(sa.select(OperatorInvitation.email, OperatorInvitation.outcome)).one() == ("", "withdrawn")


def test_the_same_address_again_is_one_invitation_and_must_wait(host: int, now: dt.datetime) -> None:
    invited(host, now)
    with pytest.raises(AskedTooOftenError):
        send_invitation(entity(AGLIE), GUEST.upper(), by=host, hands_over=False, language="it", now=now)
    invited(host, now + dt.timedelta(minutes=2))
    assert len(pending_invitations(entity(AGLIE).id)) == 1
    assert len(entries("operator_invited")) == 1


def test_an_address_gets_few_messages_from_all_entities_together(host: int, now: dt.datetime) -> None:
    samone = entity(SAMONE_TO)
    theirs = add_operator(samone.id, name="Operatore S", office="U", email="s@example.org", phone="", now=now)
    for number in range(MOST_TO_ONE):
        who = (entity(AGLIE), host) if number % 2 else (samone, theirs)
        at = now + number * dt.timedelta(minutes=5)
        send_invitation(who[0], GUEST, by=who[1], hands_over=False, language="it", now=at)
    with pytest.raises(AskedTooOftenError):
        send_invitation(samone, GUEST, by=theirs, hands_over=False, language="it", now=now + dt.timedelta(hours=2))
    send_invitation(samone, GUEST, by=theirs, hands_over=False, language="it", now=now + dt.timedelta(hours=25))


def test_an_entity_sends_so_many_a_day(host: int, now: dt.datetime) -> None:
    for number in range(MOST_A_DAY):
        send_invitation(entity(AGLIE), f"c{number}@example.org", by=host, hands_over=False, language="it", now=now)
    with pytest.raises(AskedTooOftenError):
        send_invitation(entity(AGLIE), "ancora@example.org", by=host, hands_over=False, language="it", now=now)
    assert len(queued()) == MOST_A_DAY


def test_an_address_that_cannot_be_written_to_is_no_invitation(host: int, now: dt.datetime) -> None:
    with pytest.raises(UnfitMessageError):
        send_invitation(entity(AGLIE), "a@b.it\r\nBcc: c@d.it", by=host, hands_over=False, language="it", now=now)
    assert pending_invitations(entity(AGLIE).id) == []


def test_a_reset_and_a_new_password_end_what_is_pending(host: int, now: dt.datetime) -> None:
    first = invited(host, now)
    reset_login(AGLIE, actor="test", now=now)
    with pytest.raises(DeadLinkError):
        invited_by_link(first.token, now)
    later = now + dt.timedelta(minutes=3)
    second = invited(host, later)
    activate(AGLIE, later)
    assert token_for(AGLIE, later) != second.token
    with pytest.raises(DeadLinkError):
        invited_by_link(second.token, later)


def test_an_entity_that_has_ended_invites_nobody(host: int, now: dt.datetime) -> None:
    token = invited(host, now).token
    db.session.execute(sa.update(Entity).where(Entity.code == AGLIE).values(valid_to=dt.date(2026, 1, 1)))
    with pytest.raises(DeadLinkError):
        invited_by_link(token, now)


def test_while_a_login_is_suspended_no_link_goes_out_and_none_verifies(host: int, now: dt.datetime) -> None:
    activate(AGLIE, now)
    send_verification(entity(AGLIE), host, language="it", now=now)
    before = claim(now)[-1]
    later = now + dt.timedelta(hours=1)
    send_invitation(entity(AGLIE), GUEST, by=host, hands_over=False, language="it", now=later)
    suspend_login(entity(AGLIE), reason="un estraneo", actor="staff:1", now=later)
    assert [one.reason for one in claim(later)] == ["the invitation has ended"]
    with pytest.raises(DeadLinkError):
        verify_address(before.token, later)
    lift_suspension(entity(AGLIE), actor="staff:1", now=later)
    verify_address(before.token, later)
    assert shown() == ["Operatore A"]
