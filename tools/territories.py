"""`python -m tools.territories comuni.topo.json`: write the territories of municipalities in the compact form that ships.

Not for: drawing a map; reading the form (`app/registry/territories.py`, where it is described).
Holds always: the same file gives the same bytes; nothing of the source's geometry is lost or added.
"""

from __future__ import annotations

import json
import lzma
import struct
import sys
from pathlib import Path
from typing import Any

from app.registry.territories import MARK, SHIPPED


def pack(topology: dict[str, Any]) -> bytes:
    """The compact form of a TopoJSON whose geometries bear a numeric `properties.code`."""
    transform = topology["transform"]
    numbers: list[int] = [len(topology["arcs"])]
    for arc in topology["arcs"]:
        numbers.append(len(arc))
        numbers += [_unsigned(step) for point in arc for step in point]
    (shapes,) = topology["objects"].values()
    numbers.append(len(shapes["geometries"]))
    for shape in shapes["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        rings = [ring for polygon in polygons for ring in polygon]
        numbers += [int(shape["properties"]["code"]), len(rings)]
        for ring in rings:
            numbers += [len(ring), *map(_unsigned, ring)]
    head = struct.pack("<4d", *transform["scale"], *transform["translate"])
    return MARK + head + lzma.compress(b"".join(map(_short, numbers)), preset=9)


def _unsigned(number: int) -> int:
    """A whole number with its sign in the lowest bit."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def _short(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


if __name__ == "__main__":
    SHIPPED.write_bytes(pack(json.loads(Path(sys.argv[1]).read_text())))
    print(f"{SHIPPED}: {SHIPPED.stat().st_size} bytes")
