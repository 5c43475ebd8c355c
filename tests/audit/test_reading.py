"""The record read back: pages, filters, and a check that is bounded and not misled."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit import reading
from app.audit.chain import current_head, record
from app.audit.models import AuditEntry, AuditHead
from app.audit.reading import EntryFilter, check_chain, read_entries
from app.extensions import db
from tests.conftest import START

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _ten(db_session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_AT_A_TIME", 3)
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


def test_a_sound_chain_is_found_sound_in_whole_and_in_part() -> None:
    whole = check_chain()
    assert (whole.first, whole.last, whole.broken, whole.entry_hash) == (1, 10, None, current_head().entry_hash)
    part = check_chain(4)
    assert (part.first, part.last, part.broken, part.count) == (7, 10, None, 4)


def test_an_empty_chain_is_sound() -> None:
    db.session.execute(sa.delete(AuditEntry))
    db.session.execute(sa.delete(AuditHead))
    assert (check_chain().broken, check_chain().count) == (None, 0)


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (sa.update(AuditEntry).where(AuditEntry.number == 4).values(detail='{"count":99}'), 4),
        (sa.delete(AuditEntry).where(AuditEntry.number == 5), 5),
        (sa.delete(AuditEntry).where(AuditEntry.number == 10), 10),
        (sa.update(AuditHead).values(entry_hash="0" * 64), 11),
        (sa.update(AuditHead).values(number=9), 10),
    ],
)
def test_tampering_shows(tampering: sa.Executable, broken: int) -> None:
    db.session.execute(tampering)
    assert check_chain().broken == broken


def test_what_the_log_is_filtered_by_is_indexed() -> None:
    indexed = {index["column_names"][0] for index in sa.inspect(db.engine).get_indexes("audit_entry")}
    assert indexed >= {"actor", "at", "subject"}
