"""Letters of many for the desk: prepared as a list to be read, made into one ZIP while it is sent, kept nowhere.

Not for: one letter (`writing.py`), a run of the command (`running.py`), or whom a filter means (the caller hands over ids).
Holds always: no file with codes ever lies on the server; only whoever prepared the letters gets them, and once: a file that did
not arrive whole can be begun again, one that did cannot; memory does not grow with their number (a hundred letters at a time);
each beginning is in the audit; a suspended login, whose code would open nothing, gets no letter.
"""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, cast

import sqlalchemy as sa

from app.accounts.login_state import ACTIVE, login_rows
from app.audit.chain import Scalar, record
from app.database import unit_of_work
from app.editions.current import EditionView
from app.extensions import db, table_of
from app.letters.models import LetterRun
from app.letters.running import LettersRefusedError, refuse_if_over, write_together
from app.letters.writing import Run, begin_run
from app.registry.entities import EntityRow, find_by_ids
from app.registry.recipients import recipients_for

_ROW: Final = table_of(LetterRun).c
_AT_ONCE: Final = 500


class UnknownLettersError(Exception):
    """No letters have this number."""


class LettersTakenError(Exception):
    """They have been taken already, or somebody else prepared them."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters that were prepared. `entity_ids`: whose; `made`: how many stand in the file that was begun last."""

    id: int
    edition_id: int
    source: str
    filter: str
    entity_ids: tuple[int, ...]
    unknown: tuple[tuple[int, str], ...]
    prepared_by: str
    prepared_at: dt.datetime
    begun_at: dt.datetime | None
    made: int
    taken_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known beforehand. `letters`: how many would be made; `without_address`, `active`: how many of these have nobody
    to write to, or a password already; `suspended`, `ended`: left out."""

    letters: int
    without_address: int
    active: int
    suspended: int
    ended: int


def prepare_letters(
    entity_ids: Collection[int],
    edition: EditionView,
    *,
    source: str,
    actor: str,
    now: dt.datetime,
    filter_text: str = "",
    unknown: Sequence[tuple[int, str]] = (),
) -> int:
    """Note down whose letters are wanted, and give the number. Makes none. Raises `LettersRefusedError` for nobody's."""
    if not entity_ids:
        raise LettersRefusedError("nobody's letters were asked for")
    values: dict[str, Any] = {"edition_id": edition.id, "source": source, "filter": filter_text}
    values |= {"entities": json.dumps(sorted(set(entity_ids))), "unknown": json.dumps([list(one) for one in unknown])}
    values |= {"prepared_by": actor, "prepared_at": now}
    number: int = db.session.execute(sa.insert(LetterRun).values(**values).returning(LetterRun.id)).scalar_one()
    db.session.commit()
    return number


def letters_by_number(number: int) -> Letters:
    """The letters with this number. Raises `UnknownLettersError`."""
    found = _rows(_select().where(_ROW.id == number))
    if not found:
        raise UnknownLettersError(number)
    return found[0]


def list_letters(limit: int, offset: int = 0) -> list[Letters]:
    """Those that were prepared, the last first."""
    return _rows(_select().order_by(_ROW.id.desc()).limit(limit).offset(offset))


def letters_for(edition_id: int, source: str, filter_text: str) -> list[Letters]:
    """Those of an edition that were prepared from this source with this filter, the last first."""
    which = sa.and_(_ROW.edition_id == edition_id, _ROW.source == source, _ROW.filter == filter_text)
    return _rows(_select().where(which).order_by(_ROW.id.desc()))


def count_letters() -> int:
    """How many times letters were prepared."""
    return db.session.execute(sa.select(sa.func.count(_ROW.id))).scalar_one()


