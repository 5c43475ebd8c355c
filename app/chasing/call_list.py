"""Whom to call: the entities of a filter with the telephone of whoever fills in, and what the last call came to.

Not for: writing calls down (`calls.py`).
Holds always: personal data, for those who follow entities, and each file leaves an audit entry (`export.note_export`); an
entity whose telephone nobody has told is in the list without one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.chasing.export import Cell
from app.chasing.filters import Filter
from app.chasing.listing import Listing, ListRow, Order, list_page

MOST_ON_A_PAGE: Final = 200
COLUMNS: Final[tuple[tuple[str, LazyString], ...]] = (
    ("code", _l("Codice")),
    ("name", _l("Ente")),
    ("province", _l("Provincia")),
    ("state", _l("Stato")),
    ("contact", _l("Persona")),
    ("office", _l("Ufficio")),
    ("phone", _l("Telefono")),
    ("email", _l("E-mail")),
    ("last_call", _l("Ultima telefonata")),
    ("call_back_on", _l("Richiamare il")),
    ("call_back_time", _l("Richiamare alle")),
)


def page_to_print(edition_id: int, wanted: Filter, page: int, today: dt.date, *, region: str | None) -> Listing:
    """`MOST_ON_A_PAGE` rows by code; the first of them where there are not so many pages."""
    return list_page(edition_id, wanted, Order("codice"), page, today, region=region, size=MOST_ON_A_PAGE)


def call_cells(slices: Iterator[list[ListRow]]) -> Iterator[list[list[Cell]]]:
    """The same for a file, in the order of `COLUMNS`."""
    for rows in slices:
        yield [_cells(row) for row in rows]


def _cells(row: ListRow) -> list[Cell]:
    contact, call = row.contact, row.call
    who = (contact.name, contact.office, contact.phone, contact.email) if contact else (None,) * 4
    called = (call.outcome, str(call.call_back_on or ""), call.call_back_time) if call else (None,) * 3
    return [row.code, row.name, row.province_sign, row.state, *who, *called]
