"""Whether the record is as it was written: read some entries at a time, in every form, and not misled."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit import verifying
from app.audit.chain import current_head, record
from app.audit.hashing import START as NOTHING
from app.audit.hashing import Head, canonical
from app.audit.models import AuditEntry, AuditHead
from app.audit.origin import origin_of
from app.audit.verifying import ORIGINS_ERASED, check_chain
from app.config import settings
from app.extensions import db
from app.privacy.purging import purge
from tests.conftest import START

HOUR = dt.timedelta(hours=1)
ENTRY = AuditEntry.__table__.c


@pytest.fixture(autouse=True)
def _ten(app: Flask, db_session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_AT_A_TIME", 3)
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        for number in range(10):
            record("thing_done", actor="staff:1", subject="thing:1", detail={"count": number}, now=START + number * HOUR)
        db.session.commit()


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


def entry(number: int) -> sa.Row[tuple[object, ...]]:
    return db.session.execute(sa.select(*ENTRY).where(ENTRY.number == number)).one()


def swap(one: int, other: int) -> None:
    for number, becomes in ((one, -1), (other, one), (-1, other)):
        db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == number).values(number=becomes))


def shift(first: int, by: int) -> None:
    numbers = sorted(range(first, 11), reverse=by > 0)
    for number in numbers:
        db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == number).values(number=number + by))


def test_it_says_what_is_wrong() -> None:
    swap(4, 7)
    assert (check_chain().broken, check_chain().reason, check_chain().written_as) == (4, "moved", 7)
    db.session.rollback()
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.number == 5))
    assert (check_chain().broken, check_chain().reason) == (5, "removed")
    shift(6, -1)
    assert (check_chain().broken, check_chain().reason, check_chain().written_as) == (5, "removed", 6)
    db.session.rollback()
    shift(6, 1)
    fresh = {**entry(7)._mapping, "number": 6}
    db.session.execute(sa.insert(AuditEntry).values(fresh))
    assert (check_chain().broken, check_chain().reason, check_chain().written_as) == (7, "inserted", 6)
    db.session.rollback()
    for number, reason in ((0, "added"), (-4, "added")):
        db.session.execute(sa.insert(AuditEntry).values({**entry(1)._mapping, "number": number}))
        assert (check_chain().broken, check_chain().reason) == (number, reason)
        db.session.rollback()
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.number > 8))
    assert (check_chain().broken, check_chain().reason) == (9, "truncated")
    db.session.rollback()
    db.session.execute(sa.delete(AuditHead))
    assert check_chain().reason == "head"


def test_kept_heads_show_what_is_sound_in_itself() -> None:
    kept = [Head(0, NOTHING), Head(4, entry(4).entry_hash[:16]), current_head()]
    assert check_chain(kept=kept).broken is None
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.number > 8))
    db.session.execute(sa.update(AuditHead).values(number=8, entry_hash=entry(8).entry_hash))
    assert (check_chain().broken, check_chain(kept=kept).broken, check_chain(kept=kept).reason) == (None, 9, "truncated")
    for _ in range(2):
        record("thing_done", actor="staff:2", subject="thing:1", detail={}, now=START)
    assert (check_chain().broken, check_chain(kept=kept).broken, check_chain(kept=kept).reason) == (None, 10, "rewritten")
    assert check_chain(kept=[kept[0], kept[1], Head(4, "0" * 64)]).broken == 4


def test_entries_of_the_first_form_stay_sound() -> None:
    db.session.execute(sa.delete(AuditEntry))
    db.session.execute(sa.delete(AuditHead))
    previous = NOTHING
    for number in (1, 2):
        told = [number, f"2026-03-16T09:00:0{number}.000000+00:00", "thing_done", "staff:1", "thing:1", "{}", previous]
        own = hashlib.sha256(canonical(told).encode()).hexdigest()
        values = {"number": number, "at": START.replace(second=number), "action": "thing_done", "actor": "staff:1"}
        values |= {"subject": "thing:1", "detail": "{}", "previous_hash": previous, "entry_hash": own}
        db.session.execute(sa.insert(AuditEntry).values(**values))
        previous = own
    db.session.execute(sa.insert(AuditHead).values(id=1, number=2, entry_hash=previous))
    record("thing_done", actor="staff:1", subject="thing:1", detail={}, now=START)
    assert [row.form for row in db.session.execute(sa.select(ENTRY.form).order_by(ENTRY.number))] == [1, 1, 2]
    assert check_chain().broken is None
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == 2).values(origin="a" * 16, origin_salt="b"))
    assert (check_chain().broken, check_chain().reason) == (2, "edited")


@pytest.mark.parametrize("column", [column.name for column in ENTRY if column.name != "number"])
def test_each_column_is_covered(column: str) -> None:
    value = {"form": 1, "at": START}.get(column, "0" * 16)
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == 6).values({column: value}))
    assert (check_chain().broken, check_chain().reason) == (6, "edited")


def test_an_origin_that_went_before_its_term_shows_and_one_that_went_by_it_does_not() -> None:
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number <= 6).values(origin=None, origin_salt=None))
    assert (check_chain().broken, check_chain().reason) == (1, "origin")
    record(ORIGINS_ERASED, actor="command", subject="privacy:purge", detail={"through": 6}, now=START)
    assert check_chain().broken is None
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == 7).values(origin=None, origin_salt=None))
    assert (check_chain().broken, check_chain().reason) == (7, "origin")


def test_an_origin_is_a_network_and_no_address(app: Flask) -> None:
    assert entry(1).origin == origin_of("192.0.2.200") == origin_of("::ffff:192.0.2.1")
    assert origin_of("192.0.3.7") != entry(1).origin
    assert origin_of("2001:db8:1:2::1") == origin_of("2001:db8:1:ffff::2") != origin_of("2001:db8:2::1")
    assert (origin_of(""), origin_of(None), origin_of("unix")) == (None, None, None)
    told = str(db.session.execute(sa.select(*ENTRY)).all())
    assert "192.0.2" not in told
    record("thing_done", actor="command", subject="thing:1", detail={}, now=START)
    assert (entry(11).origin, entry(11).origin_hash) == (None, "")


def test_the_commands(app: Flask, tmp_path: Path) -> None:
    db.session.rollback()
    run = app.test_cli_runner().invoke
    file = tmp_path / "heads"
    first = run(args=["audit", "head", "--out", str(file)])
    assert first.output.split()[:2] == ["10", current_head().entry_hash]
    record("thing_done", actor="command", subject="thing:1", detail={}, now=START)
    db.session.commit()
    run(args=["audit", "head", "--out", str(file)])
    assert len(file.read_text().splitlines()) == 2
    sound = run(args=["audit", "verify", "--head", str(file), "--head", f"10:{entry(10).entry_hash}"])
    said = f"sound: 11 entries, through 3 kept heads; the last is {entry(11).entry_hash}\n"
    assert (sound.exit_code, sound.output) == (0, said)
    broken = run(args=["audit", "verify", "--head", f"3:{'0' * 64}"])
    assert (broken.exit_code, broken.output.startswith("Error: broken at no. 3: rewritten: ")) == (1, True)
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == 5).values(actor="nobody"))
    db.session.commit()
    broken = run(args=["audit", "verify"])
    assert (broken.exit_code, broken.output) == (1, "Error: broken at no. 5: edited: what it says is not what was written\n")
    for bad in ("3:short", str(tmp_path / "none"), str(tmp_path)):
        assert run(args=["audit", "verify", "--head", bad]).exit_code == 2


def test_an_erasure_that_ends_earlier_than_the_one_before_is_no_tampering(app: Flask) -> None:
    """Instants do not always rise with the numbers: one is taken before a slow hash, or a clock is set back."""
    kept = dt.timedelta(days=settings().retention_log_places_days)
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        for minutes in (0, 1, 30, 31, 2):
            record("x", actor="staff:1", subject="y", detail={}, now=START + dt.timedelta(minutes=minutes))
            db.session.commit()
    for minutes in (10, 40):
        list(purge("command", START + kept + dt.timedelta(minutes=minutes)))
        assert check_chain().broken is None
