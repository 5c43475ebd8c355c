"""Reading editions: which one is on, may it be answered now, and with which questionnaire.

Not for: changing an edition (`lifecycle.py`).
Holds always: a questionnaire is parsed once a process for each source text, whatever the number of requests.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from babel.dates import format_date

from app.editions.models import Definition, Edition, EditionLetter, Extension, PilotEntity
from app.extensions import db, table_of
from app.questionnaire.loader import load_definition
from app.questionnaire.model import Questionnaire
from app.questionnaire.texts import localised
from app.web.incoming import NUL


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody whom a municipality may call or write to."""

    name: str
    role: str = ""
    email: str = ""
    phone: str = ""
    hours: str = ""


Plan = tuple[tuple[dt.date, int], ...]


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition as the pages see it. Instants are aware; from `closes_at` on it no longer takes answers."""

    id: int
    code: str
    title: str
    state: str
    period_from: dt.date
    period_to: dt.date
    opens_at: dt.datetime
    closes_at: dt.datetime
    digest: str
    contacts: tuple[Contact, ...]
    results_url: str | None
    accessibility_url: str | None
    letter_bytes: int
    changed_at: dt.datetime
    definition_id: int
    second_step: bool
    telephone: str

    @property
    def has_letter(self) -> bool:
        """Whether a letter can be read at `/lettera`."""
        return self.letter_bytes > 0

    @property
    def deadline(self) -> dt.datetime:
        """The last minute in which answers are taken: what people are told."""
        return self.closes_at - dt.timedelta(minutes=1)

    def has_opened(self, now: dt.datetime) -> bool:
        """Whether the opening has come and somebody has opened the edition to all."""
        return self.state in {"open", "closed", "published"} and now >= self.opens_at

    def closes_for(self, own_closes_at: dt.datetime | None) -> dt.datetime:
        """From when on it takes no answers of an entity with this extension, None: without one.

        While the edition is open an extension never takes time away; afterwards it alone counts.
        """
        if own_closes_at is None:
            return self.closes_at
        return max(own_closes_at, self.closes_at) if self.state in STILL_RUNNING else own_closes_at

    def takes_answers(self, now: dt.datetime, *, pilot: bool = False, own_closes_at: dt.datetime | None = None) -> bool:
        """Whether answers may be stored now. `pilot`: the entity is one of the pilot's, which may answer before the opening.

        `own_closes_at`: the entity's own end, which holds also after the edition is closed.
        """
        if self.state == "pilot":
            return pilot and now < self.closes_at
        if self.state != "open" and own_closes_at is None:
            return False
        return self.has_opened(now) and now < self.closes_for(own_closes_at)


edition_table: Final = table_of(Edition)
definition_table: Final = table_of(Definition)
pilot_table: Final = table_of(PilotEntity)
extension_table: Final = table_of(Extension)
"""For other rooms to join; what stands in them they leave to this room."""

STILL_RUNNING: Final = frozenset({"draft", "pilot", "open"})
EDITION: Final = edition_table.c
COLUMNS: Final[tuple[sa.ColumnElement[Any], ...]] = (
    EDITION.id,
    EDITION.code,
    EDITION.title,
    EDITION.state,
    EDITION.period_from,
    EDITION.period_to,
    EDITION.opens_at,
    EDITION.closes_at,
    definition_table.c.digest,
    EDITION.contacts,
    EDITION.results_url,
    EDITION.accessibility_url,
    EDITION.letter_bytes,
    EDITION.changed_at,
    EDITION.definition_id,
    EDITION.second_step,
    EDITION.telephone,
)
CURRENT_ID: Final = (
    sa.select(EDITION.id)
    .where(EDITION.state != "draft")
    .order_by(sa.case((EDITION.state == "open", 0), else_=1), EDITION.opens_at.desc(), EDITION.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""The id of the open edition, else of the latest that is no draft, for the queries of other rooms."""


@lru_cache(maxsize=64)
def _contacts(text: str) -> tuple[Contact, ...]:
    return msgspec.json.decode(text, type=tuple[Contact, ...])


def select_editions() -> sa.Select[Any]:
    """The query that others narrow: `COLUMNS` of each edition."""
    return sa.select(*COLUMNS).join(definition_table, definition_table.c.id == EDITION.definition_id)


