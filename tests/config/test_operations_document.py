"""docs/operations.md tells the settings as they are."""

from __future__ import annotations

from app.config import NAMES
from tools.settings_reference import DOCUMENT, renewed, table


def test_the_document_has_the_present_table_of_settings() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == renewed(document), "run: python -m tools.settings_reference"


def test_the_table_has_every_setting() -> None:
    assert [line.split("`")[1] for line in table().splitlines() if line.startswith("| `")] == list(NAMES)
