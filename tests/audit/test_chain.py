"""The audit record: in the caller's transaction, without a gap, and tampering shows."""

from __future__ import annotations

import contextvars
import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.chain import START, Head, current_head, first_broken_entry, record
from app.audit.models import AuditEntry
from app.extensions import db


def record_three(now: dt.datetime) -> None:
    for number in (1, 2, 3):
        record("thing_done", actor="entity:001001", subject=f"thing:{number}", detail={"number": number, "è": None}, now=now)
    db.session.commit()


def entries() -> list[AuditEntry]:
    return list(db.session.execute(sa.select(AuditEntry).order_by(AuditEntry.number)).scalars())


def test_entries_are_numbered_and_chained(db_session: object, now: dt.datetime) -> None:
    record_three(now)
    assert [entry.number for entry in entries()] == [1, 2, 3]
    assert entries()[0].previous_hash == START
    assert [entry.previous_hash for entry in entries()[1:]] == [entry.entry_hash for entry in entries()[:2]]
    assert entries()[0].detail == '{"number":1,"è":null}'
    assert first_broken_entry() is None
    assert current_head() == Head(3, entries()[2].entry_hash)


def test_an_entry_of_what_was_rolled_back_does_not_exist(db_session: object, now: dt.datetime) -> None:
    record_three(now)
    record("thing_undone", actor="entity:001001", subject="thing:4", detail={}, now=now)
    db.session.rollback()
    assert len(entries()) == 3
    assert current_head().number == 3
    record("thing_done", actor="entity:001001", subject="thing:5", detail={}, now=now)
    db.session.commit()
    assert [entry.number for entry in entries()] == [1, 2, 3, 4]
    assert first_broken_entry() is None


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit_entry SET subject = 'thing:9' WHERE number = 2", 2),
        ("UPDATE audit_entry SET detail = '{}' WHERE number = 3", 3),
        ("UPDATE audit_entry SET actor = 'entity:001002' WHERE number = 1", 1),
        ("UPDATE audit_entry SET action = 'thing_undone' WHERE number = 1", 1),
        ("DELETE FROM audit_entry WHERE number = 1", 1),
        ("DELETE FROM audit_entry WHERE number = 2", 2),
        ("DELETE FROM audit_entry WHERE number = 3", 3),
    ],
)
def test_tampering_shows(db_session: object, now: dt.datetime, tampering: str, broken: int) -> None:
    record_three(now)
    db.session.execute(sa.text(tampering))
    assert first_broken_entry() == broken


def test_a_changed_instant_shows(db_session: object, now: dt.datetime) -> None:
    record_three(now)
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == 2).values(at=now + dt.timedelta(microseconds=1)))
    assert first_broken_entry() == 2


def test_a_cut_end_shows_against_a_kept_head(db_session: object, now: dt.datetime) -> None:
    record_three(now)
    kept = current_head()
    before = entries()[1].entry_hash
    db.session.execute(sa.text("DELETE FROM audit_entry WHERE number = 3"))
    db.session.execute(sa.text("UPDATE audit_head SET number = 2, entry_hash = :hash"), {"hash": before})
    assert first_broken_entry() is None
    assert first_broken_entry(kept) == 3


def test_a_chain_written_anew_shows_against_a_kept_head(db_session: object, now: dt.datetime) -> None:
    record_three(now)
    kept = current_head()
    db.session.execute(sa.text("DELETE FROM audit_entry"))
    db.session.execute(sa.text("DELETE FROM audit_head"))
    record_three(now + dt.timedelta(seconds=1))
    assert first_broken_entry() is None
    assert first_broken_entry(kept) == 3


def test_writers_at_once_leave_one_chain(app: Flask, now: dt.datetime) -> None:
    start = threading.Barrier(6)

    def write(number: int) -> None:
        with app.app_context():
            start.wait()
            for _ in range(5):
                record("thing_done", actor=f"entity:{number:06}", subject="thing:1", detail={}, now=now)
                db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(write, number)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert [entry.number for entry in entries()] == list(range(1, 31))
        assert first_broken_entry() is None
