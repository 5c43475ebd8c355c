"""In which language entities have asked to be written to: read for some, chosen for one.

Not for: the rule (`languages.py`), or the language of a page.
Holds always: what is chosen stands until somebody chooses again; each choice leaves its entry, by whoever made it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.languages import LANGUAGES, language_of
from app.registry.models import Entity

_ROW: Final = table_of(Entity).c


class UnknownLanguageError(ValueError):
    """What was chosen is none of the languages in which entities are written to."""


@dataclass(frozen=True, slots=True)
class LanguageState:
    """`used`: in which an entity is written to; `chosen`: what somebody has chosen, "" where its place decides."""

    used: str
    chosen: str


def languages_of(entity_ids: Collection[int]) -> dict[int, str]:
    """Entity's id → in which language it is written to."""
    columns = (_ROW.id, _ROW.region_code, _ROW.province_sign, _ROW.name_other_language, _ROW.language)
    rows = db.session.execute(sa.select(*columns).where(_ROW.id.in_(entity_ids)).order_by(_ROW.id)) if entity_ids else ()
    return {row[0]: language_of(*row[1:]) for row in rows}


def language_state(
    region_code: str | None, province_sign: str | None, name_other_language: str | None, chosen: str | None
) -> LanguageState:
    """Of an entity with these columns."""
    used = language_of(region_code, province_sign, name_other_language, chosen)
    return LanguageState(used, chosen if chosen in LANGUAGES else "")


def read_language_state(entity_id: int) -> LanguageState:
    """Of one entity. One query. Raises LookupError where there is none."""
    columns = (_ROW.region_code, _ROW.province_sign, _ROW.name_other_language, _ROW.language)
    row = db.session.execute(sa.select(*columns).where(_ROW.id == entity_id)).one_or_none()
    if row is None:
        raise LookupError(f"no entity {entity_id}")
    return language_state(*row)


def choose_language(entity_id: int, language: str, *, actor: str, now: dt.datetime) -> bool:
    """Write to the entity in this language from now on, "": in that of its place; whether that is new. Commits.

    What is queued already stays as it is. Raises `UnknownLanguageError`, LookupError.
    """
    if language and language not in LANGUAGES:
        raise UnknownLanguageError(language)
    held = sa.select(_ROW.code, _ROW.language).where(_ROW.id == entity_id).with_for_update()
    row = db.session.execute(held).one_or_none()
    if row is None:
        db.session.rollback()
        raise LookupError(f"no entity {entity_id}")
    if (row.language or "") == language:
        db.session.rollback()
        return False
    db.session.execute(sa.update(Entity).where(_ROW.id == entity_id).values(language=language or None))
    record("entity_language_chosen", actor=actor, subject=f"entity:{row.code}", detail={"language": language}, now=now)
    db.session.commit()
    return True
