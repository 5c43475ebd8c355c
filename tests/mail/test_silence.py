"""What `flask mail deliver --once` does, and says, when nobody has sent for hours: with a clock that went on with the machine,
and with one that was set ahead.

A clock that a play moves is both at once: the machine's seconds stand still, and the batch is late. Each alone would send one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail import steady, workers
from app.mail.groups import GroupMessage, open_group, queue_into
from app.mail.models import PEC, Delivery
from app.mail.pace import ROME
from tests.conftest import Clock
from tests.mail.conftest import smtp_settings
from tests.smtp_server import SmtpServer

MORNING = dt.datetime(2026, 3, 16, 9, 1, tzinfo=ROME)
EVENING = dt.datetime(2026, 3, 16, 17, 30, tzinfo=ROME)
PACE = dt.timedelta(seconds=9)


@pytest.fixture
def app(make_app: Callable[..., Flask], server: SmtpServer) -> Flask:
    host = {"pec_smtp_host": "127.0.0.1", "pec_smtp_port": server.port, "pec_smtp_security": "none"}
    return make_app(**smtp_settings(server), **host, pec_sender="ricognizione@pec.example.org")


@pytest.fixture
def elapsed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds since the machine's start, which stand still unless a test adds to them."""
    seconds = [1_000.0]
    monkeypatch.setattr(workers, "seconds_since_boot", lambda: seconds[0])
    assert steady.seconds_since_boot() > 0
    return seconds


@pytest.fixture
def batch(db_session: object, clock: Clock) -> Callable[[], list[dt.datetime]]:
    """Queues four certified messages from nine on, at 400 an hour in working hours; gives when they are due now."""
    clock.set(MORNING)
    group = open_group("Invito", 400, clock(), working_hours=True)
    messages = [
        GroupMessage(f"entity:{n}", f"pec{n}@example.org", "Invito", "Testo", None, f"s{n}", MORNING + n * PACE)
        for n in range(4)
    ]
    queue_into(group, "notice", "it", messages, clock() - dt.timedelta(minutes=1), channel=PEC)
    db.session.commit()

    def due() -> list[dt.datetime]:
        found = list(db.session.scalars(sa.select(Delivery.not_before).order_by(Delivery.not_before, Delivery.id)))
        db.session.rollback()
        return found

    return due


def once(app: Flask) -> list[str]:
    db.session.rollback()
    ended = app.test_cli_runner().invoke(args=["mail", "deliver", "--once"])
    assert ended.exit_code == 0, ended.output
    return [line for line in ended.output.splitlines() if not line.startswith("{")]


def test_after_hours_of_silence_a_batch_goes_on_at_its_pace_and_the_command_says_when(
    app: Flask, clock: Clock, elapsed: list[float], batch: Callable[[], list[dt.datetime]], server: SmtpServer
) -> None:
    clock.set(EVENING)  # nobody has sent since the batch was queued: this machine knows no other clock
    assert once(app) == ["1 sent", "3 planned for later, the first at 2026-03-16 16:30:09 UTC"]
    assert batch()[1:] == [EVENING + n * PACE for n in range(1, 4)]
    clock.move(minutes=1)
    elapsed[0] += 60
    assert once(app) == ["3 sent"]
    assert sorted(server.recipients()) == [f"pec{n}@example.org" for n in range(4)]


def test_a_clock_that_ran_ahead_of_the_machine_holds_what_was_planned_until_a_person_believes_it(
    app: Flask, clock: Clock, elapsed: list[float], batch: Callable[[], list[dt.datetime]], server: SmtpServer
) -> None:
    assert once(app) == ["1 sent", "3 planned for later, the first at 2026-03-16 08:01:09 UTC"]
    clock.set(EVENING)  # and not a second has passed
    held = "nothing was due", "the clock has jumped ahead by 8:29:00: what was planned for later waits"
    said = once(app)
    assert (said[0], said[1].split(";")[0]) == held
    assert "mail clock --right" in said[1]
    assert batch()[1:] == [MORNING + n * PACE for n in range(1, 4)], "not spread again by a clock that nobody believes"
    assert app.test_cli_runner().invoke(args=["mail", "clock", "--right"]).exit_code == 0
    assert once(app)[0] == "1 sent", "late by hours: at its pace from now on"
    assert batch()[2:] == [EVENING + n * PACE for n in (1, 2)]
    clock.move(minutes=1)
    elapsed[0] += 60
    assert once(app) == ["2 sent"]


def test_a_timer_of_five_minutes_sends_all_that_the_pace_allows(
    app: Flask, clock: Clock, elapsed: list[float], batch: Callable[[], list[dt.datetime]], server: SmtpServer
) -> None:
    assert once(app)[0] == "1 sent"
    clock.move(minutes=5)
    elapsed[0] += 300
    assert once(app) == ["3 sent"]
