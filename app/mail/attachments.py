"""Files that go with every message of a group: stored once, put into their form once for all messages.

Not for: which files may be attached (the room that queues), or the rest of a message (`messages.py`).
Holds always: what was attached when a group was queued never changes; a message without files costs nothing here. Form: RFC
2045, 2183.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from flask import current_app

from app.extensions import db, table_of
from app.mail.groups import GroupRow
from app.mail.models import DeliveryGroup, GroupFile

PDF: Final = "application/pdf"
_ROW: Final = table_of(GroupFile).c
_KEPT: Final = "ricognizione_mail_parts"
_MOST_GROUPS: Final = 4
Key = tuple[int, dt.datetime]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. `name`: of letters that every mail program reads, with its ending."""

    name: str
    media_type: str
    content: bytes


def attach(group_id: int, files: Sequence[Attachment]) -> None:
    """Have these go with every message of a group that was just opened. Flushes only."""
    if not files:
        return
    rows = [
        {"group_id": group_id, "position": place, "name": one.name, "media_type": one.media_type, "content": one.content}
        for place, one in enumerate(files, start=1)
    ]
    db.session.execute(sa.insert(GroupFile), rows)
    db.session.execute(sa.update(DeliveryGroup).where(DeliveryGroup.id == group_id).values(files=len(rows)))


def files_of_group(group_id: int) -> list[Attachment]:
    """The files of a group, in their order."""
    query = sa.select(_ROW.name, _ROW.media_type, _ROW.content).where(_ROW.group_id == group_id).order_by(_ROW.position)
    return [Attachment(*row) for row in db.session.execute(query)]


def parts_of_groups(groups: Collection[GroupRow]) -> dict[int, tuple[bytes, ...]]:
    """Group's id → its files as parts of a message, of those that have any. Read and encoded once a process."""
    kept: dict[Key, tuple[bytes, ...]] = current_app.extensions.setdefault(_KEPT, {})
    found: dict[int, tuple[bytes, ...]] = {}
    for group in groups:
        if not group.files:
            continue
        key = (group.id, group.created_at)  # a database that was restored may have given the number to another one
        if key not in kept:
            while len(kept) >= _MOST_GROUPS:
                kept.pop(next(iter(kept)), None)
            kept[key] = tuple(part_of(one) for one in files_of_group(group.id))
        found[group.id] = kept[key]
    return found


def part_of(file: Attachment) -> bytes:
    """A file as a part: its headers, an empty line, its content in base64 by lines of 76."""
    head = (
        f'Content-Type: {file.media_type}; name="{file.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{file.name}"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(file.content).replace(b"\n", b"\r\n")
