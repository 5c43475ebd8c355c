"""Queueing: once for a key, in the caller's transaction, nothing that could add a header; and reading back for pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import counts_by_state, deliveries_of, queue_message
from tests.conftest import Clock
from tests.mail.conftest import message

pytestmark = pytest.mark.usefixtures("db_session")


def test_a_message_is_queued_once_for_a_key(now: dt.datetime) -> None:
    assert queue_message(message(), now) is True
    assert queue_message(message(subject="Un altro testo"), now) is False
    db.session.commit()
    assert [(row.subject, row.state) for row in deliveries_of("entity:1")] == [("Avviso n. 1", "queued")]


def test_it_is_there_only_if_the_caller_commits(now: dt.datetime) -> None:
    queue_message(message(), now)
    db.session.rollback()
    assert deliveries_of("entity:1") == []
    assert queue_message(message(), now) is True


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "ufficio@example.org\r\nBcc: tutti@example.org"},
        {"recipient": "ufficio@example.org\n"},
        {"recipient": "uno@example.org, due@example.org"},
        {"recipient": "Ufficio <uno@example.org>"},
        {"recipient": "uno@example.org> NOTIFY=NEVER"},
        {"recipient": "nessuna chiocciola"},
        {"recipient": "a" * 250 + "@example.org"},
        {"recipient": ""},
        {"subject": "Avviso\r\nBcc: tutti@example.org"},
        {"subject": "Avviso\nX: y"},
        {"subject": "Avviso\u2028X: y"},
        {"subject": "Avviso\x00"},
        {"subject": " "},
        {"subject": "x" * 301},
        {"kind": ""},
        {"dedupe_key": "x" * 121},
        {"reference": "entity:1\nentity:2"},
        {"text": "nul\x00"},
    ],
)
def test_what_cannot_travel_is_refused_and_not_quoted(now: dt.datetime, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"should be|holds a NUL") as refusal:
        queue_message(message(**changes), now)
    assert "example.org" not in str(refusal.value)
    assert deliveries_of("entity:1") == []


@pytest.mark.parametrize(
    ("base_url", "host"),
    [("https://ricognizione.example.it", "ricognizione.example.it"), ("http://127.0.0.1:8000", "localhost")],
)
def test_the_message_id_is_the_rows_own_under_the_sites_host(
    make_app: Callable[..., Flask], now: dt.datetime, base_url: str, host: str
) -> None:
    with make_app(base_url=base_url).app_context():
        for number in (1, 2):
            queue_message(message(number), now)
        db.session.commit()
        rows = db.session.execute(sa.select(Delivery.id, Delivery.message_id).order_by(Delivery.id)).all()
    assert [row.message_id.partition(".")[0] for row in rows] == [f"<{row.id}" for row in rows]
    assert all(row.message_id.endswith(f"@{host}>") for row in rows)
    assert len({row.message_id for row in rows}) == 2


def test_the_same_row_number_in_another_database_has_another_message_id(now: dt.datetime) -> None:
    queue_message(message(1), now)
    first = db.session.scalar(sa.select(Delivery.message_id))
    db.session.rollback()
    queue_message(message(2), now)
    assert db.session.scalar(sa.select(Delivery.message_id)) != first


def test_deliveries_of_a_reference_come_newest_first_and_are_nobody_elses(clock: Clock) -> None:
    for number in (1, 2, 3):
        queue_message(message(1, dedupe_key=f"key/{number}", subject=f"Avviso n. {number}"), clock())
        queue_message(message(10 + number), clock())
        clock.move(minutes=1)
    assert [row.subject for row in deliveries_of("entity:1")] == ["Avviso n. 3", "Avviso n. 2", "Avviso n. 1"]
    assert [row.subject for row in deliveries_of("entity:1", limit=1)] == ["Avviso n. 3"]


def test_counts_name_every_state(clock: Clock) -> None:
    for number in (1, 2):
        queue_message(message(number), clock())
    assert counts_by_state() == {
        **{"queued": 2, "claimed": 0, "data": 0, "accepted": 0, "delivered": 0, "bounced": 0},
        **{"retry_wait": 0, "failed": 0, "unknown": 0, "cancelled": 0},
    }
