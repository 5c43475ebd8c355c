"""Every row that is an entity's, in all tables, as one digest for each table: what a stranger's request must leave as it is.

Not for: which change is somebody's right.
Holds always: a table belongs where its foreign keys lead to an entity, however long the way; a table that comes new is looked
at without being named here.
"""

from __future__ import annotations

import functools
import hashlib

import sqlalchemy as sa

from app.extensions import db

NOT_OWN = frozenset({"respondent", "edition", "definition", "staff_member", "delivery_group", "association", "entity"})
"""`respondent` is worked out from other rows, and renewed by whoever looks; the others are nobody's."""
OTHERS_SAY = frozenset({("response_link", "target_id"), ("association", "lead_id"), ("login_run_item", "entity_id")})
"""Columns by which others speak of an entity: their own rows, not its."""


def digests(entity_id: int, code: str) -> dict[str, str]:
    """Table → digest of its rows of this entity. Needs an application context; leaves no transaction open."""
    found = {}
    connection = db.session.connection()
    for name, query in _queries():
        rows = connection.execute(query, {"entity": entity_id, "subject": f"entity:{code}", "reference": f"entity:{entity_id}"})
        lines = sorted(repr(tuple(row)) for row in rows)
        found[name] = hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""
    db.session.rollback()
    return found


@functools.cache
def _queries() -> tuple[tuple[str, sa.Select[tuple[object, ...]]], ...]:
    tables = db.metadata.sorted_tables
    found = [(table.name, sa.select(table).where(owned)) for table in tables if (owned := _owned(table)) is not None]
    assert len(found) > 15, "hardly any table leads to an entity, so this proves little"
    return tuple(found)


def _owned(table: sa.Table) -> sa.ColumnElement[bool] | None:
    """Which of its rows are the entity's; None for a table that is nobody's."""
    if table.name == "entity":
        return table.c.id == sa.bindparam("entity")
    if table.name == "audit_entry":
        return sa.or_(table.c.subject == sa.bindparam("subject"), table.c.actor == sa.bindparam("subject"))
    if table.name == "delivery":
        return table.c.reference == sa.bindparam("reference")
    if table.name in NOT_OWN:
        return None
    ways = []
    for key in table.foreign_keys:
        if (table.name, key.parent.name) in OTHERS_SAY:
            continue
        if key.column.table.name == "entity":
            ways.append(key.parent == sa.bindparam("entity"))
        elif key.column.table is not table and (further := _owned(key.column.table)) is not None:
            ways.append(key.parent.in_(sa.select(key.column).where(further)))
    return sa.or_(*ways) if ways else None
