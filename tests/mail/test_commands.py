"""`flask mail`: once, as a service that ends when told, how the outbox stands, and an address that is allowed again."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import queue_message
from app.mail.suppressions import suppress
from tests.databases import Databases
from tests.mail.conftest import message, smtp_settings
from tests.mail.workers import SECONDS, Start
from tests.smtp_server import SmtpServer

Queue = Callable[..., list[int]]


def _flask(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["mail", *arguments])


def test_once_sends_what_is_due_and_says_so(app: Flask, server: SmtpServer, queue: Queue) -> None:
    queue(45)
    ended = _flask(app, "deliver", "--once")
    assert (ended.exit_code, ended.output.splitlines()[-1]) == (0, "45 sent")
    assert (len(server.taken), server.connections) == (45, 1)
    assert _flask(app, "deliver", "--once").output == "nothing was due\n"


def test_once_or_loop_must_be_said(app: Flask, queue: Queue) -> None:
    ended = _flask(app, "deliver")
    assert (ended.exit_code, "say --once or --loop" in ended.output) == (2, True)


def test_once_fails_loudly_where_the_server_lets_nobody_in(app: Flask, server: SmtpServer, queue: Queue) -> None:
    queue(2)
    server.fail("mail", "550 5.7.1 sender refused")
    ended = _flask(app, "deliver", "--once")
    assert ended.exit_code == 1
    assert "1 put back for later" in ended.output
    assert "sending stopped: 550 5.7.1 sender refused" in ended.output
    assert "example.org" not in ended.output


def test_once_without_a_database_says_so(make_app: Callable[..., Flask], server: SmtpServer) -> None:
    app = make_app(**smtp_settings(server, database_url="postgresql://nobody@127.0.0.1:1/none"))
    ended = app.test_cli_runner().invoke(args=["mail", "deliver", "--once"])
    assert (ended.exit_code, "the database does not answer" in ended.output) == (1, True)


def test_without_a_mail_server_messages_become_files(make_app: Callable[..., Flask], now: dt.datetime, tmp_path: Path) -> None:
    app = make_app()
    with app.app_context():
        queue_message(message(), now)
        db.session.commit()
        assert _flask(app, "deliver", "--once").output.splitlines()[-1] == "1 sent"
        assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
        assert f"messages go to files in {tmp_path / 'mail'} (no smtp_host is set)" in _flask(app, "status").output


def test_a_bad_address_is_allowed_again_and_the_deed_recorded_without_it(app: Flask, db_session: Any, now: dt.datetime) -> None:
    suppress("ufficio1@example.org", "550 5.1.1 no such user", now)
    db.session.commit()
    assert _flask(app, "allow", "Ufficio1@example.org").exit_code == 0
    ended = _flask(app, "allow", "ufficio1@example.org")
    assert (ended.exit_code, "nothing is held back" in ended.output) == (1, True)
    entries = db.session.execute(sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.detail)).all()
    assert [tuple(entry) for entry in entries] == [("mail_address_allowed", "mail:suppression", "{}")]


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def _queue_now(app: Flask, *numbers: int) -> None:
    with app.app_context():
        for number in numbers:
            queue_message(message(number), dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))
        db.session.commit()


def _state(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Delivery.state).order_by(Delivery.id)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_loop_sends_what_becomes_due_and_ends_when_told(
    app: Flask, server: SmtpServer, start: Start, number: signal.Signals
) -> None:
    worker = start("deliver", "--loop")
    _queue_now(app, 1)
    _until(lambda: len(server.taken) == 1)
    _queue_now(app, 2)
    _until(lambda: _state(app) == ["accepted"] * 2)
    worker.send_signal(number)
    said, _ = worker.communicate(timeout=10)
    assert worker.returncode == 0
    assert said.splitlines()[-1] == "ended as told; what waits is sent by the next one"


def test_told_to_end_it_finishes_the_message_in_hand_and_gives_the_others_back(
    app: Flask, server: SmtpServer, start: Start
) -> None:
    _queue_now(app, *range(1, 11))
    worker = start("deliver", "--loop")

    def tell(phase: str) -> None:
        if phase == "body":
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.3)

    server.at = tell
    worker.communicate(timeout=SECONDS)
    assert worker.returncode == 0
    assert _state(app) == ["accepted"] + ["queued"] * 9
    assert len(server.taken) == 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_loop_survives_a_database_that_goes_away(
    app: Flask, server: SmtpServer, start: Start, databases: Databases
) -> None:
    worker = start("deliver", "--loop")
    _queue_now(app, 1)
    _until(lambda: _state(app) == ["accepted"])
    with app.app_context():
        name = db.engine.url.database
        db.engine.dispose()
    databases.server.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    databases.server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    problems = worker.stderr
    assert problems is not None
    _until(lambda: "the database does not answer" in problems.readline())
    databases.server.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    _queue_now(app, 2)
    _until(lambda: _state(app) == ["accepted"] * 2)
    worker.terminate()
    worker.communicate(timeout=10)
    assert worker.returncode == 0
