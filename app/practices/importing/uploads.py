"""A file of practices between its upload and its confirmation: what it holds, how it is to be read, what was settled by hand.

Not for: what it would become (`drafting.py`), taking it in (`storing.py`).
Holds always: what is kept has been read already, so that a stranger's bytes are parsed once; it is gone after its days, when it
was taken in, or when somebody throws it away; a change names nothing but its own upload.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from app.config import settings
from app.extensions import db, table_of
from app.practices.importing.mapping import Labels, Meaning, guess, read_meaning, write_meaning
from app.practices.importing.plain import plain_line
from app.practices.importing.reading import read_source
from app.practices.importing.source import Source
from app.practices.models import PracticeUpload

LONGEST_LABEL: Final = 40
LONGEST_FILE_NAME: Final = 200
FIRST_YEAR: Final = 2000
_ROW: Final = table_of(PracticeUpload).c
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Source)
_settled: Final = msgspec.json.Decoder(dict[str, str])


class UnknownUploadError(LookupError):
    """There is no upload of this number, or its time is over."""


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload in a list."""

    id: int
    file_name: str
    edition_label: str
    year: int
    features: int
    uploaded_by: str
    uploaded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload with what it holds. `settled`: place → key, or `drafting.LEAVE`; `revision`: rises with every change."""

    row: UploadRow
    digest: str
    source: Source
    meaning: Meaning
    settled: dict[int, str]
    revision: int


_LISTED: Final = tuple(
    _ROW[name] for name in ("id", "file_name", "edition_label", "year", "features", "uploaded_by", "uploaded_at")
)


def keep_upload(
    file_name: str, content: bytes, *, edition_label: str, year: int, labels: Labels, actor: str, now: dt.datetime
) -> int:
    """Read a file and keep it with a first guess; its number. Commits. Raises UnfitFileError, and then nothing is kept."""
    source = read_source(content)
    forget_old(now)
    values = {
        "file_name": plain_line(file_name, LONGEST_FILE_NAME),
        "digest": hashlib.sha256(content).hexdigest(),
        "edition_label": edition_label,
        "year": year,
        "features": len(source.features),
        "source": zlib.compress(_encoder.encode(source), 6),
        "meaning": write_meaning(guess(source, labels)),
        "uploaded_by": actor,
        "uploaded_at": now,
    }
    number: int = db.session.execute(sa.insert(PracticeUpload).values(values).returning(_ROW.id)).scalar_one()
    db.session.commit()
    return number


def _oldest(now: dt.datetime) -> dt.datetime:
    """When the oldest that is still kept may have come: `retention_practice_uploads_days` before."""
    return now - dt.timedelta(days=settings().retention_practice_uploads_days)


def read_upload(number: int, now: dt.datetime, *, lock: bool = False) -> Upload:
    """An upload that is still kept. Raises UnknownUploadError."""
    wanted = sa.select(*_LISTED, _ROW.digest, _ROW.source, _ROW.meaning, _ROW.settled, _ROW.revision)
    wanted = wanted.where(_ROW.id == number, _ROW.uploaded_at >= _oldest(now))
    row = db.session.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise UnknownUploadError(number)
    settled = {int(place): key for place, key in _settled.decode(row.settled).items()}
    source = _decoder.decode(zlib.decompress(row.source))
    return Upload(UploadRow(*row[:7]), row.digest, source, read_meaning(row.meaning), settled, row.revision)


def list_uploads(now: dt.datetime) -> list[UploadRow]:
    """Those that wait for somebody to go on, the last first."""
    query = sa.select(*_LISTED).where(_ROW.uploaded_at >= _oldest(now)).order_by(_ROW.uploaded_at.desc(), _ROW.id.desc())
    return [UploadRow(*row) for row in db.session.execute(query)]


def change_meaning(number: int, meaning: Meaning, now: dt.datetime) -> None:
    """Read it in this way from now on; what was settled by hand stays. Commits. Raises UnknownUploadError."""
    _change(number, {"meaning": write_meaning(meaning)}, now)


def settle(number: int, choices: Mapping[int, str], now: dt.datetime) -> None:
    """Say of these features whose each is, `drafting.LEAVE` to leave it out, "" to let us find it again. Commits.

    Raises UnknownUploadError.
    """
    upload = read_upload(number, now, lock=True)
    places = {feature.place for feature in upload.source.features}
    chosen = upload.settled | {place: key for place, key in choices.items() if place in places}
    text = _encoder.encode({str(place): key for place, key in sorted(chosen.items()) if key}).decode()
    _change(number, {"settled": text}, now)


def drop_upload(number: int) -> None:
    """It is not needed any more. Flushes."""
    db.session.execute(sa.delete(PracticeUpload).where(_ROW.id == number))


def forget_old(now: dt.datetime) -> int:
    """Those whose time is over; how many. Flushes."""
    gone = db.session.execute(sa.delete(PracticeUpload).where(_ROW.uploaded_at < _oldest(now)).returning(_ROW.id))
    return len(gone.all())


def _change(number: int, values: Mapping[str, str], now: dt.datetime) -> None:
    still = (_ROW.id == number, _ROW.uploaded_at >= _oldest(now))
    changed = sa.update(PracticeUpload).where(*still).values(**values, revision=_ROW.revision + 1).returning(_ROW.id)
    if db.session.execute(changed).one_or_none() is None:
        db.session.rollback()
        raise UnknownUploadError(number)
    db.session.commit()
