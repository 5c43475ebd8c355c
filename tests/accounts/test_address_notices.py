"""Who is told of a changed address: the one that was replaced and the certified one, of an addition who read until then."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.address_notices import change_address, decide_proposal
from app.audit.models import AuditEntry
from app.extensions import db
from app.registry.address_book import count_waiting_changes, ended_addresses
from app.registry.addresses import (
    AlreadyRegisteredError,
    UnfitAddressError,
    UnknownAddressError,
    UnknownChangeError,
    addresses_of,
    propose_change,
)
from tests.accounts.few import AGLIE, SAMONE_TO, entity
from tests.accounts.mailbox import OFFICE, queued, register

pytestmark = pytest.mark.usefixtures("few")
PEC = "comune@pec.example.org"
NEW = "sociale@comune.example.org"


def address_id(email: str) -> int:
    return next(row.id for row in addresses_of(entity(AGLIE).id) if row.email == email)


def change(ends: int | None, email: str, now: dt.datetime, purpose: str = "registry_office") -> list[str]:
    return change_address(entity(AGLIE), ends=ends, purpose=purpose, email=email, actor="staff:7", now=now)


def in_use() -> list[str]:
    return [row.email for row in addresses_of(entity(AGLIE).id)]


def test_the_old_address_and_the_certified_one_are_told_of_a_replacement(now: dt.datetime) -> None:
    register(AGLIE)
    register(AGLIE, PEC, "pec")
    assert change(address_id(OFFICE), NEW, now) == [OFFICE, PEC]
    assert in_use() == [PEC, NEW]
    sent = queued()
    assert [(one.kind, one.recipient) for one in sent] == [("address_changed", OFFICE), ("address_changed", PEC)]
    assert NEW not in sent[0].text + (sent[0].html or "")
    assert "so***@comune.example.org" in sent[0].text
    entry = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action == "address_changed")).scalar_one()
    assert (entry.actor, entry.subject) == ("staff:7", f"entity:{AGLIE}")
    assert "@" not in entry.detail


def test_of_an_addition_those_are_told_who_got_the_links_until_then(now: dt.datetime) -> None:
    register(AGLIE)
    assert change(None, NEW, now, "social_services") == [OFFICE]
    assert change(None, PEC, now, "pec") == [NEW]


def test_an_ended_address_is_told_and_can_be_taken_back(now: dt.datetime) -> None:
    register(AGLIE)
    assert change(address_id(OFFICE), "", now) == [OFFICE]
    (ended,) = ended_addresses(entity(AGLIE).id)
    assert (ended.email, ended.again, in_use()) == (OFFICE, False, [])
    assert change(None, ended.email, now + dt.timedelta(minutes=1), ended.purpose) == []
    assert in_use() == [OFFICE]
    assert [row.again for row in ended_addresses(entity(AGLIE).id)] == [True]


def test_what_is_wrong_changes_nothing_and_tells_nobody(now: dt.datetime) -> None:
    register(AGLIE)
    register(SAMONE_TO, "altri@example.org")
    foreign = addresses_of(entity(SAMONE_TO).id)[0].id
    for ends, email, refusal in (
        (None, OFFICE, AlreadyRegisteredError),
        (None, "non un indirizzo", UnfitAddressError),
        (foreign, NEW, UnknownAddressError),
        (foreign, "", UnknownAddressError),
    ):
        with pytest.raises(refusal):
            change(ends, email, now)
    assert (in_use(), queued()) == ([OFFICE], [])
    assert len(addresses_of(entity(SAMONE_TO).id)) == 1


def test_a_confirmed_proposal_holds_and_the_old_address_is_told(now: dt.datetime) -> None:
    register(AGLIE)
    proposal = {"purpose": "registry_office", "replaces_id": address_id(OFFICE), "proposed_by": "operator:1"}
    number = propose_change(entity(AGLIE).id, email=NEW, **proposal, now=now)
    assert count_waiting_changes() == 1
    row, told = decide_proposal(number, agrees=True, actor="staff:7", now=now)
    assert (row.email, told, in_use(), count_waiting_changes()) == (NEW, [OFFICE], [NEW], 0)
    with pytest.raises(UnknownChangeError):
        decide_proposal(number, agrees=True, actor="staff:7", now=now)


def test_a_refused_proposal_changes_nothing_and_tells_nobody(now: dt.datetime) -> None:
    register(AGLIE)
    number = propose_change(entity(AGLIE).id, purpose="mayor", email=NEW, replaces_id=None, proposed_by="operator:1", now=now)
    assert decide_proposal(number, agrees=False, actor="staff:7", now=now)[1] == []
    assert (in_use(), queued()) == ([OFFICE], [])
