"""Which instant has come for certain: jumps ahead wait for a person, all else is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from app.config import settings
from app.extensions import db
from app.mail.claiming import claim_due
from app.mail.files import FileSender
from app.mail.models import EMAIL, MailWorker
from app.mail.steady import SteadyClock, seconds_since_boot
from app.mail.workers import Worker, believe_clocks, workers
from tests.conftest import Clock

NOON = dt.datetime(2026, 5, 18, 12, tzinfo=dt.UTC)


class Machine:
    def __init__(self) -> None:
        self.passed, self.wrong = 0.0, 0.0

    def now(self) -> dt.datetime:
        return NOON + dt.timedelta(seconds=self.passed + self.wrong)

    def after(self, clock: SteadyClock, *, seconds: float = 0, wrong: float = 0) -> float:
        """How far the certain instant lags behind what the clock shows, in seconds, so much later and with so wrong a clock."""
        self.passed, self.wrong = self.passed + seconds, wrong
        return (self.now() - clock.due_by()).total_seconds()


def _clock(machine: Machine) -> SteadyClock:
    return SteadyClock(machine.now, lambda: machine.passed)


def test_time_that_passes_is_believed_and_so_are_small_corrections() -> None:
    machine = Machine()
    clock = _clock(machine)
    assert [machine.after(clock, seconds=86_400, wrong=wrong) for wrong in (0, 60, 170, 60, -100)] == [0] * 5


def test_a_jump_ahead_waits_until_it_comes_back_or_a_person_believes_it() -> None:
    machine = Machine()
    clock = _clock(machine)
    assert machine.after(clock, seconds=10, wrong=3_600) == 3_600
    assert machine.after(clock, seconds=7_200, wrong=3_600) == 3_600
    assert machine.after(clock, wrong=0) == 0
    assert machine.after(clock, wrong=86_400) == 86_400
    clock.believe(clock.offset + clock.ahead)
    assert machine.after(clock, wrong=86_400) == 0


def test_a_jump_back_is_believed_and_so_is_the_return_from_it() -> None:
    machine = Machine()
    clock = _clock(machine)
    assert machine.after(clock, seconds=5, wrong=-86_400) == 0
    assert machine.after(clock, seconds=5, wrong=0) == 0
    machine.after(clock, wrong=-86_400)
    assert machine.after(clock, wrong=86_400) == 2 * 86_400, "beyond where it was before"


def test_the_seconds_since_boot_pass() -> None:
    assert 0 < seconds_since_boot() <= seconds_since_boot()


def test_what_was_queued_to_go_at_once_goes_although_the_clock_jumped(
    queue: Callable[..., list[int]], now: dt.datetime
) -> None:
    later = queue(1, not_before=now + dt.timedelta(hours=2))
    queue(1, dedupe_key="at once")
    ahead, certain = now + dt.timedelta(hours=3), now - dt.timedelta(minutes=1)
    assert [one.id for one in claim_due("t", 5, ahead, due_by=certain)] != later
    assert claim_due("t", 5, ahead, due_by=certain) == []
    assert [one.id for one in claim_due("t", 5, ahead, due_by=ahead)] == later


def test_a_worker_is_heard_of_and_a_person_believes_its_clock(db_session: object, clock: Clock) -> None:
    with Worker(clock, {EMAIL: FileSender(settings())}) as worker:
        worker.turn(lambda: False)
        [row] = workers(clock())
        assert (row.id, row.lives(clock()), row.clock_ahead) == (worker.id, True, 0.0)
        clock.move(hours=5)  # and hardly a moment passes
        worker._told_at = None
        worker.turn(lambda: False)
        [row] = workers(clock())
        assert abs(row.clock_ahead - 5 * 3_600) < 60
        assert believe_clocks() == 1
        db.session.commit()
        worker._told_at = None
        worker.turn(lambda: False)
        assert db.session.scalar(sa.select(MailWorker.clock_ahead)) == 0.0
        assert worker._steady().due_by() == clock()
        assert not row.lives(clock() + dt.timedelta(minutes=3))
        worker.say_goodbye()
        assert not workers(clock())[0].lives(clock())


def test_a_worker_that_starts_anew_remembers_what_the_last_one_believed(db_session: object, clock: Clock) -> None:
    with Worker(clock, {}) as first:
        first.turn(lambda: False)
    clock.move(days=1)
    with Worker(clock, {}) as second:
        assert (clock() - second._steady().due_by()).total_seconds() > 86_000
