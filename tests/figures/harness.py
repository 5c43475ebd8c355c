"""What every measurement shares: how a figure is written down and judged, and sites to measure on.

Not for: a measurement itself.
Holds always: a figure without a value is a failure, not a gap; a site under measurement runs gunicorn in processes of its
own on a durable database (fsync on), and both are gone afterwards.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.databases import Databases, start_postgres
from tests.live_site import Site, cpu_of_tree, demo_databases

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


@dataclass
class Bench:
    """Where a measurement runs: its databases and its PostgreSQL server."""

    databases: Databases
    folder: Path

    @contextmanager
    def site(self, kind: str, **settings: str) -> Iterator[Site]:
        """A running site on a fresh demo database of this kind; `settings` are the program's own."""
        url = self.databases.fresh(kind)
        folder = Path(tempfile.mkdtemp(prefix="site-", dir=self.folder))
        site = Site(folder, url, dict(settings))
        try:
            yield site.start()
        finally:
            site.stop()
            self.databases.drop(url)

    def database_cpu_seconds(self, kind: str) -> float | None:
        """CPU that the database's own processes have used; None where it works inside the application (SQLite)."""
        if kind != "postgresql" or self.databases.server.process is None:
            return None
        return cpu_of_tree(self.databases.server.process.pid)


@contextmanager
def bench() -> Iterator[Bench]:
    """A place to measure, with a durable PostgreSQL, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ricognizione-figure-"))
    databases = demo_databases(folder / "databases")
    databases.start_server = lambda: start_postgres(durable=True)
    try:
        yield Bench(databases, folder)
    finally:
        databases.close()
        shutil.rmtree(folder, ignore_errors=True)
