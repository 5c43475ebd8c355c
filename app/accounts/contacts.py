"""Whom the desk may call at an entity: the operator who declared herself or himself last.

Not for: the entity's own pages (`operators.py`).
Holds always: personal data, for those who follow entities; a removed operator is nobody to call; reads only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.operators import shown_name
from app.accounts.tables import operator_table, staff_table
from app.extensions import db

_ROW: Final = operator_table.c


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Somebody who fills in for an entity. Personal data. `name`: said to be unverified where it is."""

    entity_id: int
    name: str
    office: str
    email: str
    phone: str


def contacts_of(entity_ids: Collection[int]) -> dict[int, ContactRow]:
    """Entity's id → its latest operator, of those that have one. One query."""
    if not entity_ids:
        return {}
    query = sa.select(_ROW.entity_id, _ROW.name, _ROW.office, _ROW.email, _ROW.phone, _ROW.verified_at, staff_table.c.name)
    query = query.select_from(operator_table.outerjoin(staff_table, staff_table.c.id == _ROW.staff_id))
    rows = db.session.connection().execute(query.where(_ROW.id.in_(_latest(entity_ids))).order_by(_ROW.entity_id))
    return {
        row[0]: ContactRow(row[0], shown_name(row[1], verified=row[5] is not None, staff=row[6]), *row[2:5]) for row in rows
    }


def _latest(entity_ids: Collection[int]) -> sa.Select[int]:
    own = sa.select(sa.func.max(_ROW.id)).where(_ROW.entity_id.in_(entity_ids), _ROW.removed_at.is_(None))
    return own.group_by(_ROW.entity_id)
