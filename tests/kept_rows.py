"""A state of the database that many tests begin with: made once a process and kind by the program, then written again.

Not for: a state that is itself what a test is about.
Holds always: what is written again are the rows of every table as the program left them, with their numbers, and the next
number of each table comes after them; a database that is not empty is never taken for one that is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app.extensions import db

Rows = list[tuple[sa.Table, list[dict[str, Any]]]]


class KeptRows:
    """`make` brings an empty database to the state and commits."""

    def __init__(self, make: Callable[[], None]) -> None:
        self.make = make
        self._rows: dict[str, Rows] = {}

    def write(self) -> None:
        """Bring the database to the state. Commits."""
        kind = db.engine.dialect.name
        if not _is_empty():
            self.make()
        elif kind not in self._rows:
            self.make()
            self._rows[kind] = rows_of_all_tables()
        else:
            _write(self._rows[kind])
        db.session.commit()


def _is_empty() -> bool:
    tables = (f"EXISTS (SELECT 1 FROM {table.name})" for table in db.metadata.sorted_tables)
    return not db.session.connection().exec_driver_sql(f"SELECT {' OR '.join(tables)}").scalar_one()


def rows_of_all_tables() -> Rows:
    """(table, its rows) of each table that has some, what is referred to before what refers to it."""
    connection = db.session.connection()
    found = [(table, connection.execute(sa.select(table)).mappings()) for table in db.metadata.sorted_tables]
    return [(table, kept) for table, rows in found if (kept := [dict(row) for row in rows])]


def _write(kept: Rows) -> None:
    connection = db.session.connection()
    for table, rows in kept:
        connection.execute(sa.insert(table), rows)
        if connection.dialect.name == "postgresql" and (column := table.autoincrement_column) is not None:
            last = sa.select(sa.func.max(column)).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, column.name), last)))
