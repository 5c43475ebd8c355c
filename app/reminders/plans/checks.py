"""What is wrong with a plan: its order, its days, its limits, and whether there are hours enough for what goes out.

Not for: words (the desk's), or when a step is due (`resolving.py`).
Holds always: pure; a step that was skipped or taken out is asked of nothing. What blocks keeps a step from being approved and
from going by itself; what only warns does not, because the rule it tells of holds anyway when the batch is made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.mail.pace import ROME, spread
from app.mail.working_days import is_working_day
from app.reminders.audience import MOST_MESSAGES
from app.reminders.channels import BY_EMAIL, BY_PEC, CERTIFIED, PAPER
from app.reminders.plans.resolving import INVITATION, LETTER, Frame
from app.reminders.schedule import ends_too_late

PLACES: Final[Mapping[str, int]] = {"letter": 0, "invitation": 1, "reminder": 2, "certified": 2}
"""In which order kinds go out."""
LIVE: Final = frozenset({"planned", "paused", "done"})
BLOCKING: Final = frozenset(
    {"before_opening", "letter_late", "after_deadline", "order", "same_day", "no_time", "no_certified", "no_template"}
)
Param = str | int


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as the checks see it. `at`: when it is due, or went; `messages`: about so many; `decided`: somebody has decided
    that the limits do not hold."""

    id: int
    kind: str
    channel: str
    state: str
    at: dt.datetime
    per_hour: int
    messages: int
    decided: bool = False
    moved_to: dt.date | None = None

    @property
    def day(self) -> dt.date:
        """In Rome."""
        return self.at.astimezone(ROME).date()

    @property
    def by_worker(self) -> bool:
        """Whether the program sends it, at a pace."""
        return self.channel in {BY_EMAIL, BY_PEC}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a step. `other`: the step with which it clashes."""

    step: int
    reason: str
    other: int | None = None
    params: Mapping[str, Param] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Whether the step may not go."""
        return self.reason in BLOCKING


def faults_of(steps: Sequence[Planned], frame: Frame) -> list[Fault]:
    """What is wrong, by step in the order of time."""
    live = sorted((one for one in steps if one.state in LIVE), key=lambda one: (one.at, one.id))
    found: list[Fault] = []
    for place, one in enumerate(live):
        if one.state == "done":
            continue
        found += _outside(one, frame)
        found += _beside(one, [other for other in live if other.id != one.id])
        found += _beyond(one, live[:place])
        found += _hours(one, frame)
        if one.moved_to is not None and not is_working_day(one.moved_to):
            found.append(Fault(one.id, "rest_day"))
    return found


def ends_at(one: Planned, start: dt.datetime | None = None) -> dt.datetime:
    """When the last of its messages goes, if it begins when it is due or at `start`."""
    begins = start or one.at
    return spread(begins, max(one.messages, 1), one.per_hour, working_hours=True)[-1] if one.by_worker else begins


def pace_needed(one: Planned, frame: Frame) -> int:
    """How many an hour, so that all go before the deadline; 0 where no pace would do. Counted in whole hundreds."""
    hours = _hours_left(one.at, frame)
    return -(-one.messages // (hours * 100)) * 100 if hours else 0


def _hours_left(start: dt.datetime, frame: Frame) -> int:
    return sum(1 for at in spread(start, 24 * 60, 1, working_hours=True) if at + dt.timedelta(hours=1) <= frame.closes_at)


def _outside(one: Planned, frame: Frame) -> Iterator[Fault]:
    if one.kind == LETTER:
        if one.day > frame.first_day:
            yield Fault(one.id, "letter_late")
        return
    if one.at < frame.opens_at:
        yield Fault(one.id, "before_opening")
    if one.at >= frame.closes_at:
        yield Fault(one.id, "after_deadline")


def _beside(one: Planned, others: Sequence[Planned]) -> Iterator[Fault]:
    for other in others:
        if other.day == one.day:
            yield Fault(one.id, "same_day", other.id)
        earlier, later = (other, one) if PLACES[other.kind] < PLACES[one.kind] else (one, other)
        if PLACES[earlier.kind] < PLACES[later.kind] and earlier.at > later.at:
            yield Fault(one.id, "order", other.id)


def _beyond(one: Planned, before: Sequence[Planned]) -> Iterator[Fault]:
    """More than an entity gets by this channel; the waves of an invitation are one, since each entity is in one of them."""
    if one.channel == PAPER or one.decided:
        return
    same = CERTIFIED if one.channel in CERTIFIED else (one.channel,)
    earlier = [other for other in before if other.channel in same]
    waves = any(other.kind == INVITATION for other in earlier)
    number = sum(1 for other in earlier if other.kind != INVITATION) + waves + (not (waves and one.kind == INVITATION))
    if number > MOST_MESSAGES[one.channel]:
        yield Fault(one.id, "too_many", params={"number": number, "most": MOST_MESSAGES[one.channel]})


def _hours(one: Planned, frame: Frame) -> Iterator[Fault]:
    if not one.by_worker or one.at >= frame.closes_at:
        return
    last = ends_at(one)
    if last >= frame.closes_at:
        params = {"messages": one.messages, "pace": one.per_hour, "needed": pace_needed(one, frame)}
        yield Fault(one.id, "no_time", params=params)
    elif ends_too_late(last, frame.closes_at):
        yield Fault(one.id, "ends_late")
