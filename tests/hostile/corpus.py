"""The corpus of hostile texts in tests/fixtures/hostile, and how a text is put where it should do harm.

Not for: what becomes of it.
Holds always: every text carries the place where it was put, so that what runs tells where it came in.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "hostile"
MARK = "MARK"
RESULT = "49917"  # of 7131*7, which stands on no page by itself


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found.pop("about")
    return found


def markup() -> list[str]:
    """Every text that would run, whatever reads it."""
    return [text for texts in _read("markup").values() for text in texts]


def addresses() -> list[str]:
    """Web addresses that would run when they are followed."""
    return list(_read("markup")["address"])


def cells() -> list[str]:
    return list(_read("cells")["cells"])


def header_texts() -> list[str]:
    return list(_read("headers")["texts"])


def recipients() -> list[str]:
    return list(_read("headers")["recipients"])


def targets() -> list[bytes]:
    """Every request target, as bytes."""
    paths = _read("paths")
    return [(base + trick).encode("latin-1") for base in paths["bases"] for trick in paths["tricks"]]


class Pourer:
    """Deals the texts out: each place gets as many of them as it has room for, and the next place those that follow."""

    def __init__(self, shift: int) -> None:
        self._texts = itertools.cycle(markup())
        for _ in range(shift):
            next(self._texts)
        self.poured = 0

    def text(self, place: str, room: int = 2_000) -> str:
        """Texts for this place, at most `room` characters of them."""
        parts: list[str] = []
        while True:
            text = next(self._texts).replace(MARK, place)
            if parts and sum(map(len, parts)) + len(parts) + len(text) > room:
                break
            parts.append(text[:room])
            self.poured += 1
            if sum(map(len, parts)) > room // 2:
                break
        return " ".join(parts)[:room]


def every_text() -> Iterator[str]:
    """All that the corpus has, for fields of forms."""
    yield from markup()
    yield from cells()
    yield from header_texts()
    yield from recipients()
