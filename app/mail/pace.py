"""At which instants many messages go out: a pace an hour, on any day or only in the working hours of Italian offices.

Not for: sending, or which messages (`groups.py`).
Holds always: pure; instants are spaced by elapsed time, so that an hour that the clocks skip or repeat neither crowds nor
thins them; working hours are those that clocks show in Rome. Holidays: law 260/1949 with its later changes (4 October from
2026 on), and Easter Monday.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

ROME: Final = ZoneInfo("Europe/Rome")
OPENS, CLOSES = dt.time(8), dt.time(18)
_SATURDAY: Final = 5
_HOLIDAYS: Final = frozenset(
    ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (10, 4), (11, 1), (12, 8), (12, 25), (12, 26)),
)
"""Month and day."""


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on a day: Monday to Friday, no national holiday."""
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _HOLIDAYS and day != _easter_monday(day.year)


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


def _easter_monday(year: int) -> dt.date:
    """The day after Easter of the Gregorian calendar, by the rule of Meeus, Jones and Butcher."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1) + dt.timedelta(days=1)


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
