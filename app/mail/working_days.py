"""Days on which Italian offices work, and the next one after a day or the last one before it.

Not for: hours (`pace.py`), or the patron's day of one town (`app.registry.patrons`).
Holds always: pure; national holidays are those of the library `holidays` (law 260/1949 with its later changes: 4 October from
2026 on, and Easter Monday), asked for once a year and process, and only where somebody asks: to load it takes 0.15 s.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

_SATURDAY: Final = 5
DAY: Final = dt.timedelta(days=1)


@lru_cache(maxsize=64)
def national_holidays(year: int) -> frozenset[dt.date]:
    """The days of a year on which offices are closed in all of Italy, Sundays among them or not."""
    from holidays.countries.italy import Italy  # noqa: PLC0415 — most processes never ask

    return frozenset(Italy(years=year))  # type: ignore[no-untyped-call]  # the library leaves this one untyped


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on a day: Monday to Friday, no national holiday."""
    return day.weekday() < _SATURDAY and day not in national_holidays(day.year)


def next_working_day(day: dt.date) -> dt.date:
    """The first working day from this one on."""
    while not is_working_day(day):
        day += DAY
    return day


def last_working_day(day: dt.date) -> dt.date:
    """The last working day up to this one."""
    while not is_working_day(day):
        day -= DAY
    return day


def working_days_after(day: dt.date, number: int) -> dt.date:
    """The working day that is `number` of them after this day, before it where negative; the next one for 0."""
    step = DAY if number > 0 else -DAY
    day = next_working_day(day) if number == 0 else day
    for _ in range(abs(number)):
        day += step
        while not is_working_day(day):
            day += step
    return day
