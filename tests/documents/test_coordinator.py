"""The coordinator's guide can be followed. In a file of its own, because the program starts a dozen times."""

from __future__ import annotations

from pathlib import Path

from tests.documents.guides import COORDINATOR, commands_of, follow


def test_the_commands_of_the_coordinators_guide_work_in_their_order(tmp_path: Path) -> None:
    assert commands_of(COORDINATOR.read_text())
    follow(COORDINATOR, tmp_path)
