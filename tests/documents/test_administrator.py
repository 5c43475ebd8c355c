"""The administrator's guide can be followed. In a file of its own, because the program starts a dozen times."""

from __future__ import annotations

from pathlib import Path

from tests.documents.guides import ADMINISTRATOR, commands_of, follow


def test_the_commands_of_the_administrators_guide_work_in_their_order(tmp_path: Path) -> None:
    assert commands_of(ADMINISTRATOR.read_text())
    follow(ADMINISTRATOR, tmp_path)
