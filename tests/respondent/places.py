"""Municipalities of the registry's own file: those who answer, and those that are searched for and chosen.

Holds always: the file is read here a second time; the program's search is not asked.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from tests.respondent.writing import Written

REGISTRY = Path(__file__).resolve().parents[2] / "app" / "registry" / "data" / "municipalities.csv"


@dataclass(frozen=True)
class Town:
    """A municipality. `label`: "Samone (TN)"; `unique`: no other bears its name."""

    code: str
    name: str
    label: str
    unique: bool


@cache
def towns() -> tuple[Town, ...]:
    """Every municipality, by code."""
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = Counter(row["name"] for row in rows)
    return tuple(
        Town(row["istat_code"], row["name"], f"{row['name']} ({row['province_sign']})", names[row["name"]] == 1) for row in rows
    )


def chosen(towns_chosen: Sequence[Town], *, several: bool) -> Written:
    """The choice of one, or of several in this order."""
    codes = [town.code for town in towns_chosen]
    return Written({"": codes}, codes if several else codes[0], ", ".join(town.label for town in towns_chosen), {"": codes})


def words_for(town: Town, random: Random) -> str:
    """How somebody searches for a municipality: its name with or without accents, in another case, or its code."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", town.name) if not unicodedata.combining(letter))
    return random.choice((town.name, bare, bare.upper(), f" {town.name.lower()} ", town.code))
