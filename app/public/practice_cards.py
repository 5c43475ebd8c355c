"""What is public of a practice, in the words of a page: a card in a list, a whole sheet.

Not for: which ones (`practices.py`), what may be public (`app.practices.gate`).
Holds always: codes become labels in the reader's language, and texts of an entity keep the language that they were written in;
an address that a link leads to begins with http or https.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import url_for
from flask_babel import gettext as _

from app.practices.opendata.columns import MUNICIPALITY
from app.practices.published import ENTRY
from app.practices.record import PublicRecord, read_record, web_address
from app.practices.vocabulary import STATUS, Labels
from app.practices.words import KIND_NAMES, SHORT_NAMES
from app.registry.entities import label as entity_label
from app.registry.entities import labels_of
from app.web.numbers import number_words

LONGEST_SUMMARY: Final = 240
_CHOSEN: Final = ("area", "types", "recipients", "level", "services", "management", "professions", "partners", "funding")
"""The fields of options, in the order of a sheet."""
CARD_COLUMNS: Final = (
    *(ENTRY.code, ENTRY.kind, ENTRY.year, ENTRY.entity_name, ENTRY.province_sign, ENTRY.region, ENTRY.title, ENTRY.area),
    ENTRY.record,
)


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in a list. `language`: of its title and summary, "" where it is the page's."""

    address: str
    title: str
    language: str
    kind: str
    entity: str
    region: str
    area: str
    year: int
    summary: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a sheet. `language`: of its values, "" where it is the page's."""

    label: str
    values: Sequence[str]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to ask about it: what it is, its text, where it leads."""

    label: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole entry. `description`, `results`: paragraphs; `geo`: a geo: address (RFC 5870) of its mark on the map, or ""."""

    code: str
    edition: str
    card: Card
    description: Sequence[str]
    results: Sequence[str]
    facts: Sequence[Fact]
    place: Sequence[Fact]
    geo: str
    contacts: Sequence[Contact]
    same_entity: Sequence[Card] = ()
    similar: Sequence[Card] = ()


def card_of(row: Any, named: Labels, locale: str) -> Card:
    """The card of a row of `CARD_COLUMNS`."""
    return _card(row, read_record(row.record), named, locale)


def sheet_of(row: Any, named: Labels, locale: str, same_entity: Sequence[Card], similar: Sequence[Card]) -> Sheet:
    """The sheet of a row: `entry_table` and `edition_title` (or None). One statement where it names municipalities."""
    record = read_record(row.record)
    card = _card(row, record, named, locale)
    return Sheet(
        row.code,
        row.edition_title or _("Edizione %(label)s", label=row.edition_label),
        card,
        _paragraphs(record.description),
        _paragraphs(record.results),
        tuple(_facts(record, named, locale, card.language)),
        tuple(_place(row, record, locale)),
        _geo(row),
        tuple(_contacts(record)),
        same_entity,
        similar,
    )


def _card(row: Any, record: PublicRecord, named: Labels, locale: str) -> Card:
    return Card(
        url_for("public.practice_page", code=row.code),
        row.title,
        record.language if record.language != locale else "",
        str(KIND_NAMES[row.kind]),
        entity_label(row.entity_name, row.province_sign),
        row.region or "",
        named["area"].get(row.area, row.area),
        row.year,
        _summary(record.description),
    )


def _summary(text: str) -> str:
    """The beginning of a text, to the end of a word."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUMMARY else f"{line[:LONGEST_SUMMARY].rpartition(' ')[0] or line[:LONGEST_SUMMARY]}…"


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _facts(record: PublicRecord, named: Labels, locale: str, language: str) -> Iterator[Fact]:
    for field in _CHOSEN:
        title = str(SHORT_NAMES[field])
        given = getattr(record, field)
        codes: tuple[str, ...] = given if isinstance(given, tuple) else (given,) if given else ()
        if codes:
            yield Fact(title, [named[field].get(code, code) for code in codes])
        if field in record.others:
            yield Fact(_("%(field)s: altro", field=title), (record.others[field],), language)
    if record.beneficiaries is not None:
        yield Fact(_("Persone o famiglie raggiunte"), (number_words(locale).whole(record.beneficiaries),))
    if record.started:
        yield Fact(_("Inizio"), (_day(record.started, locale),))
    if record.ended:
        yield Fact(_("Fine"), (_day(record.ended, locale),))
    if record.status:
        yield Fact(_("Stato"), (named[STATUS].get(record.status, record.status),))
    if record.municipalities:
        names: Mapping[str, str] = labels_of(record.municipalities)
        yield Fact(_("Comuni coinvolti"), tuple(names.get(code, code) for code in record.municipalities))


def _day(text: str, locale: str) -> str:
    """ "2025", "2025-03" or "2025-03-31" as people write it; another text as it is."""
    try:
        if len(text) == len("2025-03"):
            return format_date(dt.date.fromisoformat(f"{text}-01"), "LLLL yyyy", locale=locale)
        return format_date(dt.date.fromisoformat(text), "d MMMM yyyy", locale=locale)
    except ValueError:
        return text


def _place(row: Any, record: PublicRecord, locale: str) -> Iterator[Fact]:
    if record.address:
        yield Fact(_("Indirizzo"), (record.address,))
    yield Fact(_("Comune") if row.entity_kind == MUNICIPALITY else _("Ente"), (row.entity_name,))
    if row.province:
        yield Fact(_("Provincia"), (row.province,))
    if row.region:
        yield Fact(_("Regione"), (row.region,))
    if record.latitude is not None and record.longitude is not None:
        north, east = (format_decimal(value, "0.0000", locale) for value in (record.latitude, record.longitude))
        yield Fact(_("Coordinate"), (_("%(north)s nord, %(east)s est", north=north, east=east),))


def _geo(row: Any) -> str:
    return "" if row.latitude is None or row.longitude is None else f"geo:{row.latitude:.5f},{row.longitude:.5f}"


def _contacts(record: PublicRecord) -> Iterator[Contact]:
    if record.email:
        yield Contact(_("E-mail"), record.email, f"mailto:{quote(record.email, safe='@')}")
    if record.phone:
        yield Contact(_("Telefono"), record.phone, f"tel:{quote(record.phone.replace(' ', ''), safe='+')}")
    if address := web_address(record.url):
        yield Contact(_("Pagina web"), address, address)
