"""`/pratiche`, the list that is equal to the map, and `/pratiche/<code>`, one entry at an address of its own for ever.

Not for: the words of an entry (`practice_cards.py`), what finds it (`app.practices.finding`).
Holds always: what is shown is what the last publication holds; an address whose entry was taken back says that, and nothing of
what it was; every page of the list can be reached by links alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import sqlalchemy as sa
from flask import Response, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from app.config import settings
from app.context import this_request
from app.editions.current import EDITION, edition_table
from app.extensions import db
from app.practices.choices import choices, name_of
from app.practices.entries import tag
from app.practices.finding import ORDER, TEXT, TITLES, Filters, Read, condition, find, read_filters
from app.practices.published import CURRENT, ENTRY, Version, entry_table
from app.practices.record import read_record
from app.practices.vocabulary import Labels, labels
from app.public import blueprint
from app.public.map_page import map_sheet_address
from app.public.open_pages import open_page
from app.public.practice_cards import CARD_COLUMNS, Card, card_of, sheet_of
from app.web.language import current_language
from app.web.site_address import site_address

ON_A_PAGE: Final = 24
OTHERS: Final = 4
"""Other entries of the same entity, and similar ones, under an entry."""
TABLE: Final = "tabella"
_PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_CODE: Final = re.compile(r"[0-9A-Za-z]{4,12}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address of the list asks for. `view`: "" or `TABLE`."""

    read: Read
    page: int
    view: str

    def address(self, filters: Filters | None = None, page: int = 1, view: str | None = None) -> str:
        """The address of the list with these filters, its own by default, in this view."""
        more: dict[str, str | int] = {}
        if shown := self.view if view is None else view:
            more["vista"] = shown
        if page > 1:
            more["pagina"] = page
        return url_for("public.practices") + (self.read.filters if filters is None else filters).query_string(**more)


@dataclass(frozen=True, slots=True)
class Chip:
    """A value that is looked for, and the address without it. `total`: how many there are without, where that was counted."""

    text: str
    address: str
    total: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """A way to show the list."""

    text: str
    address: str
    shown: bool


@blueprint.get("/pratiche")
def practices() -> Response:
    """What is public, filtered."""
    asked = _asked(this_request().environ.get("QUERY_STRING", ""))
    return open_page(asked, lambda version: _list(asked, version))


@lru_cache(maxsize=1_024)
def _asked(query: str) -> Asked:
    arguments = MultiDict(parse_qsl(query.encode("latin-1").decode(errors="replace"), keep_blank_values=True, errors="replace"))
    page, view = arguments.get("pagina", ""), TABLE if arguments.get("vista") == TABLE else ""
    return Asked(read_filters(arguments), int(page) if _PAGE_NUMBER.fullmatch(page) else 1, view)


@blueprint.get("/pratiche/<code>")
def practice_page(code: str) -> WerkzeugResponse:
    """One entry."""
    if not _CODE.fullmatch(code):
        abort(404)
    if code != code.upper():
        return redirect(url_for("public.practice_page", code=code.upper()), 301)
    return open_page(code, lambda version: _sheet(code))


class TakenBackError(Exception):
    """The entry of this address is no longer public."""


@blueprint.errorhandler(TakenBackError)
def practice_taken_back(error: TakenBackError) -> tuple[str, int]:
    """The page in the place of one that was taken back."""
    return render_template("public/gone.html"), 410


def _list(asked: Asked, version: Version | None) -> str:
    path = asked.address(page=asked.page)
    if version is None or not version.entries:
        return render_template("public/practices.html", published=False, path=path, canonical=site_address("public.practices"))
    filters, locale = asked.read.filters, current_language()
    found = find(filters, *CARD_COLUMNS, page=asked.page, size=ON_A_PAGE)
    named = labels(locale)
    chips = _chips(asked, version, named)
    return render_template(
        "public/practices.html",
        published=True,
        path=path,
        canonical=settings().base_url + asked.address(page=found.page, view=""),
        read=asked.read,
        groups=choices(version, locale),
        chips=[chip for _parameter, _value, chip in chips],
        found=found,
        cards=[card_of(row, named, locale) for row in found.rows],
        view=asked.view,
        views=[
            View(_("Schede"), asked.address(view=""), not asked.view),
            View(_("Tabella"), asked.address(view=TABLE), bool(asked.view)),
        ],
        page_address=lambda page: asked.address(page=page),
        all_address=asked.address(Filters()),
        map_address=url_for("public.map_page") + filters.query_string(),
        data_address=url_for("public.data_page"),
        loosened=_loosened(chips, filters) if not found.total else [],
    )


