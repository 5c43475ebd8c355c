"""Clocks that jump by an hour or a day, ahead and back, and both changes of daylight-saving time: messages that go out early,
and messages that go out twice.

A batch is planned over three days, in the working hours of Rome, a message every quarter of an hour. A simulated machine lives
through them minute by minute: what really passes is known, what its clock shows jumps in the middle, is left so for six hours
and then comes back; its worker starts anew now and then, as after a deploy, and remembers what it has believed. Every message
goes to a real mail server. Early is what goes out before the true instant for which it was planned, or when no office works by
the true time in Rome; by a jump back nothing is early, and what is late comes when its time has come.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.config import settings
from app.extensions import db
from app.mail.delivering import deliver_due
from app.mail.groups import GroupMessage, open_group, queue_into
from app.mail.models import Delivery
from app.mail.pace import is_working_time, spread
from app.mail.smtp import SmtpSender
from app.mail.steady import SteadyClock
from tests.figures.harness import DATABASES, EXACTLY, Figure, bench
from tests.mail.outboxes import ROW, outbox
from tests.smtp_server import SmtpServer, smtp_server

ROME = ZoneInfo("Europe/Rome")
MESSAGES, PER_HOUR = 80, 4
MINUTE = dt.timedelta(minutes=1)
HOUR, DAY = 60, 24 * 60
LIVES = 5 * DAY
RESTARTS = 7 * HOUR
JUMPS = {"an hour ahead": HOUR, "an hour back": -HOUR, "a day ahead": DAY, "a day back": -DAY}
CHANGES = {
    "summer time begins": dt.datetime(2026, 3, 27, 7, 0, tzinfo=ROME),
    "it ends": dt.datetime(2026, 10, 23, 7, 0, tzinfo=ROME),
}
QUIET = dt.datetime(2026, 5, 18, 7, 0, tzinfo=ROME)


@dataclass
class Machine:
    """A machine that is simulated: minutes that have passed, and by how many its clock is wrong."""

    begins: dt.datetime
    passed: int = 0
    wrong: int = 0
    seen: list[tuple[str, dt.datetime]] = field(default_factory=list)

    @property
    def true_time(self) -> dt.datetime:
        return self.begins.astimezone(dt.UTC) + self.passed * MINUTE

    def now(self) -> dt.datetime:
        return self.true_time + self.wrong * MINUTE

    def elapsed(self) -> float:
        return self.passed * 60.0


def measure() -> Iterator[Figure]:
    """Of all lives on both databases."""
    early, twice, missing = 0, 0, 0
    lives: list[tuple[str, dt.datetime, int]] = [(name, QUIET, wrong) for name, wrong in JUMPS.items()]
    lives += [(name, begins, 0) for name, begins in CHANGES.items()]
    with bench(empty=True) as sites:
        for kind in DATABASES:
            for name, begins, wrong in lives:
                with smtp_server() as server:
                    one = _live(sites.databases, kind, server, begins, wrong)
                print(f"{DATABASES[kind]}, {name}: {one['early']} early, {one['twice']} twice, {one['missing']} not sent")
                early, twice, missing = early + one["early"], twice + one["twice"], missing + one["missing"]
    yield Figure("not sent at the end", missing, "messages", EXACTLY, 0)
    yield Figure("clock-jumps", early + twice, "early or sent twice", EXACTLY, 0)


def _live(databases: Any, kind: str, server: SmtpServer, begins: dt.datetime, wrong: int) -> Counter[str]:
    machine, found = Machine(begins), Counter[str]()
    with outbox(databases, kind, server) as box, box.app.app_context():
        plan = _queue(machine.now())
        sender, clock = SmtpSender(settings()), SteadyClock(machine.now, machine.elapsed)
        sent_at: dict[str, dt.datetime] = {}
        while machine.passed < LIVES:
            machine.passed += 5
            machine.wrong = wrong if DAY + 4 * HOUR <= machine.passed < DAY + 10 * HOUR else 0
            if machine.passed % RESTARTS == 0:
                clock = SteadyClock(machine.now, machine.elapsed, clock.offset)
            before = len(server.taken)
            deliver_due(machine.now, sender, limit=20, due_by=clock.due_by)
            for taken in server.taken[before:]:
                [recipient] = taken.recipients
                found["twice"] += recipient in sent_at
                sent_at[recipient] = machine.true_time
        sender.close()
        for recipient, planned in plan.items():
            at = sent_at.get(recipient)
            found["missing"] += at is None
            found["early"] += at is not None and (at < planned or not is_working_time(at))
        db.session.remove()
    return found


def _queue(at: dt.datetime) -> dict[str, dt.datetime]:
    """The batch; recipient → the instant for which it is planned."""
    group = open_group("figure", PER_HOUR, at, working_hours=True)
    times = spread(at, MESSAGES, PER_HOUR, working_hours=True)
    messages = [
        GroupMessage(f"entity:{number}", f"u{number}@example.org", f"Avviso {number}", "Testo\n", None, f"c/{number}", time)
        for number, time in enumerate(times)
    ]
    queue_into(group, "notice", "it", messages, at)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery).where(ROW.group_id == group)) == MESSAGES
    return {message.recipient: message.not_before for message in messages}
