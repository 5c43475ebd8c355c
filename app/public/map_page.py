"""`/mappa`: what is public on a map of Italy, Regions shaded by how many municipalities the edition represents.

The page works without scripts: Regions and a table by Region lead to the list; the form filters the counts. What the shades
say of Regions and provinces stands in tables too, from which the script takes the shades of the provinces. `scheda` in the
address opens one entry: with scripts on the map, without as a list of it alone.
Not for: the files that the page's script loads (`map_files.py`), drawing (`static/js/map.js`), finding (`practices.finding`).
Holds always: nothing but what is published, and the numbers of `/risultati`, stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from app import clock
from app.chasing.board import Board, provinces_of, tally_of
from app.chasing.counting import NOWHERE
from app.editions.current import EditionView
from app.extensions import db
from app.practices.choices import Choice, Group, choices, counts, name_of
from app.practices.finding import PARAMETERS, TEXT, TITLES, Filters, condition, read_filters
from app.practices.published import CURRENT, ENTRY, Version
from app.practices.vocabulary import labels
from app.public import blueprint
from app.public.frame import ROME, shown_edition
from app.public.open_pages import open_page
from app.public.practice_cards import CARD_COLUMNS, Card, card_of
from app.registry.folding import fold
from app.web.language import current_language
from app.web.numbers import number_words
from app.web.site_address import site_address

KIND: Final = "genere"
SHADES: Final = (10, 25, 50, 75)
"""The bounds of the shades, in percents of the municipalities represented; a shade of its own for none at all."""
SHEET: Final = "scheda"
_CODE: Final = re.compile(r"[0-9A-Z]{4,12}")
_SHAPES: Final = Path(__file__).parent / "data" / "regions.json"


@dataclass(frozen=True, slots=True)
class Region:
    """A Region on the map and in the table. `shade`: 0 … 5, None where nothing is known; `count`: entries found in it."""

    code: str
    name: str
    path: str
    shade: int | None
    represented: str
    municipalities: str
    share: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Province:
    """A province in the table and, by its sign, on the map. `shade`: as a Region's."""

    sign: str
    name: str
    region: str
    shade: int
    represented: str
    municipalities: str
    share: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many entries were found, and how many of them stand nowhere on the map."""

    total: int
    unplaced: int
    regions: dict[str, int]


@blueprint.get("/mappa")
def map_page() -> Response:
    """The map, or what there will be on it."""
    filters = read_filters(request.args).filters
    asked = request.args.get(SHEET, "").upper()
    code = asked if _CODE.fullmatch(asked) else ""
    minute = int(clock.now().timestamp() // 60)  # the numbers of the edition are renewed once a minute
    return open_page((filters, code, minute), lambda version: _draw(filters, code, version))


def map_sheet_address(code: str) -> str:
    """The address of the map with the entry of this code open."""
    return f"{url_for('public.map_page')}?{SHEET}={code}#map-main"


def _draw(filters: Filters, code: str, version: Version | None) -> str:
    path = url_for("public.map_page") + filters.query_string(**({SHEET: code} if code else {}))
    site = {"path": path, "canonical": site_address("public.map_page")}
    if version is None or not version.entries:
        return render_template("public/map.html", version=None, **site)
    edition, now, locale = shown_edition(), clock.now(), current_language()
    board = tally_of(edition, now) if edition is not None and edition.has_opened(now) else None
    found = _count(filters)
    return render_template(
        "public/map.html",
        version=version,
        sheet_code=code,
        sheets=_sheets(code, locale) if code else (),
        filters=filters,
        groups=tuple(_with_asked(choices(version, locale), filters, version, locale)),
        found=found,
        regions=tuple(_regions(board, found, filters, version)),
        provinces=_provinces(edition, board),
        total=board.part.total if board else None,
        taken_at=board.taken_at if board else None,
        edition_title=edition.title if edition else "",
        edition_year=edition.opens_at.astimezone(ROME).year if edition else 0,
        list_address=url_for("public.practices") + filters.query_string(),
        list_path=url_for("public.practices"),
        shades=(0, *SHADES, 100),
        **site,
    )


def shade_of(represented: int, everybody: int) -> int:
    """0 for none, then 1 … 5 by `SHADES`."""
    if not represented or not everybody:
        return 0
    return 1 + sum(represented * 100 >= bound * everybody for bound in SHADES)


@lru_cache(maxsize=1)
def region_shapes() -> dict[str, str]:
    """Code → SVG path on the plane of `app.practices.plane`."""
    return msgspec.json.decode(_SHAPES.read_bytes(), type=dict[str, str])


def _sheets(code: str, locale: str) -> list[Card]:
    """The card of the entry of this code, if it is public."""
    query = sa.select(*CARD_COLUMNS).where(CURRENT, ENTRY.code == code)
    return [card_of(row, labels(locale), locale) for row in db.session.connection().execute(query)]


def _count(filters: Filters) -> Count:
    nowhere = sa.func.sum(sa.case((ENTRY.latitude.is_(None), 1), else_=0))
    query = sa.select(ENTRY.region_code, sa.func.count(), nowhere).where(CURRENT, condition(filters))
    rows = db.session.connection().execute(query.group_by(ENTRY.region_code).order_by(ENTRY.region_code)).all()
    regions = {code or NOWHERE: number for code, number, _nowhere in rows}
    return Count(sum(regions.values()), sum(int(unplaced) for _code, _number, unplaced in rows), regions)


def _regions(board: Board | None, found: Count, filters: Filters, version: Version) -> Iterator[Region]:
    """Every Region that has a shape or an entry, by name."""
    words, shapes = number_words(current_language()), region_shapes()
    lines = {row.key: row for row in board.part.regions} if board else {}
    names = dict(counts(version).regions) | {key: row.name for key, row in lines.items() if row.name}
    for code in sorted(shapes.keys() | found.regions.keys(), key=lambda code: (code == NOWHERE, names.get(code, code))):
        line = lines[code].line if code in lines else None
        everybody, represented = (line.universe.entities, line.represented.entities) if line else (0, 0)
        only = "" if code == NOWHERE else url_for("public.practices") + replace(filters, region=(code,)).query_string()
        yield Region(
            code,
            names.get(code, _("Senza Regione") if code == NOWHERE else code),
            shapes.get(code, ""),
            shade_of(represented, everybody) if line else None,
            words.whole(represented) if line else "",
            words.whole(everybody) if line else "",
            words.share(represented, everybody) if line else "",
            found.regions.get(code, 0),
            only,
        )


def _provinces(edition: EditionView | None, board: Board | None) -> list[Province]:
    """Every province that has municipalities, by name; none before the edition has opened."""
    if edition is None or board is None:
        return []
    words = number_words(current_language())
    regions = {row.key: row.name for row in board.part.regions}
    found = []
    for region, row in provinces_of(edition):
        some, everybody = row.line.represented.entities, row.line.universe.entities
        numbers = (words.whole(some), words.whole(everybody), words.share(some, everybody))
        found.append(Province(row.key, row.name or row.key, regions.get(region, region), shade_of(some, everybody), *numbers))
    return sorted((one for one in found if one.sign != NOWHERE), key=lambda one: fold(one.name))


def _with_asked(groups: tuple[Group, ...], filters: Filters, version: Version, locale: str) -> Iterator[Group]:
    """The groups, and in them what is asked for though nothing public has it: a form must send what its page shows."""
    offered, named = {group.parameter: group for group in groups}, labels(locale)
    for parameter in PARAMETERS:
        if parameter == TEXT:
            continue
        group = offered.get(parameter, Group(parameter, str(TITLES[parameter]), ()))
        known = {choice.value for choice in group.choices}
        asked = (value for value in filters.values(parameter) if value not in known)
        more = tuple(Choice(value, name_of(parameter, value, version, named), 0) for value in asked)
        if group.choices or more:
            yield Group(parameter, group.title, group.choices + more)
