"""Where a point lies: the territories of the municipalities, as polygons, and how far a point is from each.

Why: a point inside each municipality tells which is nearest, not which it lies in; of 10,000 random points a third lie in
another municipality than that of the nearest such point.
Not for: drawing a map, or who answers for a territory: a geometry's code leads to an entity through `entity.geometry_code`.
Holds always: read at the first question, never at the start of the program; degrees are WGS 84; the borders are simplified, so
that within some hundred metres of one a point may be told to lie on its other side (`near` gives both).

The file: `MARK`; scale and origin of the grid (four doubles, little-endian); then, compressed with xz, unsigned numbers of
seven bits a byte: the arcs (how many; of each its points, as steps from the one before, signs in the lowest bit), then the
geometries (how many; of each its code, its rings, of each ring its arcs, a backward one as its complement). Written by
`tools.territories` from Openpolis' TopoJSON; licence beside it.
"""

from __future__ import annotations

import lzma
import math
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).parent / "data" / "territories.bin"
MARK: Final = b"TERR1"
CELL: Final = 0.1
KM_A_DEGREE: Final = 111.2
_HEAD: Final = struct.Struct("<4d")
Ring = tuple["array[float]", "array[float]"]


@dataclass(frozen=True, slots=True)
class Territory:
    """One geometry: its code, its rings (longitudes, latitudes; the last point is the first again) and its bounds."""

    code: str
    rings: tuple[Ring, ...]
    west: float
    south: float
    east: float
    north: float

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether the point lies inside (a hole is not inside)."""
        if not (self.west <= longitude <= self.east and self.south <= latitude <= self.north):
            return False
        inside = False
        for xs, ys in self.rings:
            for place in range(len(xs) - 1):
                low, high = ys[place], ys[place + 1]
                if (low > latitude) != (high > latitude):
                    crossing = xs[place] + (latitude - low) / (high - low) * (xs[place + 1] - xs[place])
                    inside ^= longitude < crossing
        return inside

    def is_about(self, latitude: float, longitude: float, up: float, aside: float) -> bool:
        """Whether its bounds, widened by so many degrees, hold the point: a first look that costs little."""
        wide = self.west - aside <= longitude <= self.east + aside
        return wide and self.south - up <= latitude <= self.north + up

    def km_from(self, latitude: float, longitude: float) -> float:
        """Kilometres from the point to the nearest border, on a flat earth: good for some tens of them."""
        stretch = math.cos(math.radians(latitude))
        return min(
            _to_segment(
                (xs[i] - longitude) * stretch, ys[i] - latitude, (xs[i + 1] - longitude) * stretch, ys[i + 1] - latitude
            )
            for xs, ys in self.rings
            for i in range(len(xs) - 1)
        )


class Territories:
    """All of them, with a grid by which only a few are looked at for a point."""

    def __init__(self, territories: list[Territory]) -> None:
        self.all = territories
        self._cells: dict[tuple[int, int], list[Territory]] = {}
        for one in territories:
            for cell in _cells(one.west, one.south, one.east, one.north):
                self._cells.setdefault(cell, []).append(one)

    def near(self, latitude: float, longitude: float, km: float) -> list[tuple[float, str]]:
        """(kilometres, code) of each territory that holds the point (0) or is at most `km` away, the nearest first."""
        up = km / KM_A_DEGREE
        aside = up / max(0.1, math.cos(math.radians(latitude)))
        found: dict[str, float] = {}
        for cell in _cells(longitude - aside, latitude - up, longitude + aside, latitude + up):
            for one in self._cells.get(cell, ()):
                if one.code not in found and one.is_about(latitude, longitude, up, aside):
                    found[one.code] = 0 if one.holds(latitude, longitude) else one.km_from(latitude, longitude)
        return sorted((distance, code) for code, distance in found.items() if distance <= km)


@lru_cache(maxsize=1)
def territories() -> Territories:
    """Those that ship; the first call reads them."""
    return read_territories(SHIPPED.read_bytes())


def read_territories(content: bytes) -> Territories:
    """Those of a file. Raises ValueError."""
    if not content.startswith(MARK):
        raise ValueError("not a file of territories")
    start = len(MARK) + _HEAD.size
    across, up, west, south = _HEAD.unpack(content[len(MARK) : start])
    numbers = _numbers(lzma.decompress(content[start:]))
    arcs = [_arc(numbers, across, up, west, south) for _arc_number in range(next(numbers))]
    found = []
    for _shape in range(next(numbers)):
        code = str(next(numbers))
        found.append(_territory(code, tuple(_ring(numbers, arcs) for _ring_number in range(next(numbers)))))
    return Territories(found)


def _numbers(raw: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in raw:
        number |= (byte & 127) << shift
        if byte > 127:
            shift += 7
        else:
            yield number
            number = shift = 0


def _signed(number: int) -> int:
    return -((number + 1) >> 1) if number & 1 else number >> 1


def _arc(numbers: Iterator[int], across: float, up: float, west: float, south: float) -> list[tuple[float, float]]:
    x = y = 0
    points = []
    for _point in range(next(numbers)):
        x, y = x + _signed(next(numbers)), y + _signed(next(numbers))
        points.append((x * across + west, y * up + south))
    return points


def _ring(numbers: Iterator[int], arcs: list[list[tuple[float, float]]]) -> Ring:
    points: list[tuple[float, float]] = []
    for _arc_of_ring in range(next(numbers)):
        number = _signed(next(numbers))
        piece = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += piece[1:] if points else piece
    return array("d", [x for x, _y in points]), array("d", [y for _x, y in points])


def _territory(code: str, rings: tuple[Ring, ...]) -> Territory:
    west, east = min(min(xs) for xs, _ys in rings), max(max(xs) for xs, _ys in rings)
    south, north = min(min(ys) for _xs, ys in rings), max(max(ys) for _xs, ys in rings)
    return Territory(code, rings, west, south, east, north)


def _cells(west: float, south: float, east: float, north: float) -> Iterator[tuple[int, int]]:
    for column in range(math.floor(west / CELL), math.floor(east / CELL) + 1):
        for row in range(math.floor(south / CELL), math.floor(north / CELL) + 1):
            yield column, row


def _to_segment(ax: float, ay: float, bx: float, by: float) -> float:
    """Kilometres from the origin to a segment, its ends in degrees of latitude."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = min(1.0, max(0.0, -(ax * dx + ay * dy) / length)) if length else 0.0
    return math.hypot(ax + along * dx, ay + along * dy) * KM_A_DEGREE