def edition_view(row: Any) -> EditionView:
    """The view of a row that begins with `COLUMNS`, in their order."""
    values = list(row[: len(COLUMNS)])
    values[9] = _contacts(values[9])
    return EditionView(*values)


_CURRENT: Final = select_editions().where(EDITION.id == CURRENT_ID)


def current_edition() -> EditionView | None:
    """The open edition, whatever pilot of the next one is under way; else, of all but drafts, the one that opens last."""
    row = db.session.connection().execute(_CURRENT).first()
    return None if row is None else edition_view(row)


def edition_before(edition: EditionView) -> EditionView | None:
    """The edition that was opened last before this one: last year's, for comparison."""
    query = select_editions().where(EDITION.opens_at < edition.opens_at, EDITION.state.not_in(("draft", "pilot")))
    row = db.session.execute(query.order_by(EDITION.opens_at.desc(), EDITION.id.desc()).limit(1)).first()
    return None if row is None else edition_view(row)


def edition_by_code(code: str) -> EditionView | None:
    """The edition of this code, in any state."""
    if NUL in code:  # from a path; PostgreSQL refuses it
        return None
    row = db.session.execute(select_editions().where(Edition.code == code)).first()
    return None if row is None else edition_view(row)


def list_editions() -> list[EditionView]:
    """All editions, latest opening first."""
    query = select_editions().order_by(Edition.opens_at.desc(), Edition.id.desc())
    return [edition_view(row) for row in db.session.execute(query)]


def letter_of(edition_id: int) -> bytes | None:
    """The letter, a PDF."""
    own = sa.select(EditionLetter.content).where(EditionLetter.edition_id == edition_id)
    return db.session.execute(own).scalar_one_or_none()


def letter_text_of(edition_id: int) -> str:
    """The text of the letter to each entity; empty: the one that ships."""
    return db.session.execute(sa.select(Edition.letter_text).where(Edition.id == edition_id)).scalar_one_or_none() or ""


def plan_of(edition_id: int) -> Plan:
    """The response plan: (day, percent of municipalities represented that are hoped for by its end), by day."""
    text = db.session.execute(sa.select(Edition.plan).where(Edition.id == edition_id)).scalar_one_or_none()
    return read_plan(text)


def read_plan(text: str | None) -> Plan:
    """The plan as it is stored."""
    return msgspec.json.decode(text or "[]", type=Plan)


def is_pilot_entity(edition_id: int, entity_code: str) -> bool:
    """Whether this entity may answer while the edition is a pilot."""
    query = sa.select(PilotEntity.edition_id).where(
        PilotEntity.edition_id == edition_id, PilotEntity.entity_code == entity_code
    )
    return db.session.execute(query).first() is not None


_parsed: dict[str, Questionnaire] = {}


def questionnaire_of(digest: str) -> Questionnaire:
    """The stored questionnaire with this digest, in its source language. Raises LookupError where none is stored."""
    known = _parsed.get(digest)
    if known is None:
        row = db.session.execute(sa.select(Definition.code, Definition.source).where(Definition.digest == digest)).first()
        if row is None:
            raise LookupError(f"no questionnaire is stored with digest {digest}")
        known = _parsed.setdefault(digest, load_definition(row.source, f"{row.code}.yaml"))
    return known


@lru_cache(maxsize=64)
def _placeholders(period_from: dt.date, period_to: dt.date, locale: str) -> dict[str, str]:
    return {
        "inizio": format_date(period_from, "d MMMM y", locale=locale),
        "fine": format_date(period_to, "d MMMM y", locale=locale),
    }


def questionnaire_in(edition: EditionView, locale: str) -> Questionnaire:
    """The edition's questionnaire as a person reads it: in their language, with the reference period filled in."""
    return questionnaire_filled(edition, questionnaire_of(edition.digest), locale)


def questionnaire_filled(edition: EditionView, questionnaire: Questionnaire, locale: str) -> Questionnaire:
    """The same of another questionnaire, as it would read in this edition."""
    return localised(questionnaire, locale, _placeholders(edition.period_from, edition.period_to, locale))
