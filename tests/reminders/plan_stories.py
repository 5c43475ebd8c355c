"""Random stories of a plan: an edition, its steps, what people do in the meantime, and when a worker happens to run; and the
judge, who knows the rules by himself and asks nothing of the program.

Not for: playing a story (`plan_worlds.py`, `tests/figures/plan_invariants.py`).
Holds always: the same number tells the same story.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.chasing.filters import Filter
from app.reminders.plans.resolving import Frame
from app.reminders.plans.steps import Content

ROME = ZoneInfo("Europe/Rome")
ENTITIES = 5
RANKS = {"letter": 0, "invitation": 1, "reminder": 2, "certified": 2}
MOST = {"email": 3, "pec": 2}
FIXED = ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))
EASTER_MONDAYS = {2026: (4, 6), 2027: (3, 29), 2028: (4, 17), 2029: (4, 2), 2030: (4, 22), 2031: (4, 14)}


@dataclass(frozen=True)
class Event:
    """What somebody does. `what`: approve, pause, resume, skip, move (a step), deadline, extend, submit, hold, release (all
    batches); `which`: a step's place, or an entity's; `span`: in hours."""

    at: dt.datetime
    what: str
    which: int = 0
    span: int = 0


@dataclass(frozen=True)
class Story:
    """`ticks`: when the timer and a worker run; `patrons`: entity's place → month and day."""

    number: int
    opens_at: dt.datetime
    closes_at: dt.datetime
    steps: tuple[Content, ...]
    events: tuple[Event, ...]
    ticks: tuple[dt.datetime, ...]
    patrons: dict[int, str]

    @property
    def frame(self) -> Frame:
        return Frame(self.opens_at, self.closes_at)


@dataclass(frozen=True)
class Sent:
    """A message that went out: to which entity, of which step, how, when."""

    entity: int
    step: int
    kind: str
    channel: str
    at: dt.datetime


def story(number: int, *, channels: Sequence[str] = ("email", "email", "email", "pec")) -> Story:
    """The story of this number."""
    lot = random.Random(number)
    opens = dt.datetime(lot.randint(2026, 2030), 1, 1, 9, tzinfo=ROME) + dt.timedelta(days=lot.randrange(330))
    days = lot.choice((20, 30, 45, 60))
    closes = dt.datetime.combine(opens.date() + dt.timedelta(days=days), dt.time(0), ROME)
    steps = tuple(_step(lot, place, channels) for place in range(lot.randint(3, 8)))
    span = closes - opens
    events = []
    for place in range(len(steps)):
        if lot.random() < 0.85:
            events.append(Event(_within(lot, opens, span), "approve", place))
            events.append(Event(opens - dt.timedelta(days=20), "approve", place))
        for what in ("pause", "resume", "skip", "move"):
            if lot.random() < 0.12:
                events.append(Event(_within(lot, opens, span), what, place, lot.randint(0, days)))
                events.append(Event(_within(lot, opens, span), "approve", place))
    for _ in range(lot.choice((0, 0, 1, 2))):
        events.append(Event(_within(lot, opens, span), "deadline", span=24 * lot.randint(-10, 20)))
        events += [Event(events[-1].at + dt.timedelta(hours=5), "approve", place) for place in range(len(steps))]
    for entity in range(ENTITIES):
        if lot.random() < 0.4:
            events.append(Event(_within(lot, opens, span), "submit", entity))
        if lot.random() < 0.2:
            events.append(Event(_within(lot, opens, span), "extend", entity, 24 * lot.randint(5, 30)))
    if lot.random() < 0.3:
        held = _within(lot, opens, span)
        events += [Event(held, "hold"), Event(held + dt.timedelta(hours=lot.randint(2, 200)), "release")]
    patrons = {entity: _within(lot, opens, span).strftime("%m-%d") for entity in range(ENTITIES) if lot.random() < 0.3}
    return Story(
        number, opens, closes, steps, tuple(sorted(events, key=lambda one: one.at)), _ticks(lot, opens, closes), patrons
    )


def _step(lot: random.Random, place: int, channels: Sequence[str]) -> Content:
    kind = lot.choice(("invitation", "reminder", "reminder", "reminder", "certified"))
    channel = lot.choice([one for one in channels if one == "pec"] or channels) if kind == "certified" else lot.choice(channels)
    days = lot.randint(0, 8) if kind == "invitation" else lot.randint(0, 25)
    per_hour = lot.choice((2, 5, 60, 400))
    decided = "deciso" if lot.random() < 0.05 else ""
    minute = lot.choice((0, 480, 540, 1_015, 1_300))
    return Content(kind, f"Passo {place}", channel, 0, Filter(), days, minute, per_hour, beyond_why=decided)


def _within(lot: random.Random, start: dt.datetime, span: dt.timedelta) -> dt.datetime:
    return start + span * lot.random()


def _ticks(lot: random.Random, opens: dt.datetime, closes: dt.datetime) -> tuple[dt.datetime, ...]:
    """At odd times, at night and on Sundays too; sometimes nobody runs for days, sometimes the clock goes back an hour."""
    at, found = opens - dt.timedelta(days=1), []
    while at < closes + dt.timedelta(days=8):
        found.append(at)
        gap = lot.choice((0, 1, 2, 3, 5, 5, 8, 13)) if lot.random() < 0.97 else 80
        at += dt.timedelta(hours=gap, minutes=lot.randint(1, 59) if gap else lot.randint(1, 9))
        if lot.random() < 0.01:
            found.append(at - dt.timedelta(hours=1))
    return tuple(one.astimezone(dt.UTC) for one in found)


def is_closed_day(day: dt.date) -> bool:
    """By a list of its own."""
    francis = (day.month, day.day) == (10, 4) and day.year >= 2026
    holiday = (day.month, day.day) in FIXED or EASTER_MONDAYS.get(day.year) == (day.month, day.day)
    return day.weekday() > 4 or holiday or francis


def broken_rules(told: Story, sent: Sequence[Sent], answered: dict[int, dt.datetime]) -> Counter[str]:
    """How many messages broke which rule."""
    found: Counter[str] = Counter()
    for entity in range(ENTITIES):
        mine = sorted((one for one in sent if one.entity == entity), key=lambda one: one.at)
        counted: Counter[str] = Counter()
        for place, one in enumerate(mine):
            there = one.at.astimezone(ROME)
            found["outside hours"] += is_closed_day(there.date()) or not 8 <= there.hour < 18
            found["to somebody who answered"] += entity in answered and one.at >= answered[entity]
            found["out of order"] += any(RANKS[before.kind] > RANKS[one.kind] for before in mine[:place])
            found["twice of one step"] += any(before.step == one.step for before in mine[:place])
            counted[one.channel] += 1
            found["beyond the limits"] += counted[one.channel] > MOST[one.channel] and not told.steps[one.step].beyond_why
    return found
