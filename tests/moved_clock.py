"""A site on a clock that is moved between the acts of a play: the program as `wsgi.py` loads it, but for what time it is.

Not for: tests of one room, whose application takes a clock of its own (`tests.conftest.Clock`).
Holds always: the program itself has no setting for this, so no installation can be told a wrong time; the clock runs on between
two moves, and never goes back.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app import create_app
from tests.live_site import Demos, Site

FILE_VARIABLE = "MOVED_CLOCK_FILE"
WSGI = "tests.moved_clock:make_site()"


@dataclass(frozen=True)
class MovedClock:
    """By how many seconds the clock is ahead stands in a file, which all processes of the site read each time they ask."""

    file: Path

    def __call__(self) -> dt.datetime:
        ahead = float(self.file.read_text()) if self.file.exists() else 0.0
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)

    def set(self, instant: dt.datetime) -> None:
        """Go on from this instant. Raises ValueError for one that has passed."""
        if instant < self():
            raise ValueError(f"{instant} is before {self()}: a clock of a play goes on")
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str((instant - dt.datetime.now(dt.UTC)).total_seconds()))
        fresh.replace(self.file)


def make_site() -> Flask:
    """What gunicorn and the `flask` command of such a site load."""
    return create_app({"CLOCK": MovedClock(Path(os.environ[FILE_VARIABLE]))})


@dataclass
class ClockedSite(Site):
    """A site whose server and whose commands go by `clock`."""

    wsgi: str = WSGI

    @property
    def clock(self) -> MovedClock:
        return MovedClock(self.folder / "moved-clock")

    def environment(self) -> dict[str, str]:
        return super().environment() | {FILE_VARIABLE: str(self.clock.file)}

    def application(self) -> Flask:
        given = {"base_url": self.url, "database_url": self.database_url, "instance_path": str(self.folder)}
        return create_app({**given, **self.settings, "CLOCK": self.clock})


@contextmanager
def clocked_site(demos: Demos, kind: str, **settings: str) -> Iterator[ClockedSite]:
    """A site as `Demos.site` gives, not yet started, so that it can be furnished first. Gone, with its database, at the end."""
    with demos.place(kind) as (folder, url):
        site = ClockedSite(folder, url, dict(settings))
        try:
            yield site
        finally:
            site.stop()
