"""What a file of practices holds, whatever its form, and what is said of one that cannot be read.

Not for: reading it (`maps.py`, `tables.py`), what its columns mean (`mapping.py`). Pure.
Holds always: texts are plain; an error names the place (the number of the feature, the line of the table) and the field.
"""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec

from app.practices.importing.plain import plain_text

UMAP, GEOJSON, CSV = FORMS = ("umap", "geojson", "csv")
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_FEATURES: Final = 20_000
MOST_COLUMNS: Final = 100
MOST_LAYERS: Final = 100
MOST_PROBLEMS: Final = 20
LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 8_000
SHORT_NUMBER: Final = 40
REASONS: Final = (
    *("empty", "large", "encoding", "form", "deep", "number", "many", "columns", "layers", "pieces"),
    *("line", "head", "text", "geometry", "coordinates"),
)


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong: one of `REASONS`, where (0: the file), in which field ("": the whole), and a detail to show."""

    reason: str
    place: int = 0
    field: str = ""
    detail: str = ""


class UnfitFileError(Exception):
    """A file that is not read: what is wrong with it, at most `MOST_PROBLEMS` of it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


class Feature(msgspec.Struct, frozen=True):
    """One thing of the file. `place`: number of the feature over all layers from 1, or line of the table; `texts`: column →
    plain text, without the empty ones; degrees in WGS 84, None where it has no place."""

    place: int
    layer: str
    texts: dict[str, str]
    latitude: float | None = None
    longitude: float | None = None


class Source(msgspec.Struct, frozen=True):
    """A whole file. `notes`: what was passed over and why."""

    form: str
    title: str
    columns: tuple[str, ...]
    layers: tuple[str, ...]
    features: tuple[Feature, ...]
    notes: tuple[Problem, ...] = ()


class Problems:
    """What is wrong, gathered until it is enough."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, reason: str, place: int, field: str = "", detail: str = "") -> None:
        """Note one. Raises UnfitFileError with the last that is told."""
        self.found.append(Problem(reason, place, plain_text(field, LONGEST_NAME), plain_text(detail, LONGEST_NAME)))
        if len(self.found) >= MOST_PROBLEMS:
            raise UnfitFileError(*self.found)

    def refuse(self) -> None:
        """Raises UnfitFileError if there is any."""
        if self.found:
            raise UnfitFileError(*self.found)


def text_of(value: Any) -> str | None:
    """A value as text: numbers as they are written, yes and no, a list of such with semicolons; None: it is no text.

    A number that is none, or longer than any that somebody writes, is no text.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return plain_text(value, LONGEST_TEXT)
    if isinstance(value, (bool, int, float)):
        return _number(value)
    if isinstance(value, list) and len(value) <= MOST_COLUMNS:
        parts = [text_of(one) for one in value if not isinstance(one, (list, dict))]
        return plain_text("; ".join(one for one in parts if one), LONGEST_TEXT) if len(parts) == len(value) else None
    return None


def _number(value: float) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**SHORT_NUMBER else None
    return f"{value:.15g}" if math.isfinite(value) else None


def degrees_of(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """Both as numbers of degrees, None where one is no such number."""
    for value, most in ((latitude, 90), (longitude, 180)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not -most <= value <= most:
            return None
    return float(latitude), float(longitude)
