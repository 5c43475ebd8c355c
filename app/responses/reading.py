"""Reading a response: one query for the edition and the answers of an entity, and the questionnaire it was begun with.

Not for: changing it (`drafts.py`, `submission.py`).
Holds always: every query names the entity; a response is read with the questionnaire version it was begun with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.editions import current as editions
from app.editions.current import EditionView, definition_table, edition_table, extension_table, pilot_table
from app.extensions import db, table_of
from app.questionnaire.model import Questionnaire
from app.questionnaire.review import Review
from app.registry.entities import entity_table
from app.responses.disputes import open_conflicts
from app.responses.document import Document, read_document, write_document
from app.responses.models import Response


@dataclass(frozen=True, slots=True)
class OpenResponse:
    """An entity's response as one query read it. `locked`: read inside the writing transaction that may change it.

    `own_closes_at`: the end of its extension, None without one. `stored`: the document's text as the row has it. `review` is
    there after a save, which has made it. `edition.digest` is that of the response's own questionnaire version, which may be
    older than the edition's.
    """

    id: int
    entity_id: int
    entity_code: str
    edition: EditionView
    pilot: bool
    document: Document
    stored: str
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
    own_closes_at: dt.datetime | None
    locked: bool
    review: Review | None = None

    def takes_answers(self, now: dt.datetime) -> bool:
        """Whether an answer may be stored now."""
        return self.edition.takes_answers(now, pilot=self.pilot, own_closes_at=self.own_closes_at)

    @property
    def deadline(self) -> dt.datetime:
        """The last minute in which its answers are taken: the edition's, or the entity's own after an extension."""
        return self.edition.closes_for(self.own_closes_at) - dt.timedelta(minutes=1)

    @property
    def questionnaire(self) -> Questionnaire:
        """The questionnaire it was begun with, in its source language."""
        return editions.questionnaire_of(self.edition.digest)

    @property
    def open_conflicts(self) -> tuple[str, ...]:
        """The keys of the answers and sheets that wait for a decision; the others in `document.conflicts` stop nothing."""
        return open_conflicts(self.questionnaire, self.document)

    def questionnaire_in(self, locale: str) -> Questionnaire:
        """The same in the reader's language."""
        return editions.questionnaire_in(self.edition, locale)


_RESPONSE: Final = table_of(Response).c
_ENTITY: Final = entity_table.c
_PILOTS: Final = pilot_table.c
_EXTENSION: Final = extension_table.c
_DEFINITION: Final = definition_table.c
_OWN: Final[tuple[sa.ColumnElement[Any], ...]] = (
    _RESPONSE.id,
    _RESPONSE.entity_id,
    _ENTITY.code,
    _RESPONSE.document,
    _RESPONSE.version,
    _RESPONSE.status,
    _RESPONSE.progress,
    _RESPONSE.opened_at,
    _RESPONSE.last_activity,
    _RESPONSE.active_seconds,
    _RESPONSE.submitted_at,
    _RESPONSE.submissions,
    _RESPONSE.submitted_content,
    _RESPONSE.synthetic,
    _EXTENSION.closes_at,
)
_PILOT: Final = (
    sa.exists()
    .where(_PILOTS.edition_id == editions.EDITION.id, _PILOTS.entity_code == _ENTITY.code)
    .correlate(edition_table, entity_table)
)
OWN_COLUMNS: Final = (*editions.COLUMNS, *_OWN, _PILOT.label("pilot"))
"""What `response_from` reads, in this order, from a row of `response` with its entity, edition, definition and extension."""


def join_edition(query: sa.Select[Any]) -> sa.Select[Any]:
    """Join a response's edition, its own version of the questionnaire and its extension; `response` and `entity` are there."""
    own = query.join(edition_table, editions.EDITION.id == _RESPONSE.edition_id)
    own = own.join(definition_table, _DEFINITION.id == _RESPONSE.definition_id)
    granted = sa.and_(_EXTENSION.edition_id == _RESPONSE.edition_id, _EXTENSION.entity_id == _RESPONSE.entity_id)
    return own.outerjoin(extension_table, granted)


_QUERY: Final = join_edition(
    sa.select(*OWN_COLUMNS).select_from(table_of(Response)).join(entity_table, _ENTITY.id == _RESPONSE.entity_id)
)
_OF_ENTITY: Final = _QUERY.where(_RESPONSE.entity_id == sa.bindparam("entity"), _RESPONSE.edition_id == sa.bindparam("edition"))
_OF_ENTITY_LOCKED: Final = _OF_ENTITY.with_for_update(of=table_of(Response))
_BY_ID: Final = _QUERY.where(_RESPONSE.id == sa.bindparam("response"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update(of=table_of(Response))


def find_response(entity_id: int, edition_id: int, *, lock: bool = False) -> OpenResponse | None:
    """The entity's response in this edition, None if it was never opened. `lock`: to change it in this transaction."""
    query = _OF_ENTITY_LOCKED if lock else _OF_ENTITY
    row = db.session.connection().execute(query, {"entity": entity_id, "edition": edition_id}).one_or_none()
    return None if row is None else response_from(row, locked=lock)


def find_responses(entity_ids: Collection[int], edition_id: int) -> dict[int, OpenResponse]:
    """Entity's id → its response in an edition, of those of these entities that have opened it. One statement."""
    mine = _QUERY.where(_RESPONSE.entity_id.in_(entity_ids), _RESPONSE.edition_id == edition_id)
    rows = db.session.connection().execute(mine.order_by(_RESPONSE.entity_id)) if entity_ids else ()
    return {found.entity_id: found for found in (response_from(row, locked=False) for row in rows)}


def response_by_id(response_id: int, *, lock: bool = False) -> OpenResponse | None:
    """A response by its own id, for commands and tests; pages name the entity."""
    query = _BY_ID_LOCKED if lock else _BY_ID
    row = db.session.connection().execute(query, {"response": response_id}).one_or_none()
    return None if row is None else response_from(row, locked=lock)


def response_from(row: Sequence[Any], *, locked: bool) -> OpenResponse:
    """The response in a row that begins with `OWN_COLUMNS`."""
    own = row[len(editions.COLUMNS) :]
    return OpenResponse(
        id=own[0],
        entity_id=own[1],
        entity_code=own[2],
        edition=editions.edition_view(row),
        pilot=bool(own[15]),
        document=read_document(own[3]),
        stored=own[3],
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
        own_closes_at=own[14],
        locked=locked,
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
