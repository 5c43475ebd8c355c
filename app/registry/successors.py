"""Who took the place of an entity that no longer exists, and whose place an entity has taken.

Not for: ending an entity (`imports.istat_variations`).
Holds always: reads only; a chain is followed to its end, and one that bites its own tail is left where it does.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import EntityRow, find_by_id, find_by_ids
from app.registry.models import Entity, Variation


@dataclass(frozen=True, slots=True)
class Succession:
    """All suppressed entities at once, for whoever asks of many. `next_of`: id → (first day no longer, successor's id)."""

    next_of: dict[int, tuple[dt.date, int | None]]

    def standing_on(self, entity_id: int, day: dt.date) -> int | None:
        """Who stands in this entity's place on a day: itself while it exists, else its successor; None if nobody does."""
        seen: set[int] = set()
        current: int | None = entity_id
        while current is not None and current not in seen:
            seen.add(current)
            ended_on, successor = self.next_of.get(current, (dt.date.max, None))
            if day < ended_on:
                return current
            current = successor
        return None

    def predecessors(self, entity_ids: Collection[int]) -> set[int]:
        """The ids of all whose chains lead to one of these, without these themselves."""
        wanted = set(entity_ids)
        found: set[int] = set()
        before: dict[int, list[int]] = {}
        for entity_id, (_, successor) in self.next_of.items():
            if successor is not None:
                before.setdefault(successor, []).append(entity_id)
        waiting = list(wanted)
        while waiting:
            new = [entity_id for entity_id in before.get(waiting.pop(), []) if entity_id not in found]
            found.update(new)
            waiting += new
        return found - wanted


def read_succession() -> Succession:
    """Every entity that has ended, with its successor."""
    query = sa.select(Entity.id, Entity.valid_to, Entity.successor_id).where(Entity.valid_to.is_not(None)).order_by(Entity.id)
    return Succession({row.id: (row.valid_to, row.successor_id) for row in db.session.execute(query)})


def successor_of(entity_id: int) -> EntityRow | None:
    """The entity at the end of this one's chain; None where this one has not ended, or nobody took its place."""
    end = read_succession().standing_on(entity_id, dt.date.max - dt.timedelta(days=1))
    return None if end is None or end == entity_id else find_by_id(end)


def predecessors_of(entity_id: int) -> list[EntityRow]:
    """Every entity whose chain leads to this one, those that ended first before the others, then by code."""
    succession = read_succession()
    rows = find_by_ids(succession.predecessors([entity_id]))
    return sorted(rows, key=lambda row: (succession.next_of[row.id][0], row.code))


def former_codes() -> dict[str, int]:
    """Code → id of the entity that once bore it: a change of province may give a municipality another code."""
    query = sa.select(Variation.entity_id, Variation.before).where(Variation.kind == "AP").order_by(Variation.effective_on)
    rows = db.session.execute(query).all()
    return {code: row.entity_id for row in rows if (code := json.loads(row.before).get("code"))}
