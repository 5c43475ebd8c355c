"""Do the intervals of what a reminder brings contain the truth as often as they say, by the lots and the arithmetic that run.

Editions are simulated: a country of 7,896 municipalities (or the 1,502 of one Region) whose shares of answers differ by Region,
size and how far they are; a batch over five days, dealt by the program's own lots; answers that come anyway, day by day, and
those that the reminder adds, later for who is reached later and never for whom the message came back. Who answers before its
message goes out gets none, and stays where the lot has put it.
2,000 editions in which the reminder does nothing, 2,000 in which it brings what the simulation knows; the same with four
variants in three Regions, whose intervals hold all together, and in one Region alone.
What counts: the share of 95 % intervals that contain the truth is 93 to 97 % in each; and what the program computes is, to
1e-9, what the published formula gives that stands here a second time, written down from it and from single answers instead of
counts. Two wrong ways (those left out whose message was cancelled since they had answered; those first who are likelier to
answer, instead of a lot) are seen to be wrong.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

from app.reminders.learning.comparing import Answer, Followed, compare_days, compare_variants
from app.reminders.learning.lots import Alike, deal, strata
from tests.figures.harness import AT_LEAST, AT_MOST, Figure

SEED = 20261130
EDITIONS = 2_000
WRONG = 200
"""So many are tried of each wrong way, which must be seen to be one."""
PROCESSES = 2
DAYS = 5
REGIONS = {
    "01": 1180, "02": 74, "03": 1502, "04": 282, "05": 560, "06": 215, "07": 234, "08": 330, "09": 273, "10": 92,
    "11": 225, "12": 378, "13": 305, "14": 136, "15": 550, "16": 257, "17": 131, "18": 404, "19": 391, "20": 377,
}  # fmt: skip
"""Municipalities by Region's code, as in the register of 2026."""
SIZES = ((1, 0.25), (2, 0.44), (3, 0.24), (4, 0.055), (5, 0.015))
"""Share of municipalities by size class."""
AUDIENCES = (("not_started", 0.80), ("draft", 0.17), ("lead", 0.03))
BOUNCED = 0.03
Z = 1.959963984540054
"""The quantile of the normal distribution for 95 %, from a table."""
Z_OF_THREE = 2.393979800116148
"""The same for three intervals that hold together: 1 − 0.05 / 6."""


@dataclass(frozen=True)
class Entity:
    """`base`: with which probability it answers between the batch's beginning and the comparison; `more`: which part of those
    who would not answer does for the reminder, if it is reached on the first day; `reached`: its message arrives."""

    alike: Alike
    base: float
    more: float
    reached: bool


@dataclass(frozen=True, eq=False)
class World:
    """Editions that are alike. `effect`: whether the reminder does anything; `variants`: how many texts."""

    name: str
    entities: tuple[Entity, ...]
    effect: bool
    variants: int = 1


@dataclass(frozen=True)
class Tried:
    """What one edition gave: whether all its intervals contain the truth, whether one claims a difference, how far the program
    and the formula are from each other, and by how much the estimate missed."""

    contains: bool
    claims: bool
    apart: float
    missed: float


def country(*only: str) -> tuple[Entity, ...]:
    """The municipalities of the country, or of some Regions: the same each time."""
    chance, found = random.Random(SEED), []
    for code, number in REGIONS.items():
        region = chance.uniform(0.6, 1.5)
        for _one in range(number):
            size = chance.choices([size for size, _share in SIZES], [share for _size, share in SIZES])[0]
            text = chance.choices([text for text, _share in AUDIENCES], [share for _text, share in AUDIENCES])[0]
            base = 0.075 * region * (1 + 0.12 * (size - 2)) * {"not_started": 0.8, "draft": 2.2, "lead": 1.5}[text]
            alike = Alike(len(found) + 1, code, size, text)
            found.append(Entity(alike, min(base * chance.uniform(0.5, 1.5), 0.9), 0.05 * region, chance.random() > BOUNCED))
    return tuple(one for one in found if not only or one.alike.region in only)


def answering(one: Entity, day: int | None, variant: int, *, effect: bool) -> float:
    """With which probability an entity has answered by the comparison, reached on a day or not yet (None).

    Whoever is reached earlier has had more of the days to answer in; the second text brings more than the first, the third
    less.
    """
    if not effect or day is None or not one.reached:
        return one.base
    exposed = (DAYS - 1 - day) / (DAYS - 1)
    return one.base + (1 - one.base) * one.more * exposed * (1, 1.5, 0.5, 1)[variant]


