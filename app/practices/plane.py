"""The plane of the map: where a place on the globe stands on it, in whole units.

Mercator, so that small shapes keep their form; an eight-hundredth of a degree of longitude is a unit: about 100 m in Italy.
Not for: drawing (`static/js/map_view.js`). Pure.
Holds always: shapes (`tools/map_shapes.py`) and practices stand on the same plane, so that a browser projects nothing.
"""

from __future__ import annotations

import math
from typing import Final

WEST: Final = 6.0
NORTH: Final = 47.6
UNITS: Final = 800
"""Units a degree of longitude."""
FARTHEST: Final = {"latitude": 85.0, "longitude": 180.0}
"""Degrees to either side: beyond, Mercator runs away to the poles."""


def is_on_plane(latitude: float, longitude: float) -> bool:
    """Whether decimal degrees have a place here: neither a pole nor what is no number has."""
    return abs(latitude) <= FARTHEST["latitude"] and abs(longitude) <= FARTHEST["longitude"]


def on_plane(latitude: float, longitude: float) -> tuple[int, int]:
    """(x, y) of decimal degrees (WGS 84) that are on the plane: x grows to the east, y to the
    south; (0, 0) is north-west of Italy."""
    return round((longitude - WEST) * UNITS), round((_mercator(NORTH) - _mercator(latitude)) * UNITS)


def _mercator(latitude: float) -> float:
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)))
