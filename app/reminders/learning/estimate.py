"""By how much two groups that were drawn by lot differ, with an interval: strata, their difference, its variance.

The difference of two shares within each stratum, weighted by the stratum's part of all entities, and Neyman's variance:

    d = Σ (n_s / n) (p_1s − p_0s),    v = Σ (n_s / n)² (s²_1s / n_1s + s²_0s / n_0s)

where s² = k p (1 − p) / (k − 1) of k entities of which the share p did what is counted.
Sources: Neyman 1923 (in English in Statistical Science 5, 1990, 465–472); Imbens and Rubin, Causal Inference for Statistics,
Social, and Biomedical Sciences, 2015, chapter 9, stratified randomized experiments; Miratrix, Sekhon and Yu, JRSS B 75, 2013,
369–396, for strata that are formed after the lot. The interval is that of the normal distribution.
Not for: who stands in which group (`lots.py`, `outcomes.py`), or words for it.
Holds always: pure; shares and differences are numbers from −1 to 1; nobody is left out: a stratum that cannot be judged alone
is put together with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
FEWEST: Final = 2
"""Of so many entities a variance can be told."""


class TooFewError(Exception):
    """A group has fewer than `FEWEST` entities."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Entities of one stratum in two groups, and how many of each did what is counted. The first is the one that was
    treated."""

    first: int
    first_did: int
    second: int
    second_did: int

    @property
    def entities(self) -> int:
        """Of both."""
        return self.first + self.second

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.first + other.first,
            self.first_did + other.first_did,
            self.second + other.second,
            self.second_did + other.second_did,
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """The share of the first group minus that of the second, both as if the two had the same strata. `error`: its standard
    error, of the same unit; `low`, `high`: the ends of its interval."""

    first_share: float
    second_share: float
    value: float
    error: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Whether the interval leaves out "no difference"."""
        return self.low > 0 or self.high < 0


def normal_quantile(comparisons: int = 1) -> float:
    """By how many standard errors an interval reaches to each side, so that all of so many intervals hold together with
    `CONFIDENCE` at least (Bonferroni): 1.96 for one."""
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * comparisons))


def compare(strata: Iterable[Counted], *, comparisons: int = 1) -> Difference:
    """The difference over all strata. `comparisons`: how many are told together. Raises `TooFewError`."""
    judged = joined(list(strata))
    total = sum(one.entities for one in judged)
    first = sum(one.entities * one.first_did / one.first for one in judged) / total
    second = sum(one.entities * one.second_did / one.second for one in judged) / total
    error = sqrt(sum((one.entities / total) ** 2 * _variance(one) for one in judged))
    reach = normal_quantile(comparisons) * error
    value = first - second
    return Difference(first, second, value, error, value - reach, value + reach)


def joined(strata: Sequence[Counted]) -> list[Counted]:
    """The same entities in strata each of which can be judged: those with too few in either group are put together, and what is
    still too few goes to the largest other one. Raises `TooFewError` where all of them together are too few."""
    large = [one for one in strata if _can_be_judged(one)]
    rest = sum((one for one in strata if not _can_be_judged(one)), Counted(0, 0, 0, 0))
    if not rest.entities:
        if not large:
            raise TooFewError
        return large
    if _can_be_judged(rest):
        return [*large, rest]
    if not large:
        raise TooFewError
    largest = max(range(len(large)), key=lambda place: large[place].entities)
    return [one + rest if place == largest else one for place, one in enumerate(large)]


def _can_be_judged(one: Counted) -> bool:
    return one.first >= FEWEST and one.second >= FEWEST


def _variance(one: Counted) -> float:
    """Of the difference within a stratum: of each group, its own variance with k − 1 below, divided by its size."""
    return _of_share(one.first, one.first_did) + _of_share(one.second, one.second_did)


def _of_share(entities: int, did: int) -> float:
    share = did / entities
    return share * (1 - share) / (entities - 1)
