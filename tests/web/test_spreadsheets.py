"""What a spreadsheet would run is text in every file of ours."""

from __future__ import annotations

import pytest

from app.web.spreadsheets import inert
from tests.hostile.corpus import cells
from tests.hostile.takeaways import is_formula


@pytest.mark.parametrize("cell", cells())
def test_no_hostile_cell_runs(cell: str) -> None:
    assert not is_formula(inert(cell))


@pytest.mark.parametrize("cell", ["Firenze", "001001", "", "L'Aquila", "Sant'Agata de' Goti", "a=b", 5, None, -3])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert inert(cell) == cell


@pytest.mark.parametrize("cell", ["=1", "＝1", " =1", "\t1", '"@a', "\u200b+1"])
def test_what_would_run_is_marked_as_text(cell: str) -> None:
    assert inert(cell) == f"'{cell}"
