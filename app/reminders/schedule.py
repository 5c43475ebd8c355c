"""When a batch goes out: from when on, over how many days, how many an hour, in working hours or at any time, and when it ends.

Not for: the arithmetic of the pace (`app.mail.pace`), who is written to on which day (`learning/lots.py`), or sending.
Holds always: pure; the plan of a number of messages is the same each time it is asked; the messages of a day end before those
of the next begin.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.mail.pace import ROME, spread
from app.mail.working_days import is_working_day

FASTEST: Final = 20_000
TOO_LATE: Final = dt.timedelta(days=1)


class CrowdedDaysError(Exception):
    """The messages of one day do not end before those of the next begin."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """From `starts_at` on, `per_hour` messages an hour, `working_hours`: only from 8 to 18 of working days.

    `at_once`: all at `starts_at`, as what somebody sends by hand. `days`: in so many parts, each a (working) day after the one
    before, at the same time of day.
    """

    starts_at: dt.datetime
    per_hour: int
    working_hours: bool = True
    at_once: bool = False
    days: int = 1

    def times(self, messages: int) -> list[dt.datetime]:
        """The instant of each message, those of the days as even as they can be. Raises `CrowdedDaysError`."""
        share, more = divmod(messages, self.days)
        return [at for part in self.times_by_day([share + (day < more) for day in range(self.days)]) for at in part]

    def times_by_day(self, messages: Sequence[int]) -> list[list[dt.datetime]]:
        """The instant of each message of each day, so many on each. Raises `CrowdedDaysError`."""
        if self.at_once:
            return [[self.starts_at] * number for number in messages]
        starts = self.day_starts()
        parts = [
            spread(start, number, self.per_hour, working_hours=self.working_hours)
            for start, number in zip(starts, messages, strict=True)
        ]
        for part, following in zip(parts, starts[1:], strict=False):
            if part and part[-1] >= following:
                raise CrowdedDaysError
        return parts

    def day_starts(self) -> list[dt.datetime]:
        """When the first message of each day goes out."""
        first = spread(self.starts_at, 1, self.per_hour, working_hours=self.working_hours)[0]
        in_rome = first.astimezone(ROME)
        day, time, found = in_rome.date(), in_rome.time(), [first]
        while len(found) < self.days:
            day += dt.timedelta(days=1)
            if not self.working_hours or is_working_day(day):
                found.append(dt.datetime.combine(day, time, ROME).astimezone(dt.UTC))
        return found

    def span(self, messages: int) -> tuple[dt.datetime, dt.datetime]:
        """The instants of the first and of the last message. Raises `CrowdedDaysError`."""
        times = self.times(max(messages, 1))
        return times[0], times[-1]


def ends_too_late(ends_at: dt.datetime, closes_at: dt.datetime) -> bool:
    """Whether some would be reminded less than a day before the deadline, or after it."""
    return ends_at > closes_at - TOO_LATE
