"""What a person decides about deliveries: of unknown fate it arrived or goes again, a bad address is good again."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.deciding import (
    NotSuppressedError,
    UnknownDeliveryError,
    allow_address,
    count_suppressed,
    decide_unknown,
    list_deliveries,
    suppressed_addresses,
)
from app.mail.groups import GroupEndedError, cancel_group, open_group
from app.mail.models import Delivery
from app.mail.outbox import queue_message
from app.mail.suppressions import suppress
from tests.mail.conftest import message
from tests.mail.suppressed import is_suppressed

pytestmark = pytest.mark.usefixtures("db_session")


def delivery(number: int, state: str, now: dt.datetime) -> int:
    queue_message(message(number), now)
    changed = sa.update(Delivery).where(Delivery.reference == f"entity:{number}")
    found = db.session.execute(changed.values(state=state, claim_token="a", attempts=1).returning(Delivery.id)).scalar_one()
    db.session.commit()
    return found


def row(delivery_id: int) -> tuple[str, str | None, str | None, int]:
    query = sa.select(Delivery.state, Delivery.claim_token, Delivery.message_id, Delivery.attempts)
    return tuple(db.session.execute(query.where(Delivery.id == delivery_id)).one())


def test_sent_again_it_keeps_its_message_id(now: dt.datetime) -> None:
    lost = delivery(1, "unknown", now)
    before = row(lost)[2]
    assert decide_unknown(lost, arrived=False, actor="staff:7", now=now) == "queued"
    assert row(lost) == ("queued", None, before, 1)
    entry = db.session.execute(sa.select(AuditEntry)).scalar_one()
    assert (entry.action, entry.actor, entry.subject) == ("delivery_decided", "staff:7", f"delivery:{lost}")


def test_what_arrived_is_never_sent_again_and_is_decided_once(now: dt.datetime) -> None:
    lost = delivery(1, "unknown", now)
    assert decide_unknown(lost, arrived=True, actor="staff:7", now=now) == "accepted"
    with pytest.raises(UnknownDeliveryError):
        decide_unknown(lost, arrived=False, actor="staff:7", now=now)
    assert row(lost)[0] == "accepted"


@pytest.mark.parametrize("state", ["queued", "claimed", "data", "accepted", "failed", "cancelled", "retry_wait"])
def test_nothing_is_decided_of_what_is_known(state: str, now: dt.datetime) -> None:
    known = delivery(1, state, now)
    with pytest.raises(UnknownDeliveryError):
        decide_unknown(known, arrived=False, actor="staff:7", now=now)
    assert row(known)[0] == state


def test_deliveries_are_listed_by_state_the_last_one_first(now: dt.datetime) -> None:
    first, other, last = delivery(1, "unknown", now), delivery(2, "failed", now), delivery(3, "unknown", now)
    assert [one.id for one in list_deliveries(["unknown"])] == [last, first]
    assert [one.id for one in list_deliveries(["unknown", "failed"], limit=1, offset=1)] == [other]


def test_an_address_that_is_good_again_is_written_to(now: dt.datetime) -> None:
    suppress("ufficio1@example.org", "550 no such user", now)
    db.session.commit()
    assert [(one.email, one.reply) for one in suppressed_addresses()] == [("ufficio1@example.org", "550 no such user")]
    allow_address("Ufficio1@example.org", actor="staff:7", now=now)
    assert (is_suppressed("ufficio1@example.org"), count_suppressed()) == (False, 0)
    with pytest.raises(NotSuppressedError):
        allow_address("ufficio1@example.org", actor="staff:7", now=now)
    assert "ufficio1" not in str(db.session.execute(sa.select(AuditEntry.detail, AuditEntry.subject)).all())


def test_a_message_of_a_cancelled_group_goes_no_more(now: dt.datetime) -> None:
    lost = delivery(1, "unknown", now)
    group = open_group("Primo", 400, now, working_hours=False)
    db.session.execute(sa.update(Delivery).where(Delivery.id == lost).values(group_id=group))
    cancel_group(group, "enough", now)
    db.session.commit()
    with pytest.raises(GroupEndedError):
        decide_unknown(lost, arrived=False, actor="staff:7", now=now)
    assert row(lost)[0] == "unknown"
    assert decide_unknown(lost, arrived=True, actor="staff:7", now=now) == "accepted"
