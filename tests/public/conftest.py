"""An edition for the public pages, brought to each stage by the operations that a coordinator uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.editions.files import read_edition_file
from app.editions.lifecycle import move_edition, store_edition
from tests.conftest import Clock
from tests.open_edition import edition

__all__ = ["edition"]

# The tests' clock stands at 16 March 2026, 10:00 in Rome.
EDITION = """\
code: "2026"
title: Ricognizione delle buone pratiche 2026
period: {from: 2025-01-01, to: 2025-12-31}
opening: 2026-03-01 09:00
deadline: 2026-04-15 23:59
questionnaire: RBP5
letter: lettera.pdf
contacts: [{name: Ufficio statistico, role: assistenza, email: aiuto@esempio.it, phone: "06 1234567", hours: 9-13}]
results_url: https://esempio.it/risultati
accessibility_url: https://esempio.it/dichiarazione
"""
LETTER = b"%PDF-1.4\n% lettera di prova\n%%EOF\n"

Stage = Callable[[str], None]


@pytest.fixture
def bring(app: Flask, clock: Clock, tmp_path: Path) -> Stage:
    """Brings the edition to a stage: "none", "draft", "pilot", "soon", "open", "last day", "closed", "published"."""

    def store(text: str = EDITION) -> None:
        (tmp_path / "lettera.pdf").write_bytes(LETTER)
        (tmp_path / "edizione.yaml").write_text(text, encoding="utf-8")
        store_edition(read_edition_file(tmp_path / "edizione.yaml"), actor="test", now=clock())

    def move(*states: str) -> None:
        for state in states:
            move_edition("2026", state, actor="test", now=clock())

    def to(stage: str) -> None:
        if stage == "none":
            return
        with app.app_context():
            store(EDITION.replace("2026-03-01 09:00", "2026-03-20 09:00") if stage == "soon" else EDITION)
            move(*{"draft": (), "pilot": ("pilot",)}.get(stage, ("open",)))
            if stage == "last day":
                clock.move(days=30)
            if stage in {"closed", "published"}:
                clock.move(days=31)
                move("closed", *(["published"] if stage == "published" else []))

    return to
