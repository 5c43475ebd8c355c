"""Reads a `.umap` file or GeoJSON: layers and features, each with its plain texts and one point.

Of a `.umap` file: `{type: "umap", properties, geometry: Point, layers: [FeatureCollection + _umap_options]}`; older
files write `_storage` or `properties` for the options of a layer. GeoJSON: RFC 7946. Pure.
Holds always: of another geometry than a point one of its points stands for it, in its middle; a feature without a geometry has
no place and is kept; what costs more memory than a real file does is refused before it is unpacked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from app.practices.importing.plain import plain_line
from app.practices.importing.source import (
    GEOJSON,
    LONGEST_NAME,
    MOST_COLUMNS,
    MOST_FEATURES,
    MOST_LAYERS,
    UMAP,
    Feature,
    Problem,
    Problems,
    Source,
    UnfitFileError,
    degrees_of,
    text_of,
)

MOST_PIECES: Final = 1_000_000
MOST_POINTS: Final = 20_000
_GEOMETRIES: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep the points of each lie."""
_OPTIONS: Final = ("_umap_options", "_storage", "_storage_options", "properties")
_OURS: Final = frozenset({*_OPTIONS, "datasource_id"})
NAMES: Final = ("name", "description")
Shape = dict[str, Any]


def read_map(content: bytes) -> Source:
    """The features of all layers. Raises UnfitFileError."""
    whole = _decoded(content)
    kind = whole.get("type")
    if kind == "umap":
        layers = _list(whole, "layers")
        if len(layers) > MOST_LAYERS:
            raise UnfitFileError(Problem("layers"))
        named = [(_layer_name(layer, number), layer) for number, layer in enumerate(layers, 1)]
        return _read(UMAP, _options(whole).get("name"), named)
    if kind == "FeatureCollection":
        return _read(GEOJSON, _options(whole).get("name") or whole.get("name"), [("", whole)])
    if kind == "Feature":
        return _read(GEOJSON, "", [("", {"features": [whole]})])
    raise UnfitFileError(Problem("form", detail=kind if isinstance(kind, str) else ""))


def _decoded(content: bytes) -> Shape:
    if sum(content.count(piece) for piece in (b"[", b"{", b",")) > MOST_PIECES:
        raise UnfitFileError(Problem("pieces"))
    try:
        whole = msgspec.json.decode(content)
    except RecursionError as error:
        raise UnfitFileError(Problem("deep")) from error
    except msgspec.ValidationError as error:  # a number that no machine holds
        raise UnfitFileError(Problem("number")) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnfitFileError(Problem("form", detail=_where(content, str(error)))) from error
    if not isinstance(whole, dict):
        raise UnfitFileError(Problem("form"))
    return whole


def _where(content: bytes, told: str) -> str:
    """The line of the byte that the decoder names, as a number."""
    byte = told.rpartition("byte ")[2].rstrip(")")
    return str(content[: int(byte)].count(b"\n") + 1) if byte.isdigit() else ""


def _list(shape: Shape, name: str) -> list[Any]:
    found = shape.get(name)
    if not isinstance(found, list):
        raise UnfitFileError(Problem("form", field=name))
    return found


def _options(shape: Any) -> Shape:
    if isinstance(shape, dict):
        for name in _OPTIONS:
            if isinstance(options := shape.get(name), dict) and options:
                return options
    return {}


def _layer_name(layer: Any, number: int) -> str:
    name = _options(layer).get("name")
    return (plain_line(name, LONGEST_NAME) if isinstance(name, str) else "") or str(number)


def _read(form: str, title: Any, layers: list[tuple[str, Any]]) -> Source:
    problems, notes, features = Problems(), dict[str, Problem](), list[Feature]()
    columns: dict[str, None] = {}
    for name, layer in layers:
        if not isinstance(layer, dict):
            raise UnfitFileError(Problem("form", field="layers"))
        for shape in _list(layer, "features"):
            if len(features) >= MOST_FEATURES:
                raise UnfitFileError(Problem("many"))
            feature = _feature(shape, name, len(features) + 1, problems, notes)
            features.append(feature)
            columns.update(dict.fromkeys(feature.texts))
            if len(columns) > MOST_COLUMNS:
                raise UnfitFileError(Problem("columns"))
    problems.refuse()
    if not features:
        raise UnfitFileError(Problem("empty"))
    shown = plain_line(title, LONGEST_NAME) if isinstance(title, str) else ""
    named = tuple(dict.fromkeys(feature.layer for feature in features if feature.layer))
    return Source(form, shown, tuple(columns), named, tuple(features), tuple(notes.values()))


def _feature(shape: Any, layer: str, place: int, problems: Problems, notes: dict[str, Problem]) -> Feature:
    if not isinstance(shape, dict) or shape.get("type") != "Feature":
        problems.add("form", place, "type")
        return Feature(place, layer, {})
    texts = _texts(shape.get("properties"), place, problems, notes)
    geometry = shape.get("geometry")
    if geometry is None:
        return Feature(place, layer, texts)
    point = _point(geometry, place, problems)
    return Feature(place, layer, texts, *point) if point else Feature(place, layer, texts)


def _texts(properties: Any, place: int, problems: Problems, notes: dict[str, Problem]) -> dict[str, str]:
    if properties is not None and not isinstance(properties, dict):
        problems.add("text", place, "properties")
        return {}
    texts = {}
    for written, value in (properties or {}).items():
        name = plain_line(written, LONGEST_NAME)
        if not name or name in _OURS:
            continue
        text = text_of(value)
        if text:
            texts[name] = text
        elif text is None and name in NAMES:
            problems.add("text", place, name)
        elif text is None and len(notes) < MOST_COLUMNS:
            notes.setdefault(name, Problem("text", place, name))
    return texts


def _point(geometry: Any, place: int, problems: Problems) -> tuple[float, float] | None:
    """Latitude and longitude of a geometry, of the middle of its points where it is none."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection" and isinstance(parts := geometry.get("geometries"), list) and parts:
        kind = parts[0].get("type") if isinstance(parts[0], dict) else None
        geometry = parts[0]
    if not isinstance(kind, str) or kind not in _GEOMETRIES:
        problems.add("geometry", place, "geometry", kind if isinstance(kind, str) else "")
        return None
    points: list[tuple[float, float]] = []
    for one in _points(geometry.get("coordinates"), _GEOMETRIES[kind]):
        found = degrees_of(one[1], one[0]) if isinstance(one, list) and 2 <= len(one) <= 4 else None
        if found is None or len(points) >= MOST_POINTS:
            problems.add("coordinates", place, "coordinates")
            return None
        points.append(found)
    if not points:
        problems.add("coordinates", place, "coordinates")
        return None
    return _middle(points)


def _points(shape: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        yield shape
    elif isinstance(shape, list):
        for one in shape:
            yield from _points(one, depth - 1)
    else:
        yield None


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The point of them that lies nearest to the middle of their bounds: of a line it lies on the line."""
    if len(points) == 1:
        return points[0]
    ups, asides = [up for up, _aside in points], [aside for _up, aside in points]
    up, aside = (min(ups) + max(ups)) / 2, (min(asides) + max(asides)) / 2
    if points[0] == points[-1]:  # a ring: its middle is what it surrounds
        return up, aside
    return min(points, key=lambda one: (one[0] - up) ** 2 + (one[1] - aside) ** 2)
