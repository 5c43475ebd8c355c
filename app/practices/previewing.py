"""What a publication would do, before it does it.

Not for: publishing (`publishing.py`).
Holds always: what it lists is what `publish` would take now; two lists of the same practices at the same revisions have the
same fingerprint, and no others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.extensions import db, table_of
from app.practices.models import Practice
from app.practices.publishing import waiting_to_be_published
from app.practices.record import read_record
from app.registry.entities import entity_table, label

_ROW: Final = table_of(Practice).c
_ENTITY: Final = entity_table.c


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """A practice that would be published. `title`: the approved one; `changes`: it is public already, and another way."""

    id: int
    code: str
    kind: str
    title: str
    entity_label: str
    revision: int
    changes: bool


def ready_to_publish() -> list[ReadyRow]:
    """All that would be published now, by entity."""
    columns = (
        *(_ROW.id, _ROW.code, _ROW.kind, _ROW.approved, _ENTITY.name, _ENTITY.province_sign, _ROW.revision),
        _ROW.published.is_not(None).label("changes"),
    )
    query = waiting_to_be_published().with_only_columns(*columns).order_by(_ENTITY.search_name, _ROW.id)
    return [
        ReadyRow(
            row.id,
            row.code,
            row.kind,
            read_record(row.approved).title,
            label(row.name, row.province_sign),
            row.revision,
            bool(row.changes),
        )
        for row in db.session.execute(query)
    ]


def fingerprint_of(rows: Iterable[ReadyRow]) -> str:
    """By which a page that was shown is known to be of the same practices still."""
    text = ",".join(sorted(f"{row.id}.{row.revision}" for row in rows))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
