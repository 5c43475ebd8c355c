"""kill -9 of delivery workers, 200 times at random phases of a conversation, half on each database: what was never sent, what
was sent twice by itself, and of how many messages nobody knows.

Two workers share an outbox and speak to a mail server that records what it accepts. In each round both are killed: the one when
the server has reached a phase drawn by lot for a number of times drawn by lot, the other at a moment drawn by lot. Then the
minutes of their leases are let pass, and two new ones go on. At the end a worker that is not killed sends what is left.
So many messages are added before each round that they do not come to an end in it.
"""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.figures.harness import AT_MOST, DATABASES, EXACTLY, Figure, bench
from tests.mail.outboxes import Outbox, address, outbox, taken_by_recipient
from tests.mail.workers import SECONDS
from tests.smtp_server import Latch, SmtpServer, smtp_server

KILLS = 200
WORKERS = 2
SEED = 2026
WAITING = 600  # so many messages wait at least when a round begins
PHASES = ("connect", "mail", "rcpt", "data", "body", "end")
LATEST = 25  # arrivals in a phase


@dataclass
class Found:
    """What came of it. `most_unknown`: the most that the kills of one round left unknown."""

    kills: int = 0
    queued: int = 0
    most_unknown: int = 0
    unknown: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    never_sent: int = 0
    sent_twice: int = 0


def measure() -> Iterator[Figure]:
    """Of each database: the kills, how many unknown, and what was lost or doubled."""
    with bench(empty=True) as sites:
        for kind in DATABASES:
            with smtp_server() as server, outbox(sites.databases, kind, server) as box:
                found = _kill_often(box, server)
            print(f"{DATABASES[kind]}: killed at {dict(found.phases)}; {found.unknown} of {found.queued} unknown")
            yield Figure(f"kills on {DATABASES[kind]}", found.kills, "", EXACTLY, KILLS // len(DATABASES))
            yield Figure(f"unknown after the kills of a round on {DATABASES[kind]}", found.most_unknown, "", AT_MOST, WORKERS)
            lost = found.never_sent + found.sent_twice
            yield Figure(f"batch-kill-{kind}", lost, "never sent or sent twice", EXACTLY, 0)


def _kill_often(box: Outbox, server: SmtpServer) -> Found:
    chance, found = random.Random(SEED), Found()
    while found.kills < KILLS // len(DATABASES):
        states = Counter(box.states().values())
        before, more = states["unknown"], WAITING - states["queued"]
        if more > 0:
            box.queue(found.queued + 1, more)
            found.queued += more
        _round(box, server, chance, found)
        box.end_leases()
        box.end_run_out_leases()
        found.unknown = Counter(box.states().values())["unknown"]
        found.most_unknown = max(found.most_unknown, found.unknown - before)
    code, said = box.run_once()
    assert code == 0, said
    taken, states = taken_by_recipient(server), box.states()
    known = [address(number) for number in range(1, found.queued + 1) if states[address(number)] != "unknown"]
    found.never_sent = sum(taken[each] == 0 or states[each] != "accepted" for each in known)
    found.sent_twice = sum(count > 1 for count in taken.values())
    return found


def _round(box: Outbox, server: SmtpServer, chance: random.Random, found: Found) -> None:
    workers = [box.worker("deliver", "--loop") for _ in range(WORKERS)]
    first = chance.randrange(WORKERS)
    phase, arrivals, later = chance.choice(PHASES), chance.randint(1, LATEST), chance.uniform(0, 0.3)
    if phase == "connect":
        arrivals = chance.randint(1, WORKERS)
    reached = threading.Event()

    def kill() -> None:
        workers[first].kill()
        reached.set()

    server.at = Latch(phase, arrivals, kill)
    assert reached.wait(SECONDS), f"no worker came to {phase} {arrivals} times"
    server.at = None
    time.sleep(later)
    for worker in workers:
        worker.kill()
        _end(worker)
    found.kills += WORKERS
    found.phases[phase] += 1


def _end(worker: subprocess.Popen[str]) -> None:
    worker.communicate(timeout=SECONDS)
