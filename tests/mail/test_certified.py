"""Certified mail: its own server, sender and pace; what happens after DATA never has it sent again by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.config import settings
from app.extensions import db
from app.mail.claiming import claim_due
from app.mail.groups import GroupMessage, open_group, queue_into
from app.mail.health import outbox_health
from app.mail.models import EMAIL, PEC, Delivery, DeliveryGroup
from app.mail.outbox import deliver_due
from app.mail.ways import senders_of, sends_certified
from app.mail.workers import Worker
from tests.conftest import Clock
from tests.mail.conftest import smtp_settings
from tests.smtp_server import ALWAYS, DROP, SmtpServer, smtp_server

CERTIFIED = "rilevazione@pec.example.org"
Settings = Callable[..., Flask]


@pytest.fixture
def certified() -> Iterator[SmtpServer]:
    """The server of the certified provider."""
    with smtp_server() as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], server: SmtpServer, certified: SmtpServer) -> Flask:
    own = {"pec_smtp_host": "127.0.0.1", "pec_smtp_port": certified.port, "pec_smtp_security": "none", "pec_per_minute": 6_000}
    return make_app(
        **smtp_settings(server, mail_reply_to="segreteria@example.org"), **own, pec_sender=f"Rilevazione <{CERTIFIED}>"
    )


def queue(count: int, at: dt.datetime, *, channel: str = PEC, by_hand: bool = False) -> int:
    """A group with that many messages; its id. Commits."""
    group = open_group("Prova", 20_000, at, working_hours=False, by_hand=by_hand)
    messages = [
        GroupMessage(f"entity:{one}", f"p{one}@{channel}.example.org", "Avviso", "Testo.\n", None, f"{channel}/{one}", at)
        for one in range(1, count + 1)
    ]
    queue_into(group, "notice", "it", messages, at, channel=channel)
    db.session.commit()
    return group


@pytest.fixture
def work(db_session: object, clock: Clock) -> Callable[[], Worker]:
    """A worker after a turn on both channels."""

    def one() -> Worker:
        worker = Worker(clock, senders_of(settings()))
        with worker:
            worker.turn(lambda: False)
        return worker

    return one


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Delivery.state).order_by(Delivery.id)))


def paused() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(DeliveryGroup.pause_reason).order_by(DeliveryGroup.id)))


def test_each_channel_goes_through_its_own_server_with_its_own_sender(
    work: Callable[[], Worker], server: SmtpServer, certified: SmtpServer, clock: Clock
) -> None:
    queue(2, clock(), channel=EMAIL)
    queue(2, clock())
    work()
    assert sorted(server.recipients()) == ["p1@email.example.org", "p2@email.example.org"]
    assert sorted(certified.recipients()) == ["p1@pec.example.org", "p2@pec.example.org"]
    taken = certified.taken[0]
    assert (taken.sender, taken.message["From"], taken.message["Reply-To"]) == (CERTIFIED, f"Rilevazione <{CERTIFIED}>", None)
    assert taken.message["X-TipoRicevuta"] == "sintetica"
    stored = db.session.scalars(sa.select(Delivery.message_id).where(Delivery.channel == PEC)).all()
    assert {one.message_id for one in certified.taken} == set(stored)
    ordinary = server.taken[0]
    assert (ordinary.message["X-TipoRicevuta"], ordinary.message["Reply-To"]) == (None, "segreteria@example.org")


@pytest.mark.parametrize(
    ("phase", "answer", "state", "pauses"),
    [
        ("mail", "451 4.7.1 later", "retry_wait", False),
        ("rcpt", "450 4.2.0 greylisted", "retry_wait", False),
        ("rcpt", DROP, "retry_wait", False),
        ("data", "451 4.3.0 later", "unknown", True),
        ("data", "554 5.5.1 no", "failed", True),
        ("data", DROP, "unknown", False),
        ("body", DROP, "unknown", False),
        ("end", "451 4.3.0 later", "unknown", True),
        ("end", "554 5.7.1 quota", "failed", True),
        ("end", "354 what", "unknown", True),
        ("end", DROP, "unknown", False),
    ],
)
def test_what_happens_after_data_never_sends_again(
    work: Callable[[], Worker], certified: SmtpServer, clock: Clock, phase: str, answer: str, state: str, pauses: bool
) -> None:
    queue(1, clock())
    certified.fail(phase, answer)
    work()
    assert states() == [state]
    assert bool(paused()[0]) is pauses
    db.session.execute(sa.update(DeliveryGroup).values(paused_at=None))
    db.session.commit()
    taken = len(certified.taken)
    for _hours in range(60):
        clock.move(hours=1)
        deliver_due(clock, senders_of(settings())[PEC], limit=20, channel=PEC)
    assert len(certified.taken) == taken + (state == "retry_wait")
    assert states() == ["accepted" if state == "retry_wait" else state]


def test_a_quota_that_is_used_up_costs_one_message_and_pauses_the_batch(
    work: Callable[[], Worker], certified: SmtpServer, clock: Clock
) -> None:
    queue(5, clock())
    certified.fail("end", "452 4.5.3 daily quota", ALWAYS)
    work()
    assert states() == ["unknown", "queued", "queued", "queued", "queued"]
    assert paused() == ["server: 452 4.5.3 daily quota"]


def test_a_worker_that_dies_after_data_leaves_it_unknown(
    work: Callable[[], Worker], certified: SmtpServer, clock: Clock
) -> None:
    queue(1, clock())
    values = {"state": "data", "claim_token": "x", "lease_until": clock() - dt.timedelta(seconds=1)}
    db.session.execute(sa.update(Delivery).values(**values))
    db.session.commit()
    work()
    assert (states(), certified.taken) == (["unknown"], [])


def test_certified_mail_has_a_pace_of_its_own(make_app: Callable[..., Flask], server: SmtpServer, clock: Clock) -> None:
    with make_app(**smtp_settings(server, mail_per_minute=600), pec_per_minute=20).app_context():
        queue(40, clock())
        queue(40, clock(), channel=EMAIL)
        claimed = 0
        for _second in range(60):
            claimed += len(claim_due("a", 100, clock(), channel=PEC))
            clock.move(seconds=1)
        assert 15 <= claimed <= 20
        assert len(claim_due("b", 100, clock(), channel=EMAIL)) == 40


def test_without_its_server_certified_mail_waits_and_never_takes_the_ordinary_one(
    make_app: Callable[..., Flask], server: SmtpServer, clock: Clock
) -> None:
    with make_app(**smtp_settings(server)).app_context():
        queue(1, clock())
        assert not sends_certified(settings())
        with Worker(clock, senders_of(settings())) as worker:
            assert worker.turn(lambda: False).claimed == 0
        assert (states(), server.taken) == (["queued"], [])


def test_on_a_local_site_without_servers_it_becomes_files(make_app: Callable[..., Flask], clock: Clock) -> None:
    with make_app().app_context():
        queue(1, clock())
        assert sends_certified(settings())
        with Worker(clock, senders_of(settings())) as worker:
            assert worker.turn(lambda: False).accepted == 1
        assert len(list((settings().instance_path / "mail").glob("*.eml"))) == 1


def test_what_is_sent_by_hand_is_never_claimed(db_session: object, certified: SmtpServer, clock: Clock) -> None:
    queue(2, clock(), by_hand=True)
    for _day in range(5):
        clock.move(days=1)
        deliver_due(clock, senders_of(settings())[PEC], limit=20, channel=PEC)
    assert (states(), certified.taken, outbox_health(clock()).oldest_due) == (["queued", "queued"], [], None)


def test_a_channel_whose_server_is_away_does_not_hold_up_the_other(
    db_session: object, server: SmtpServer, certified: SmtpServer, clock: Clock
) -> None:
    certified.fail("connect", "421 4.3.2 busy", ALWAYS)
    queue(1, clock())
    queue(30, clock(), channel=EMAIL)
    with Worker(clock, senders_of(settings())) as worker:
        first = worker.turn(lambda: False)
        assert (first.stopped, first.accepted, set(worker.resting)) == ("", 20, {PEC})
        attempts = certified.connections
        worker.turn(lambda: False)
        assert (len(server.taken), certified.connections) == (30, attempts)
