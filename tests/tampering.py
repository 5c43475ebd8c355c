"""What somebody could do to the audit record who may write into the database: each way a function that does it by SQL.

Not for: what nothing can show: entries appended after the last head that was kept, hashed as the program would.
Holds always: a way returns the number at which the chain must first break, or None where several would be right; it changes the
copy that it is given and commits nothing by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.hashing import START, hash_of_row
from app.audit.models import AuditEntry, AuditHead

ENTRY: Final = AuditEntry.__table__
HEAD: Final = AuditHead.__table__
_C: Final = ENTRY.c
EDITS: Final[Mapping[str, Any]] = {
    "action": "note_added",
    "actor": "staff:999",
    "subject": "entity:999999",
    "detail": '{"forged":true}',
    "form": 1,
    "origin": "0123456789abcdef",
    "origin_salt": "0" * 32,
    "origin_hash": "1" * 64,
    "previous_hash": "2" * 64,
    "entry_hash": "3" * 64,
}


@dataclass(frozen=True)
class Copy:
    """A copy of the record in the hands of a tamperer. `last`: the number of its last entry."""

    connection: sa.Connection
    last: int
    chance: random.Random

    def somewhere(self, margin: int = 30) -> int:
        return self.chance.randint(margin, self.last - margin)

    def row(self, number: int) -> sa.Row[Any]:
        return self.connection.execute(sa.select(*_C).where(_C.number == number)).one()

    def set(self, number: int, /, **values: Any) -> None:
        self.connection.execute(sa.update(ENTRY).where(_C.number == number).values(**values))

    def delete(self, *conditions: sa.ColumnElement[bool]) -> None:
        self.connection.execute(sa.delete(ENTRY).where(*conditions))

    def shift(self, first: int, by: int) -> None:
        """Give every entry from `first` on another number, past the numbers that are taken."""
        away = 10 * self.last
        self.connection.execute(sa.update(ENTRY).where(_C.number >= first).values(number=_C.number + away))
        self.connection.execute(sa.update(ENTRY).where(_C.number >= first + away).values(number=_C.number - away + by))

    def set_head(self, number: int, entry_hash: str) -> None:
        self.connection.execute(sa.update(HEAD).values(number=number, entry_hash=entry_hash))

    def hash_anew(self, first: int, last: int) -> str:
        """Write the hashes of a stretch as the program would, and return the last."""
        previous = self.row(first - 1).entry_hash if first > 1 else START
        for number in range(first, last + 1):
            self.set(number, previous_hash=previous)
            previous = hash_of_row(self.row(number))
            self.set(number, entry_hash=previous)
        return previous


Way = Callable[[Copy], int | None]
WAYS: Final[dict[str, Way]] = {}


def _way(make: Way) -> Way:
    WAYS[make.__name__.strip("_").replace("_", " ")] = make
    return make


def _edit(column: str, value: Any) -> Way:
    def edit(copy: Copy) -> int:
        number = copy.somewhere()
        copy.set(number, **{column: value})
        return number

    return edit


WAYS.update({f"edit of {column}": _edit(column, value) for column, value in EDITS.items()})


@_way
def edit_of_at(copy: Copy) -> int:
    number = copy.somewhere()
    other = copy.row(copy.last).at
    copy.set(number, at=other.replace(year=other.year + 1))
    return number


@_way
def edit_of_number(copy: Copy) -> int:
    number = copy.somewhere()
    copy.set(number, number=copy.last + copy.chance.randint(1, 9))
    return number


@_way
def erasure_of_origin(copy: Copy) -> int:
    number = copy.somewhere()
    while copy.row(number).origin is None:
        number += 1
    copy.set(number, origin=None, origin_salt=None)
    return number


@_way
def edit_with_its_own_hash_made_anew(copy: Copy) -> int:
    number = copy.somewhere()
    copy.set(number, actor="staff:999")
    copy.hash_anew(number, number)
    return number + 1


@_way
def edit_of_the_last_with_hash_and_head(copy: Copy) -> int:
    copy.set(copy.last, subject=f"entity:{copy.chance.randint(0, 999_999):06}")
    copy.set_head(copy.last, copy.hash_anew(copy.last, copy.last))
    return copy.last


@_way
def deletion_of_one(copy: Copy) -> int:
    number = copy.somewhere()
    copy.delete(_C.number == number)
    return number


@_way
def deletion_of_one_with_the_rest_renumbered(copy: Copy) -> int:
    number = deletion_of_one(copy) or 0
    copy.shift(number + 1, -1)
    return number


@_way
def deletion_of_one_with_the_rest_hashed_anew(copy: Copy) -> None:
    number = deletion_of_one_with_the_rest_renumbered(copy) or 0
    copy.set_head(copy.last - 1, copy.hash_anew(number, copy.last - 1))


@_way
def deletion_of_many(copy: Copy) -> int:
    numbers = sorted(copy.chance.sample(range(1, copy.last), 20))
    copy.delete(_C.number.in_(numbers))
    return numbers[0]


@_way
def deletion_of_a_stretch(copy: Copy) -> int:
    first = copy.somewhere()
    copy.delete(_C.number.between(first, first + copy.chance.randint(1, 20)))
    return first


@_way
def deletion_of_somebodys(copy: Copy) -> int:
    actor = copy.row(copy.somewhere()).actor
    first = copy.connection.execute(sa.select(sa.func.min(_C.number)).where(_C.actor == actor)).scalar_one()
    copy.delete(_C.actor == actor)
    return int(first)


@_way
def deletion_of_the_first(copy: Copy) -> int:
    copy.delete(_C.number <= copy.chance.randint(1, 5))
    return 1


@_way
def deletion_of_the_last(copy: Copy) -> int:
    kept = copy.last - copy.chance.randint(1, 5)
    copy.delete(_C.number > kept)
    return kept + 1


@_way
def truncation_with_the_head_rewritten(copy: Copy) -> int:
    kept = copy.somewhere()
    copy.delete(_C.number > kept)
    copy.set_head(kept, copy.row(kept).entry_hash)
    return kept + 1


@_way
def everything_gone_with_its_head(copy: Copy) -> int:
    copy.delete(sa.true())
    if copy.chance.random() < 0.5:
        copy.connection.execute(sa.delete(HEAD))
    else:
        copy.set_head(0, START)
    return 1


def _swap(copy: Copy, one: int, other: int) -> int:
    for number, becomes in ((one, -1), (other, one), (-1, other)):
        copy.set(number, number=becomes)
    return min(one, other)


@_way
def two_neighbours_swapped(copy: Copy) -> int:
    number = copy.somewhere()
    return _swap(copy, number, number + 1)


@_way
def two_far_ones_swapped(copy: Copy) -> int:
    one = copy.somewhere()
    return _swap(copy, one, copy.chance.choice([number for number in range(1, copy.last) if number != one]))


@_way
def two_neighbours_swapped_and_hashed_anew(copy: Copy) -> int:
    number = two_neighbours_swapped(copy) or 0
    copy.hash_anew(number, number + 1)
    return number + 2


@_way
def a_stretch_turned_round(copy: Copy) -> int:
    first = copy.somewhere()
    last = first + copy.chance.randint(2, 9)
    for step in range((last - first + 1) // 2):
        _swap(copy, first + step, last - step)
    return first


def _insert(copy: Copy, like: int, **values: Any) -> None:
    copy.connection.execute(sa.insert(ENTRY).values({**copy.row(like)._mapping, **values}))


@_way
def insertion_in_the_middle(copy: Copy) -> int:
    number = copy.somewhere()
    copy.shift(number, 1)
    _insert(copy, number - 1, number=number, subject="entity:999999")
    return number


@_way
def insertion_in_the_middle_with_its_own_hash(copy: Copy) -> int:
    number = insertion_in_the_middle(copy) or 0
    copy.hash_anew(number, number)
    return number + 1


@_way
def insertion_in_the_middle_with_the_rest_hashed_anew(copy: Copy) -> None:
    number = insertion_in_the_middle(copy) or 0
    copy.set_head(copy.last + 1, copy.hash_anew(number, copy.last + 1))


@_way
def insertion_before_the_beginning(copy: Copy) -> int:
    number = -copy.chance.randint(0, 9)
    _insert(copy, 1, number=number)
    return number


@_way
def insertion_after_the_end(copy: Copy) -> int:
    _insert(copy, copy.last, number=copy.last + 1, actor="staff:999")
    copy.hash_anew(copy.last + 1, copy.last + 1)
    return copy.last + 1


@_way
def a_tail_written_anew(copy: Copy) -> None:
    number = copy.somewhere()
    copy.set(number, actor="staff:999")
    copy.set_head(copy.last, copy.hash_anew(number, copy.last))


@_way
def the_whole_written_anew(copy: Copy) -> None:
    copy.set(1, detail='{"forged":true}')
    copy.set_head(copy.last, copy.hash_anew(1, copy.last))


@_way
def a_shorter_chain_written_anew(copy: Copy) -> None:
    number = copy.somewhere()
    end = copy.last - copy.chance.randint(1, 20)
    copy.delete(_C.number > end)
    copy.set(number, actor="staff:999")
    copy.set_head(end, copy.hash_anew(number, end))


@_way
def head_with_another_number(copy: Copy) -> None:
    copy.set_head(copy.last + copy.chance.choice([-3, -1, 1, 7]), copy.row(copy.last).entry_hash)


@_way
def head_with_another_hash(copy: Copy) -> int:
    copy.set_head(copy.last, copy.row(copy.somewhere()).entry_hash)
    return copy.last + 1


@_way
def head_gone(copy: Copy) -> None:
    copy.connection.execute(sa.delete(HEAD))
