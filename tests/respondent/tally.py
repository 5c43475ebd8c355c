"""Checks made and checks passed."""

from __future__ import annotations

import threading
from typing import Any

SHOWN = 300


class Tally:
    """Counts what several threads check; keeps what failed in words."""

    def __init__(self) -> None:
        self.made = 0
        self.failures: list[str] = []
        self._lock = threading.Lock()

    @property
    def passed(self) -> int:
        return self.made - len(self.failures)

    def check(self, holds: bool, what: str) -> None:
        """Count one check. `what`: what does not hold where it fails."""
        with self._lock:
            self.made += 1
            if not holds:
                self.failures.append(what)

    def equal(self, found: Any, expected: Any, what: str) -> None:
        """Count the check that both are equal."""
        self.check(found == expected, "" if found == expected else f"{what}: {found!r:.{SHOWN}} is not {expected!r:.{SHOWN}}")

    def equal_lists(self, found: list[Any], expected: list[Any], what: str) -> None:
        """Count a check for each place of two lists and one for their length."""
        self.equal(len(found), len(expected), f"{what}: how many")
        for one, other in zip(found, expected, strict=False):
            self.equal(one, other, what)

    def equal_entries(self, found: dict[str, Any], expected: dict[str, Any], what: str) -> None:
        """Count a check for each key that either has."""
        for key in found.keys() | expected.keys():
            self.equal(found.get(key), expected.get(key), f"{what}: {key}")
