"""Geometry of charts that are drawn as SVG without scripts: lines over days in a plane of 1,000 × 1,000 that is stretched.

Words and numbers stand around the plane as HTML, at their own size on every screen; the template
`components/charts.html` draws both.
Not for: what is shown, its words and its table.
Holds always: `x` grows to the right, `y` downwards, as SVG has it; a value beyond the plane is drawn at its edge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

PLANE: Final = 1_000
_TOPS: Final = (10, 20, 40, 60, 80, 100)
_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, how it is drawn (a class of app.css), its path, and the value to be said beside its name."""

    name: str
    kind: str
    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Plane:
    """What days and percents are drawn on. `top`: the percent at its upper edge."""

    first: dt.date
    last: dt.date
    top: int

    @property
    def marks(self) -> list[int]:
        """Percents beside the plane, from the upper edge to 0."""
        return [self.top * step // _STEPS for step in range(_STEPS, -1, -1)] if self.top % _STEPS == 0 else [self.top, 5, 0]

    @property
    def lines(self) -> list[str]:
        """The height of each mark's line."""
        return [_number((1 - mark / self.top) * PLANE) for mark in self.marks]

    @property
    def middle(self) -> dt.date:
        """The day half-way."""
        return self.first + (self.last - self.first) // 2

    def x(self, day: dt.date) -> str:
        """Where a day stands."""
        length = max((self.last - self.first).days, 1)
        return _number(min(max((day - self.first).days / length, 0), 1) * PLANE)

    def y(self, percent: float) -> str:
        """Where a percent stands."""
        return _number((1 - min(max(percent / self.top, 0), 1)) * PLANE)

    def steps(self, points: Sequence[tuple[dt.date, float]], until: dt.date) -> str:
        """A path of what holds from each day on, from 0 on the first; empty without a point."""
        if not points:
            return ""
        moves = "".join(f"H{self.x(day)}V{self.y(percent)}" for day, percent in points)
        return f"M0 {self.y(0)}{moves}H{self.x(until)}"

    def slopes(self, points: Sequence[tuple[dt.date, float]]) -> str:
        """A path that rises evenly from point to point, from 0 on the first day; empty without a point."""
        if not points:
            return ""
        return f"M0 {self.y(0)}" + "".join(f"L{self.x(day)} {self.y(percent)}" for day, percent in points)


def plane(first: dt.date, last: dt.date, percents: Iterable[float]) -> Plane:
    """A plane on which all these percents find a place."""
    highest = max(percents, default=0)
    return Plane(first, last, next((top for top in _TOPS if highest <= top), _TOPS[-1]))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
