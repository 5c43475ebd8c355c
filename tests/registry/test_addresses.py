"""Which address gets what, and changes that somebody has to confirm."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Suppression
from app.registry import addresses
from app.registry.addresses import (
    add_address,
    addresses_of,
    decide_change,
    end_address,
    masked,
    propose_change,
    purpose_label,
    read_email,
    waiting_changes,
    withdraw_change,
)
from app.registry.models import PURPOSES
from app.registry.recipients import RECIPIENTS, UnknownMessageError, recipients_for, recipients_of
from tests.registry.rows import add_contact, add_entity

pytestmark = pytest.mark.usefixtures("db_session")
AT = dt.datetime(2026, 3, 16, tzinfo=dt.UTC)
OFFICES = ("social_services", "registry_office", "mayor", "other", "pec")


@pytest.fixture
def village(db_session: object) -> int:
    return add_entity("1", "Borgo")


@pytest.mark.parametrize("message", ["activation", "sign_in", "reset"])
def test_the_office_that_knows_comes_first_and_certified_mail_last(village: int, message: str) -> None:
    ids = {purpose: add_contact(village, purpose, f"{purpose}@example.org") for purpose in reversed(OFFICES)}
    for position, purpose in enumerate(OFFICES):
        assert recipients_of(village, message, AT) == [f"{purpose}@example.org"], position
        end_address(village, ids[purpose], actor="command", now=AT)
    assert recipients_of(village, message, AT) == []


@pytest.mark.parametrize("message", ["receipt", "reopening"])
def test_a_receipt_goes_to_the_registry_office_as_well(village: int, message: str) -> None:
    for purpose in OFFICES:
        add_contact(village, purpose, f"{purpose}@example.org")
    assert recipients_of(village, message) == ["social_services@example.org", "registry_office@example.org"]


@pytest.mark.parametrize("message", RECIPIENTS)
def test_an_address_that_a_server_called_bad_gets_nothing(village: int, message: str, now: dt.datetime) -> None:
    add_contact(village, "social_services", "gone@example.org")
    add_contact(village, "registry_office", "past@example.org", ended=True)
    add_contact(village, "pec", "pec@example.org")
    db.session.execute(sa.insert(Suppression).values(email="Gone@Example.org", reply="550", at=now))
    db.session.commit()
    assert recipients_of(village, message, now) == ["pec@example.org"]


def test_an_address_written_twice_gets_one_message_and_nobody_gets_anothers(village: int) -> None:
    other = add_entity("2", "Altro")
    add_contact(village, "social_services", "same@example.org")
    add_contact(village, "registry_office", "same@example.org")
    add_contact(other, "mayor", "other@example.org")
    assert recipients_for([village, other], "receipt") == {village: ["same@example.org"], other: ["other@example.org"]}
    with pytest.raises(UnknownMessageError):
        recipients_of(village, "greeting")


def test_masked_addresses_tell_the_office_and_not_the_name() -> None:
    assert masked("segreteria@comune.example.it") == "se***@comune.example.it"
    assert masked("ab@example.org") == "a***@example.org"


def test_addresses_are_kept_in_small_letters_and_once(village: int, now: dt.datetime) -> None:
    added = add_address(village, purpose="mayor", email=" Sindaco@Example.ORG ", source="desk", actor="staff:1", now=now)
    assert [(row.id, row.purpose, row.email, row.source, row.created_at) for row in addresses_of(village)] == [
        (added, "mayor", "sindaco@example.org", "desk", now)
    ]
    with pytest.raises(addresses.AlreadyRegisteredError):
        add_address(village, purpose="mayor", email="sindaco@example.org", source="desk", actor="staff:1", now=now)
    with pytest.raises(addresses.UnknownPurposeError):
        add_address(village, purpose="fax", email="sindaco@example.org", source="desk", actor="staff:1", now=now)
    end_address(village, added, actor="staff:1", now=now)
    assert addresses_of(village) == []
    with pytest.raises(addresses.UnknownAddressError):
        end_address(village, added, actor="staff:1", now=now)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "a@localhost",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "à@example.org",
        "a@x.it\x00",
        f"{'a' * 65}@example.org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(addresses.UnfitAddressError):
        read_email(text)


def test_a_proposal_holds_once_it_is_confirmed(village: int, now: dt.datetime) -> None:
    old = add_contact(village, "registry_office", "old@example.org")
    asked = {"purpose": "registry_office", "replaces_id": old, "proposed_by": "operator:7", "now": now}
    change = propose_change(village, email="New@example.org", **asked)
    assert propose_change(village, email="new@example.org", **asked) == change
    assert [row.email for row in addresses_of(village)] == ["old@example.org"]
    (waiting,) = waiting_changes()
    assert (waiting.entity_code, waiting.email, waiting.replaces_email) == ("1", "new@example.org", "old@example.org")
    decide_change(change, agrees=True, decided_by="staff:1", now=now)
    assert [(row.email, row.source) for row in addresses_of(village)] == [("new@example.org", "entity")]
    assert waiting_changes() == []
    with pytest.raises(addresses.UnknownChangeError):
        decide_change(change, agrees=False, decided_by="staff:1", now=now)


def test_a_refused_or_withdrawn_proposal_changes_nothing(village: int, now: dt.datetime) -> None:
    other = add_entity("2", "Altro")
    old = add_contact(village, "mayor", "old@example.org")
    ending = propose_change(village, purpose="mayor", email="", replaces_id=old, proposed_by="operator:7", now=now)
    adding = propose_change(
        village, purpose="pec", email="pec@example.org", replaces_id=None, proposed_by="operator:7", now=now
    )
    assert [row.id for row in waiting_changes(village)] == [ending, adding]
    assert waiting_changes(other) == []
    decide_change(ending, agrees=False, decided_by="staff:1", now=now)
    with pytest.raises(addresses.UnknownChangeError):
        withdraw_change(other, adding, now)
    withdraw_change(village, adding, now)
    with pytest.raises(addresses.UnknownChangeError):
        withdraw_change(village, adding, now)
    assert [row.email for row in addresses_of(village)] == ["old@example.org"]


def test_an_ending_that_is_confirmed_ends_the_address(village: int, now: dt.datetime) -> None:
    old = add_contact(village, "mayor", "old@example.org")
    ending = propose_change(village, purpose="mayor", email="", replaces_id=old, proposed_by="operator:7", now=now)
    decide_change(ending, agrees=True, decided_by="staff:1", now=now)
    assert addresses_of(village) == []


def test_proposals_that_cannot_hold_are_refused(village: int, now: dt.datetime) -> None:
    foreign = add_contact(add_entity("2", "Altro"), "mayor", "foreign@example.org")
    add_contact(village, "mayor", "own@example.org")
    asked = {"purpose": "mayor", "proposed_by": "operator:7", "now": now}
    with pytest.raises(addresses.UnknownAddressError):
        propose_change(village, email="new@example.org", replaces_id=foreign, **asked)
    with pytest.raises(addresses.AlreadyRegisteredError):
        propose_change(village, email="own@example.org", replaces_id=None, **asked)
    with pytest.raises(addresses.UnfitAddressError):
        propose_change(village, email=" ", replaces_id=None, **asked)
    for number in range(addresses.MOST_WAITING):
        propose_change(village, email=f"n{number}@example.org", replaces_id=None, **asked)
    with pytest.raises(addresses.TooManyChangesError):
        propose_change(village, email="more@example.org", replaces_id=None, **asked)
    assert len(waiting_changes(village)) == addresses.MOST_WAITING


def test_the_audit_tells_ids_and_no_address(village: int, now: dt.datetime) -> None:
    added = add_address(village, purpose="mayor", email="secret@example.org", source="desk", actor="staff:1", now=now)
    change = propose_change(
        village, purpose="mayor", email="hidden@example.org", replaces_id=added, proposed_by="operator:7", now=now
    )
    decide_change(change, agrees=True, decided_by="staff:1", now=now)
    entries = db.session.execute(
        sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.detail).order_by(AuditEntry.number)
    )
    told = [(row.action, row.subject, json.loads(row.detail)) for row in entries]
    assert [action for action, _, _ in told] == ["address_added", "address_change_proposed", "address_change_decided"]
    assert {subject for _, subject, _ in told} == {"entity:1"}
    assert "example.org" not in repr(told)


def test_every_purpose_has_a_name(app: Flask) -> None:
    with app.test_request_context():
        assert len({purpose_label(purpose) for purpose in PURPOSES}) == len(PURPOSES)
