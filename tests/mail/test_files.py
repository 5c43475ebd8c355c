"""Without a mail server each message becomes one whole private file, and a full disk is honest."""

from __future__ import annotations

import email
import email.policy
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import settings
from app.extensions import db
from app.mail import files
from app.mail.files import FileSender, folder_of
from app.mail.models import Delivery
from app.mail.outbox import Tally, deliver_due
from tests.conftest import Clock

Queue = Callable[..., list[int]]
Row = Callable[[int], Delivery]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def run(db_session: object, clock: Clock) -> Iterator[Callable[[], Tally]]:
    before = os.umask(0)
    yield lambda: deliver_due(clock, FileSender(settings()), limit=20)
    os.umask(before)


def _names(app: Flask) -> list[str]:
    return sorted(path.name for path in folder_of(settings()).iterdir())


def test_a_message_is_a_file_of_its_owner_alone(app: Flask, queue: Queue, run: Callable[[], Tally], row: Row) -> None:
    ids = queue(2)
    assert run().accepted == 2
    assert [(row(each).state, row(each).reply) for each in ids] == [("accepted", "file")] * 2
    wanted = [str(row(each).message_id).strip("<>") + ".eml" for each in ids]
    assert _names(app) == sorted(wanted)
    folder = folder_of(settings())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in wanted} == {0o600}
    sent = email.message_from_bytes((folder / wanted[0]).read_bytes(), policy=email.policy.default)
    assert (sent["To"], sent["Message-ID"]) == ("ufficio1@example.org", row(ids[0]).message_id)


def test_the_same_message_again_replaces_its_file(app: Flask, queue: Queue, run: Callable[[], Tally], row: Row) -> None:
    [only] = queue()
    run()
    row(only).state = "queued"
    db.session.commit()
    assert run().accepted == 1
    assert len(_names(app)) == 1


def test_a_full_disk_leaves_no_half_file_and_the_message_waits(
    app: Flask, queue: Queue, run: Callable[[], Tally], row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = queue(2)

    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_write", full)
    tally = run()
    assert "No space left on device" in tally.stopped
    assert [row(each).state for each in ids] == ["retry_wait", "queued"]
    assert _names(app) == []


def test_a_folder_that_cannot_be_made_ends_the_run(queue: Queue, run: Callable[[], Tally], row: Row) -> None:
    [only] = queue()
    folder_of(settings()).write_text("not a folder")
    assert "mail" in run().stopped
    assert row(only).state == "retry_wait"
