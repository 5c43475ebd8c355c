"""An open edition with the reference questionnaire, five municipalities, and a response to write in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.editions.current import EditionView
from app.responses.reading import OpenResponse
from tests.open_edition import author, edition, later, operator, respond
from tests.responses.people import People

__all__ = ["author", "edition", "later", "operator", "respond"]


@pytest.fixture
def people(edition: EditionView, respond: Callable[[str], OpenResponse]) -> People:
    return People(edition, respond)
