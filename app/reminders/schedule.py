"""When a batch goes out: from when on, how many an hour, in working hours or at any time, and when it ends.

Not for: the arithmetic of the pace (`app.mail.pace`) or sending.
Holds always: pure; the plan of a number of messages is the same each time it is asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from app.mail.pace import spread

FASTEST: Final = 20_000
TOO_LATE: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """From `starts_at` on, `per_hour` messages an hour, `working_hours`: only from 8 to 18 of working days.

    `at_once`: all at `starts_at`, as what somebody sends by hand.
    """

    starts_at: dt.datetime
    per_hour: int
    working_hours: bool = True
    at_once: bool = False

    def times(self, messages: int) -> list[dt.datetime]:
        """The instant of each message."""
        if self.at_once:
            return [self.starts_at] * messages
        return spread(self.starts_at, messages, self.per_hour, working_hours=self.working_hours)

    def span(self, messages: int) -> tuple[dt.datetime, dt.datetime]:
        """The instants of the first and of the last message."""
        times = self.times(max(messages, 1))
        return times[0], times[-1]


def ends_too_late(ends_at: dt.datetime, closes_at: dt.datetime) -> bool:
    """Whether some would be reminded less than a day before the deadline, or after it."""
    return ends_at > closes_at - TOO_LATE
