"""The record read back: pages and filters."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit.chain import record
from app.audit.reading import EntryFilter, read_entries
from app.extensions import db
from tests.conftest import START

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _ten(db_session: object) -> None:
    for number in range(10):
        actor = ("staff:1", "staff:12", "command", "command:demo", "operator:1")[number % 5]
        detail = {"count": number}
        record(f"event_{number % 2}", actor=actor, subject=f"entity:{number % 3}", detail=detail, now=START + number * HOUR)
    db.session.commit()


def numbers(which: EntryFilter, before: int | None = None, limit: int = 50) -> list[int]:
    return [row.number for row in read_entries(which, before=before, limit=limit).rows]


def test_entries_come_newest_first_and_page_by_page() -> None:
    first = read_entries(EntryFilter(), limit=4)
    assert ([row.number for row in first.rows], first.older) == ([10, 9, 8, 7], 7)
    record("event_new", actor="command", subject="entity:1", detail={}, now=START)
    second = read_entries(EntryFilter(), before=first.older, limit=4)
    assert ([row.number for row in second.rows], second.older) == ([6, 5, 4, 3], 3)
    last = read_entries(EntryFilter(), before=second.older, limit=4)
    assert ([row.number for row in last.rows], last.older) == ([2, 1], None)
    assert (last.rows[1].at, last.rows[1].detail) == (START, {"count": 0})


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (EntryFilter(since=START + 8 * HOUR), [10, 9]),
        (EntryFilter(until=START + 2 * HOUR), [2, 1]),
        (EntryFilter(since=START + HOUR, until=START + 2 * HOUR), [2]),
        (EntryFilter(actors=("staff:1",)), [6, 1]),
        (EntryFilter(actors=("staff:",)), [7, 6, 2, 1]),
        (EntryFilter(actors=("command*", "operator:")), [10, 9, 8, 5, 4, 3]),
        (EntryFilter(actors=("staff_",)), []),
        (EntryFilter(action="event_1", subjects=("entity:0",)), [10, 4]),
        (EntryFilter(subjects=("entity:%", "entity:7")), []),
    ],
)
def test_filters(which: EntryFilter, found: list[int]) -> None:
    assert numbers(which) == found


def test_what_the_log_is_filtered_by_is_indexed() -> None:
    indexed = {index["column_names"][0] for index in sa.inspect(db.engine).get_indexes("audit_entry")}
    assert indexed >= {"actor", "at", "origin", "subject"}
