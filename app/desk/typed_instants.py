"""Days and minutes as people type them in the desk's forms, in Rome's time.

Not for: showing them (`chasing_words.py`, Babel's filters).
Holds always: what is no day or minute is None, never an error; an hour that daylight saving skips is none either.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from app.editions.files import ROME

_DAYS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")
_YEARS: Final = range(2000, 2100)


def read_day(text: str) -> dt.date | None:
    """A day as a browser's field gives it, 2026-05-15, or as somebody writes it, 15/05/2026."""
    for form in _DAYS:
        try:
            day = dt.datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 — a day has no time zone
        except ValueError:
            continue
        return day if day.year in _YEARS else None
    return None


def read_time(text: str) -> str | None:
    """A time of day as HH:MM, from 9:05, 09.05 or a browser's field."""
    try:
        clock = dt.datetime.strptime(text.strip().replace(".", ":"), "%H:%M").time()  # noqa: DTZ007 — a time of day alone
    except ValueError:
        return None
    return f"{clock:%H:%M}"


def read_minute(day: str, time: str) -> dt.datetime | None:
    """A minute of Rome's time from two fields, as an aware instant."""
    found, written = read_day(day), time.strip().replace(".", ":")
    try:
        clock = dt.time.fromisoformat(written.zfill(5))
    except ValueError:
        return None
    if found is None or clock.tzinfo is not None:
        return None
    local = dt.datetime.combine(found, clock.replace(second=0, microsecond=0), ROME)
    there = local.astimezone(dt.UTC)
    return there if there.astimezone(ROME).replace(tzinfo=None) == local.replace(tzinfo=None) else None
