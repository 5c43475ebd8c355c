"""Files of practices as others make them: a uMap map of two layers, GeoJSON, tables. No real one was at hand: they are built
after the form that uMap writes."""

from __future__ import annotations

import json
from typing import Any

LABELS = {
    "area": {
        "families": "Attività a favore delle famiglie e delle responsabilità genitoriali",
        "centres": "Attività per lo sviluppo dei Centri per le famiglie e dei Consultori familiari",
        "childhood": "Attività a favore della natalità e dell'infanzia",
    },
    "recipients": {"all": "Tutte le famiglie", "age02": "Bambini 0-2 anni", "parents": "Genitori", "other": "Altro"},
    "level": {"municipality": "Comune", "union": "Unione di Comuni"},
}
FIRENZE = (43.7714, 11.2542)
BOLZANO = (46.4983, 11.3548)


def feature(name: Any, point: tuple[float, float] | None = FIRENZE, **properties: Any) -> dict[str, Any]:
    geometry = None if point is None else {"type": "Point", "coordinates": [point[1], point[0]]}
    return {"type": "Feature", "properties": {"name": name, **properties}, "geometry": geometry}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def umap(**layers: list[Any]) -> bytes:
    """A map with these layers, by name."""
    made = [collection(*features, _umap_options={"name": name, "displayOnLoad": True}) for name, features in layers.items()]
    whole = {
        "type": "umap",
        "uri": "https://umap.example.org/it/map/prova_1",
        "properties": {"name": "Le iniziative dei Comuni", "zoom": 6},
        "geometry": {"type": "Point", "coordinates": [12.5, 42.0]},
        "layers": made,
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def geojson(*features: Any) -> bytes:
    return json.dumps(collection(*features), ensure_ascii=False).encode()


def of_2017() -> bytes:
    """The four macro-areas of 2017 as layers."""
    return umap(
        **{
            "Attività a favore dell'infanzia": [feature("Nido aperto", description="Comune di Firenze")],
            "Attività a favore delle famiglie e delle responsabilità genitoriali": [feature("Sportello famiglia")],
            "Attività per lo sviluppo dei centri per le famiglie": [feature("Un centro nuovo", BOLZANO)],
            "Attività a favore della natalità": [feature("Pacco nascita", BOLZANO)],
        }
    )
