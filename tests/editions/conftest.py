"""An edition's file to write and change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.editions.files import EditionFile, read_edition_file

FIELDS: dict[str, Any] = {
    "code": "2026",
    "title": "Ricognizione 2026",
    "period": {"from": "2025-09-01", "to": "2026-08-31"},
    "opening": "2026-03-01 09:00",
    "deadline": "2026-04-30 23:59",
    "questionnaire": "RBP5",
    "contacts": [{"name": "Segreteria", "email": "segreteria@example.org"}],
}

WriteFile = Callable[..., Path]
ReadFile = Callable[..., EditionFile]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Writes the file with some fields changed; None leaves a field out."""

    def put(**changed: Any) -> Path:
        file = tmp_path / "edition.yaml"
        fields = {name: value for name, value in (FIELDS | changed).items() if value is not None}
        file.write_text(yaml.safe_dump(fields, allow_unicode=True), encoding="utf-8")
        return file

    return put


@pytest.fixture
def read(write: WriteFile) -> ReadFile:
    """The same, read."""
    return lambda **changed: read_edition_file(write(**changed))
