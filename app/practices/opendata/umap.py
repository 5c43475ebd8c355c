"""A map for uMap, ready to import: a layer for each macro-area, one of Centres, one of the initiatives of Regions.

The structure is uMap's own export: `type`, `properties` of the map, `geometry` of its centre, and `layers`, each a
FeatureCollection with its options.
A popup puts the texts of an entry into its template and then reads the whole as markup: "[[…]]" is a link, "{{…}}" a picture,
"{{{…}}}" another page in a frame, and tags count as tags.
Not for: remote data, which uMap reads from the GeoJSON file: that one says texts as they were written.
Holds always: each entry with a place stands in one layer, one without a place in none, for uMap shows no feature without one;
no text of an entry makes a link, a picture, a frame or a tag in a popup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.practices.models import CENTRE, INITIATIVE, PRACTICE
from app.practices.opendata.columns import KIND_LABELS, Entry
from app.practices.opendata.writing import TITLE, About, feature, joined, json_text

CENTRE_OF_ITALY: Final = (12.6, 42.4)
"""Longitude and latitude in degrees."""
ZOOM: Final = 6
AREA_COLOURS: Final = ("#0066cc", "#b3253b", "#00663f", "#804d00", "#5b2a86", "#455b71")
"""For the macro-areas in the questionnaire's order; each reaches 4.5:1 on white."""
OTHER_COLOUR: Final = "#455b71"
KIND_COLOURS: Final = {CENTRE: "#a3195b", INITIATIVE: "#17324d"}
POPUP: Final = (
    "# {name}\n**{entity_name}** ({region}), {year}\n{description}\n\n{area_label}\n{recipients_label}\n{address}\n"
    "[[{page_url}|Apri la scheda]]"
)

_DOUBLED: Final = re.compile(r"([\[\]{}])(?=\1)")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its name, its colour, and which entries stand in it: of this kind, for practices of this macro-area."""

    name: str
    colour: str
    kind: str
    area: str | None = None


def layers_of(about: About) -> list[Layer]:
    """The layers in their order; the last one holds practices of a macro-area that no questionnaire knows."""
    areas = about.labels["it"].get("area", {})
    found = [
        Layer(label, AREA_COLOURS[place % len(AREA_COLOURS)], PRACTICE, code)
        for place, (code, label) in enumerate(areas.items())
    ]
    found += [Layer(f"{KIND_LABELS[kind]}", colour, kind) for kind, colour in KIND_COLOURS.items()]
    return [*found, Layer("Altre buone pratiche", OTHER_COLOUR, PRACTICE, None)]


def write_umap(about: About, entries_of: Callable[[Layer, list[str]], Iterable[Entry]]) -> Iterator[str]:
    """The map. `entries_of`: gives the entries of a layer; it is told the macro-areas that have layers of their own."""
    says: dict[str, Any] = {
        "name": TITLE,
        "description": f"Versione {about.number}. [[{about.source}|Dati, licenza e codici]]",
        "licence": {"name": about.licence.name, "url": about.licence.url},
        "shortCredit": f"{about.holder}, {about.licence.name}",
        "zoom": ZOOM,
        "easing": False,
        "scrollWheelZoom": True,
        "zoomControl": True,
        "searchControl": True,
        "datalayersControl": True,
        "onLoadPanel": "databrowser",
        "popupContentTemplate": POPUP,
    }
    centre = {"type": "Point", "coordinates": list(CENTRE_OF_ITALY)}
    yield f'{{"type":"umap","properties":{json_text(says)},"geometry":{json_text(centre)},"layers":['
    layers = layers_of(about)
    known = [layer.area for layer in layers if layer.area]
    for place, layer in enumerate(layers):
        yield (
            "," if place else ""
        ) + f'\n{{"type":"FeatureCollection","_umap_options":{json_text(_options(layer))},"features":['
        yield from joined(feature(entry, harmless) for entry in entries_of(layer, known) if entry.row.latitude is not None)
        yield "\n]}"
    yield "\n]}\n"


def harmless(text: str) -> str:
    """A text in which a popup finds nothing that loads or links: a space parts doubled brackets, and "<" from what it opens."""
    return _TAG.sub("< ", _DOUBLED.sub(r"\1 ", text))


def _options(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "type": "Cluster",
        "color": layer.colour,
        "iconClass": "Drop",
        "displayOnLoad": True,
        "browsable": True,
        "popupContentTemplate": POPUP,
        "labelKey": "{name}",
    }
