"""Workers that are killed, that run side by side, and whose database goes away: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import Tally, queue_message
from tests.databases import Databases
from tests.mail.conftest import message
from tests.mail.workers import SECONDS, Start
from tests.smtp_server import Latch, SmtpServer

MESSAGES = 40


def _queue(app: Flask, count: int) -> None:
    real_now = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    with app.app_context():
        for number in range(1, count + 1):
            queue_message(message(number), real_now)
        db.session.commit()


def _states(app: Flask) -> Counter[str]:
    with app.app_context():
        return Counter(db.session.scalars(sa.select(Delivery.state).order_by(Delivery.id)))


def _end_leases(app: Flask) -> None:
    """As if the minutes of a lease had passed."""
    with app.app_context():
        past = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        db.session.execute(sa.update(Delivery).where(Delivery.lease_until.is_not(None)).values(lease_until=past))
        db.session.commit()


def test_a_worker_killed_at_any_moment_loses_nothing_and_doubles_nothing(app: Flask, server: SmtpServer, start: Start) -> None:
    _queue(app, MESSAGES)
    unknown = 0
    for phase in ("rcpt", "data", "end"):
        before = Counter(server.recipients())
        worker = start("deliver", "--once")
        server.at = Latch(phase, 3, worker.kill)
        worker.communicate(timeout=SECONDS)
        server.at = None
        states = _states(app)
        assert (states["data"], states["claimed"] > 0) == (1, True), phase
        unknown += 1
        assert sum((Counter(server.recipients()) - before).values()) >= 2
        _end_leases(app)
    ended = start("deliver", "--once")
    said, problems = ended.communicate(timeout=SECONDS)
    assert ended.returncode == 0, problems
    assert "sent" in said
    assert _states(app) == {"accepted": MESSAGES - unknown, "unknown": unknown}
    assert max(Counter(server.recipients()).values()) == 1
    assert MESSAGES - unknown <= len(server.taken) <= MESSAGES


def test_two_workers_at_once_send_each_message_once(app: Flask, server: SmtpServer, start: Start) -> None:
    _queue(app, 80)
    server.together = 2
    workers = [start("deliver", "--once", patience=30) for _ in range(2)]  # the first one waits for the other to begin
    for worker in workers:
        _, problems = worker.communicate(timeout=SECONDS)
        assert worker.returncode == 0, problems
    assert Counter(server.recipients()) == Counter(f"ufficio{number}@example.org" for number in range(1, 81))
    assert _states(app) == {"accepted": 80}
    assert server.connections >= 2


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize("phase", ["rcpt", "body", "end"])
def test_a_database_that_restarts_while_the_server_speaks_does_not_cost_its_last_word(
    databases: Databases, server: SmtpServer, queue: Callable[..., list[int]], run: Callable[..., Tally], phase: str
) -> None:
    queue(3)
    name = db.engine.url.database

    def restart(reached: str) -> None:
        if reached == phase and len(server.taken) == 1 and server.seen.count("restarted") == 0:
            server.seen.append("restarted")
            _away_for_a_moment(databases, str(name))

    server.at = restart
    tally = run()
    assert (tally.accepted, tally.unknown, server.seen.count("restarted")) == (3, 0, 1)
    assert len(server.taken) == 3


def _away_for_a_moment(databases: Databases, name: str) -> None:
    """All connections end; the server itself, which other tests share, stays."""
    plain = databases.server.address.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
