"""A real mail server, an application that sends through it, and messages to send."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.config import settings
from app.extensions import db
from app.mail import delivering, hooks
from app.mail.models import Delivery
from app.mail.outbox import Message, Tally, deliver_due, queue_message
from app.mail.smtp import SmtpSender
from tests.conftest import Clock
from tests.mail.workers import SECONDS, Start, start_worker
from tests.smtp_server import SmtpServer, smtp_server

SENDER = "ricognizione@example.org"


def message(number: int = 1, **changes: Any) -> Message:
    """A message to the office with this number."""
    given = {
        "kind": "notice",
        "reference": f"entity:{number}",
        "recipient": f"ufficio{number}@example.org",
        "language": "it",
        "subject": f"Avviso n. {number}",
        "text": "Buongiorno.\n\n.una riga che comincia con un punto\nPerché sì: così è più chiaro.\n",
        "dedupe_key": f"notice/{number}",
    }
    return Message(**{**given, **changes})


def smtp_settings(server: SmtpServer, **more: Any) -> dict[str, Any]:
    """The settings that send through this server."""
    plain = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", "smtp_sender": SENDER}
    return {**plain, "smtp_timeout_seconds": 10, "mail_domain_per_minute": 0, **more}


@pytest.fixture(autouse=True)
def few_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hooks that a test registers end with it; the program's own stay out of its way."""
    monkeypatch.setattr(hooks, "_hooks", {})


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "DATABASE_WAITS", (0.05,) * 40)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], server: SmtpServer) -> Flask:
    """The application, on both databases, sending through `server`."""
    return make_app(**smtp_settings(server))


@pytest.fixture
def start(app: Flask, database_url: str, tmp_path: Path, server: SmtpServer) -> Iterator[Start]:
    """Starts a worker, which waits `patience` seconds for the server; whatever still runs at the end is killed."""
    started = []

    def begin(*arguments: str, patience: int = 10) -> subprocess.Popen[str]:
        given = smtp_settings(server, smtp_timeout_seconds=patience)
        started.append(start_worker(database_url, tmp_path, given, *arguments))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=SECONDS)


@pytest.fixture
def queue(db_session: object, now: dt.datetime) -> Callable[..., list[int]]:
    """Queues that many messages and gives their ids: `queue(3)`, `queue(1, kind="reset")`."""

    def put(count: int = 1, **changes: Any) -> list[int]:
        before = set(db.session.scalars(sa.select(Delivery.id)))
        for number in range(1, count + 1):
            queue_message(message(number, **changes), now)
        db.session.commit()
        ids = db.session.scalars(sa.select(Delivery.id).order_by(Delivery.id)).all()
        db.session.commit()
        return [each for each in ids if each not in before]

    return put


@pytest.fixture
def run(db_session: object, clock: Clock) -> Callable[..., Tally]:
    """Runs once over what is due, on a connection of its own."""

    def deliver(limit: int = 20, **more: Any) -> Tally:
        sender = SmtpSender(settings())
        try:
            return deliver_due(clock, sender, limit=limit, **more)
        finally:
            sender.close()

    return deliver


@pytest.fixture
def row(db_session: object) -> Callable[[int], Delivery]:
    """The delivery as it stands in the database."""

    def read(delivery_id: int) -> Delivery:
        db.session.rollback()
        return db.session.execute(sa.select(Delivery).where(Delivery.id == delivery_id)).scalar_one()

    return read
