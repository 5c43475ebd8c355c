"""Many messages put into the outbox at once, as `outbox.queue_message` does with one.

Not for: choosing who gets one, or spreading them over hours (`not_before` of each says when).
Holds always: what is known by its `dedupe_key` is not queued again; all is written in the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.config import settings
from app.extensions import db, table_of
from app.mail.messages import domain_of, mail_host, message_id_of
from app.mail.models import Delivery
from app.mail.outbox import Message, check_message

_TABLE: Final = table_of(Delivery)
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_COPIED: Final = ("kind", "reference", "recipient", "language", "subject", "text", "html", "dedupe_key", "channel")


def queue_all(messages: Sequence[Message], now: dt.datetime) -> int:
    """Put these messages into the outbox and say how many were new. Flushes only.

    Raises ValueError for one that cannot travel, before any is written.
    """
    for message in messages:
        check_message(message)
    if not messages:
        return 0
    fixed = {"created_at": now, "changed_at": now, "state": "queued", "reason": "", "reply": "", "attempts": 0}
    rows = [
        {
            **fixed,
            **{name: getattr(message, name) for name in _COPIED},
            "not_before": message.not_before or now,
            "domain": domain_of(message.recipient),
        }
        for message in messages
    ]
    connection = db.session.connection()
    insert = _INSERTS[connection.dialect.name](_TABLE).on_conflict_do_nothing(index_elements=["dedupe_key"])
    added = connection.execute(insert.returning(_TABLE.c.id, _TABLE.c.dedupe_key), rows).all()
    if added:
        host = mail_host(settings())
        named = sa.update(_TABLE).where(_TABLE.c.id == sa.bindparam("row_id")).values(message_id=sa.bindparam("name"))
        connection.execute(named, [{"row_id": row[0], "name": message_id_of(row[0], row[1], now, host)} for row in added])
    return len(added)
