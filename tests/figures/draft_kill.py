"""kill -9 of the server or of one of its processes, 500 times in the middle of saves by script: acknowledged values lost.

Six people of three entities save without a pause, half of the kills on each database. Every fifth kill takes gunicorn with all
its processes, as a power cut of the machine that serves would, and the site is started anew; the others take one process, which
gunicorn replaces while the other goes on. After each, every save that was ever acknowledged is looked up in the journal, where
it must stand once, every answer in the document, and the database checks itself. What had no answer is sent again under its id.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import psutil

from tests.figures.harness import AT_LEAST, DATABASES, EXACTLY, Figure, bench
from tests.killing.reading_back import Reader
from tests.killing.writers import Acknowledged, Writer
from tests.live_site import Site
from tests.saving import signed_in

KILLS = 500
WHOLE = 5  # every so-manieth kill takes the whole server
SEED = 2026
PEOPLE = 2  # of each entity
PROGRESS = 30.0  # seconds in which a save must come through again
SHOWN_PROBLEMS = 20


def measure() -> Iterator[Figure]:
    """What is lost, doubled or broken on each database."""
    with bench() as sites:
        for kind in DATABASES:
            with sites.site(kind) as site:
                problems, kills, repeated = kill_often(site, KILLS // len(DATABASES))
            for problem in problems[:SHOWN_PROBLEMS]:
                print(f"{kind}: {problem}", file=sys.stderr)
            yield Figure(f"kills in the middle of a save on {DATABASES[kind]}", kills, "", EXACTLY, KILLS // len(DATABASES))
            yield Figure(f"saves without an answer, sent again, on {DATABASES[kind]}", repeated, "", AT_LEAST, 1)
            yield Figure(f"draft-kill-{kind}", len(problems), "lost", EXACTLY, 0)


def kill_often(site: Site, number: int) -> tuple[list[str], int, int]:
    """Kill so many times. (What is wrong, how many kills, how many saves had to be sent again)"""
    codes = [account.code for account in site.accounts[:3]]
    stop, chance, reader = threading.Event(), random.Random(SEED), Reader(site.database_url)
    savers = signed_in(site, codes * PEOPLE)
    writers = [Writer(saver, place + 1, stop) for place, saver in enumerate(savers)]
    for writer in writers:
        writer.start()
    began, kills = time.monotonic(), 0
    try:
        for kill in range(1, number + 1):
            if not _saving_goes_on(writers):
                break
            time.sleep(chance.uniform(0, 0.05))
            whole = kill % WHOLE == 0
            if whole:
                site.kill()
            else:
                _kill_a_process(site, chance)
            kills += 1
            reader.check(_acknowledged(writers), anew=kill % 50 == 0)
            reader.check_integrity()
            if whole:
                site.start()
    finally:
        _finish(writers, stop)
    reader.check(_acknowledged(writers), anew=True)
    reader.check_integrity()
    reader.close()
    failures = [failure for writer in writers for failure in writer.failures]
    saves, repeated = len(_acknowledged(writers)), sum(writer.repeated for writer in writers)
    print(
        f"{kills} kills in {time.monotonic() - began:.0f} s, {saves} saves acknowledged and {reader.checked} times read back, "
        f"{repeated} sent again; {reader.how}",
        file=sys.stderr,
    )
    return reader.problems + failures, kills, repeated


def _acknowledged(writers: Sequence[Writer]) -> list[Acknowledged]:
    return [one for writer in writers for one in list(writer.acknowledged)]


def _saving_goes_on(writers: Sequence[Writer]) -> bool:
    """Wait until everybody has been answered once more: then all are in the middle of saving. False where one is not."""
    before = [len(writer.acknowledged) for writer in writers]
    end = time.monotonic() + PROGRESS
    while any(len(writer.acknowledged) <= count for writer, count in zip(writers, before, strict=True)):
        if any(writer.failures for writer in writers):
            return False
        if time.monotonic() > end:
            writers[0].failures.append(f"saving does not go on within {PROGRESS:.0f} s")
            return False
        time.sleep(0.005)
    return True


def _kill_a_process(site: Site, chance: random.Random) -> None:
    assert site.process is not None
    while True:
        processes = sorted(child.pid for child in psutil.Process(site.process.pid).children())
        if processes:
            os.kill(chance.choice(processes), signal.SIGKILL)
            return
        time.sleep(0.005)


def _finish(writers: Sequence[Writer], stop: threading.Event) -> None:
    stop.set()
    for writer in writers:
        writer.join(PROGRESS)
