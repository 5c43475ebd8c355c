"""Days on which a town hall is closed: a deadline on one of them is worth a warning.

Not for: refusing anything, or which days are holidays (`app.mail.working_days`).
Holds always: days are those of the Italian calendar, whole and without a time zone. The patron saint's day, which differs from
town to town, is not known here.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from app.mail.working_days import national_holidays

SUNDAY: Final = 6


def rest_day(day: dt.date) -> str:
    """Why offices are closed on this day: "sunday", "holiday", "" for a day like others (Saturdays too)."""
    if day.weekday() == SUNDAY:
        return "sunday"
    return "holiday" if day in national_holidays(day.year) else ""


def same_day_in(year: int, day: dt.date) -> dt.date:
    """This day in another year; 28 February for the 29th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
