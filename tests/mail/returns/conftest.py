"""An application that takes messages in, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.mail.returns.handling import Taken, take_return
from tests.conftest import Clock
from tests.mail.returns.deliveries import RETURN_SETTINGS

Take = Callable[..., Taken]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(**RETURN_SETTINGS)


@pytest.fixture
def take(db_session: object, clock: Clock) -> Take:
    """Takes a message in as of the test's clock."""

    def one(raw: bytes, source: str = "pipe", at: dt.datetime | None = None, **more: Any) -> Taken:
        return take_return(raw, source, at or clock(), **more)

    return one
