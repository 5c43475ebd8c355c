"""The files of a publication: made once for a version and its revision, kept compressed, and taken from there.

Not for: how a file is written (`writing.py`, `umap.py`), its address and headers (`app/public/data.py`).
Holds always: a file is never of another revision than it says: it is kept only if its version is still as it was when the file
was begun, and what is taken back deletes it (`publishing.retract`); two processes that make the same file at once keep one of
two equal ones; while it is made, one entry and its compressed bytes are held, not its text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import brotli
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.config import settings
from app.database import unit_of_work
from app.extensions import db, table_of
from app.practices.kept import DATA_FILES, shelf, size_by_text, state_of_files
from app.practices.models import Publication, PublicationFile
from app.practices.opendata import writing
from app.practices.opendata.columns import ENTRY_COLUMNS, Entry, entry_of_row
from app.practices.opendata.licences import LICENCES
from app.practices.opendata.umap import Layer, write_umap
from app.practices.published import ENTRY, Version, entries_in
from app.practices.vocabulary import labels

BROTLI: Final = "br"
QUALITY: Final = 7
"""Brotli's, of 11: a file is made once and sent many times."""
PIECE: Final = 65_536
ROWS_AT_ONCE: Final = 500
TRIES: Final = 5
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_FILE: Final = table_of(PublicationFile).c
_VERSION: Final = table_of(Publication).c
_making: Final = threading.Lock()
"""Held by the thread of this process that makes a file."""
Write = Callable[[writing.About, sa.ColumnElement[bool]], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A file that each version has: its name, its media type, and how it is written."""

    name: str
    media_type: str
    write: Write


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file as it is kept. `content`: compressed with brotli; `bytes` and `sha256` (hexadecimal): of what it was made of."""

    name: str
    media_type: str
    content: bytes
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list of files says of one."""

    name: str
    bytes: int
    sha256: str


class RevisedMeanwhileError(RuntimeError):
    """Entries were taken back again and again while a file was made. Nothing is stored; a later try may succeed."""


def _entries(condition: sa.ColumnElement[bool], about: writing.About) -> Iterator[Entry]:
    """The entries in the order of every file: the newest year first, then by code. Read a few hundred at a time."""
    query = sa.select(*ENTRY_COLUMNS).where(condition).order_by(ENTRY.year.desc(), ENTRY.code)
    rows: Any = db.session.connection().execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    for row in rows:
        yield entry_of_row(row, about.site, about.labels["it"])


def _each(write: Callable[[writing.About, Iterable[Entry]], Iterator[str]]) -> Write:
    return lambda about, condition: write(about, _entries(condition, about))


def _map(about: writing.About, condition: sa.ColumnElement[bool]) -> Iterator[str]:
    def entries_of(layer: Layer, known: list[str]) -> Iterator[Entry]:
        area = [] if layer.kind != "practice" else [ENTRY.area == layer.area if layer.area else ENTRY.area.not_in(known)]
        return _entries(sa.and_(condition, ENTRY.kind == layer.kind, *area), about)

    return write_umap(about, entries_of)


FILES: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("pratiche.geojson", "application/geo+json", _each(writing.write_geojson)),
        Kind("pratiche.csv", "text/csv; charset=utf-8; header=present", _each(writing.write_csv)),
        Kind("pratiche.jsonl", "application/jsonl; charset=utf-8", _each(writing.write_jsonl)),
        Kind("pratiche.umap", "application/json", _map),
        Kind("codebook.csv", "text/csv; charset=utf-8; header=present", _each(writing.write_codebook)),
    )
}
"""The files of each version, in the order in which they are listed."""


def file_of(version: Version | None, name: str) -> DataFile:
    """The file of a version, made now where it is not kept yet; without a version an empty one.

    Raises KeyError for a name that is not in `FILES`, RevisedMeanwhileError.
    """
    kind = FILES[name]
    if version is None:
        return _made(kind, None)
    memory, state = shelf(DATA_FILES), state_of_files(version)
    found: DataFile | None = memory.get(state, name)
    if found is not None:
        return found
    found = _stored(version, kind)
    if found is None:
        with _making:
            found = _stored(version, kind)
            if found is None:
                found, version = _make_and_keep(version, kind)
    memory.put(state_of_files(version), name, found, len(found.content))
    return found


def make_files(version: Version, *, again: bool = False) -> tuple[Listed, ...]:
    """Make the files of a version that are not kept yet, or all of them `again`. Commits after each."""
    if again:
        with unit_of_work(writes=True):
            db.session.rollback()
            db.session.execute(sa.delete(PublicationFile).where(_FILE.number == version.number))
            db.session.commit()
        shelf(DATA_FILES).clear()
    made = {one.name for one in list_files(version)}
    for name in FILES:
        if name not in made:
            file_of(version, name)
    return list_files(version)


def list_files(version: Version | None) -> tuple[Listed, ...]:
    """The files of a version that have been made, in the order of `FILES`. One statement, none once all have been."""
    if version is None:
        return ()
    memory, state = shelf(DATA_FILES), state_of_files(version)
    whole: tuple[Listed, ...] | None = memory.get(state, "list")
    if whole is not None:
        return whole
    query = sa.select(_FILE.name, _FILE.bytes, _FILE.sha256)
    query = query.where(_FILE.number == version.number, _FILE.revision == version.revision)
    known = {row.name: Listed(*row) for row in db.session.execute(query)}
    found = tuple(known[name] for name in FILES if name in known)
    if len(found) == len(FILES):
        memory.put(state, "list", found, size_by_text(found))
    return found


def checksums(listed: Iterable[Listed]) -> str:
    """As `sha256sum --check` reads them."""
    return "".join(f"{one.sha256}  {one.name}\n" for one in listed)


def about(version: Version | None) -> writing.About:
    """What the files of a version say of themselves. Two statements."""
    read = settings()
    return writing.About(
        number=version.number if version else 0,
        published=version.published_at.isoformat() if version else "",
        source=f"{read.base_url}/dati",
        site=read.base_url,
        licence=LICENCES[read.data_licence],
        holder=read.data_holder_name,
        labels={language: labels(language) for language in ("it", "en")},
    )


def _made(kind: Kind, version: Version | None) -> DataFile:
    """Write a file, compressing it as it comes."""
    packer, digest, size = brotli.Compressor(quality=QUALITY), hashlib.sha256(), 0
    packed, waiting = [], bytearray()
    condition = entries_in(version.number) if version else sa.false()

    def pack() -> None:
        nonlocal size
        piece = bytes(waiting)
        waiting.clear()
        digest.update(piece)
        size += len(piece)
        packed.append(packer.process(piece))

    for part in kind.write(about(version), condition):
        waiting += part.encode()
        if len(waiting) >= PIECE:
            pack()
    pack()
    packed.append(packer.finish())
    return DataFile(kind.name, kind.media_type, b"".join(packed), size, digest.hexdigest())


def _stored(version: Version, kind: Kind) -> DataFile | None:
    query = sa.select(_FILE.content, _FILE.bytes, _FILE.sha256).where(
        _FILE.number == version.number, _FILE.revision == version.revision, _FILE.name == kind.name
    )
    row = db.session.execute(query).one_or_none()
    return None if row is None else DataFile(kind.name, kind.media_type, row.content, row.bytes, row.sha256)


def _make_and_keep(version: Version, kind: Kind) -> tuple[DataFile, Version]:
    """Make a file and store it; of which revision it is. Where entries were taken back meanwhile, once more, of the version as
    it is then."""
    number, revision = version.number, version.revision
    for _try in range(TRIES):
        made = _made(kind, version)
        db.session.rollback()  # a read of SQLite's that went on to write would fail
        with unit_of_work(writes=True):
            still = sa.select(_VERSION.revision).where(_VERSION.number == number).with_for_update(read=True)
            now: int = db.session.execute(still).scalar_one()
            if now == revision:
                _store(made, number, revision)
            db.session.commit()
        version = replace(version, revision=now)
        if now == revision:
            return _stored(version, kind) or made, version
        revision = now
    raise RevisedMeanwhileError(f"{kind.name} of version {number}")


def _store(made: DataFile, number: int, revision: int) -> None:
    """Keep it, unless another process was faster: then the other one's stays."""
    values = {"number": number, "revision": revision, "name": made.name, "media_type": made.media_type, "encoding": BROTLI}
    values |= {"content": made.content, "bytes": made.bytes, "sha256": made.sha256}
    insert = _INSERTS[db.session.connection().dialect.name](table_of(PublicationFile)).values(values)
    db.session.execute(insert.on_conflict_do_nothing())


def modified_at(version: Version) -> dt.datetime:
    """When the files of a version last changed, to the second, as HTTP tells it."""
    return version.modified_at.replace(microsecond=0)
