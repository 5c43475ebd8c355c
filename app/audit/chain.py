"""The record of who did what, in the transaction of the deed itself, chained by hashes so that tampering shows.

Not for: each saved answer (the journal of `responses` tells of those) or for reading back what people did, page by page.
Holds always: an entry exists exactly if what it tells of was committed; numbers run without a gap from 1; each entry is hashed
with the hash of the one before (`hashing.py`). Personal values do not stand in it: ids and codes only, and for the place a mark
that tells no address (`origin.py`). Call it last in a transaction: it holds the chain's end until the commit.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit.hashing import HEAD_ROW, PRESENT_FORM, START, Head, canonical, current_head, hash_of, origin_digest
from app.audit.models import AuditEntry, AuditHead
from app.audit.origin import present_origin
from app.audit.verifying import first_broken_entry
from app.extensions import db

Scalar = str | int | float | bool | None

__all__ = ["START", "Head", "Scalar", "current_head", "first_broken_entry", "record", "record_all"]


def record(action: str, *, actor: str, subject: str, detail: Mapping[str, Scalar], now: dt.datetime) -> None:
    """Add an entry, flushed but not committed. `action` is a past event ("entity_activated"); `actor` and `subject` are
    "kind:id" ("entity:001001", "command:flask")."""
    record_all(action, actor=actor, told=[(subject, detail)], now=now)


def record_all(action: str, *, actor: str, told: Sequence[tuple[str, Mapping[str, Scalar]]], now: dt.datetime) -> None:
    """`record` of one action for many: (subject, detail) of each, an entry each in this order. Flushes only."""
    if not told:
        return
    head = _locked_head()
    number, previous, rows = head.number, head.entry_hash, []
    for subject, detail in told:
        text, origin = canonical(dict(detail)), _origin_columns()
        number += 1
        own = hash_of(number, now, (action, actor, subject, text), str(origin["origin_hash"]), previous)
        row = {"number": number, "at": now, "action": action, "actor": actor, "subject": subject, "detail": text}
        rows.append({**row, **origin, "form": PRESENT_FORM, "previous_hash": previous, "entry_hash": own})
        previous = own
    db.session.execute(sa.insert(AuditEntry), rows)
    db.session.execute(sa.update(AuditHead).where(AuditHead.id == HEAD_ROW).values(number=number, entry_hash=previous))


def _origin_columns() -> dict[str, str | None]:
    origin = present_origin()
    if origin is None:
        return {"origin": None, "origin_salt": None, "origin_hash": ""}
    salt = secrets.token_hex(16)
    return {"origin": origin, "origin_salt": salt, "origin_hash": origin_digest(salt, origin)}


def _locked_head() -> sa.Row[int, str]:
    head = sa.select(AuditHead.number, AuditHead.entry_hash).where(AuditHead.id == HEAD_ROW).with_for_update()
    row = db.session.execute(head).one_or_none()
    if row is None:
        # Where another transaction lays the first stone while this one waits, its row is the one that is read below.
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.execute(sa.insert(AuditHead).values(id=HEAD_ROW, number=0, entry_hash=START))
        row = db.session.execute(head).one()
    return row
