"""What a file would become: of each feature its record, whose it is, and whether it comes in.

Not for: storing it (`storing.py`). Pure but for the registry that the matcher holds.
Holds always: what comes in has a title and an owner, and is not there already (same owner, same title without accents, same
year); a number of beneficiaries under 5 is dropped as everywhere, and so is a point outside of Italy; what could not be
understood is told, never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from app.practices.gate import SMALLEST_NUMBER
from app.practices.importing.mapping import OWNER, SEVERAL, Labels, Meaning, layer_of, parts_of
from app.practices.importing.matching import APART_KM, CHOSEN, REGION_KEY, UNSURE, Match, Matcher, km_between
from app.practices.importing.plain import shortened
from app.practices.importing.source import Feature, Source
from app.practices.intake import LONGEST_TITLE
from app.practices.record import CHOICES, PublicRecord
from app.questionnaire.answers.places import ITALY
from app.registry.folding import fold

READY, UNMATCHED, DOUBLE, UNTITLED, LEFT_OUT = STATES = ("ready", "unmatched", "double", "untitled", "left_out")
"""DOUBLE: it is there already, or stands twice in the file. LEFT_OUT: somebody has said so, of it or of its layer."""
LEAVE: Final = "-"
"""Stands in the place of a key where somebody leaves a feature out."""
LONGEST_DESCRIPTION: Final = 5_000
LONGEST_ADDRESS: Final = 300
MOST_BENEFICIARIES: Final = 60_000_000
_EMAIL: Final = re.compile(r"[^\s@,;<>()]{1,64}@[^\s@,;<>()]{1,180}\.[A-Za-z]{2,24}")
_URL: Final = re.compile(r"https?://[^\s<>\"']{3,300}")
_COUNT: Final = re.compile(r"[0-9]{1,3}(?:[. ]?[0-9]{3}){0,2}|[0-9]{1,8}")
_DAY: Final = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?(?:T.*)?")
_ITALIAN_DAY: Final = re.compile(r"(?:(?:(?P<day>[0-9]{1,2})[/.-])?(?P<month>[0-9]{1,2})[/.-])?(?P<year>[0-9]{4})")


@dataclass(frozen=True, slots=True)
class Row:
    """A feature and what it becomes. `unread`: field → what its cell says that could not be understood;
    `outside`: its point lies outside of Italy and is not taken."""

    place: int
    layer: str
    kind: str
    state: str
    match: Match
    record: PublicRecord
    unread: Mapping[str, str]
    outside: bool = False


def draft(
    source: Source,
    meaning: Meaning,
    settled: Mapping[int, str],
    matcher: Matcher,
    labels: Labels,
    known: Collection[tuple[str, str]],
) -> list[Row]:
    """A row of each feature, in order. `settled`: place → key that a person chose, or `LEAVE`; `known`: (key, folded title) of
    what is there of that year."""
    seen = set(known)
    rows = []
    for feature in source.features:
        row = _row(feature, meaning, settled.get(feature.place), matcher, labels)
        own = (row.match.key, fold(row.record.title))
        if row.state == READY and own in seen:
            row = replace(row, state=DOUBLE)
        elif row.state == READY:
            seen.add(own)
        rows.append(row)
    return rows


def _row(feature: Feature, meaning: Meaning, chosen: str | None, matcher: Matcher, labels: Labels) -> Row:
    layer = layer_of(meaning, feature)
    cells = {target: feature.texts[column] for column, target in meaning.columns.items() if column in feature.texts}
    fields, unread = _fields(cells, meaning, labels)
    if layer.area and not fields.get("area"):
        fields["area"] = layer.area
    text = f"{fields.get('title', '')}\n{fields.get('description', '')}"
    match = matcher.match(feature, cells.get(OWNER, ""), text, layer.kind)
    if chosen is not None and chosen != LEAVE and _exists(chosen, matcher):
        match = Match(chosen, CHOSEN, match.candidates)
    record = PublicRecord(**{"title": "", **fields, **_position(feature, match, matcher)})
    state = _state(layer.kind, chosen, record, match)
    outside = feature.latitude is not None and not _in_italy(feature)
    return Row(feature.place, feature.layer, layer.kind, state, match, record, unread, outside)


def _state(kind: str, chosen: str | None, record: PublicRecord, match: Match) -> str:
    if not kind or chosen == LEAVE:
        return LEFT_OUT
    if not record.title:
        return UNTITLED
    return READY if match.key and match.how not in UNSURE else UNMATCHED


def _exists(key: str, matcher: Matcher) -> bool:
    return key in matcher.by_key or (key.startswith(REGION_KEY) and matcher.label(key) != key)


def _position(feature: Feature, match: Match, matcher: Matcher) -> dict[str, float]:
    """The point, unless it lies outside of Italy or far from whose it is: then it is the mistake."""
    if feature.latitude is None or feature.longitude is None or not match.key or not _in_italy(feature):
        return {}
    place = matcher.by_key.get(match.key)
    if match.how == CHOSEN and place is not None and place.latitude is not None and km_between(feature, place) > APART_KM:
        return {}
    return {"latitude": round(feature.latitude, 6), "longitude": round(feature.longitude, 6)}


def _in_italy(feature: Feature) -> bool:
    """Whether its point lies in the box in which answers have theirs; what is no number does not."""
    if feature.latitude is None or feature.longitude is None:
        return False
    (south, north), (west, east) = ITALY["latitude"], ITALY["longitude"]
    return float(south) <= feature.latitude <= float(north) and float(west) <= feature.longitude <= float(east)


def _fields(cells: Mapping[str, str], meaning: Meaning, labels: Labels) -> tuple[dict[str, Any], dict[str, str]]:
    fields: dict[str, Any] = {}
    unread: dict[str, str] = {}
    others: dict[str, str] = {}
    for name, written in cells.items():
        if name in CHOICES:
            fields[name] = _codes(name, written, meaning.values.get(name, {}), labels.get(name, {}), others)
            found: Any = fields[name]
        elif name in _READERS:
            found = fields[name] = _READERS[name](written)
        else:
            continue
        if found in ("", (), None):
            unread[name] = _line(written, 100)
            del fields[name]
    return fields | ({"others": others} if others else {}), unread


def _codes(name: str, written: str, values: Mapping[str, str], labels: Mapping[str, str], others: dict[str, str]) -> Any:
    """The codes of a cell in the questionnaire's order, one where the field has one; what has none is "" or left out."""
    found = set()
    for part in parts_of(written, name):
        code = values.get(part, "")
        if code in labels:
            found.add(code)
            if code == "other":
                others[name] = _line(part, 150)
    ordered = tuple(code for code in labels if code in found)
    return ordered if name in SEVERAL else next(iter(ordered), "")


