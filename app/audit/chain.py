"""The record of who did what, in the transaction of the deed itself, chained by hashes so that tampering shows.

Not for: each saved answer (the journal of `responses` tells of those) or for reading back what people did, page by page.
Holds always: an entry exists exactly if what it tells of was committed; numbers run without a gap from 1; `entry_hash` is
the SHA-256 of the canonical JSON of number, instant, action, actor, subject, detail and the hash before. Personal values
do not stand in it: ids and codes only. Call it last in a transaction: it holds the chain's end until the commit.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit.models import AuditEntry, AuditHead
from app.extensions import db

Scalar = str | int | float | bool | None

START = "0" * 64
_HEAD = 1


def record(action: str, *, actor: str, subject: str, detail: Mapping[str, Scalar], now: dt.datetime) -> None:
    """Add an entry, flushed but not committed. `action` is a past event ("entity_activated"); `actor` and `subject` are
    "kind:id" ("entity:001001", "command:flask")."""
    head = _locked_head()
    text = _canonical(dict(detail))
    number = head.number + 1
    entry_hash = hash_of(number, now, (action, actor, subject, text), head.entry_hash)
    db.session.execute(
        sa.insert(AuditEntry).values(
            number=number,
            at=now,
            action=action,
            actor=actor,
            subject=subject,
            detail=text,
            previous_hash=head.entry_hash,
            entry_hash=entry_hash,
        )
    )
    db.session.execute(sa.update(AuditHead).where(AuditHead.id == _HEAD).values(number=number, entry_hash=entry_hash))


def record_all(action: str, *, actor: str, told: Sequence[tuple[str, Mapping[str, Scalar]]], now: dt.datetime) -> None:
    """`record` of one action for many: (subject, detail) of each, an entry each in this order. Flushes only."""
    if not told:
        return
    head = _locked_head()
    number, previous, rows = head.number, head.entry_hash, []
    for subject, detail in told:
        text = _canonical(dict(detail))
        number += 1
        own = hash_of(number, now, (action, actor, subject, text), previous)
        row = {"number": number, "at": now, "action": action, "actor": actor, "subject": subject, "detail": text}
        rows.append(row | {"previous_hash": previous, "entry_hash": own})
        previous = own
    db.session.execute(sa.insert(AuditEntry), rows)
    db.session.execute(sa.update(AuditHead).where(AuditHead.id == _HEAD).values(number=number, entry_hash=previous))


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends. Kept elsewhere, it shows later whether the end was cut off or the whole written anew."""

    number: int
    entry_hash: str


def current_head() -> Head:
    """The end of the chain as it says itself."""
    row = db.session.execute(sa.select(AuditHead.number, AuditHead.entry_hash).where(AuditHead.id == _HEAD)).one_or_none()
    return Head(0, START) if row is None else Head(row.number, row.entry_hash)


def first_broken_entry(kept: Head | None = None) -> int | None:
    """The number of the first entry that is changed, missing or too many; None for a sound chain.

    `kept` is a head noted earlier: the chain must still run through it.
    """
    previous, expected = START, 1
    for entry in db.session.execute(sa.select(*AuditEntry.__table__.columns).order_by(AuditEntry.number)):
        told = (entry.action, entry.actor, entry.subject, entry.detail)
        own = hash_of(entry.number, entry.at, told, entry.previous_hash)
        sound = entry.number == expected and entry.previous_hash == previous and entry.entry_hash == own
        if not sound or (kept is not None and entry.number == kept.number and own != kept.entry_hash):
            return expected
        previous, expected = own, expected + 1
    if current_head() != Head(expected - 1, previous) or (kept is not None and kept.number >= expected):
        return expected
    return None


def _locked_head() -> sa.Row[int, str]:
    head = sa.select(AuditHead.number, AuditHead.entry_hash).where(AuditHead.id == _HEAD).with_for_update()
    row = db.session.execute(head).one_or_none()
    if row is None:
        # Where another transaction lays the first stone while this one waits, its row is the one that is read below.
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.execute(sa.insert(AuditHead).values(id=_HEAD, number=0, entry_hash=START))
        row = db.session.execute(head).one()
    return row


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of(number: int, at: dt.datetime, told: tuple[str, str, str, str], previous: str) -> str:
    """The hash of an entry; `told` is its action, actor, subject and detail text."""
    instant = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(_canonical([number, instant, *told, previous]).encode()).hexdigest()
