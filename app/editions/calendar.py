"""Days on which a town hall is closed: a deadline on one of them is worth a warning.

Not for: refusing anything. Holds always: days are those of the Italian calendar, whole and without a time zone. The patron
saint's day, which differs from town to town, is not known here.
Source: law 260 of 27 May 1949 with its changes; Saint Francis' day from 2026 by law 151 of 8 October 2025.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

HOLIDAYS: Final = frozenset(
    {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)}
)  # (month, day)
SAINT_FRANCIS: Final = (10, 4)
SAINT_FRANCIS_SINCE: Final = 2026
SUNDAY: Final = 6


def rest_day(day: dt.date) -> str:
    """Why offices are closed on this day: "sunday", "holiday", "" for a day like others (Saturdays too)."""
    month_and_day = (day.month, day.day)
    francis = month_and_day == SAINT_FRANCIS and day.year >= SAINT_FRANCIS_SINCE
    if month_and_day in HOLIDAYS or francis or day == easter(day.year) + dt.timedelta(days=1):
        return "holiday"
    return "sunday" if day.weekday() == SUNDAY else ""


def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * correction + 114, 31)
    return dt.date(year, month, day + 1)


def same_day_in(year: int, day: dt.date) -> dt.date:
    """This day in another year; 28 February for the 29th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