def _line(text: str, longest: int) -> str:
    return shortened(" ".join(text.split()), longest)


def _count(written: str) -> int | None:
    if not _COUNT.fullmatch(written):
        return None
    number = int(re.sub(r"[. ]", "", written))
    return number if SMALLEST_NUMBER <= number <= MOST_BENEFICIARIES else None


def read_date(written: str) -> str:
    """ "2017", "2017-03" or "2017-03-31", from that or from the Italian order."""
    found = _DAY.fullmatch(written) or _ITALIAN_DAY.fullmatch(written)
    if found is None:
        return ""
    year, month, day = (int(found[part]) if found[part] else 0 for part in ("year", "month", "day"))
    try:
        dt.date(year, month or 1, day or 1)
    except ValueError:
        return ""
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


def read_url(written: str) -> str:
    """An address of a page, with its scheme; "" for anything else."""
    address = f"https://{written}" if written.lower().startswith("www.") else written
    return address if _URL.fullmatch(address) else ""


_READERS: Final = {
    "title": lambda text: _line(text, LONGEST_TITLE),
    "description": lambda text: shortened(text, LONGEST_DESCRIPTION),
    "results": lambda text: shortened(text, LONGEST_DESCRIPTION),
    "address": lambda text: _line(text, LONGEST_ADDRESS),
    "phone": lambda text: _line(text, 60),
    "email": lambda text: text if _EMAIL.fullmatch(text) else "",
    "url": read_url,
    "beneficiaries": _count,
    "started": read_date,
    "ended": read_date,
}
