"""An open edition whose five municipalities have addresses, a mail server, and runs of sending."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.config import settings
from app.editions.current import EditionView
from app.mail.outbox import Tally, deliver_due
from app.mail.smtp import SmtpSender
from tests.conftest import Clock
from tests.mail.conftest import smtp_settings
from tests.open_edition import author, edition, respond
from tests.registry.rows import add_contact
from tests.registry_rows import CODES
from tests.responses.conftest import people
from tests.responses.people import People
from tests.smtp_server import SmtpServer, smtp_server

__all__ = ["author", "edition", "people", "respond"]


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], server: SmtpServer) -> Flask:
    """The application, on both databases, sending through `server`."""
    return make_app(**smtp_settings(server))


@pytest.fixture
def reachable(edition: EditionView) -> EditionView:
    """The edition; each of its municipalities has an address at its social services, named by its code."""
    for code in CODES:
        add_contact(People.entity(code).id, "social_services", f"u{code}@example.org")
    return edition


@pytest.fixture
def run(db_session: object, clock: Clock) -> Callable[[], Tally]:
    """Sends what is due, on a connection of its own."""

    def deliver() -> Tally:
        sender = SmtpSender(settings())
        try:
            return deliver_due(clock, sender, limit=100)
        finally:
            sender.close()

    return deliver
