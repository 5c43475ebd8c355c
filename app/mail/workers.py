"""A worker: the process that sends, turn after turn, and lets itself be heard of, so that its silence is noticed.

Not for: a turn's work (`delivering.py`) or the command that starts it (`commands.py`).
Holds always: it says that it lives at least each `BEAT` while it sends; a turn takes few messages until the mail server has
shown that it is quick, so that a worker that is killed holds few back until its leases end; of two channels one whose server is
away rests ever longer, and does not hold up the other.
"""

from __future__ import annotations

import datetime as dt
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import TracebackType
from typing import Final, Self

import sqlalchemy as sa

from app.audit.chain import record
from app.config import settings
from app.extensions import db, table_of
from app.mail.delivering import Now, Tally, deliver_due
from app.mail.journal import Journal, folder_of
from app.mail.models import MailWorker
from app.mail.senders import Sender
from app.mail.steady import SteadyClock, boot_of_machine, seconds_since_boot

BEAT: Final = dt.timedelta(seconds=15)
SILENT_AFTER: Final = dt.timedelta(minutes=2)
"""After so long without a word a worker is taken for gone."""
KEPT: Final = dt.timedelta(days=30)
FEW, MANY = 20, 100
QUICK_SECONDS: Final = 2.0
SHORTEST_REST: Final = 5.0
LONGEST_REST: Final = 300.0
_ROW: Final = table_of(MailWorker).c


@dataclass(frozen=True, slots=True)
class Rest:
    """A channel that is left alone for a while. `why`: what its server said; `seconds`: for how long; `until`: monotonic."""

    why: str
    seconds: float
    until: float


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as others see it. `clock_ahead`: by how many seconds its machine's clock has jumped ahead, unconfirmed."""

    id: str
    machine: str
    clock_ahead: float
    started_at: dt.datetime
    seen_at: dt.datetime
    stopped_at: dt.datetime | None

    def lives(self, now: dt.datetime) -> bool:
        """Whether it was heard of lately, and has not said goodbye; by its own clock, also where that has jumped ahead."""
        believed = self.seen_at - dt.timedelta(seconds=self.clock_ahead)
        return self.stopped_at is None and min(abs(now - self.seen_at), abs(now - believed)) < SILENT_AFTER


