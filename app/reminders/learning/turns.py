"""Whose turn it is when: the recipients of a batch in the order in which they are written to.

Not for: the lots themselves (`lots.py`) or the messages (`app.reminders.batches`).
Holds always: each recipient has one turn, with an instant for each of its addresses; within a day the order is that of the
tickets, whatever the stratum; nobody's turn comes later than `TOO_LATE` before its own deadline where a batch goes out over
days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.reminders.audience import Recipient
from app.reminders.learning.lots import Alike, Lot, deal, ticket
from app.reminders.schedule import Schedule, ends_too_late


class LateDaysError(Exception):
    """Somebody would be reminded less than a day before its deadline."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A recipient's lot, and the instant of the message to each of its addresses."""

    recipient: Recipient
    lot: Lot
    at: tuple[dt.datetime, ...]


def turns(
    recipients: Sequence[Recipient], places: Mapping[int, tuple[str, int]], schedule: Schedule, key: str, *, variants: int = 1
) -> list[Turn]:
    """The turns in the order of time. `places`: entity → (Region's code or "", size class). Raises `CrowdedDaysError`,
    `LateDaysError`."""
    alike = [Alike(one.entity_id, *places.get(one.entity_id, ("", 0)), one.audience) for one in recipients]
    lots = {lot.entity_id: lot for lot in deal(alike, key, days=schedule.days, variants=variants)}
    by_day: list[list[Recipient]] = [[] for _day in range(schedule.days)]
    for one in sorted(recipients, key=lambda one: ticket(key, one.entity_id)):
        by_day[lots[one.entity_id].day].append(one)
    times = schedule.times_by_day([sum(len(one.mailboxes) for one in part) for part in by_day])
    found = []
    for part, instants in zip(by_day, times, strict=True):
        following = iter(instants)
        found += [Turn(one, lots[one.entity_id], tuple(next(following) for _email in one.mailboxes)) for one in part]
    if schedule.days > 1 and any(ends_too_late(turn.at[-1], turn.recipient.closes_at) for turn in found):
        raise LateDaysError
    return found
