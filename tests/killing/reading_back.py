"""Reading back from the database itself what a killed server had said was saved, and whether the database is whole.

Not for: killing or saving (`writers.py`).
Holds always: a connection of its own, nothing of the program; each acknowledged save has exactly one line in the journal, whose
operations hold its values; each answer is the last one acknowledged or one that was sent after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.database import engine_options
from tests.killing.writers import Acknowledged, key_of

_JOURNAL = sa.text(
    "SELECT response_id, version, save_id, line FROM response_journal WHERE response_id = :response ORDER BY version"
)
_DOCUMENT = sa.text("SELECT document, version FROM response WHERE id = :response")
_INDEXES = sa.text("""
    SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.amname = 'btree' AND n.nspname = 'public' ORDER BY 1
""")
_HAS_AMCHECK = sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'")


@dataclass
class Reader:
    """Looks into one database. `problems` collects what is lost, doubled or broken."""

    url: str
    problems: list[str] = field(default_factory=list)
    checked: int = 0
    how: str = ""

    def __post_init__(self) -> None:
        address = sa.make_url(self.url)
        self.engine = sa.create_engine(address, **engine_options(address))
        self.is_sqlite = address.get_backend_name() == "sqlite"
        self._read: dict[int, int] = {}
        self._lines: dict[tuple[int, str], list[dict[str, Any]]] = {}

    def close(self) -> None:
        self.engine.dispose()

    def check(self, acknowledged: Sequence[Acknowledged], *, anew: bool = False) -> None:
        """Every acknowledged save so far. `anew`: read the whole journal again, not only what was written since."""
        if anew:
            self._read, self._lines = {}, {}
        with self.engine.connect() as connection:
            for response in sorted({one.response for one in acknowledged}):
                self._read_journal(connection, response)
                self._check_document(connection, response, [one for one in acknowledged if one.response == response])
        for one in acknowledged:
            self._check_line(one)
        self.checked += len(acknowledged)

    def _read_journal(self, connection: sa.Connection, response: int) -> None:
        rows = connection.execute(_JOURNAL, {"response": response}).all()
        known = self._read.get(response, 0)
        versions = [row.version for row in rows]
        if versions != list(range(1, len(rows) + 1)):
            self.problems.append(f"the journal of response {response} has gaps")
        if len(rows) < known:
            self.problems.append(f"the journal of response {response} has {len(rows)} lines and had {known}")
        for row in rows[known:]:
            self._lines.setdefault((response, row.save_id), []).append(json.loads(row.line))
        self._read[response] = len(rows)

    def _check_line(self, one: Acknowledged) -> None:
        lines = self._lines.get((one.response, one.save_id), [])
        if len(lines) != 1:
            what = "is lost" if not lines else f"was applied {len(lines)} times"
            self.problems.append(f"save {one.save_id} of response {one.response} {what}")
            return
        written = {key_of(operation): operation.get("value") for operation in lines[0]["operations"]}
        for key, value in one.values.items():
            if written.get(key) != value:
                self.problems.append(f"save {one.save_id}: {key} is {written.get(key)!r} in the journal, not {value!r}")

    def _check_document(self, connection: sa.Connection, response: int, acknowledged: Iterable[Acknowledged]) -> None:
        row = connection.execute(_DOCUMENT, {"response": response}).one()
        document = json.loads(row.document)
        newest: dict[tuple[str, str], int] = {}
        for one in acknowledged:
            for key, value in one.values.items():
                writer, _dot, count = value.partition(".")
                if key not in one.conflicts and "/" in key:
                    newest[key, writer] = max(newest.get((key, writer), 0), int(count))
                elif key in one.conflicts and value not in _held(document, key):
                    self.problems.append(f"{key} of response {response}: {value!r} was in conflict and is gone")
        for (key, writer), count in newest.items():
            value = document["answers"].get(key, {}).get("value") or ""
            if value.partition(".")[0] != writer or int(value.partition(".")[2]) < count:
                self.problems.append(f"{key} of response {response} is {value!r}, and {writer}.{count} was acknowledged")

    def check_integrity(self) -> None:
        """What the database says of itself: SQLite's own check, PostgreSQL's indexes against their tables."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                self.how = "PRAGMA integrity_check"
                found = [row[0] for row in connection.execute(sa.text("PRAGMA integrity_check"))]
                self.problems += [f"integrity check: {line}" for line in found if line != "ok"]
                return
            self._check_indexes(connection)

    def _check_indexes(self, connection: sa.Connection) -> None:
        indexes = connection.execute(_INDEXES).scalars().all()
        if connection.execute(_HAS_AMCHECK).scalar_one():
            self.how = "amcheck of all indexes, with their tables"
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS amcheck"))
            check = sa.text("SELECT bt_index_check(CAST(CAST(:name AS text) AS regclass), true)")
            for name in indexes:
                try:
                    connection.execute(check, {"name": name})
                except sa.exc.DBAPIError as error:
                    self.problems.append(f"index {name}: {error.orig}")
                    connection.rollback()
            connection.commit()
            return
        self.how = "rows of the journal by index and by sequential scan"
        counts = []
        for setting in ("enable_seqscan", "enable_indexscan"):
            connection.execute(sa.text(f"SET LOCAL {setting} = off"))
            counts.append(
                connection.execute(sa.text("SELECT count(*) FROM response_journal WHERE response_id > 0")).scalar_one()
            )
            connection.rollback()
        if len(set(counts)) != 1:
            self.problems.append(f"the journal has {counts[0]} rows by index and {counts[1]} without")


def _held(document: dict[str, Any], key: str) -> set[str]:
    others = document.get("conflicts", {}).get(key, ())
    return {one.get("value") for one in others} | {document["answers"].get(key, {}).get("value")}
