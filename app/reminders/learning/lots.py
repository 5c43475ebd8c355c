"""Who is written to on which day, and in which words: drawn by lot within groups of entities that are alike.

Not for: at which instants (`app.reminders.schedule`), storing the lots (`arms.py`), or comparing (`estimate.py`).
Holds always: pure; the lots of the same entities and key are the same each time; everybody has a day and a variant; in each
stratum and in the whole the numbers of any two days differ by one at most, those of any two variants by two; within a stratum
each way of dealing the entities is as likely as any other, as far as the key is one that nobody could foresee.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Final

MOST_DAYS: Final = 10
MOST_VARIANTS: Final = 4
LEAST: Final = 20
"""As many entities at least stand in a stratum: two of them in each of `MOST_DAYS` days, so that their variance is known."""
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Alike:
    """By what an entity is put beside others, as it was before the lot. `region`: its code or ""; `size`: its class, 0 to 5;
    `audience`: which text it gets."""

    entity_id: int
    region: str
    size: int
    audience: str


@dataclass(frozen=True, slots=True)
class Lot:
    """What was drawn for an entity. `position`: its place in the whole order, from 0; `day`, `variant`: from 0."""

    entity_id: int
    region: str
    stratum: str
    position: int
    day: int
    variant: int


def ticket(key: str, entity_id: int) -> bytes:
    """A number that the key of the form draws for an entity."""
    return hashlib.sha256(f"{key}|{entity_id}".encode()).digest()


def strata(entities: Iterable[Alike]) -> dict[int, str]:
    """Entity's id → its stratum: Region, size class and text, as "09/3/draft".

    Those of a stratum of fewer than `LEAST` are put together, each time with those left over: first by Region and text whatever
    the size ("09/*/draft"), then by text alone ("*/*/draft"), then all; what is still too few goes into the largest stratum,
    where it weighs least. Only what was known before the lot counts.
    """
    found: dict[int, str] = {}
    left = list(entities)
    for name in (_finest, _without_size, _by_text):
        groups: dict[str, list[Alike]] = defaultdict(list)
        for one in left:
            groups[name(one)].append(one)
        large = {stratum for stratum, members in groups.items() if len(members) >= LEAST}
        found |= {one.entity_id: stratum for stratum in large for one in groups[stratum]}
        left = [one for stratum, members in groups.items() if stratum not in large for one in members]
    rest = f"{ANY}/{ANY}/{ANY}" if len(left) >= LEAST or not found else _largest(found)
    return found | {one.entity_id: rest for one in left}


def deal(entities: Sequence[Alike], key: str, *, days: int = 1, variants: int = 1) -> list[Lot]:
    """The lots of these entities, in the order of their positions. Raises ValueError for more days or variants than there may
    be.

    In each stratum the entities are put in the order of their tickets, and the days and variants dealt out in turn, going on
    from one stratum to the next, so that what does not divide evenly falls on each day alike.
    """
    if not (1 <= days <= MOST_DAYS and 1 <= variants <= MOST_VARIANTS):
        raise ValueError(f"1 to {MOST_DAYS} days and 1 to {MOST_VARIANTS} variants")
    stratum_of, regions = strata(entities), {one.entity_id: one.region for one in entities}
    drawn = sorted(regions, key=lambda entity_id: (stratum_of[entity_id], ticket(key, entity_id)))
    turn = lcm(days, variants)
    return [
        Lot(entity_id, regions[entity_id], stratum_of[entity_id], place, place % days, (place + place // turn) % variants)
        for place, entity_id in enumerate(drawn)
    ]


def _finest(one: Alike) -> str:
    return f"{one.region}/{one.size}/{one.audience}"


def _without_size(one: Alike) -> str:
    return f"{one.region}/{ANY}/{one.audience}"


def _by_text(one: Alike) -> str:
    return f"{ANY}/{ANY}/{one.audience}"


def _largest(found: Mapping[int, str]) -> str:
    sizes: dict[str, int] = defaultdict(int)
    for stratum in found.values():
        sizes[stratum] += 1
    return min(sizes, key=lambda stratum: (-sizes[stratum], stratum))
