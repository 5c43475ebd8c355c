"""Reading a response: one query for the edition and the answers of an entity, and the questionnaire it was begun with.

Not for: changing it (`drafts.py`, `submission.py`).
Holds always: every query names the entity; a response is read with the questionnaire version it was begun with.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.editions import current as editions
from app.editions.current import EditionView
from app.editions.models import Definition, Edition, PilotEntity
from app.extensions import db
from app.questionnaire.model import Questionnaire
from app.registry.models import Entity
from app.responses.document import Document, read_document, write_document
from app.responses.models import Response


@dataclass(frozen=True, slots=True)
class OpenResponse:
    """An entity's response as one query read it. `locked`: read inside the writing transaction that may change it.

    `edition.digest` is that of the response's own questionnaire version, which may be older than the edition's.
    """

    id: int
    entity_id: int
    entity_code: str
    edition: EditionView
    pilot: bool
    document: Document
    version: int
    status: str
    progress: int
    opened_at: dt.datetime
    last_activity: dt.datetime
    active_seconds: int
    submitted_at: dt.datetime | None
    submissions: int
    submitted_content: str | None
    synthetic: bool
    locked: bool

    def takes_answers(self, now: dt.datetime) -> bool:
        """Whether an answer may be stored now."""
        return self.edition.takes_answers(now, pilot=self.pilot)

    @property
    def questionnaire(self) -> Questionnaire:
        """The questionnaire it was begun with, in its source language."""
        return editions.questionnaire_of(self.edition.digest)

    def questionnaire_in(self, locale: str) -> Questionnaire:
        """The same in the reader's language."""
        return editions.questionnaire_in(self.edition, locale)


_OWN: Final[tuple[Any, ...]] = (
    Response.id,
    Response.entity_id,
    Entity.code,
    Response.document,
    Response.version,
    Response.status,
    Response.progress,
    Response.opened_at,
    Response.last_activity,
    Response.active_seconds,
    Response.submitted_at,
    Response.submissions,
    Response.submitted_content,
    Response.synthetic,
)
_PILOT: Final = (
    sa.exists()
    .where(PilotEntity.edition_id == Edition.id, PilotEntity.entity_code == Entity.code)
    .correlate(Edition, Entity)
    .label("pilot")
)
_QUERY: Final = (
    sa.select(*editions.COLUMNS, *_OWN, _PILOT)
    .select_from(Response)
    .join(Edition, Edition.id == Response.edition_id)
    .join(Definition, Definition.id == Response.definition_id)
    .join(Entity, Entity.id == Response.entity_id)
)
_WITH_LOCK: Final = _QUERY.with_for_update(of=Response)


def find_response(entity_id: int, edition_id: int, *, lock: bool = False) -> OpenResponse | None:
    """The entity's response in this edition, None if it was never opened. `lock`: to change it in this transaction."""
    query = (_WITH_LOCK if lock else _QUERY).where(Response.entity_id == entity_id, Response.edition_id == edition_id)
    return _one(query, lock)


def response_by_id(response_id: int, *, lock: bool = False) -> OpenResponse | None:
    """A response by its own id, for commands and tests; pages name the entity."""
    return _one((_WITH_LOCK if lock else _QUERY).where(Response.id == response_id), lock)


def _one(query: sa.Select[Any], lock: bool) -> OpenResponse | None:
    row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    own = row[len(editions.COLUMNS) :]
    return OpenResponse(
        id=own[0],
        entity_id=own[1],
        entity_code=own[2],
        edition=editions.edition_view(row),
        pilot=own[14],
        document=read_document(own[3]),
        version=own[4],
        status=own[5],
        progress=own[6],
        opened_at=own[7],
        last_activity=own[8],
        active_seconds=own[9],
        submitted_at=own[10],
        submissions=own[11],
        submitted_content=own[12],
        synthetic=own[13],
        locked=lock,
    )


def open_response(entity_id: int, edition: EditionView, now: dt.datetime, *, synthetic: bool = False) -> OpenResponse:
    """The entity's response, created at its first look. Commits when it creates: "never opened" and "opened" are counted."""
    found = find_response(entity_id, edition.id)
    if found is not None:
        return found
    values = {
        "edition_id": edition.id,
        "entity_id": entity_id,
        "definition_id": edition.definition_id,
        "document": write_document(Document()),
        "opened_at": now,
        "last_activity": now,
        "synthetic": synthetic,
    }
    with db.session.begin_nested() as attempt:
        try:
            db.session.execute(sa.insert(Response).values(**values))
        except sa.exc.IntegrityError:  # a colleague's first look came between
            attempt.rollback()
    db.session.commit()
    opened = find_response(entity_id, edition.id)
    if opened is None:
        raise LookupError(f"no response of entity {entity_id} in edition {edition.code}")
    return opened


def median_minutes(edition_id: int) -> int | None:
    """How long those who submitted took, in minutes, as a median; None below 20, where it would say little."""
    sent = (Response.edition_id == edition_id, Response.status == "submitted", Response.synthetic.is_(False))
    count = db.session.execute(sa.select(sa.func.count()).select_from(Response).where(*sent)).scalar_one()
    if count < 20:
        return None
    times = sa.select(Response.active_seconds).where(*sent).order_by(Response.active_seconds)
    return max(1, round(db.session.execute(times.offset(count // 2).limit(1)).scalar_one() / 60))
