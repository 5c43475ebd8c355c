"""Finding what is public: the filters that map, list and API share, as an address names them and as SQL.

Not for: which entries are public (`published.CURRENT`, `published.entries_in`), what a filter offers (`choices.py`), pages.
Holds always: values of one filter widen, filters narrow one another; a value that is none is told in `ignored` and never an
error; equal filters have one address, whatever order they were given in; a word is found at the beginning of a word, accents
and case aside, and every word of a text must be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import urlencode

import sqlalchemy as sa
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.practices.entries import tag
from app.practices.models import KINDS
from app.practices.published import CURRENT, ENTRY, entry_table
from app.practices.words import SHORT_NAMES
from app.registry.folding import fold

TEXT: Final = "q"
PARAMETERS: Final[dict[str, str]] = {
    TEXT: "text",
    "area": "area",
    "tipo": "types",
    "destinatari": "recipients",
    "fondi": "funding",
    "regione": "region",
    "livello": "level",
    "anno": "year",
    "genere": "kind",
}
"""Parameter → field of `Filters`, in the order of an address. But for text and Region and year and kind, also the field of a
record and of `vocabulary.labels`."""
TITLES: Final[dict[str, LazyString]] = {parameter: SHORT_NAMES[field] for parameter, field in PARAMETERS.items()}
"""Parameter → what a page calls it."""
LONGEST_TEXT: Final = 100
MOST_VALUES: Final = 25
"""Of one filter; there are not more Regions. What comes after is ignored."""
_OPTION: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "regione": re.compile(r"[0-9]{2}"),
    "anno": re.compile(r"(19|20)[0-9]{2}"),
    "genere": re.compile("|".join(KINDS)),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; () and "" for whatever. Each tuple is sorted and holds a value once.

    `text`: as it was typed, white space joined. `area` … `level`: option codes. `region`: two-digit ISTAT codes. `year`: four
    digits. `kind`: of `models.KINDS`.
    """

    text: str = ""
    area: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words of the text, each once."""
        return tuple(dict.fromkeys(fold(self.text).split()))

    def values(self, parameter: str) -> tuple[str, ...]:
        """The values of a parameter; its text as the only one."""
        found = getattr(self, PARAMETERS[parameter])
        return found if isinstance(found, tuple) else (found,) if found else ()

    def pairs(self) -> list[tuple[str, str]]:
        """(parameter, value) in the order of an address: equal filters, equal pairs."""
        return [(parameter, value) for parameter in PARAMETERS for value in self.values(parameter)]

    def query_string(self, **more: str | int) -> str:
        """The query of an address, "?area=families&…", with `more` at its end; "" for none."""
        pairs = [*self.pairs(), *((name, str(value)) for name, value in more.items())]
        return f"?{urlencode(pairs)}" if pairs else ""

    def without(self, parameter: str, value: str | None = None) -> Filters:
        """The same without this value of a parameter, or without any of it."""
        if parameter == TEXT:
            return replace(self, text="")
        kept = tuple(one for one in self.values(parameter) if value is not None and one != value)
        changed: dict[str, Any] = {PARAMETERS[parameter]: kept}
        return replace(self, **changed)


@dataclass(frozen=True, slots=True)
class Read:
    """The filters of an address. `ignored`: (parameter, value) of what is no value of its filter."""

    filters: Filters
    ignored: tuple[tuple[str, str], ...] = ()


def read_filters(arguments: MultiDict[str, str]) -> Read:
    """Read the filters of a request's arguments. Other parameters are none of ours; an empty value is no filter."""
    text = " ".join(arguments.get(TEXT, "").split())[:LONGEST_TEXT].rstrip()
    found: dict[str, Any] = {}
    ignored: list[tuple[str, str]] = []
    if text and not fold(text):
        ignored.append((TEXT, text))
        text = ""
    for parameter, field in PARAMETERS.items():
        if parameter == TEXT:
            continue
        given = [value.strip() for value in arguments.getlist(parameter) if value.strip()]
        shape = _SHAPES.get(parameter, _OPTION)
        good = sorted({value for value in given if shape.fullmatch(value)})
        ignored += [(parameter, value) for value in dict.fromkeys(given) if value not in good[:MOST_VALUES]]
        found[field] = tuple(good[:MOST_VALUES])
    return Read(Filters(text, **found), tuple(ignored))


def condition(filters: Filters) -> sa.ColumnElement[bool]:
    """That an entry of `entry_table` has what is looked for, in whichever publication; true where nothing is."""
    asked = [_CONDITIONS[parameter](filters) for parameter in PARAMETERS if filters.values(parameter)]
    return sa.and_(sa.true(), *asked)


ORDER: Final = (
    ENTRY.year.desc(),
    sa.func.coalesce(ENTRY.region, ""),
    ENTRY.entity_name,
    ENTRY.title,
    ENTRY.code,
)
"""The newest year first, then by Region, entity and title: the order of every list, exact to the last entry."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found. `page`, `pages`: from 1; one that there is not is the last. `total`: of all pages."""

    rows: Sequence[Any]
    total: int
    page: int
    pages: int


def find(
    filters: Filters,
    *columns: sa.ColumnElement[Any],
    page: int = 1,
    size: int = 25,
    public: sa.ColumnElement[bool] = CURRENT,
) -> Found:
    """The page of the entries with what is looked for, these columns of each, in `ORDER`. Two statements.

    `public`: `CURRENT`, or `entries_in(number)`. `size`: entries a page.
    """
    asked = (public, condition(filters))
    connection = db.session.connection()
    total = connection.execute(sa.select(sa.func.count()).select_from(entry_table).where(*asked)).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    query = sa.select(*columns).where(*asked).order_by(*ORDER).limit(size).offset((page - 1) * size)
    return Found(connection.execute(query).all() if total else (), total, page, pages)


def _text(filters: Filters) -> sa.ColumnElement[bool]:
    return sa.and_(*(ENTRY.search_text.contains(f" {word}", autoescape=True) for word in filters.words))


def _column(name: str, parameter: str) -> Callable[[Filters], sa.ColumnElement[bool]]:
    return lambda filters: ENTRY[name].in_(filters.values(parameter))


def _years(filters: Filters) -> sa.ColumnElement[bool]:
    return ENTRY.year.in_([int(year) for year in filters.year])


def _tagged(field: str) -> Callable[[Filters], sa.ColumnElement[bool]]:
    return lambda filters: sa.or_(*(ENTRY.tags.contains(tag(field, code), autoescape=True) for code in getattr(filters, field)))


_CONDITIONS: Final[dict[str, Callable[[Filters], sa.ColumnElement[bool]]]] = {
    TEXT: _text,
    "area": _column("area", "area"),
    "tipo": _tagged("types"),
    "destinatari": _tagged("recipients"),
    "fondi": _tagged("funding"),
    "regione": _column("region_code", "regione"),
    "livello": _column("level", "livello"),
    "anno": _years,
    "genere": _column("kind", "genere"),
}
