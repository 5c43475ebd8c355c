"""Two groups of a batch beside each other: who stands in which, what is counted, and whether it may be told.

Not for: the arithmetic (`estimate.py`, `power.py`), or reading who did what (`outcomes.py`).
Holds always: pure; who stands in which group was drawn by lot, whatever became of the message: one that was cancelled because
its entity had answered, came back, or went later than planned changes nothing; whether a comparison is told depends on the
sizes of its groups and on what was expected, never on what was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.reminders.learning.estimate import Counted, Difference, compare
from app.reminders.learning.power import detectable, is_enough


@dataclass(frozen=True, slots=True)
class Followed:
    """An entity of a batch: its lot, and what it did between the batch's beginning and the instant of the comparison.

    `was_open`: it had opened the form before the beginning.
    """

    region: str
    stratum: str
    day: int
    variant: int
    was_open: bool = False
    opened: bool = False
    submitted: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a comparison says. `first`, `second`: how many entities each group has; `shows`: the least difference that so many
    could show; `difference`: None where the numbers are too small to tell anything."""

    first: int
    second: int
    shows: float
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The same groups by both of what is counted. `opened`: among those who had not opened the form before."""

    submitted: Answer
    opened: Answer


Group = Callable[[Followed], bool]
Did = Callable[[Followed], bool]


def compare_days(followed: Sequence[Followed], days: int, base: float, *, comparisons: int = 1) -> Answers:
    """Those of all days but the last, who were written to, beside those of the last, who were not yet."""
    return _answers(followed, lambda one: one.day < days - 1, lambda one: one.day == days - 1, base, comparisons)


def compare_variants(followed: Sequence[Followed], variants: int, base: float) -> list[Answers]:
    """Each variant but the first beside the first; their intervals hold all together."""
    of = [_in_variant(number) for number in range(variants)]
    return [_answers(followed, own, of[0], base, variants - 1) for own in of[1:]]


def _in_variant(number: int) -> Callable[[Followed], bool]:
    return lambda one: one.variant == number


def compare_regions(followed: Sequence[Followed], days: int, base: float) -> dict[str, Answers]:
    """Region's code → its days beside each other. Only of those that are large enough something is told, and their intervals
    hold all together: so there are as many comparisons as Regions that would be large enough alone."""
    of_region: dict[str, list[Followed]] = {}
    for one in followed:
        if one.region:
            of_region.setdefault(one.region, []).append(one)
    alone = {code: compare_days(members, days, base) for code, members in of_region.items()}
    told = sum(one.submitted.difference is not None for one in alone.values())
    if told <= 1:
        return alone
    return {code: compare_days(members, days, base, comparisons=told) for code, members in of_region.items()}


def _answers(followed: Sequence[Followed], first: Group, second: Group, base: float, comparisons: int) -> Answers:
    fresh = [one for one in followed if not one.was_open]
    submitted = _answer(count(followed, first, second, lambda one: one.submitted), base, comparisons)
    return Answers(submitted, _answer(count(fresh, first, second, lambda one: one.opened), base, comparisons))


def count(followed: Iterable[Followed], first: Group, second: Group, did: Did) -> list[Counted]:
    """The entities of two groups and how many did what is counted, by stratum."""
    found: Counter[tuple[str, bool, bool]] = Counter()
    for one in followed:
        if (early := first(one)) or second(one):
            found[one.stratum, early, did(one)] += 1
    return [
        Counted(
            *(found[stratum, True, False] + found[stratum, True, True], found[stratum, True, True]),
            *(found[stratum, False, False] + found[stratum, False, True], found[stratum, False, True]),
        )
        for stratum in sorted({key[0] for key in found})
    ]


def _answer(strata: Sequence[Counted], base: float, comparisons: int) -> Answer:
    first, second = sum(one.first for one in strata), sum(one.second for one in strata)
    told = is_enough(first, second, base, comparisons=comparisons)  # then each has more than `estimate.FEWEST`
    found = compare(strata, comparisons=comparisons) if told else None
    return Answer(first, second, detectable(first, second, base, comparisons=comparisons), found)