def truths(world: World) -> list[float]:
    """What the intervals should contain: by how much more would answer in all of the country if all were reached, each on an
    early day of equal chance, than if none were; with variants, if all got that text than if all got the first."""
    early, everybody = range(DAYS - 1), world.entities
    days = len(early) if world.variants == 1 else DAYS

    def mean(variant: int, *, effect: bool) -> float:
        each = [
            answering(one, day if day < DAYS - 1 else None, variant, effect=effect) for one in everybody for day in range(days)
        ]
        return math.fsum(each) / len(each)

    if world.variants == 1:
        return [mean(0, effect=world.effect) - mean(0, effect=False)]
    return [mean(number, effect=world.effect) - mean(0, effect=world.effect) for number in range(1, world.variants)]


def play(world: World, chance: random.Random) -> list[Followed]:
    """One edition up to the instant of the comparison, dealt by the program."""
    by_id, drawn, key = likelihoods(world), chance.random, f"{chance.getrandbits(128):032x}"
    return [
        Followed(lot.region, lot.stratum, lot.day, lot.variant, submitted=drawn() < by_id[lot.entity_id][lot.day][lot.variant])
        for lot in deal([one.alike for one in world.entities], key, days=DAYS, variants=world.variants)
    ]


@cache
def likelihoods(world: World) -> dict[int, list[list[float]]]:
    """Entity's id → with which probability it has answered, by day and variant."""
    return {
        one.alike.entity_id: [
            [answering(one, day, variant, effect=world.effect) for variant in range(world.variants)]
            for day in (*range(DAYS - 1), None)
        ]
        for one in world.entities
    }


def without_cancelled(followed: Sequence[Followed], chance: random.Random) -> list[Followed]:
    """A wrong way, where the reminder does nothing: whoever had answered before its message went out is left out, as
    cancelled."""
    return [one for one in followed if not (one.submitted and one.day < DAYS - 1 and chance.random() < one.day / (DAYS - 1))]


def first_come(world: World, chance: random.Random) -> list[Followed]:
    """Another: no lot, but those who are likelier to answer first, within each stratum."""
    by_id, by_stratum = likelihoods(world), defaultdict(list)
    for one in play(world, chance):
        by_stratum[one.stratum].append(one)
    found = []
    for stratum, members in by_stratum.items():
        named = [entity_id for entity_id, name in strata_of(world).items() if name == stratum]
        for place, entity_id in enumerate(sorted(named, key=lambda one: -by_id[one][0][0])):
            day = place * DAYS // len(members)
            found.append(replace(members[0], day=day, submitted=chance.random() < by_id[entity_id][day][0]))
    return found


@cache
def strata_of(world: World) -> dict[int, str]:
    return strata([one.alike for one in world.entities])


def condemned(world: World, number: int) -> tuple[bool, bool]:
    """Whether the interval contains the truth in an edition that leaves out the cancelled, and in one that draws no lots."""
    chance = random.Random(f"{SEED}/wrong/{number}")
    wrong = without_cancelled(play(world, chance), chance), first_come(world, chance)
    found = [told(one, world)[0].difference for one in wrong]
    left_out, no_lots = (one is not None and one.low <= 0 <= one.high for one in found)
    return left_out, no_lots


def told(followed: Sequence[Followed], world: World) -> list[Answer]:
    """What the program says of it."""
    base = statistics.fmean(one.base for one in world.entities)
    if world.variants == 1:
        return [compare_days(followed, DAYS, base).submitted]
    return [answers.submitted for answers in compare_variants(followed, world.variants, base)]


def published(followed: Sequence[Followed], world: World) -> list[tuple[float, float, float]]:
    """(difference, low, high) of each comparison by the formula as it is printed, from the single answers y of 0 or 1:

    Imbens and Rubin 2015, chapter 9 (strata), chapter 6 (Neyman): τ = Σ_j N(j)/N · (ȳ_t(j) − ȳ_c(j)), V = Σ_j (N(j)/N)² ·
    (s²_t(j)/N_t(j) + s²_c(j)/N_c(j)), s² = Σ (y − ȳ)² / (N − 1).
    """
    if world.variants == 1:
        return [_published([(one.stratum, one.day < DAYS - 1, one.submitted) for one in followed], Z)]
    return [
        _published(
            [(one.stratum, one.variant == number, one.submitted) for one in followed if one.variant in (0, number)],
            Z_OF_THREE if world.variants == 4 else Z,
        )
        for number in range(1, world.variants)
    ]


