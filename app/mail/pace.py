"""At which instants many messages go out: a pace an hour, on any day or only in the working hours of Italian offices.

Not for: sending, or which messages (`groups.py`).
Holds always: pure; instants are spaced by elapsed time, so that an hour that the clocks skip or repeat neither crowds nor
thins them; working hours are those that clocks show in Rome, on the days of `working_days.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from app.mail.working_days import is_working_day

ROME: Final = ZoneInfo("Europe/Rome")
OPENS, CLOSES = dt.time(8), dt.time(18)


def is_working_time(instant: dt.datetime) -> bool:
    """Whether offices work at an instant: between 8 and 18 of a working day in Rome."""
    in_rome = instant.astimezone(ROME)
    return is_working_day(in_rome.date()) and OPENS <= in_rome.time() < CLOSES


def spread(start: dt.datetime, count: int, per_hour: int, *, working_hours: bool) -> list[dt.datetime]:
    """`count` instants in UTC from `start` on, at this pace; where `working_hours`, only between 8 and 18 of working days."""
    step, begun = dt.timedelta(hours=1) / per_hour, start.astimezone(dt.UTC)
    if not working_hours:
        return [begun + number * step for number in range(count)]
    found: list[dt.datetime] = []
    for opens, closes in _windows(begun):
        fit = min(count - len(found), -((opens - closes) // step))
        found += [opens + number * step for number in range(fit)]
        if len(found) == count:
            break
    return found


def _windows(start: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The working hours from an instant on, as (from, first instant no longer) in UTC."""
    day = start.astimezone(ROME).date()
    while True:
        if is_working_day(day):
            opens = dt.datetime.combine(day, OPENS, ROME).astimezone(dt.UTC)
            closes = dt.datetime.combine(day, CLOSES, ROME).astimezone(dt.UTC)
            if start < closes:
                yield max(opens, start), closes
        day += dt.timedelta(days=1)
