"""A few municipalities of the shipped registry, for tests that need no more."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.registry.load import SHIPPED, load_municipalities
from tests.conftest import START

CODES = ("048017", "022165", "001235", "068038", "021008")


def add_municipalities(*codes: str) -> None:
    """Load these municipalities, or Firenze, both Samone, San Valentino in Abruzzo Citeriore and Bolzano/Bozen."""
    wanted = codes or CODES
    rows = _shipped()
    with TemporaryDirectory() as folder:
        few = Path(folder) / "municipalities.csv"
        with few.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([rows[0], *(row for row in rows if row[0] in wanted)])
        load_municipalities(START, few)


@lru_cache(maxsize=1)
def _shipped() -> list[list[str]]:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
