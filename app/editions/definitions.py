"""Questionnaires that an edition may take: those stored, those that ship, and one that somebody brings.

Not for: reading a definition (`app.questionnaire`) or deciding whether an edition may still change its own (`changing.py`).
Holds always: a source text is stored once, found again by the digest of its questionnaire, and never changed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from app.editions.current import definition_table
from app.editions.models import Definition
from app.extensions import db
from app.questionnaire.loader import load_definition, read_shipped, shipped_definitions
from app.questionnaire.model import Questionnaire

_DEFINITION = definition_table.c


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A questionnaire to choose. `stored_at`: None for one that ships and no edition has taken yet."""

    digest: str
    code: str
    version: str
    title: str
    stored_at: dt.datetime | None


def store_definition(questionnaire: Questionnaire, source: str, now: dt.datetime) -> int:
    """The id of the stored definition, stored now where it is new. Flushes only."""
    query = sa.select(Definition.id).where(Definition.digest == questionnaire.digest)
    known = db.session.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    definition = Definition(
        code=questionnaire.code,
        version=questionnaire.version,
        digest=questionnaire.digest,
        source=source,
        stored_at=now,
    )
    db.session.add(definition)
    db.session.flush()
    return definition.id


def known_definitions() -> tuple[DefinitionRow, ...]:
    """All that are stored, the latest first, then those that ship and are not stored."""
    columns = (_DEFINITION.digest, _DEFINITION.code, _DEFINITION.version, _DEFINITION.source, _DEFINITION.stored_at)
    rows = db.session.execute(sa.select(*columns).order_by(_DEFINITION.stored_at.desc(), _DEFINITION.id.desc())).all()
    stored = [DefinitionRow(row.digest, row.code, row.version, _read(row.source).title, row.stored_at) for row in rows]
    known = {row.digest for row in stored}
    shipped = shipped_questionnaires()
    fresh = [DefinitionRow(one.digest, one.code, one.version, one.title, None) for one in shipped if one.digest not in known]
    return (*stored, *fresh)


def shipped_questionnaires() -> tuple[Questionnaire, ...]:
    """The questionnaires that ship, in their source language."""
    return tuple(_read(source) for source in _shipped_sources())


def source_of(digest: str) -> str | None:
    """The text of a stored or shipped definition with this digest, None where there is none."""
    stored = db.session.execute(sa.select(Definition.source).where(Definition.digest == digest)).scalar_one_or_none()
    if stored is not None:
        return stored
    return next((source for source in _shipped_sources() if _read(source).digest == digest), None)


def definition_of(digest: str) -> Questionnaire | None:
    """The stored or shipped questionnaire with this digest, in its source language."""
    source = source_of(digest)
    return None if source is None else _read(source)


@lru_cache(maxsize=1)
def _shipped_sources() -> tuple[str, ...]:
    return tuple(read_shipped(name) for name in shipped_definitions())


@lru_cache(maxsize=32)
def _read(source: str) -> Questionnaire:
    return load_definition(source, "questionnaire.yaml")
