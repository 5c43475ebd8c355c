"""Many messages at once: each is queued as one would be, none twice, all or none."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.mail.messages import UnfitMessageError
from app.mail.models import Delivery
from app.mail.outbox import Message, queue_message
from app.mail.queueing import queue_all
from tests.conftest import START

pytestmark = pytest.mark.usefixtures("db_session")
ONE = Message("extension", "entity:1", "a@example.org", "it", "Proroga", "Testo", "k0")
MANY = [replace(ONE, dedupe_key=f"k{number}", reference=f"entity:{number}") for number in range(1_100)]


def stored() -> list[Delivery]:
    return list(db.session.execute(sa.select(Delivery).order_by(Delivery.id)).scalars())


def test_each_is_a_row_of_its_own_as_if_it_had_been_queued_alone() -> None:
    assert queue_all(MANY, START) == 1_100
    assert queue_message(replace(ONE, dedupe_key="alone"), START)
    rows = stored()
    assert len({row.message_id for row in rows} - {None}) == 1_101
    assert {(row.state, row.attempts, row.not_before) for row in rows} == {("queued", 0, START)}


def test_what_is_known_is_not_queued_again() -> None:
    queue_message(MANY[3], START)
    assert queue_all(MANY, START) == 1_099
    assert queue_all(MANY, START) == 0
    assert queue_all([], START) == 0


def test_one_that_cannot_travel_stops_them_all() -> None:
    with pytest.raises(UnfitMessageError):
        queue_all([*MANY, replace(ONE, recipient="two@example.org, three@example.org")], START)
    assert stored() == []
