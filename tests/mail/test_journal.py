"""The send journal: on the disk before DATA, whole after a power cut, and found out when the database has gone back."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.comparing import FROM_JOURNAL, compare, confirm
from app.mail.holds import RESTORED, holds
from app.mail.hooks import ClaimedDelivery
from app.mail.journal import Journal, JournalError, Position
from app.mail.models import Delivery, MailJournal
from app.mail.outbox import Tally, queue_message
from tests.conftest import Clock
from tests.mail.conftest import message
from tests.mail.workers import Start
from tests.smtp_server import SmtpServer

Queue = Callable[..., list[int]]
Run = Callable[..., Tally]
Row = Callable[[int], Delivery]
AT = dt.datetime(2026, 11, 30, 23, 59, tzinfo=dt.UTC)


def claimed(number: int = 1, tries: int = 1) -> ClaimedDelivery:
    return ClaimedDelivery(
        *(number, "notice", f"entity:{number}", "ufficio@example.org", "it", "Avviso", "Testo", None, f"<{number}@example.it>"),
        *(0, AT, None, f"notice/{number}", tries),
    )


def told(journal: Journal, after: Position = Position()) -> list[tuple[str, int, str]]:  # noqa: B008 — it is frozen
    return [(line.message_id, line.tries, line.state) for line in journal.lines(after)]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "mail-journal")


@pytest.fixture
def saved(app: Flask) -> Callable[[], Callable[[], None]]:
    """`restore = saved()` keeps the outbox as it is; `restore()` brings it back, as a backup does."""

    def save() -> Callable[[], None]:
        tables = [db.metadatas[None].tables[name] for name in ("delivery", "mail_journal", "mail_hold")]
        kept = {table: [row._asdict() for row in db.session.execute(sa.select(table))] for table in tables}
        db.session.commit()

        def restore() -> None:
            for table in reversed(tables):
                db.session.execute(sa.delete(table))
            for table in tables:
                if kept[table]:
                    db.session.execute(sa.insert(table), kept[table])
            db.session.commit()

        return restore

    return save


def test_lines_come_back_in_their_order_over_months_and_workers(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path / "mail-journal")
    assert other.id == journal.id
    journal.note_tries([claimed(1), claimed(2)], AT)
    middle = journal.end()
    journal.note_end(claimed(1), "accepted", AT)
    other.note_tries([claimed(3)], AT + dt.timedelta(minutes=2))
    journal.note_tries([claimed(2, tries=2)], AT + dt.timedelta(minutes=3))
    expected = [("<3@example.it>", 1, ""), ("<1@example.it>", 1, "accepted"), ("<2@example.it>", 2, "")]
    assert told(journal) == [("<1@example.it>", 1, ""), ("<2@example.it>", 1, ""), *expected]
    assert told(journal, middle) == expected
    assert sorted(path.name for path in (tmp_path / "mail-journal").glob("*.jsonl")) == ["2026-11.jsonl", "2026-12.jsonl"]
    journal.note_tries([claimed(4)], AT)  # the clock went back: no older file is begun again
    assert told(journal)[-1] == ("<4@example.it>", 1, "")
    assert Position.read(str(middle)) == middle


def test_it_names_no_address_and_is_its_owners_alone(journal: Journal, tmp_path: Path) -> None:
    journal.note_tries([claimed()], AT)
    [path] = (tmp_path / "mail-journal").glob("*.jsonl")
    assert b"@example.org" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_power_cut_has_torn_is_no_line(journal: Journal, tmp_path: Path) -> None:
    journal.note_tries([claimed(1)], AT)
    [path] = (tmp_path / "mail-journal").glob("*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"at":"2026-11-30T2')
    assert told(journal) == [("<1@example.it>", 1, "")]
    Journal(tmp_path / "mail-journal").note_tries([claimed(2)], AT)
    assert told(journal) == [("<1@example.it>", 1, ""), ("<2@example.it>", 1, "")]
    path.write_bytes(path.read_bytes() + b'{"at":"2026-11-30T2')
    journal.note_tries([claimed(3)], AT)  # a worker that had the file open goes on behind it
    assert told(journal)[-1] == ("<3@example.it>", 1, "")


def test_damage_in_the_middle_stops_all_sending(journal: Journal, tmp_path: Path, queue: Queue, run: Run) -> None:
    queue(1)
    run()
    [path] = (tmp_path / "mail-journal").glob("*.jsonl")
    path.write_bytes(b"garbage\n" + path.read_bytes())
    db.session.execute(sa.delete(MailJournal))
    db.session.commit()
    queue(1, dedupe_key="notice/more")
    assert "damaged" in run().stopped


def test_a_journal_that_cannot_be_written_stops_all_sending(tmp_path: Path, queue: Queue, run: Run, server: SmtpServer) -> None:
    (tmp_path / "mail-journal").write_text("a file where the folder should be")
    [first] = queue(1)
    assert str(tmp_path) in run().stopped
    assert (len(server.taken), db.session.scalar(sa.select(Delivery.state).where(Delivery.id == first))) == (0, "queued")


def test_the_message_is_in_the_journal_before_the_server_hears_of_it(
    server: SmtpServer, queue: Queue, run: Run, journal: Journal
) -> None:
    queue(2)
    seen: list[list[tuple[str, int, str]]] = []
    server.at = lambda phase: seen.append(told(journal)) if phase == "data" else None
    run()
    assert [len([line for line in lines if not line[2]]) for lines in seen] == [2, 2]
    assert [line[2] for line in told(journal)] == ["", "", "accepted", "accepted"]
    assert compare(journal).agrees


def test_a_restored_database_sends_nothing_until_somebody_has_confirmed(
    saved: Callable[[], Callable[[], None]],
    server: SmtpServer,
    queue: Queue,
    run: Run,
    row: Row,
    journal: Journal,
    clock: Clock,
) -> None:
    first, second, third = queue(3)
    server.at = lambda phase: server.fail("rcpt", "450 4.2.0 later") if len(server.taken) == 2 and phase == "mail" else None
    restore = saved()
    queue(1, dedupe_key="notice/later", recipient="dopo@example.org")
    server.at = None
    run()
    assert len(server.taken) == 4
    restore()

    tally = run()
    assert (tally.claimed, len(server.taken)) == (0, 4)
    assert "flask mail compare" in tally.stopped
    assert run().claimed == 0
    [held] = holds()
    assert (held.reason, "1 messages of the journal are not in the database" in held.detail) == (RESTORED, True)
    found = compare(journal)
    assert {difference.stands for difference in found.differences} == {"queued", ""}

    assert confirm(journal, actor="command", now=clock()) == 4
    assert holds() == []
    assert [row(each).state for each in (first, second, third)] == ["accepted"] * 3
    assert row(first).reason == FROM_JOURNAL
    assert not queue_message(message(1, dedupe_key="notice/later"), clock()), "what went out is not queued again"
    clock.move(days=1)
    assert (run().claimed, len(server.taken)) == (0, 4)
    [entry] = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "mail_hold_lifted"))
    assert entry.actor == "command"


def test_a_message_whose_end_the_journal_does_not_know_is_of_unknown_fate(
    saved: Callable[[], Callable[[], None]],
    queue: Queue,
    run: Run,
    row: Row,
    journal: Journal,
    clock: Clock,
    server: SmtpServer,
) -> None:
    [first] = queue(1)
    restore = saved()
    claim = claimed()
    journal.note_tries(
        [ClaimedDelivery(*(first, *_fields(claim)[1:8], str(row(first).message_id), *_fields(claim)[9:]))], clock()
    )
    restore()
    assert (run().claimed, len(server.taken)) == (0, 0)
    confirm(journal, actor="command", now=clock())
    assert row(first).state == "unknown"


def _fields(claim: ClaimedDelivery) -> tuple[object, ...]:
    return tuple(getattr(claim, name) for name in ClaimedDelivery.__slots__)


def test_a_database_that_is_brought_back_under_a_running_worker_is_found_out(
    saved: Callable[[], Callable[[], None]], queue: Queue, run: Run, journal: Journal, server: SmtpServer
) -> None:
    queue(1)
    restore = saved()
    assert run(journal=journal).accepted == 1
    restore()
    assert (run(journal=journal).claimed, len(server.taken)) == (0, 1)


@pytest.mark.parametrize("way", ["gone", "copied", "cut"])
def test_another_journal_than_the_databases_is_found_out(
    queue: Queue, run: Run, tmp_path: Path, clock: Clock, way: str, server: SmtpServer
) -> None:
    folder = tmp_path / "mail-journal"
    queue(2)
    run()
    if way == "gone":
        shutil.rmtree(folder)
    elif way == "copied":
        shutil.copytree(folder, tmp_path / "copy")
        shutil.rmtree(folder)
        (tmp_path / "copy").rename(folder)
    else:
        [path] = folder.glob("*.jsonl")
        with path.open("r+b") as file:
            file.truncate(100)
    queue(1, dedupe_key="notice/more", recipient="dopo@example.org")
    assert (run().claimed, len(server.taken)) == (0, 2)
    confirm(Journal(folder), actor="command", now=clock())
    assert (run().accepted, len(server.taken)) == (1, 3)


def test_a_first_start_and_an_outbox_from_before_the_journal_are_not_held(queue: Queue, run: Run) -> None:
    queue(1)
    db.session.execute(sa.update(Delivery).values(state="accepted"))
    db.session.commit()
    queue(1, dedupe_key="notice/more", recipient="dopo@example.org")
    assert run().accepted == 1


def test_kills_and_retries_are_not_taken_for_a_restore(
    app: Flask, queue: Queue, run: Run, server: SmtpServer, clock: Clock, journal: Journal
) -> None:
    queue(3)
    server.fail("end", "451 4.3.0 later")
    assert (tally := run()).retry_wait == 1
    assert tally.accepted == 2
    clock.move(hours=1)
    server.fail("end", "drop")
    assert run().unknown == 1
    assert compare(journal).agrees
    assert run().stopped == ""


def test_the_commands_tell_and_confirm(
    app: Flask, start: Start, queue: Queue, run: Run, saved: Callable[..., Callable[[], None]]
) -> None:
    queue(1)
    restore = saved()
    run()
    restore()
    said, _problems = start("deliver", "--once").communicate(timeout=60)
    assert "0 sent" in said or "nothing was due" in said
    compared, _problems = start("compare").communicate(timeout=60)
    assert "entity:1: accepted; in the database: queued" in compared
    confirmed, _problems = start("confirm").communicate(timeout=60)
    assert "1 messages learnt from the journal; sending goes on" in confirmed
    agreed, _problems = start("compare").communicate(timeout=60)
    assert "the database knows all that the send journal knows" in agreed
    held, _problems = start("hold", "a restore is under way").communicate(timeout=60)
    assert "nothing is sent from now on" in held
    worker = start("deliver", "--once")
    _said, problems = worker.communicate(timeout=60)
    assert (worker.returncode, "held" in problems) == (1, True)


def test_a_disk_that_is_full_is_an_error_of_the_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.mail.journal.os.write", lambda _handle, content: len(content) // 2)
    with pytest.raises(JournalError, match="full"):
        journal.note_tries([claimed()], AT)