def preview_letters(letters: Letters, now: dt.datetime) -> Preview:
    """What these letters would be now."""
    counts = {"letters": 0, "without_address": 0, "active": 0, "suspended": 0, "ended": 0}
    for start in range(0, len(letters.entity_ids), _AT_ONCE):
        ids = letters.entity_ids[start : start + _AT_ONCE]
        wanted, suspended = _wanted(ids, now)
        kept = [entity.id for entity in wanted]
        readers, logins = recipients_for(kept, "activation", now), login_rows(kept, now)
        counts["letters"] += len(kept)
        counts["suspended"] += suspended
        counts["ended"] += len(ids) - len(kept) - suspended
        counts["without_address"] += sum(not emails for emails in readers.values())
        counts["active"] += sum(row.state == ACTIVE for row in logins.values())
    return Preview(**counts)


def begin_letters(number: int, edition: EditionView, clock: Callable[[], dt.datetime], *, actor: str) -> Generator[bytes]:
    """The ZIP file, in pieces, while it is made: PDFs of a hundred letters each and a list. Issues the codes and commits first.

    Raises `UnknownLettersError`, `LettersTakenError` or `LettersRefusedError`, and then nothing was begun.
    """
    now = clock()
    letters = letters_by_number(number)
    if letters.prepared_by != actor or letters.edition_id != edition.id:
        raise LettersTakenError(number)
    refuse_if_over(edition, now)
    entities = _wanted(letters.entity_ids, now)[0]
    if not entities:
        raise LettersRefusedError("none of these entities can have a letter now")
    begun = sa.update(LetterRun).where(_ROW.id == number, _ROW.taken_at.is_(None)).values(begun_at=now, made=0)
    if db.session.execute(begun.returning(_ROW.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise LettersTakenError(number)
    run = begin_run(entities, edition, now)
    detail: dict[str, Scalar] = {"letters": len(entities), "source": letters.source, "run": number}
    record("letters_made", actor=actor, subject=f"edition:{edition.code}", detail=detail, now=now)
    db.session.commit()
    db.session.remove()
    return _pieces(number, run, entities, clock)


def _pieces(number: int, run: Run, entities: Sequence[EntityRow], clock: Callable[[], dt.datetime]) -> Generator[bytes]:
    tray = _Tray()
    with zipfile.ZipFile(cast("IO[bytes]", tray), "w", zipfile.ZIP_STORED) as archive:
        for done in write_together(run, entities, archive):
            _note(number, made=done)
            yield tray.take()
    yield tray.take()
    _note(number, taken_at=clock())  # whoever reads has got everything: it cannot be had again


class _Tray:
    """What a ZIP file is written to, and taken from before more is written."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """For zipfile."""

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


def _note(number: int, **values: object) -> None:
    """Write down how far it is, in a transaction of its own: nobody waits for a download."""
    with unit_of_work(writes=True):
        db.session.execute(sa.update(LetterRun).where(_ROW.id == number).values(**values))
        db.session.commit()
        db.session.remove()


def _wanted(entity_ids: Sequence[int], now: dt.datetime) -> tuple[list[EntityRow], int]:
    """Those that can have a letter, by name, and how many are left out because they are suspended."""
    found: list[EntityRow] = []
    suspended = 0
    for start in range(0, len(entity_ids), _AT_ONCE):
        some = find_by_ids(entity_ids[start : start + _AT_ONCE], in_force=True)
        logins = login_rows([entity.id for entity in some], now)
        kept = [entity for entity in some if logins[entity.id].suspension is None]
        suspended += len(some) - len(kept)
        found += kept
    return found, suspended


def _select() -> sa.Select[Any]:
    return sa.select(
        *(_ROW.id, _ROW.edition_id, _ROW.source, _ROW.filter, _ROW.entities, _ROW.unknown, _ROW.prepared_by),
        *(_ROW.prepared_at, _ROW.begun_at, _ROW.made, _ROW.taken_at),
    )


def _rows(query: sa.Select[Any]) -> list[Letters]:
    return [
        Letters(
            id=row.id,
            edition_id=row.edition_id,
            source=row.source,
            filter=row.filter,
            entity_ids=tuple(json.loads(row.entities)),
            unknown=tuple((int(line), str(code)) for line, code in json.loads(row.unknown)),
            prepared_by=row.prepared_by,
            prepared_at=row.prepared_at,
            begun_at=row.begun_at,
            made=row.made,
            taken_at=row.taken_at,
        )
        for row in db.session.execute(query)
    ]
