"""Which difference some numbers could show, before anybody has looked: and whether that is of any use.

The least difference that a test of two shares at 5 %, of two sides, finds in four of five cases:

    (z_0.975 + z_0.80) √(p (1 − p) (1 / n_1 + 1 / n_0))

Source: Bloom, Minimum Detectable Effects, Evaluation Review 19, 1995, 547–556; Cochran, Sampling Techniques, 1977, chapter 3,
for the variance of a share. The strata make it a little smaller, which is not counted on.
Not for: comparing (`estimate.py`).
Holds always: pure; shares are numbers from 0 to 1; nothing here depends on what a comparison has found.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Final

from app.reminders.learning.estimate import normal_quantile

POWER: Final = 0.80
USEFUL: Final = 0.06
"""A difference of more than six in a hundred within some days is rare: numbers that would show no smaller one are told nothing
of."""
EXPECTED: Final = 10
"""So many who answer, and so many who do not, are expected in the smaller group: with fewer the interval cannot be relied
on."""
WITHOUT_PAST: Final = 0.10
"""How many answer in a window where neither this edition nor the one before says anything."""
Days = Sequence[tuple[dt.date, int]]


def detectable(first: int, second: int, base: float, *, comparisons: int = 1) -> float:
    """The least difference that two groups of so many entities could show, 1 where one of them is empty. `base`: the share that
    answers anyway."""
    if not first or not second:
        return 1.0
    reach = normal_quantile(comparisons) + NormalDist().inv_cdf(POWER)
    return min(1.0, reach * sqrt(base * (1 - base) * (1 / first + 1 / second)))


def is_enough(first: int, second: int, base: float, *, comparisons: int = 1) -> bool:
    """Whether a comparison of two groups of so many entities is told at all: by `USEFUL` and `EXPECTED` alone."""
    fewer = min(first, second)
    expected = min(fewer * base, fewer * (1 - base))
    return expected >= EXPECTED and detectable(first, second, base, comparisons=comparisons) <= USEFUL


def base_rate(universe: int, represented: Days, today: dt.date, length: int, before: tuple[int, Days] | None = None) -> float:
    """The share of those who have not answered that answers within `length` days.

    `represented`: (day, how many had answered by its end) of this edition; `before`: (universe, the same) of the edition
    before, moved to this one's opening. The edition before tells what comes next, else the last `length` days of this one, else
    `WITHOUT_PAST`.
    """
    span = dt.timedelta(days=length)
    if before is not None and (found := _share(*before, today, today + span)):
        return found
    return _share(universe, represented, today - span, today) or WITHOUT_PAST


def _share(universe: int, represented: Days, since: dt.date, until: dt.date) -> float:
    """Of those who had not answered at the end of a day, who has by the end of another: 0 where nobody is known to have."""
    first, last = _held(represented, since), _held(represented, until)
    waiting = universe - first
    return min(max((last - first) / waiting, 0.0), 1.0) if waiting > 0 else 0.0


def _held(represented: Days, day: dt.date) -> int:
    at = bisect_right(represented, day, key=lambda point: point[0])
    return represented[at - 1][1] if at else 0