def _chips(asked: Asked, version: Version, named: Labels) -> list[tuple[str, str, Chip]]:
    """Parameter, value and chip of each value that is looked for."""
    filters = asked.read.filters
    found = []
    for parameter, value in filters.pairs():
        text = f"«{value}»" if parameter == TEXT else name_of(parameter, value, version, named)
        chip = Chip(f"{TITLES[parameter]}: {text}", asked.address(filters.without(parameter, value)))
        found.append((parameter, value, chip))
    return found


MOST_LOOSENED: Final = 8
"""Values for which it is counted what would be found without: each costs a statement."""


def _loosened(chips: Sequence[tuple[str, str, Chip]], filters: Filters) -> list[Chip]:
    """What would be found without each of the values, the most first; only where something would be, and another is left."""
    if len(chips) < 2:
        return []
    counted = []
    for parameter, value, chip in chips[:MOST_LOOSENED]:
        total = _count(filters.without(parameter, value))
        if total:
            counted.append(Chip(chip.text, chip.address, total))
    return sorted(counted, key=lambda chip: -chip.total)


def _count(filters: Filters) -> int:
    query = sa.select(sa.func.count()).select_from(entry_table).where(CURRENT, condition(filters))
    total: int = db.session.connection().execute(query).scalar_one()
    return total


def _sheet(code: str) -> str:
    """The page of an entry. Raises TakenBackError; aborts with 404 for one that never was public."""
    titled = entry_table.outerjoin(edition_table, EDITION.code == ENTRY.edition_label)
    query = sa.select(entry_table, EDITION.title.label("edition_title")).select_from(titled).where(ENTRY.code == code)
    latest = query.order_by(ENTRY.from_number.desc(), ENTRY.id.desc()).limit(1)
    row = db.session.connection().execute(latest).one_or_none()
    if row is None:
        abort(404)
    if row.to_number is not None or row.redacted_at is not None:
        raise TakenBackError
    locale = current_language()
    named = labels(locale)
    same = _cards(named, locale, ENTRY.code != code, ENTRY.entity_code == row.entity_code)
    return render_template(
        "public/practice.html",
        sheet=sheet_of(row, named, locale, same, _similar(row, named, locale)),
        map_address=map_sheet_address(code) if row.latitude is not None else "",
        path=url_for("public.practice_page", code=code),
        canonical=site_address("public.practice_page", code=code),
    )


def _similar(row: Any, named: Labels, locale: str) -> list[Card]:
    """Of the same kind and area, for some of the same recipients, of other entities; those of the same Region first."""
    recipients = read_record(row.record).recipients
    if not row.area or not recipients:
        return []
    shared = sa.or_(*(ENTRY.tags.contains(tag("recipients", one), autoescape=True) for one in recipients))
    near = sa.case((ENTRY.region_code == (row.region_code or ""), 0), else_=1)
    alike = (ENTRY.kind == row.kind, ENTRY.area == row.area, ENTRY.entity_code != row.entity_code, shared)
    return _cards(named, locale, *alike, first=near)


def _cards(named: Labels, locale: str, *conditions: sa.ColumnElement[bool], first: Any = None) -> list[Card]:
    order = ORDER if first is None else (first, *ORDER)
    query = sa.select(*CARD_COLUMNS).where(CURRENT, *conditions).order_by(*order).limit(OTHERS)
    return [card_of(row, named, locale) for row in db.session.connection().execute(query)]
