"""What the plumbing costs: a trivial page through it against a page of a bare Flask application, processor time, in process.

The figure `save-cost` measures the whole of a save; this only fails when a hook that costs like a page of its own slips in.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.accounts.permission_table import ANYBODY, PERMISSIONS

ROUNDS, REQUESTS = 10, 200
MOST = 1.2  # of a bare page, above it; about 0.7 where this was written


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_plumbing_costs_less_than_a_bare_page_more(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PERMISSIONS, "trivial", ANYBODY)
    full, bare = make_app(), Flask("bare")
    for app in (full, bare):
        app.add_url_rule("/trivial", "trivial", lambda: "<p>Nulla di nuovo")
    costs: dict[Flask, list[float]] = {full: [], bare: []}
    for _ in range(ROUNDS):
        for app, seen in costs.items():
            seen.append(_seconds(app))
    overhead = (min(costs[full]) - min(costs[bare])) / min(costs[bare])
    assert overhead < MOST


def _seconds(app: Flask) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        answer: Any = app(_environ(), lambda status, headers, exc_info=None: lambda body: None)
        b"".join(answer)
        answer.close()
    return time.process_time() - began


def _environ() -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/trivial",
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT_ENCODING": "gzip, br",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }
