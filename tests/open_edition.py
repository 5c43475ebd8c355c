"""An edition that is open, with the reference questionnaire and a few municipalities: what the tests of answers begin with.

A test package takes the fixtures by naming them in its conftest: `from tests.open_edition import author, edition, respond`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.accounts.operators import add_operator
from app.editions.current import EditionView, edition_by_code
from app.editions.files import read_edition_file
from app.editions.lifecycle import move_edition, store_edition
from app.registry.entities import find_by_code
from app.responses.drafts import Author
from app.responses.reading import OpenResponse, open_response
from tests.conftest import START
from tests.kept_rows import KeptRows
from tests.registry_rows import add_municipalities

EDITION = """
code: "2026"
title: Ricognizione 2026
period: {from: 2025-09-01, to: 2026-08-31}
opening: 2026-03-01 09:00
deadline: 2026-04-30 23:59
questionnaire: RBP5
contacts: [{name: Segreteria, email: segreteria@example.org}]
"""


def open_edition() -> None:
    """Store the edition beside its municipalities and open it."""
    add_municipalities()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "edition.yaml"
        file.write_text(EDITION, encoding="utf-8")
        store_edition(read_edition_file(file), actor="test", now=START)
    move_edition("2026", "open", actor="test", now=START)


OPEN = KeptRows(open_edition)


@pytest.fixture
def edition(db_session: object) -> EditionView:
    """An edition that takes answers from 1 March to 30 April 2026."""
    OPEN.write()
    stored = edition_by_code("2026")
    assert stored is not None
    return stored


@pytest.fixture
def respond(edition: EditionView) -> Callable[[str], OpenResponse]:
    """Gives the response of a municipality, opened now."""

    def begin(code: str = "048017") -> OpenResponse:
        entity = find_by_code(code)
        assert entity is not None
        return open_response(entity.id, edition, START)

    return begin


@pytest.fixture
def author(edition: EditionView) -> Author:
    """An operator of Firenze at one browser."""
    return operator("048017", "Operatore A", "a" * 64)


def operator(code: str, name: str, session: str, channel: str = "form") -> Author:
    """An operator of this municipality at a browser with this session key. The caller commits."""
    entity = find_by_code(code)
    assert entity is not None
    new = add_operator(entity.id, name=name, office="Servizi sociali", email="a@example.org", phone="06 0", now=START)
    return Author(new, session, channel)


def later(**span: float) -> dt.datetime:
    return START + dt.timedelta(**span)
