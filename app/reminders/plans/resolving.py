"""When the steps of a plan are due: from days before the deadline or after the opening to instants.

Not for: storing steps (`steps.py`), what is wrong with them (`checks.py`), or doing what is due (`running.py`).
Holds always: pure: no database, no clock; a step begins on a working day, between 8 and 18 as clocks show in Rome.

Which way a step is shifted off a Saturday, a Sunday or a holiday: a letter and a reminder before it, an invitation after it.
A reminder that went later would come nearer to the deadline, or pass it; a letter should be there before the opening; an
invitation that went earlier would lead to a form that is not open yet.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from app.mail.pace import CLOSES, OPENS, ROME
from app.mail.working_days import DAY, is_working_day, last_working_day, next_working_day, working_days_after

LETTER, INVITATION, REMINDER, CERTIFIED = "letter", "invitation", "reminder", "certified"
AFTER_OPENING: Final = frozenset({LETTER, INVITATION})
"""Kinds whose days count from the opening, in working days; those of the others count back from the deadline."""
EARLIEST: Final = OPENS.hour * 60
LATEST: Final = CLOSES.hour * 60 - 60
"""Minutes of the day between which a step may begin: an hour is left for what goes out."""
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Between which instants an edition takes answers: from `opens_at` on, no longer at `closes_at`."""

    opens_at: dt.datetime
    closes_at: dt.datetime

    @property
    def first_day(self) -> dt.date:
        """Of the opening, in Rome."""
        return self.opens_at.astimezone(ROME).date()

    @property
    def last_day(self) -> dt.date:
        """Of the last minute that counts, in Rome."""
        return (self.closes_at - _MINUTE).astimezone(ROME).date()


@dataclass(frozen=True, slots=True)
class Timing:
    """When a step is meant to go: see `app.reminders.models.PlanStep`."""

    kind: str
    days: int
    minute: int
    moved_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When it goes, in UTC. `wanted`: the day that was meant, from which it may have been shifted."""

    at: dt.datetime
    wanted: dt.date

    @property
    def day(self) -> dt.date:
        """The day on which it goes, in Rome."""
        return self.at.astimezone(ROME).date()

    @property
    def is_shifted(self) -> bool:
        """Whether it goes on another day than was meant."""
        return self.day != self.wanted


def resolve(timing: Timing, frame: Frame) -> Due:
    """When a step is due in an edition with these dates. It may be outside of them: `checks.py` says so."""
    wanted = timing.moved_to or _wanted(timing, frame)
    if timing.kind == INVITATION:
        return Due(_not_before_opening(next_working_day(wanted), timing.minute, frame), wanted)
    return Due(_instant(last_working_day(wanted), timing.minute), wanted)


def last_chance(at: dt.datetime) -> dt.datetime:
    """Until when a step that was due at an instant may still begin: the end of the next working day."""
    day = next_working_day(at.astimezone(ROME).date() + DAY)
    return dt.datetime.combine(day, CLOSES, ROME).astimezone(dt.UTC)


def _wanted(timing: Timing, frame: Frame) -> dt.date:
    if timing.kind not in AFTER_OPENING:
        return frame.last_day - timing.days * DAY
    if timing.kind == LETTER and timing.days == 0:
        return frame.first_day
    return working_days_after(frame.first_day, timing.days)


def _not_before_opening(day: dt.date, minute: int, frame: Frame) -> dt.datetime:
    """At this time of a day; where the form is not open by then, from the opening on, in working hours."""
    at = _instant(day, minute)
    if at >= frame.opens_at or day != frame.first_day:
        return at
    opening = frame.opens_at.astimezone(ROME)
    if opening.hour * 60 + opening.minute <= LATEST and is_working_day(day):
        return max(at, frame.opens_at.astimezone(dt.UTC))
    return _instant(next_working_day(day + DAY), minute)


def _instant(day: dt.date, minute: int) -> dt.datetime:
    within = min(max(minute, EARLIEST), LATEST)
    return dt.datetime.combine(day, dt.time(within // 60, within % 60), ROME).astimezone(dt.UTC)
