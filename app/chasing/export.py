"""The respondents as a file for other programs, CSV or XLSX: stable columns, bounded memory.

Columns, in this order, named by code in the first row and in Italian in the second of an XLSX (a CSV has one row of codes, as
programs expect); the codes do not change, new ones are added at the end:

    code              the entity's code, text with its zeros         name, province, region, region_code
    kind              of `registry.models.KINDS`                     population, size_class (1 to 5, 0 unknown)
    state             of `filters.STATES`                            submitted_as: answer, nothing, declaration
    progress          percent                                        answered, covered, claimed, declared, doubly_claimed,
    is_lead           1 or 0, as those                               has_address
    last_activity, submitted_at, own_deadline: minutes in Rome, 2026-03-16 10:00
    last_message, last_message_state, last_message_at, last_call, last_call_at, call_back_on
    by_phone          1 where what counts was sent by telephone, or 0
    call_back_time    HH:MM in Rome, from when on that day
    language          in which the entity is written to: it, de, fr, sl

Not for: answers (`exports`), or people to call (`call_list.py`).
Holds always: codes are text, so that no program makes 1001 of 001001; a text that a spreadsheet would run is made
inert (`app.web.spreadsheets`); no personal data; an audit entry tells who took how many rows before one leaves.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it ships no types

from app.audit.chain import Scalar, record
from app.chasing.filters import Filter
from app.chasing.listing import ListRow
from app.editions.extensions import MINUTE
from app.editions.files import ROME
from app.extensions import db
from app.web.spreadsheets import inert

FORMATS: Final = ("csv", "xlsx")
Cell = str | int | None
COLUMNS: Final[tuple[tuple[str, LazyString], ...]] = (
    ("code", _l("Codice")),
    ("name", _l("Ente")),
    ("province", _l("Provincia")),
    ("region", _l("Regione")),
    ("region_code", _l("Codice della Regione")),
    ("kind", _l("Tipo di ente")),
    ("population", _l("Residenti")),
    ("size_class", _l("Classe di ampiezza")),
    ("state", _l("Stato")),
    ("submitted_as", _l("Che cosa ha inviato")),
    ("progress", _l("Avanzamento (%)")),
    ("answered", _l("Ha risposto")),
    ("covered", _l("Coperto")),
    ("claimed", _l("Indicato da un capofila")),
    ("declared", _l("Ha indicato un capofila")),
    ("doubly_claimed", _l("Indicato da due capofila")),
    ("is_lead", _l("Capofila")),
    ("has_address", _l("Ha un indirizzo")),
    ("last_activity", _l("Ultima attività")),
    ("submitted_at", _l("Inviata il")),
    ("own_deadline", _l("Scadenza propria")),
    ("last_message", _l("Ultimo messaggio")),
    ("last_message_state", _l("Esito del messaggio")),
    ("last_message_at", _l("Data del messaggio")),
    ("last_call", _l("Ultima telefonata")),
    ("last_call_at", _l("Data della telefonata")),
    ("call_back_on", _l("Richiamare il")),
    ("by_phone", _l("Inviata al telefono")),
    ("call_back_time", _l("Richiamare alle")),
    ("language", _l("Lingua dei messaggi")),
)


def note_export(wanted: Filter, rows: int, form: str, *, edition: str, actor: str, now: dt.datetime) -> None:
    """Say in the audit who takes how many rows of which filter. Commits. The words that were searched for stay out."""
    asked = " ".join(f"{name}={value}" for name, value in wanted.to_args() if name != "q")
    detail: dict[str, Scalar] = {"rows": rows, "format": form, "filter": asked[:400]}
    record("respondents_exported", actor=actor, subject=f"edition:{edition}", detail=detail, now=now)
    db.session.commit()


def cells(row: ListRow) -> list[Cell]:
    """A row in the order of `COLUMNS`."""
    message, call = row.message, row.call
    flags = (row.answered, row.covered, row.claimed, row.declared, row.doubly_claimed, row.is_lead, row.has_address)
    return [
        *(row.code, row.name, row.province_sign, row.region, row.region_code, row.kind, row.population, row.size_class),
        *(row.state, row.submitted_as, row.progress, *(int(flag) for flag in flags)),
        *(_minute(row.last_activity), _minute(row.submitted_at)),
        _minute(row.closes_at - MINUTE if row.closes_at else None),
        *((message.kind, message.state, _minute(message.created_at)) if message else (None, None, None)),
        *((call.outcome, _minute(call.at), str(call.call_back_on or "")) if call else (None, None, None)),
        int(row.by_phone),
        call.call_back_time if call else None,
        row.language,
    ]


def _minute(instant: dt.datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(ROME).strftime("%Y-%m-%d %H:%M")


def csv_lines(head: Sequence[str], slices: Iterable[Iterable[Sequence[Cell]]]) -> Iterator[str]:
    """The file in pieces: UTF-8 with its mark, semicolons, as a spreadsheet opens it in Italy."""
    yield "\ufeff" + _csv_text([head])
    for rows in slices:
        yield _csv_text(rows)


def _csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def write_xlsx(
    file: IO[bytes], heads: Sequence[Sequence[str]], slices: Iterable[Iterable[Sequence[Cell]]], title: str, now: dt.datetime
) -> None:
    """The file, row by row: what is written leaves the memory. Numbers are numbers, all else is text."""
    with Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": now.astimezone(dt.UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        number = 0
        for head in heads:
            for column, text in enumerate(head):
                sheet.write_string(number, column, text, bold)
            number += 1
        sheet.freeze_panes(number, 1)
        for rows in slices:
            for row in rows:
                _write_row(sheet, number, row)
                number += 1


def _write_row(sheet: Any, number: int, row: Sequence[Cell]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int):
            sheet.write_number(number, column, cell)
        elif cell:
            sheet.write_string(number, column, inert(cell))
