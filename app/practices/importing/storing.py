"""Taking a file in, and taking it back: its practices arrive as all others, to be reviewed, or approved because they were
public.

Not for: reading the file, the pages.
Holds always: all of a file's practices come in one transaction or none does; whoever confirms has seen what comes in (the
revision of the upload); an import is undone only while none of its practices was changed or ever published, later it is
withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import Scalar, record
from app.editions.current import edition_by_code
from app.extensions import db, table_of
from app.practices.history import forget_history, tell
from app.practices.importing.drafting import READY, Row, draft
from app.practices.importing.mapping import Labels, write_meaning
from app.practices.importing.matching import REGION_KEY, Matcher
from app.practices.importing.uploads import Upload, drop_upload, read_upload
from app.practices.intake import REGION, new_code
from app.practices.models import (
    APPROVED,
    IMPORT,
    WAITING,
    WITHDRAWN,
    Practice,
    PracticeImport,
    PublishedPractice,
)
from app.practices.publishing import AT_ONCE, TAKEN_BACK, retract
from app.practices.record import digest_of, write_record
from app.registry.entities import entity_table, label
from app.registry.folding import fold
from app.registry.regional_bodies import need_regional_body

_ROW: Final = table_of(Practice).c
_IMPORT: Final = table_of(PracticeImport).c
_ENTITY: Final = entity_table.c


class ChangedSinceError(Exception):
    """The upload is no longer what the page showed."""


class NothingReadyError(Exception):
    """No feature of the file can come in."""


class NotUndoneError(Exception):
    """Something of the import was changed or published, or it is undone already."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import. `practices`: how many of it are there now; `public`: of them in what is public; `touched`: changed since, or
    once public, so that it cannot be undone."""

    id: int
    file_name: str
    edition_label: str
    year: int
    rows: int
    approved: bool
    actor: str
    at: dt.datetime
    undone_at: dt.datetime | None
    practices: int
    public: int
    touched: int


@dataclass(frozen=True, slots=True)
class ImportedPractice:
    """A practice of an import, in a list."""

    code: str
    kind: str
    title: str
    state: str
    public: bool
    owner: str


def draft_upload(upload: Upload, labels: Labels, now: dt.datetime) -> tuple[list[Row], Matcher]:
    """What the upload would become today. Two statements."""
    matcher = Matcher.today(now)
    known = known_titles(upload.row.year)
    return draft(upload.source, upload.meaning, upload.settled, matcher, labels, known), matcher


def known_titles(year: int) -> set[tuple[str, str]]:
    """(key of the owner, folded title) of every practice of a year, whatever became of it."""
    query = sa.select(_ENTITY.code, _ENTITY.kind, _ENTITY.region_code, _ROW.title)
    query = query.join(entity_table, _ENTITY.id == _ROW.entity_id).where(_ROW.year == year).order_by(_ROW.id)
    return {
        (f"{REGION_KEY}{row.region_code}" if row.kind == REGION else row.code, fold(row.title))
        for row in db.session.execute(query)
    }


def same_file(digest: str) -> list[int]:
    """The imports of this very file that were not undone, by number."""
    query = sa.select(_IMPORT.id).where(_IMPORT.digest == digest, _IMPORT.undone_at.is_(None)).order_by(_IMPORT.id)
    return list(db.session.execute(query).scalars())


def take_in_upload(number: int, revision: int, labels: Labels, *, approve: bool, actor: str, now: dt.datetime) -> int:
    """Take in what is ready; the number of the import. `revision`: of the upload, as the page showed it. Commits.

    Raises UnknownUploadError, ChangedSinceError, NothingReadyError.
    """
    upload = read_upload(number, now, lock=True)
    if upload.revision != revision:
        db.session.rollback()
        raise ChangedSinceError(number)
    rows, matcher = draft_upload(upload, labels, now)
    ready = [row for row in rows if row.state == READY]
    if not ready:
        db.session.rollback()
        raise NothingReadyError(number)
    import_id = _add_import(upload, len(ready), approve, actor, now)
    _add_practices(upload, import_id, ready, _owners(ready, matcher, actor, now), approve=approve, actor=actor, now=now)
    drop_upload(number)
    states = Counter(row.state for row in rows)
    detail: dict[str, Scalar] = {
        "year": upload.row.year,
        "taken": len(ready),
        "left": len(rows) - states[READY],
        "digest": upload.digest[:16],
    }
    record("practices_imported", actor=actor, subject=f"practice_import:{import_id}", detail=detail, now=now)
    if approve:
        told = {"practices": len(ready)}
        record("practices_approved_on_import", actor=actor, subject=f"practice_import:{import_id}", detail=told, now=now)
    db.session.commit()
    return import_id


def _add_import(upload: Upload, rows: int, approve: bool, actor: str, now: dt.datetime) -> int:
    values = {
        "file_name": upload.row.file_name,
        "digest": upload.digest,
        "edition_label": upload.row.edition_label,
        "year": upload.row.year,
        "mapping": write_meaning(upload.meaning),
        "rows": rows,
        "approved": approve,
        "actor": actor,
        "at": now,
    }
    number: int = db.session.execute(sa.insert(PracticeImport).values(values).returning(_IMPORT.id)).scalar_one()
    return number


def _owners(ready: Sequence[Row], matcher: Matcher, actor: str, now: dt.datetime) -> dict[str, int]:
    """Key → id of the entity; a Region without one gets it."""
    owners = {}
    for key in sorted({row.match.key for row in ready}):
        region = key.removeprefix(REGION_KEY) if key.startswith(REGION_KEY) else ""
        owners[key] = need_regional_body(region, actor=actor, now=now).id if region else matcher.by_key[key].id
    return owners


def _add_practices(
    upload: Upload,
    import_id: int,
    ready: Sequence[Row],
    owners: Mapping[str, int],
    *,
    approve: bool,
    actor: str,
    now: dt.datetime,
) -> None:
    edition = edition_by_code(upload.row.edition_label)
    common = {
        "source": IMPORT,
        "edition_id": edition.id if edition else None,
        "edition_label": upload.row.edition_label,
        "year": upload.row.year,
        "import_id": import_id,
        "consent": True,
        "arrived_at": now,
        "changed_at": now,
    }
    for start in range(0, len(ready), AT_ONCE):
        part = [common | _columns(row, owners[row.match.key], approve) for row in ready[start : start + AT_ONCE]]
        ids = db.session.execute(sa.insert(Practice).returning(_ROW.id), part).scalars().all()
        for action in ("imported", *(("approved",) if approve else ())):
            tell(ids, action, actor=actor, now=now, detail={"import": import_id})


def _columns(row: Row, entity_id: int, approve: bool) -> dict[str, Any]:
    text = write_record(row.record)
    digest = digest_of(text)
    return {
        "code": new_code(),
        "kind": row.kind,
        "entity_id": entity_id,
        "title": row.record.title,
        "area": row.record.area,
        "content": text,
        "digest": digest,
        "state": APPROVED if approve else WAITING,
        "approved": text if approve else None,
        "approved_digest": digest if approve else None,
    }


def _select_imports() -> sa.Select[Any]:
    once_public = sa.exists().where(table_of(PublishedPractice).c.practice_id == _ROW.id)
    touched = sa.or_(_ROW.revision > 1, _ROW.assigned_id.is_not(None), once_public)
    counts = (
        sa.select(
            _ROW.import_id,
            sa.func.count().label("practices"),
            sa.func.count(_ROW.published).label("public"),
            sa.func.sum(sa.case((touched, 1), else_=0)).label("touched"),
        )
        .where(_ROW.import_id.is_not(None))
        .group_by(_ROW.import_id)
        .subquery()
    )
    names = ("id", "file_name", "edition_label", "year", "rows", "approved", "actor", "at", "undone_at")
    numbers = (sa.func.coalesce(counts.c[name], 0) for name in ("practices", "public", "touched"))
    return sa.select(*(_IMPORT[name] for name in names), *numbers).outerjoin(counts, counts.c.import_id == _IMPORT.id)


def list_imports(limit: int, offset: int = 0) -> list[ImportRow]:
    """The imports, the last first. One statement."""
    query = _select_imports().order_by(_IMPORT.id.desc()).limit(limit).offset(offset)
    return [ImportRow(*row) for row in db.session.execute(query)]


def count_imports() -> int:
    """How many there are, the undone ones too."""
    return db.session.execute(sa.select(sa.func.count()).select_from(table_of(PracticeImport))).scalar_one()


def find_import(number: int) -> ImportRow | None:
    """One of them."""
    row = db.session.execute(_select_imports().where(_IMPORT.id == number)).one_or_none()
    return None if row is None else ImportRow(*row)


def practices_of(number: int, *, limit: int, offset: int = 0) -> list[ImportedPractice]:
    """The practices of an import, in the order of its file."""
    query = sa.select(
        _ROW.code, _ROW.kind, _ROW.title, _ROW.state, _ROW.published.is_not(None), _ENTITY.name, _ENTITY.province_sign
    )
    query = query.join(entity_table, _ENTITY.id == _ROW.entity_id).where(_ROW.import_id == number)
    rows = db.session.execute(query.order_by(_ROW.id).limit(limit).offset(offset)).all()
    return [
        ImportedPractice(row.code, row.kind, row.title, row.state, row[4], label(row.name, row.province_sign)) for row in rows
    ]


def undo_import(number: int, *, actor: str, now: dt.datetime) -> int:
    """Take all of an import away, as if it had never come; how many. Commits. Raises NotUndoneError."""
    ids = _locked(number)
    found = find_import(number)
    if found is None or found.undone_at is not None or found.touched:
        db.session.rollback()
        raise NotUndoneError(number)
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        forget_history(part)
        db.session.execute(sa.delete(Practice).where(_ROW.id.in_(part)))
    db.session.execute(sa.update(PracticeImport).where(_IMPORT.id == number).values(undone_at=now))
    record("practice_import_undone", actor=actor, subject=f"practice_import:{number}", detail={"practices": len(ids)}, now=now)
    db.session.commit()
    return len(ids)


def withdraw_import(number: int, *, actor: str, now: dt.datetime) -> int:
    """Take all that is left of an import out of the public and of the queue; how many it changed. Commits."""
    ids = _locked(number, still=True)
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        values = TAKEN_BACK | {"changed_at": now, "revision": _ROW.revision + 1}
        db.session.execute(sa.update(Practice).where(_ROW.id.in_(part)).values(values))
        tell(part, "withdrawn", actor=actor, now=now)
    if ids:
        retract(ids, actor=actor, now=now)
        detail = {"practices": len(ids)}
        record("practice_import_withdrawn", actor=actor, subject=f"practice_import:{number}", detail=detail, now=now)
    db.session.commit()
    return len(ids)


def _locked(number: int, *, still: bool = False) -> list[int]:
    query = sa.select(_ROW.id).where(_ROW.import_id == number)
    query = query.where(_ROW.state != WITHDRAWN) if still else query
    return list(db.session.execute(query.order_by(_ROW.id).with_for_update()).scalars())
