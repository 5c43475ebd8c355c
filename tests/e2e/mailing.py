"""Fixtures of the browser tests that read mail: a mail server of the tests' own, and a site that sends by it.

A module takes both by importing them and naming them in its `__all__`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import KINDS
from tests.live_site import Demos, Site
from tests.smtp_server import SmtpServer, smtp_server


@pytest.fixture(scope="module")
def mail_server() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, demos: Demos, mail_server: SmtpServer) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo, whose mail server is a real one that keeps what it takes."""
    settings = {"smtp_host": "127.0.0.1", "smtp_port": str(mail_server.port), "smtp_security": "none"}
    with demos.site(request.param, **settings, smtp_sender="ricognizione@example.org") as site:
        yield site
