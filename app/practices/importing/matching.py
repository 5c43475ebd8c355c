"""Whose a practice of a file is: by the code or name that it gives, by where its point lies, and by the names in its text.

Not for: deciding where it is not sure: those are listed with who it may be, and a person settles each.
Holds always: a name or code that the file gives counts more than a point, and is not believed where the two are far apart; a
point near a border counts as lying on the side whose name its text holds; only who exists today is found, for an entity that
has ended its successor. The registry is read once for a file.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.practices.importing.source import Feature
from app.practices.models import INITIATIVE
from app.registry.folding import fold
from app.registry.places import Place, read_places
from app.registry.regions import REGIONS
from app.registry.territories import KM_A_DEGREE, territories

BY_CODE, BY_NAME, BY_POINT, BY_BOTH, NEARBY, CHOSEN = ("code", "name", "point", "both", "nearby", "chosen")
AMBIGUOUS, APART, NOWHERE, OUTSIDE, UNNAMED = UNSURE = ("ambiguous", "apart", "nowhere", "outside", "unnamed")
"""Several of one name; name and point far apart; no name, no point; a point outside of the country; no entity of that name."""
BORDER_KM: Final = 1.0
SHORE_KM: Final = 5.0
APART_KM: Final = 30.0
MOST_CANDIDATES: Final = 8
REGION_KEY: Final = "region:"
_CALLED: Final = re.compile(r"\b(?:comun[ei]|citta|municipio|amministrazione comunale) (?:di |del |della |dell |d )?")
_LONGEST_NAME: Final = 7
_FOLDED: Final = 600
_SMALL: Final = ("comune di ", "citta di ", "municipio di ", "citta metropolitana di ")


@dataclass(frozen=True, slots=True)
class Match:
    """`key`: the code of the entity, or "region:" with a Region's code; "" for nobody. `how`: one of the above; `candidates`:
    keys of who it may be."""

    key: str
    how: str
    candidates: tuple[str, ...] = ()


@dataclass
class Matcher:
    """The registry as it stands, for one file."""

    places: list[Place]
    by_key: dict[str, Place] = field(init=False)
    _by_name: dict[str, list[Place]] = field(init=False)
    _by_geometry: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        self.by_key = {place.code: place for place in self.places}
        self._by_geometry = {code: place for place in self.places for code in place.geometry_codes}
        self._by_name = {}
        for place in self.places:
            for name in place.names:
                self._by_name.setdefault(name, []).append(place)

    @classmethod
    def today(cls, now: dt.datetime) -> Matcher:
        """With who exists now. One statement."""
        return cls(read_places(now.date()))

    def match(self, feature: Feature, owner: str, text: str, kind: str) -> Match:
        """Whose it is. `owner`: what its column says, "" for none; `text`: its title and description."""
        around, lost = self._around(feature)
        if kind == INITIATIVE:
            return self._region(owner, text, around)
        if owner:
            return self._by_owner(owner, feature, around)
        return self._by_point(feature, text, around, lost)

    def label(self, key: str) -> str:
        """What a key is called."""
        if key.startswith(REGION_KEY):
            return REGIONS.get(key.removeprefix(REGION_KEY), key)
        place = self.by_key.get(key)
        return place.label if place else key

    def _around(self, feature: Feature) -> tuple[list[tuple[float, Place]], bool]:
        """(kilometres, place) of the territories that hold the point or whose border is near, the nearest first; and whether
        it lies in one of which the registry does not know whose it is (younger municipalities than the polygons)."""
        if feature.latitude is None or feature.longitude is None:
            return [], False
        near = territories().near(feature.latitude, feature.longitude, BORDER_KM)
        if not near:
            near = territories().near(feature.latitude, feature.longitude, SHORE_KM)
        found: dict[str, tuple[float, Place]] = {}
        for km, code in near:
            if (place := self._by_geometry.get(code)) is not None:
                found.setdefault(place.code, (km, place))
        lost = any(km == 0 for km, _code in near) and not any(km == 0 for km, _place in found.values())
        return list(found.values()), lost

    def _by_owner(self, owner: str, feature: Feature, around: list[tuple[float, Place]]) -> Match:
        named, how = self._named(owner)
        if not named:
            return Match("", UNNAMED, tuple(place.code for _km, place in around[:MOST_CANDIDATES]))
        close = [place for place in named if _is_close(place, feature, around)]
        if len(close) == 1:
            return Match(close[0].code, BY_BOTH if around else how)
        if close or len(named) > 1:
            return Match("", AMBIGUOUS, _keys(close or named))
        return Match("", APART, _keys([*named, *(place for _km, place in around)]))

    def _named(self, owner: str) -> tuple[list[Place], str]:
        written = owner.strip()
        if written.isascii() and written.isdigit() and len(written) <= _LONGEST_NAME - 1:
            place = self.by_key.get(written.zfill(6))
            return ([place] if place else []), BY_CODE
        if (place := self.by_key.get(written)) is not None:
            return [place], BY_CODE
        folded = fold(written[:_FOLDED])
        for name in dict.fromkeys((folded, *(folded.removeprefix(small) for small in _SMALL))):
            if found := self._by_name.get(name) or self._with_province(name):
                return found, BY_NAME
        return [], BY_NAME

    def _with_province(self, name: str) -> list[Place]:
        """ "samone tn", "samone trento": the words may part anywhere."""
        words = name.split()[: _LONGEST_NAME * 2]
        for parting in range(len(words) - 1, 0, -1):
            province = " ".join(words[parting:])
            found = [one for one in self._by_name.get(" ".join(words[:parting]), ()) if province in one.provinces]
            if found:
                return found
        return []

    def _by_point(self, feature: Feature, text: str, around: list[tuple[float, Place]], lost: bool) -> Match:
        folded = fold(text[:_FOLDED])
        called = list(self._called(folded))
        if not around:
            how = NOWHERE if feature.latitude is None else OUTSIDE
            if len(called) == 1 and how == NOWHERE:
                return Match(called[0].code, BY_NAME)
            return Match("", AMBIGUOUS if called and how == NOWHERE else how, _keys(called))
        held = [place for _km, place in around if any(f" {name} " in f" {folded} " for name in place.names)]
        inside, first = around[0][0] == 0, around[0][1]
        elsewhere = [place for place in called if place not in [near for _km, near in around]]
        if first in held or (inside and not held and not elsewhere):
            return Match(first.code, BY_BOTH if first in held else BY_POINT)
        if len(held) == 1:
            return Match(held[0].code, BY_BOTH)
        if not (inside or held or elsewhere or lost) and len(around) == 1:
            return Match(first.code, NEARBY)
        return Match("", APART if elsewhere and not held else AMBIGUOUS, _keys([*(place for _km, place in around), *elsewhere]))

    def _called(self, folded: str) -> Iterator[Place]:
        """Those whom a text calls "Comune di …", each once: the longest name that there is."""
        seen = set[str]()
        for found in _CALLED.finditer(folded):
            words = folded[found.end() : found.end() + 100].split()[:_LONGEST_NAME]
            for count in range(len(words), 0, -1):
                if places := self._by_name.get(" ".join(words[:count])):
                    yield from (place for place in places if place.code not in seen)
                    seen.update(place.code for place in places)
                    break

    def _region(self, owner: str, text: str, around: list[tuple[float, Place]]) -> Match:
        """The Region that is named, else that in which the point lies."""
        for words in (fold(owner), fold(text[:_FOLDED])):
            named = [code for code, names in _region_names().items() if any(f" {name} " in f" {words} " for name in names)]
            if len(named) == 1:
                return Match(REGION_KEY + named[0], BY_NAME)
        codes = [place.region_code for km, place in around if km == 0 and place.region_code in REGIONS]
        if codes:
            return Match(f"{REGION_KEY}{codes[0]}", BY_POINT)
        return Match("", NOWHERE if not around else OUTSIDE)


def _is_close(place: Place, feature: Feature, around: list[tuple[float, Place]]) -> bool:
    """Whether nothing speaks against it: its territory is near, or its point is not far, or one of the two is not known."""
    if any(one is place for _km, one in around):
        return True
    if None in (feature.latitude, feature.longitude, place.latitude, place.longitude):
        return True
    return km_between(feature, place) <= APART_KM


def km_between(feature: Feature, place: Place) -> float:
    """Kilometres from a feature to the point of a place, on a flat earth; both have degrees."""
    up = (feature.latitude or 0) - (place.latitude or 0)
    aside = ((feature.longitude or 0) - (place.longitude or 0)) * math.cos(math.radians(feature.latitude or 0))
    return math.hypot(up, aside) * KM_A_DEGREE


def _keys(places: list[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.code for place in places))[:MOST_CANDIDATES]


def _region_names() -> Mapping[str, list[str]]:
    return {code: [fold(part) for part in [name, *name.split("/")]] for code, name in REGIONS.items()}
