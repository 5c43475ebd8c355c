"""What every measurement shares: how a figure is written down and judged, and sites to measure on.

Not for: a measurement itself.
Holds always: a figure without a value is a failure, not a gap; a site under measurement runs gunicorn in processes of its
own on a durable database (fsync on), and both are gone afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.live_site import Demos, demo_sites

AT_MOST = "≤"
AT_LEAST = "≥"
EXACTLY = "="


@dataclass(frozen=True)
class Figure:
    """One measured number and its goal: `Figure("save-cost-sqlite", 8.7, "× a bare page", "≤", 10)`."""

    name: str
    value: float
    unit: str
    relation: str
    goal: float

    @property
    def reached(self) -> bool:
        if self.relation == AT_MOST:
            return self.value <= self.goal
        return self.value >= self.goal if self.relation == AT_LEAST else self.value == self.goal

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name}: {_number(self.value)}{unit} (goal {self.relation} {_number(self.goal)}{unit})"


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}".rstrip("0")


@contextmanager
def bench() -> Iterator[Demos]:
    """Where a measurement gets its sites: `with bench() as sites, sites.site("sqlite", workers="1") as site: …`."""
    with demo_sites(durable=True) as sites:
        yield sites
