"""The file of what somebody sends by hand: a table for a mail merge (CSV, XLSX), or a ZIP of drafts for a mail program.

Columns: codice, ente, indirizzo, oggetto, testo, riferimento, lingua. They do not change; new ones are added at the end.
Attachments stand in each draft, as long as all drafts together stay below `MOST_BYTES`; beyond it the ZIP holds each once, in
`allegati/`.
Not for: who may take one (`by_hand.py`).
Holds always: a cell that a spreadsheet would run is made inert; no name in the ZIP is made of foreign words.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from email.parser import BytesParser
from email.policy import SMTP
from typing import IO, Final

from app.chasing.export import Cell, write_xlsx
from app.config import settings
from app.mail.messages import draft_bytes
from app.reminders.by_hand import HandMessage
from app.web.spreadsheets import inert

COLUMNS: Final = ("codice", "ente", "indirizzo", "oggetto", "testo", "riferimento", "lingua")
SHEET: Final = "PEC"
TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
"""Form of the file → what it is served as."""


MOST_BYTES: Final = 200 * 1024 * 1024


def write_file(form: str, messages: Sequence[HandMessage], now: dt.datetime) -> IO[bytes]:
    """The file in one of the forms of `TYPES`, open at its beginning; it is gone once it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 — it is closed with the response that sends it
    _WRITERS[form](file, messages, now)
    file.seek(0)
    return file


def _cells(one: HandMessage) -> list[Cell]:
    return [one.entity_code, one.label, one.recipient, one.subject, one.text, one.reference, one.language]


def _csv(file: IO[bytes], messages: Sequence[HandMessage], _now: dt.datetime) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([inert(cell) for cell in _cells(one)] for one in messages)
    file.write(text.getvalue().encode("utf-8-sig"))


def _xlsx(file: IO[bytes], messages: Sequence[HandMessage], now: dt.datetime) -> None:
    write_xlsx(file, [COLUMNS], [[_cells(one) for one in messages]], SHEET, now)


def _drafts(file: IO[bytes], messages: Sequence[HandMessage], _now: dt.datetime) -> None:
    read = settings()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        heavy = sum(len(file) for one in messages for file in one.files) > MOST_BYTES
        for one in messages:
            files = () if heavy else one.files
            draft = draft_bytes(one.message_id, one.recipient, one.subject, one.text, read, files, language=one.language)
            archive.writestr(f"{one.reference}.eml", draft)
        for attached in messages[0].files if heavy else ():
            part = BytesParser(policy=SMTP).parsebytes(attached)
            archive.writestr(f"allegati/{part.get_filename()}", bytes(part.get_content()))


_WRITERS: Final[dict[str, Callable[[IO[bytes], Sequence[HandMessage], dt.datetime], None]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "zip": _drafts,
}