def _published(rows: Sequence[tuple[str, bool, bool]], z: float) -> tuple[float, float, float]:
    arms: dict[str, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
    for stratum, treated, answered in rows:
        arms[stratum][treated].append(int(answered))
    tau = math.fsum(
        (len(y[True]) + len(y[False])) / len(rows) * (statistics.fmean(y[True]) - statistics.fmean(y[False]))
        for y in arms.values()
    )
    variance = math.fsum(
        ((len(y[True]) + len(y[False])) / len(rows)) ** 2 * sum(_variance(y[arm]) / len(y[arm]) for arm in (True, False))
        for y in arms.values()
    )
    return tau, tau - z * math.sqrt(variance), tau + z * math.sqrt(variance)


def _variance(answers: Sequence[int]) -> float:
    mean = sum(answers) / len(answers)
    return sum((one - mean) ** 2 for one in answers) / (len(answers) - 1)


def try_edition(world: World, truth: Sequence[float], number: int) -> Tried:
    followed = play(world, random.Random(f"{SEED}/{world.name}/{number}"))
    pairs = list(zip(told(followed, world), published(followed, world), truth, strict=True))
    found = [answer.difference for answer, _formula, _truth in pairs if answer.difference is not None]
    assert len(found) == len(pairs), f"{world.name}: the program tells nothing"
    apart = max(
        abs(ours - theirs)
        for difference, (_answer, formula, _truth) in zip(found, pairs, strict=True)
        for ours, theirs in zip((difference.value, difference.low, difference.high), formula, strict=True)
    )
    contains = all(one.low <= value <= one.high for one, value in zip(found, truth, strict=True))
    return Tried(contains, any(one.tells for one in found), apart, found[0].value - truth[0])


def try_editions(world: World, numbers: range) -> list[Tried]:
    gc.disable()  # there are no cycles, and looking for them among so many entities takes longer than the lots
    truth = truths(world)
    return [try_edition(world, truth, number) for number in numbers]


def worlds() -> list[World]:
    made = [World("country", country(), False), World("region", country("03"), False)]
    made.append(World("variants", country("01", "03", "05"), False, 4))
    return [version for one in made for version in (one, replace(one, effect=True))]


def measure() -> list[Figure]:
    figures, apart, shares = [], 0.0, []
    with ProcessPoolExecutor(PROCESSES) as processes:
        for world in worlds():
            halves = [range(start, EDITIONS, PROCESSES) for start in range(PROCESSES)]
            tried = [one for part in processes.map(try_editions, [world] * PROCESSES, halves) for one in part]
            counted = Counter((one.contains, one.claims) for one in tried)
            share = 100 * (counted[True, True] + counted[True, False]) / len(tried)
            claims = 100 * (counted[True, True] + counted[False, True]) / len(tried)
            apart, name = max(apart, *(one.apart for one in tried)), f"{world.name}-{'effect' if world.effect else 'none'}"
            bias, truth = statistics.fmean(one.missed for one in tried), ", ".join(f"{100 * one:.2f}" for one in truths(world))
            print(
                f"{name}: {len(tried)} editions of {len(world.entities)}, truth {truth} in 100, mean miss {100 * bias:+.3f}, "
                f"{claims:.1f} % claim a difference"
            )
            shares.append(share)
            figures += [Figure(name, share, "%", AT_LEAST, 93), Figure(name, share, "%", AT_MOST, 97)]
    region = worlds()[2]
    wrong = zip(*(condemned(region, number) for number in range(WRONG)), strict=True)
    for name, held in zip(("without-the-cancelled", "without-lots"), wrong, strict=True):
        figures.append(Figure(name, 100 * sum(held) / WRONG, "%", AT_MOST, 92))
    figures.append(Figure("published-formula", 1e9 * apart, "billionths away at most", AT_MOST, 1))
    farthest = max(shares, key=lambda share: abs(share - 95))
    return [*figures, Figure("experiment-calibration", abs(farthest - 95), "points from 95 % at most", AT_MOST, 2)]
