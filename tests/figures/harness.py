"""What every measurement shares: how a figure is written down and judged, and sites to measure on.

Not for: a measurement itself.
Holds always: a figure without a value is a failure, not a gap; a site under measurement runs gunicorn in processes of its
own on a durable database (fsync on), and both are gone afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from tests.live_site import Demos, demo_sites

AT_MOST = "≤"
AT_LEAST = "≥"
EXACTLY = "="
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Measured(Protocol):
    """What a measurement gives. `str()` is its line: `name: VALUE UNIT (goal GOAL)`."""

    @property
    def name(self) -> str: ...

    @property
    def reached(self) -> bool: ...

    @classmethod
    def joined(cls, name: str, parts: Sequence[Self]) -> str:
        """One line for the same measurement on several databases, each named `NAME-DATABASE`."""


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

    @classmethod
    def joined(cls, name: str, parts: Sequence[Figure]) -> str:
        values = ", ".join(f"{_number(part.value)} on {_database(name, part.name)}" for part in parts)
        goals = ", ".join(dict.fromkeys(f"{part.relation} {_number(part.goal)}" for part in parts))
        unit = f" {parts[0].unit}" if parts[0].unit else ""
        return f"{name}: {values}{unit} (goal {goals})"


@dataclass(frozen=True)
class Share:
    """So many passed of so many made, where the goal is all of them: `Share("answering-sqlite", 99, 100, "checks")`."""

    name: str
    passed: int
    made: int
    unit: str

    @property
    def reached(self) -> bool:
        return 0 < self.made == self.passed

    def __str__(self) -> str:
        return f"{self.name}: {self.passed} of {self.made} {self.unit} (goal all)"

    @classmethod
    def joined(cls, name: str, parts: Sequence[Share]) -> str:
        return str(cls(name, sum(part.passed for part in parts), sum(part.made for part in parts), parts[0].unit))


def split_measurement(name: str, figures: Sequence[Measured]) -> tuple[list[Measured], str]:
    """(the figures that a measurement tells first, its last line): the figure of its own name, or those of its databases.

    Raises ValueError where there is neither: such a measurement has no value.
    """
    own = [figure for figure in figures if figure.name == name]
    if own:
        return [figure for figure in figures if figure is not own[-1]], str(own[-1])
    parts = [figure for figure in figures if figure.name.removeprefix(f"{name}-") in DATABASES]
    if not parts:
        raise ValueError(f"{name} gave no figure named {name} or {name}-sqlite")
    return list(figures), type(parts[0]).joined(name, parts)


def _database(name: str, part: str) -> str:
    return DATABASES[part.removeprefix(f"{name}-")]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


@contextmanager
def bench(*, empty: bool = False) -> Iterator[Demos]:
    """Where a measurement gets its sites: `with bench() as sites, sites.site("sqlite", workers="1") as site: …`.

    `empty`: without the demo, for whoever writes a world of its own.
    """
    with demo_sites(durable=True, empty=empty) as sites:
        yield sites
