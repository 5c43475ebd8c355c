"""An entity that no longer exists, as somebody may still type it, and who took its place.

Not for: recording mergers (`app.registry`). Holds always: reads only; a chain of mergers is followed to its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import (
    LONGEST_SEARCH,
    MUNICIPALITY_CODE_DIGITS,
    EntityRow,
    entity_table,
    find_by_code,
    find_by_id,
    is_in_force,
)
from app.registry.folding import fold

_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Merged:
    """What was typed, and who answers in its place; None where nobody does."""

    ended: EntityRow
    successor: EntityRow | None


def merged_entity(typed: str) -> Merged | None:
    """The entity that has ended and bears this code or name; None where there is none, or more than one of one name."""
    ended = _ended_by_code(typed.strip()) or _ended_by_name(fold(typed[:LONGEST_SEARCH]))
    return None if ended is None else Merged(ended, _successor_of(ended.id))


def _successor_of(entity_id: int) -> EntityRow | None:
    entity = entity_table.c
    for _ in range(_LONGEST_CHAIN):
        successor = sa.select(entity.successor_id).where(entity.id == entity_id)
        following = db.session.execute(successor).scalar_one_or_none()
        if following is None:
            return None
        if is_in_force(following):
            return find_by_id(following)
        entity_id = following
    return None


def _ended_by_code(written: str) -> EntityRow | None:
    if not (written.isascii() and written.isdigit()):
        return None
    found = find_by_code(written) or find_by_code(written.zfill(MUNICIPALITY_CODE_DIGITS))
    return found if found is not None and not is_in_force(found.id) else None


def _ended_by_name(folded: str) -> EntityRow | None:
    """ "barberino di mugello", "comune di barberino di mugello", "barberino di mugello fi"."""
    if not folded:
        return None
    entity = entity_table.c
    for name in dict.fromkeys((folded, folded.removeprefix("comune di "))):
        words = name.split()
        for parting in range(len(words), 0, -1):
            named = entity.search_name.contains(f"| {' '.join(words[:parting])} |")
            query = sa.select(entity.id, entity.province_sign, entity.province).where(named, entity.valid_to.is_not(None))
            province = " ".join(words[parting:])
            found = [
                row.id
                for row in db.session.execute(query.order_by(entity.code))
                if not province or province in (fold(row.province_sign or ""), fold(row.province or ""))
            ]
            if found:
                return find_by_id(found[0]) if len(found) == 1 else None
    return None
