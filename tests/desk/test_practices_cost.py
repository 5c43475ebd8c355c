"""How many queries the pages of review cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from tests.desk.test_practices import sent
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person

__all__ = ["new_person"]


@pytest.fixture
def count_queries(app: Flask, db_session: object) -> Callable[[], list[str]]:
    def begin_counting() -> list[str]:
        statements: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        return statements

    return begin_counting


def test_queue_and_practice_cost_few_queries(
    coordinator: Person, new_person: NewPerson, count_queries: Callable[[], list[str]]
) -> None:
    code = sent(new_person())
    for path, most in (
        ("/gestione/pratiche", 8),
        ("/gestione/pratiche?q=firenze&area=families", 8),
        (f"/gestione/pratiche/{code}", 14),
    ):
        coordinator.get(path)
        made = count_queries()
        coordinator.get(path)
        asked = [one for one in made if one.startswith("SELECT")]
        assert 0 < len(asked) <= most, "\n\n".join(asked)
