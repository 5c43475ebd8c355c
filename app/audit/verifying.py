"""Whether the record is as it was written: the chain computed anew, some entries at a time, and what is wrong where it breaks.

Not for: adding entries (`chain.py`) or showing them (`reading.py`).
Holds always: reads only, in bounded memory however long the chain; entries added meanwhile mislead nobody.
A chain that was written anew to its end is sound in itself: only a head that was kept elsewhere shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.hashing import START, Head, current_head, hash_of_row, origin_digest
from app.audit.models import AuditEntry, AuditHead
from app.extensions import db, table_of

ORIGINS_ERASED: Final = "audit_origins_erased"
"""The event that says up to which number origins have gone by their term (`through`)."""
_AT_A_TIME: Final = 2_000
_SOUGHT: Final = 1_000
_ENTRY: Final = table_of(AuditEntry).c


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found. `first` to `last`: the numbers that were checked; `broken`: the first that is not as it was written,
    None for a sound chain; `reason`: one of `commands.REASONS`; `written_as`: the number under which a moved entry was written;
    `entry_hash`: where the chain ends, to be kept elsewhere."""

    first: int
    last: int
    broken: int | None
    entry_hash: str
    reason: str = ""
    written_as: int | None = None

    @property
    def count(self) -> int:
        """How many entries were checked."""
        return self.last - self.first + 1


class _BrokenError(Exception):
    def __init__(self, number: int, reason: str, written_as: int | None = None) -> None:
        super().__init__(number, reason)
        self.number, self.reason, self.written_as = number, reason, written_as


def first_broken_entry(kept: Head | None = None) -> int | None:
    """The number of the first entry that is changed, missing or too many; None for a sound chain. `kept`: see `check_chain`."""
    return check_chain(kept=[] if kept is None else [kept]).broken


def check_chain(
    most: int | None = None, kept: Iterable[Head] = (), tell: Callable[[int, int], None] = lambda done, last: None
) -> Check:
    """Check the newest `most` entries (None: all) against their hashes, against where the chain says that it ends, and against
    `kept` heads noted earlier, through which it must still run; of one, the beginning of the hash may be enough.

    `tell`: called now and then with the number that was reached and the last one; it may end the session's transaction.
    """
    head = current_head()
    first = 1 if most is None else max(1, head.number - most + 1)
    try:
        previous, expected = _walk(first, head, list(kept), tell)
        _check_end(head, previous, expected, list(kept))
    except _BrokenError as broken:
        return Check(first, head.number, broken.number, head.entry_hash, broken.reason, broken.written_as)
    return Check(first, head.number, None, head.entry_hash)


def _walk(first: int, head: Head, kept: list[Head], tell: Callable[[int, int], None]) -> tuple[str, int]:
    """(the hash of the last entry, the number that would come next) of a walk through the chain."""
    if first == 1:
        _require_nothing_before()
    previous = START if first == 1 else _hash_of_entry(first - 1)
    wanted: dict[int, set[str]] = {}
    for one in kept:
        wanted.setdefault(one.number, set()).add(one.entry_hash)
    expected, erased = first, _origins_erased_through()
    while rows := _next(expected, head.number):
        for row in rows:
            _require_sound(row, expected, previous)
            if row.origin is None and row.origin_hash and row.number > erased:
                erased = _origins_erased_through()
                if row.number > erased:
                    raise _BrokenError(expected, "origin")
            previous = row.entry_hash
            if not all(previous.startswith(noted) for noted in wanted.get(expected, ())):
                raise _BrokenError(expected, "rewritten")
            expected += 1
        tell(expected - 1, head.number)
    return previous, expected


def _check_end(head: Head, previous: str, expected: int, kept: list[Head]) -> None:
    if expected <= head.number:
        raise _BrokenError(expected, "truncated")
    if _too_many():
        raise _BrokenError(expected, "added" if head.number else "head")
    if previous != head.entry_hash or expected != head.number + 1:
        raise _BrokenError(expected, "head")
    if any(one.number >= expected for one in kept):
        raise _BrokenError(expected, "truncated")


def _require_sound(row: sa.Row[Any], expected: int, previous: str) -> None:
    if row.number != expected:
        raise _BrokenError(expected, "removed")
    if hash_of_row(row) != row.entry_hash:
        raise _moved(row, expected) or _BrokenError(expected, "edited")
    if row.previous_hash != previous:
        raise _BrokenError(expected, "unlinked")
    if not _origin_is_sound(row):
        raise _BrokenError(expected, "edited")


def _origin_is_sound(row: sa.Row[Any]) -> bool:
    if row.form == 1 and row.origin_hash:  # what its hash does not cover
        return False
    if row.origin is None:
        return row.origin_salt is None
    return row.origin_salt is not None and origin_digest(row.origin_salt, row.origin) == row.origin_hash


def _moved(row: sa.Row[Any], expected: int) -> _BrokenError | None:
    """What is wrong where an entry is as it was written, but under another number; None where it is not."""
    nearest = (number for step in range(1, _SOUGHT + 1) for number in (expected - step, expected + step))
    written_as = next((number for number in nearest if hash_of_row(row, number) == row.entry_hash), None)
    if written_as is None:
        return None
    following = db.session.execute(sa.select(*_ENTRY).where(_ENTRY.number == expected + 1)).one_or_none()
    if following is not None and hash_of_row(following, written_as + 1) == following.entry_hash:
        return _BrokenError(expected, "removed" if written_as > expected else "inserted", written_as)
    return _BrokenError(expected, "moved", written_as)


def _next(start: int, last: int) -> Sequence[sa.Row[Any]]:
    query = sa.select(*_ENTRY).where(_ENTRY.number >= start, _ENTRY.number <= last).order_by(_ENTRY.number)
    return db.session.execute(query.limit(_AT_A_TIME)).all()


def _require_nothing_before() -> None:
    earliest = db.session.execute(sa.select(sa.func.min(_ENTRY.number))).scalar_one()
    if earliest is not None and earliest < 1:
        raise _BrokenError(earliest, "added")


def _too_many() -> bool:
    """Whether there are entries beyond the chain's end: asked in one statement, so that none is added in between."""
    last = sa.select(sa.func.max(_ENTRY.number)).scalar_subquery()
    query = sa.select(last > sa.func.coalesce(sa.select(sa.func.max(AuditHead.number)).scalar_subquery(), 0))
    return bool(db.session.execute(query).scalar_one())


def _hash_of_entry(number: int) -> str:
    query = sa.select(_ENTRY.entry_hash).where(_ENTRY.number == number)
    return db.session.execute(query).scalar_one_or_none() or ""


def _origins_erased_through() -> int:
    """Up to which number the record itself says that origins were erased by their term; 0 for none.

    The greatest of all that was said: instants do not always rise with the numbers, so that a later erasure may end earlier.
    """
    told = sa.select(_ENTRY.detail).where(_ENTRY.action == ORIGINS_ERASED)
    return max((_through(detail) for detail in db.session.execute(told).scalars()), default=0)


def _through(detail: str) -> int:
    try:
        return int(json.loads(detail)["through"])
    except (ValueError, KeyError, TypeError):
        return 0  # tampered with: the walk finds that entry too