class Worker:
    """One process's. Use it as a context: it says hello and goodbye. `senders`: by channel, in the order of its turns."""

    def __init__(self, now_fn: Now, senders: Mapping[str, Sender]) -> None:
        """Raises JournalError where the send journal cannot be used."""
        self.id = secrets.token_hex(16)
        self._now, self._senders = now_fn, senders
        self._journal = Journal(folder_of(settings()))
        self._boot = boot_of_machine()
        self._clock: SteadyClock | None = None
        self._told_at: float | None = None
        self._limits = dict.fromkeys(senders, FEW)
        self.resting: dict[str, Rest] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._journal.close()
        for sender in self._senders.values():
            sender.close()

    def turn(self, stopping: Callable[[], bool]) -> Tally:
        """Send what is due on each channel, at most some; what it did on all. `stopped`: no channel could go on.

        Raises OperationalError.
        """
        clock = self._steady()
        total, stopped = Tally(), []
        for channel, sender in self._senders.items():
            if channel in self.resting and time.monotonic() < self.resting[channel].until:
                continue
            began = time.monotonic()
            tally = deliver_due(
                self._now,
                sender,
                limit=self._limits[channel],
                stopping=lambda: self._alive() and stopping(),
                journal=self._journal,
                due_by=clock.due_by,
                channel=channel,
            )
            quick = tally.claimed == self._limits[channel] and time.monotonic() - began < QUICK_SECONDS
            self._limits[channel] = MANY if quick else FEW
            self._rested(channel, tally.stopped)
            stopped += [tally.stopped] if tally.stopped else []
            total = _sum(total, tally)
        self._alive()
        return replace(total, stopped="; ".join(dict.fromkeys(stopped)) if len(stopped) == len(self._senders) else "")

    def _rested(self, channel: str, why: str) -> None:
        """Leave a channel alone whose server would refuse the next message too, where there is another to go on with."""
        before = self.resting.pop(channel, None)
        if why and len(self._senders) > 1:
            seconds = SHORTEST_REST if before is None else min(before.seconds * 2, LONGEST_REST)
            self.resting[channel] = Rest(why, seconds, time.monotonic() + seconds)

    @property
    def clock_ahead(self) -> float:
        """By how many seconds this machine's clock has jumped ahead and is not believed; 0 where it is."""
        return self._steady().ahead

    def rest(self) -> None:
        """Nothing is due: let the connections go."""
        for sender in self._senders.values():
            sender.close()

    def say_goodbye(self) -> None:
        """It ends as it was told to. Commits."""
        db.session.execute(sa.update(MailWorker).where(_ROW.id == self.id).values(stopped_at=self._now()))
        db.session.commit()

    def _alive(self) -> bool:
        """Say so, if it is time; always True."""
        at = time.monotonic()
        if self._told_at is None or at - self._told_at >= BEAT.total_seconds():
            self._say_alive()
            self._told_at = at
        return True

    def _say_alive(self) -> None:
        clock, present = self._steady(), self._now()
        own = db.session.execute(sa.select(_ROW.clock_offset, _ROW.clock_ahead).where(_ROW.id == self.id)).one_or_none()
        if own is not None and not own.clock_ahead:
            clock.believe(own.clock_offset)
        clock.due_by()
        values = {"clock_offset": clock.offset, "clock_ahead": clock.ahead, "seen_at": present}
        if own is None:
            who = {"id": self.id, "machine": socket.gethostname()[:100], "boot": self._boot, "started_at": present}
            db.session.execute(sa.insert(MailWorker).values(**who, **values))
            db.session.execute(sa.delete(MailWorker).where(_ROW.seen_at < present - KEPT))
        else:
            db.session.execute(sa.update(MailWorker).where(_ROW.id == self.id).values(**values))
        db.session.commit()

    def _steady(self) -> SteadyClock:
        """The clock, as the last worker of this machine's present run has believed it."""
        if self._clock is None:
            offset = None
            if self._boot:
                last = sa.select(_ROW.clock_offset).where(_ROW.boot == self._boot).order_by(_ROW.seen_at.desc()).limit(1)
                offset = db.session.execute(last).scalar_one_or_none()
            self._clock = SteadyClock(self._now, seconds_since_boot, offset)
        return self._clock


def workers(now: dt.datetime) -> list[WorkerRow]:
    """Who was heard of in the last day, the last heard of first."""
    columns = (_ROW.id, _ROW.machine, _ROW.clock_ahead, _ROW.started_at, _ROW.seen_at, _ROW.stopped_at)
    query = sa.select(*columns).where(_ROW.seen_at > now - dt.timedelta(days=1)).order_by(_ROW.seen_at.desc(), _ROW.id)
    return [WorkerRow(*row) for row in db.session.execute(query)]


def believe_clocks() -> int:
    """A person says that the clocks are right which jumped ahead; of how many workers. Flushes only."""
    right = {"clock_offset": _ROW.clock_offset + _ROW.clock_ahead, "clock_ahead": 0.0}
    changed = db.session.execute(sa.update(MailWorker).where(_ROW.clock_ahead > 0).values(**right))
    return int(getattr(changed, "rowcount", 0))


def confirm_clocks(*, actor: str, now: dt.datetime) -> int:
    """`believe_clocks` by a person, told in the log; of how many workers. Commits."""
    number = believe_clocks()
    if number:
        record("mail_clock_believed", actor=actor, subject="mail:outbox", detail={"workers": number}, now=now)
    db.session.commit()
    return number


def _sum(one: Tally, other: Tally) -> Tally:
    counts = {
        each.name: getattr(one, each.name) + getattr(other, each.name) for each in fields(Tally) if each.name != "stopped"
    }
    return Tally(**counts, stopped=one.stopped or other.stopped)
