"""An open edition with the reference questionnaire, five municipalities, and whoever sends sheets in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.editions.current import EditionView
from app.responses.reading import OpenResponse
from tests.open_edition import author, edition, later, operator, respond
from tests.practices.sheets import Sheets

__all__ = ["author", "edition", "later", "operator", "respond"]


@pytest.fixture
def sheets(edition: EditionView, respond: Callable[[str], OpenResponse]) -> Sheets:
    return Sheets(edition, respond)
