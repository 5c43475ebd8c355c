"""The shapes of Regions and provinces as the map ships them: `python -m tools.map_shapes FOLDER`.

FOLDER holds regions.topo.json and provinces.topo.json, TopoJSON whose `properties.code` is the ISTAT code without leading zeros
(© Openpolis, ISTAT, CC BY 4.0). Each line is projected (`app.practices.plane`), made simpler once, so that neighbours still
share it (Visvalingam and Whyatt, 1993: the point that spans the smallest triangle goes first), and written as an SVG path.
Not for: the data that are drawn on them.
Holds always: the same files give the same bytes; other files than those with the sums below are refused.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
import json
import sys
from pathlib import Path
from typing import Any, Final

from app.practices.plane import on_plane

ROOT: Final = Path(__file__).parents[1]
REGIONS: Final = ROOT / "app" / "public" / "data" / "regions.json"
PROVINCES: Final = ROOT / "app" / "static" / "map" / "provinces.json"
REGISTRY: Final = ROOT / "app" / "registry" / "data" / "municipalities.csv"
SUMS: Final = {
    "regions.topo.json": "ad531c15659fa21e570840da3ce2b5b4c5e2679f44f4c47937732b33e44d4c57",
    "provinces.topo.json": "9421094eec52b19721dcc59e06dbd11ab43367a4e7709ff1463111fed4160afc",
}
SMALLEST_TRIANGLE: Final = {"regions": 240.0, "provinces": 2.0}
"""In square units of the plane (0.01 km²): what a screen shows of the whole country, and of a part of it."""
SMALLEST_ISLAND: Final = {"regions": 500.0, "provinces": 30.0}

Point = tuple[int, int]


def main() -> None:
    """Write both files."""
    folder = Path(sys.argv[1])
    signs = {}
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            signs[str(int(row["istat_code"][:3]))] = row["province_sign"]
    regions = {f"{int(code):02}": path for code, path in shapes(folder, "regions").items()}
    provinces = {signs[code]: path for code, path in shapes(folder, "provinces").items() if code in signs}
    for target, found in ((REGIONS, regions), (PROVINCES, provinces)):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: {len(found)} shapes, {target.stat().st_size} bytes")


def shapes(folder: Path, name: str) -> dict[str, str]:
    """Code → SVG path of each geometry of a file."""
    content = (folder / f"{name}.topo.json").read_bytes()
    if hashlib.sha256(content).hexdigest() != SUMS[f"{name}.topo.json"]:
        raise SystemExit(f"{name}.topo.json is not the file that the shapes were made from")
    topology = json.loads(content)
    arcs = [simplified(arc, SMALLEST_TRIANGLE[name]) for arc in _projected(topology)]
    found = {}
    for geometry in topology["objects"][name]["geometries"]:
        polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
        rings = sorted((_ring(arcs, ring) for polygon in polygons for ring in polygon), key=_area, reverse=True)
        kept = [ring for at, ring in enumerate(rings) if at == 0 or _area(ring) >= SMALLEST_ISLAND[name]]
        found[geometry["properties"]["code"]] = "".join(_path(ring) for ring in kept)
    return found


def simplified(line: list[Point], smallest: float) -> list[Point]:
    """The line without the points that span less than so much with their neighbours; its ends stay."""
    before, after = list(range(-1, len(line) - 1)), list(range(1, len(line) + 1))
    sizes = {at: _triangle(line[at - 1], line[at], line[at + 1]) for at in range(1, len(line) - 1)}
    waiting = [(size, at) for at, size in sizes.items()]
    heapq.heapify(waiting)
    while waiting:
        size, at = heapq.heappop(waiting)
        if sizes.get(at) != size:
            continue
        if size >= smallest:
            break
        del sizes[at]
        one, other = before[at], after[at]
        after[one], before[other] = other, one
        for near in (one, other):
            if near in sizes:
                sizes[near] = max(size, _triangle(line[before[near]], line[near], line[after[near]]))
                heapq.heappush(waiting, (sizes[near], near))
    return [point for at, point in enumerate(line) if at in sizes or at in (0, len(line) - 1)]


def _projected(topology: dict[str, Any]) -> list[list[Point]]:
    (wide, high), (west, south) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for right, up in arc:
            x, y = x + right, y + up
            line.append(on_plane(y * high + south, x * wide + west))
        found.append(line)
    return found


def _ring(arcs: list[list[Point]], numbers: list[int]) -> list[Point]:
    ring: list[Point] = []
    for number in numbers:
        ring += (arcs[number] if number >= 0 else arcs[~number][::-1])[:-1]
    return ring


def _path(ring: list[Point]) -> str:
    """Whole numbers, each from the one before; a minus sign needs no space before it."""
    if len(ring) < 3:
        return ""
    (x, y), steps = ring[0], [ring[0]]
    for right, down in ring[1:]:
        if (right, down) != (x, y):
            steps.append((right - x, down - y))
            x, y = right, down
    numbers = "".join(f" {number}" if number >= 0 else str(number) for step in steps[1:] for number in step)
    return f"M{steps[0][0]} {steps[0][1]}l{numbers.strip()}z"


def _triangle(one: Point, point: Point, other: Point) -> float:
    return abs((one[0] - other[0]) * (point[1] - one[1]) - (one[0] - point[0]) * (other[1] - one[1])) / 2


def _area(ring: list[Point]) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(one[0] * other[1] - other[0] * one[1] for one, other in pairs)) / 2


if __name__ == "__main__":
    main()
