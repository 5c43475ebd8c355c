"""A run of letters: a PDF for each entity in one zip file, with a list of them.

Not for: one letter (`writing.letter_for`), or delivering them.
Holds always: every code is stored before the first letter is set, so that no letter holds a code which nobody knows; a run
that is repeated issues no second code; the file stands under its name only when it is whole, and its owner alone reads it;
memory does not grow with the number of letters.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from app.audit.chain import record
from app.editions.current import EditionView
from app.editions.extensions import own_ends
from app.extensions import db
from app.letters.files import private_file
from app.letters.printing import pdf_of_letter, pdf_of_letters
from app.letters.writing import Letter, Run, begin_run, write_letters
from app.registry.entities import EntityRow
from app.web.pdf import page_count
from app.web.spreadsheets import inert

LIST_NAME: Final = "elenco.csv"
COLUMNS: Final = ("codice", "ente", "provincia", "pagine", "file")
AT_ONCE: Final = 100  # letters in one document: more need memory out of proportion


class LettersRefusedError(Exception):
    """No letter can be made; the text says why and what to do. Nothing was changed."""


def refuse_if_over(edition: EditionView, now: dt.datetime) -> None:
    """Raise LettersRefusedError for an edition that nobody can answer any more: a code in its letter would open nothing."""
    ends = [edition.closes_at] if edition.state in {"draft", "pilot", "open"} else []
    if now >= max([*ends, *own_ends(edition).values()], default=now):
        raise LettersRefusedError(f"edition {edition.code} takes no answers any more: a code in its letter would open nothing")


def run_letters(
    entities: Sequence[EntityRow], edition: EditionView, now: dt.datetime, target: Path, *, actor: str, together: bool = False
) -> Iterator[int]:
    """Make the letters of these entities into the zip file `target`, giving how many are done after each step. Commits first.

    `together`: some hundred letters in each PDF, for a printer, instead of a PDF for each entity. Raises LettersRefusedError.
    """
    if not entities:
        raise LettersRefusedError("there is no entity of this kind and Region")
    refuse_if_over(edition, now)
    run = begin_run(entities, edition, now)
    record("letters_made", actor=actor, subject=f"edition:{edition.code}", detail={"letters": len(entities)}, now=now)
    db.session.commit()
    db.session.remove()  # the rest takes minutes and asks no database
    with private_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        yield from (write_together if together else _write_each)(run, entities, archive)


def _write_each(run: Run, entities: Sequence[EntityRow], archive: zipfile.ZipFile) -> Iterator[int]:
    rows = []
    for done, letter in enumerate(write_letters(run, entities), 1):
        content = pdf_of_letter(letter)
        name = f"{letter.entity.code}.pdf"
        archive.writestr(name, content)
        rows.append(_row(letter, page_count(content), name))
        yield done
    archive.writestr(LIST_NAME, _list_of(rows), zipfile.ZIP_DEFLATED)


def write_together(run: Run, entities: Sequence[EntityRow], archive: zipfile.ZipFile) -> Iterator[int]:
    """Some hundred letters in each PDF of the archive, then the list, giving how many are done after each PDF."""
    rows = []
    for start in range(0, len(entities), AT_ONCE):
        letters = list(write_letters(run, entities[start : start + AT_ONCE]))
        name = f"lettere-{start // AT_ONCE + 1:03d}.pdf"
        archive.writestr(name, pdf_of_letters(letters))
        rows += [_row(letter, None, name) for letter in letters]
        yield start + len(letters)
    archive.writestr(LIST_NAME, _list_of(rows), zipfile.ZIP_DEFLATED)


def _row(letter: Letter, pages: int | None, name: str) -> tuple[str, ...]:
    entity = letter.entity
    return (entity.code, entity.name, entity.province or "", "" if pages is None else str(pages), name)


def _list_of(rows: Sequence[tuple[str, ...]]) -> bytes:
    """The list as CSV: semicolons and a byte-order mark, as the spreadsheets of Italian offices open it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([COLUMNS, *([inert(cell) for cell in row] for row in rows)])
    return text.getvalue().encode("utf-8-sig")
