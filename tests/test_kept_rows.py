"""A state that is written again is the one that the program made, and takes new rows after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.registry.entities import find_by_code
from tests.conftest import create
from tests.databases import Databases
from tests.kept_rows import KeptRows, rows_of_all_tables
from tests.open_edition import open_edition
from tests.registry_rows import add_municipalities

LATER = "058091"


@pytest.fixture
def left_by(databases: Databases, database_kind: str, tmp_path: Path) -> Callable[[KeptRows], Any]:
    """What a state leaves in a database of its own, and the id that a municipality gets afterwards."""

    def write(state: KeptRows, *before: str) -> Any:
        url = databases.lend(database_kind)
        app: Flask = create(url, tmp_path)
        with app.app_context():
            if before:
                add_municipalities(*before)
            state.write()
            left = rows_of_all_tables()
            db.session.commit()
            add_municipalities(LATER)
            later = find_by_code(LATER)
            assert later is not None
            found = left, later.id
            db.session.remove()
            db.engine.dispose()
        databases.give_back(url)
        return found

    return write


def test_what_is_written_again_is_what_the_program_made(left_by: Callable[..., Any]) -> None:
    state = KeptRows(open_edition)
    made = left_by(state)
    state.make = lambda: pytest.fail("it is written again, not made")
    assert left_by(state) == made
    assert len(made[0]) > 3


def test_a_database_with_rows_is_left_to_the_program(left_by: Callable[..., Any]) -> None:
    state = KeptRows(open_edition)
    first = left_by(state, "058003")
    made = left_by(state)
    assert left_by(state, "058003") == first != made
