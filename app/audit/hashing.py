"""How an entry of the record is hashed, in each of the forms that entries were ever written in; and where a chain ends.

Not for: adding entries (`chain.py`) or reading them back (`verifying.py`).
Holds always: the hash of an entry is the SHA-256 of the canonical JSON of what it tells of and of the hash before. A form is
never changed: a new one gets the next number, which stands in the entry, so that old entries stay verifiable. From form 2 on
the hash covers a salted digest of the origin and not the origin itself, which can therefore be erased.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.models import AuditHead
from app.extensions import db

START: Final = "0" * 64
HEAD_ROW: Final = 1
PRESENT_FORM: Final = 2
Told = tuple[str, str, str, str]
"""Action, actor, subject and the text of the detail."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends. Kept elsewhere, it shows later whether the end was cut off or the whole written anew."""

    number: int
    entry_hash: str


def current_head() -> Head:
    """The end of the chain as it says itself."""
    row = db.session.execute(sa.select(AuditHead.number, AuditHead.entry_hash).where(AuditHead.id == HEAD_ROW)).one_or_none()
    return Head(0, START) if row is None else Head(row.number, row.entry_hash)


def canonical(value: object) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of(number: int, at: dt.datetime, told: Told, origin_hash: str, previous: str) -> str:
    """The hash of an entry in the present form. `origin_hash`: of `origin_digest`, empty where there is no origin."""
    return _digest([PRESENT_FORM, number, _instant(at), *told, origin_hash, previous])


def origin_digest(salt: str, origin: str) -> str:
    """What stands for an origin in the hash of its entry."""
    return hashlib.sha256(f"{salt}|{origin}".encode()).hexdigest()


def hash_of_row(row: sa.Row[Any], number: int | None = None) -> str:
    """The hash that a stored entry should have; or would have, were it written under another number. Empty for a form
    that never was."""
    form = _FORMS.get(row.form)
    return "" if form is None else form(row, row.number if number is None else number)


def _first_form(row: sa.Row[Any], number: int) -> str:
    return _digest([number, _instant(row.at), row.action, row.actor, row.subject, row.detail, row.previous_hash])


def _second_form(row: sa.Row[Any], number: int) -> str:
    told = (row.action, row.actor, row.subject, row.detail)
    return hash_of(number, row.at, told, row.origin_hash, row.previous_hash)


_FORMS: Final[dict[int, Callable[[sa.Row[Any], int], str]]] = {1: _first_form, 2: _second_form}


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(canonical(parts).encode()).hexdigest()
