"""Writing a plan's changes: entities first, since the others refer to them.

Holds always: flushes only; writes nothing but what the changes hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from app.extensions import db, table_of
from app.registry.imports.changes import AssociationRef, Change, EntityRef, Now, Value, Write
from app.registry.models import Association, ContactAddress, Entity, Membership, Variation

_TABLES = {table.name: table for table in map(table_of, (Entity, Association, Membership, ContactAddress, Variation))}


def lock_tables() -> None:
    """Let nobody else write what a plan reads until this transaction ends. On SQLite it is alone already.

    EXCLUSIVE, and `entity` first: whoever holds an entity's row while waiting for another of these tables is waited for.
    """
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(sa.text(f"LOCK TABLE {', '.join(_TABLES)} IN EXCLUSIVE MODE"))


def write_changes(changes: Iterable[Change], now: dt.datetime) -> None:
    """Do all writes of the changes: by table, inserts before updates, each kind of row in one statement."""
    inserts: dict[str, dict[frozenset[str], list[Write]]] = {name: {} for name in _TABLES}
    updates: dict[str, dict[frozenset[str], list[Write]]] = {name: {} for name in _TABLES}
    for change in changes:
        for write in change.writes:
            kind = inserts if write.row_id is None else updates
            kind[write.table].setdefault(frozenset(write.values), []).append(write)
    ids = _Ids(now)
    for name in _TABLES:
        for writes in inserts[name].values():
            _insert(name, [{column: ids.value(value) for column, value in write.values.items()} for write in writes])
        for columns, writes in updates[name].items():
            _update(name, columns, [_bound(write, ids) for write in writes])


class _Ids:
    """What references stand for, read once and only after the rows are there."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self._entities: dict[str, int] | None = None
        self._associations: dict[str, int] | None = None

    def value(self, value: Value) -> Any:
        if isinstance(value, Now):
            return self.now
        if isinstance(value, EntityRef):
            if self._entities is None:
                self._entities = _ids_by_code(Entity)
            return self._entities[value.code]
        if isinstance(value, AssociationRef):
            if self._associations is None:
                self._associations = _ids_by_code(Association)
            return self._associations[value.code]
        return value


def _ids_by_code(table: type[Entity] | type[Association]) -> dict[str, int]:
    return {row.code: row.id for row in db.session.execute(sa.select(table.code, table.id).order_by(table.code))}


def _bound(write: Write, ids: _Ids) -> dict[str, Any]:
    return {"row_id": ids.value(write.row_id), **{f"new_{column}": ids.value(value) for column, value in write.values.items()}}


def _insert(name: str, rows: list[dict[str, Any]]) -> None:
    db.session.connection().execute(sa.insert(_TABLES[name]), rows)


def _update(name: str, columns: frozenset[str], rows: list[dict[str, Any]]) -> None:
    table = _TABLES[name]
    values: dict[str, Any] = {column: sa.bindparam(f"new_{column}") for column in sorted(columns)}
    db.session.connection().execute(sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(**values), rows)
