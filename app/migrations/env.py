"""How Alembic runs here: on the application's own engine, each migration in one transaction, on SQLite by copying tables.

Holds always: a migration that fails or is killed half-way leaves the schema as it was; on SQLite foreign keys are not
enforced while tables are copied (dropping the old copy would delete the rows that point to it) and are checked before the
commit.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from app.database import UTCDateTime, unit_of_work
from app.extensions import Base, db


class BrokenReferencesError(Exception):
    """A migration would leave rows that point to nothing; it is undone."""


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name no type of the program, because the program changes and they do not."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """Run what `flask db …` asks for on this connection."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        _enforce_foreign_keys(connection, False)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transactional_ddl=True,
        transaction_per_migration=False,
        **_callbacks(),
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := connection.execute(sa.text("PRAGMA foreign_key_check")).fetchall()):
                raise BrokenReferencesError(f"{len(broken)} rows, the first in table {broken[0][0]}")
    finally:
        if sqlite:
            connection.rollback()
            _enforce_foreign_keys(connection, True)


def _callbacks() -> dict[str, Any]:
    given: dict[str, Any] = current_app.extensions["migrate"].configure_args
    return {name: given[name] for name in ("process_revision_directives",) if name in given}


def _enforce_foreign_keys(connection: Connection, enforce: bool) -> None:
    """Straight to the driver: SQLite ignores this pragma inside a transaction."""
    driver = connection.connection.dbapi_connection
    if driver is not None:
        cursor = driver.cursor()
        cursor.execute(f"PRAGMA foreign_keys={'ON' if enforce else 'OFF'}")
        cursor.close()


if context.is_offline_mode():
    raise SystemExit("Migrations need the database they are for: run them without --sql.")
with unit_of_work(writes=True), db.engine.connect() as opened:
    run(opened)
