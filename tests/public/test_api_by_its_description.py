"""What the description of the interface allows is answered as it says, and what it forbids is refused: schemathesis asks."""

from __future__ import annotations

import datetime as dt

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from app.editions.current import EditionView
from tests.practices.open_data import publish_rows

LIST, ONE = "/api/v1/pratiche", "/api/v1/pratiche/{code}"


@pytest.fixture
def published(edition: EditionView, now: dt.datetime, app: Flask) -> Flask:
    publish_rows(now)
    return app


@pytest.mark.settings(compress=False)  # its own client reads no brotli
@pytest.mark.parametrize(
    ("path", "mode", "examples"),
    [(LIST, GenerationMode.POSITIVE, 80), (LIST, GenerationMode.NEGATIVE, 60), (ONE, GenerationMode.POSITIVE, 20)],
)
def test_the_interface_is_as_it_is_described(path: str, mode: GenerationMode, examples: int, published: Flask) -> None:
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", published)[path]["GET"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate()

    ask()
