"""Four municipalities in the database of each test, in an open application context."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask

from tests.accounts.few import load_few


@pytest.fixture
def few(app: Flask, db_session: object, now: dt.datetime, tmp_path: Path) -> None:
    load_few(tmp_path, now)
