"""Requests for access: put before the desk once, handled once, and kept out of log and audit."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.rations import AskedTooOftenError
from app.accounts.requests import (
    RequestRow,
    UnknownRequestError,
    add_access_request,
    count_open_requests,
    handle_request,
    open_requests,
)
from app.accounts.throttle import TooManyAttemptsError
from app.audit.models import AuditEntry
from app.extensions import db
from tests.accounts.few import AGLIE, SAMONE_TO, entity

pytestmark = pytest.mark.usefixtures("few")


def ask(now: dt.datetime, *, code: str = AGLIE, network: str = "192.0.2.1", **changed: str) -> int:
    given = {"name": "Operatore A", "office": "Anagrafe", "email": "a@example.org", "phone": "055 1", "note": "Nulla"}
    return add_access_request(entity(code), **(given | changed), network=network, now=now)


def test_requests_wait_oldest_first(now: dt.datetime) -> None:
    later = ask(now + dt.timedelta(hours=1))
    first = ask(now, code=SAMONE_TO)
    assert [row.id for row in open_requests()] == [first, later]
    assert [row.id for row in open_requests(1, 1)] == [later]
    assert count_open_requests() == 2
    assert open_requests()[1] == RequestRow(
        later, AGLIE, "Agliè (TO)", "Operatore A", "Anagrafe", "a@example.org", "055 1", "Nulla", now + dt.timedelta(hours=1)
    )


def test_the_same_person_asking_again_is_one_request_and_keeps_the_first_words(
    now: dt.datetime,
) -> None:
    first = ask(now)
    assert ask(now + dt.timedelta(minutes=1), email="A@example.org", note="Ancora nulla", phone="") == first
    assert [(row.note, row.phone, row.created_at) for row in open_requests()] == [("Nulla", "055 1", now)]
    now += dt.timedelta(minutes=1)
    assert ask(now, name="Operatore B") != first
    assert ask(now, code=SAMONE_TO) != first


def test_a_request_is_handled_once(now: dt.datetime) -> None:
    request = ask(now)
    handle_request(request, outcome="answered", handled_by="staff:7", now=now)
    assert open_requests() == []
    for unknown in (request, request + 1):
        with pytest.raises(UnknownRequestError):
            handle_request(unknown, outcome="refused", handled_by="staff:7", now=now)
    assert ask(now) != request, "whoever asks again after an answer asks anew"
    with pytest.raises(ValueError, match="not 'lost'"):
        handle_request(request + 1, outcome="lost", handled_by="staff:7", now=now)


def test_an_entity_and_a_network_may_ask_so_often_and_no_more(now: dt.datetime) -> None:
    for number in range(10):
        ask(now, name=f"Operatore {number}", network=f"192.0.2.{number}")
    with pytest.raises(AskedTooOftenError):
        ask(now, name="Operatore A", network="192.0.2.99")
    ask(now, name="Operatore 3", network="192.0.2.99")
    for number in range(20):
        ask(now, code=SAMONE_TO, network="198.51.100.7", name=f"Operatore {number % 5}")
    with pytest.raises(TooManyAttemptsError):
        ask(now, code=SAMONE_TO, network="198.51.100.7")
    assert count_open_requests() == 15


def test_nothing_personal_stands_in_the_audit(now: dt.datetime) -> None:
    request = ask(now)
    handle_request(request, outcome="refused", handled_by="staff:7", now=now)
    entries = db.session.execute(sa.select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).scalars().all()
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("access_request_handled", f"access_request:{request}"),
        ("access_requested", f"entity:{AGLIE}"),
    ]
    told = "".join(entry.detail + entry.actor for entry in entries)
    assert not [word for word in ("Operatore", "Anagrafe", "example.org", "055") if word in told]
