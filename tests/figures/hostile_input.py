"""Hostile input of every kind: what was executed, crashed with 500, or took a process over 256 MB.

A site is filled with texts that would run wherever they were taken for anything but text; a real browser visits its pages and
its messages, and the files that it gives away are taken apart. Then it gets requests that no client makes, every form and the
JSON of saving are filled by hypothesis as each role, and its commands get files of all wrong kinds, all on both databases.
Not for: who may see what (tests/roles), or whether what was typed is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.browser import chromium
from tests.figures.harness import AT_LEAST, AT_MOST, DATABASES, EXACTLY, Figure, bench
from tests.hostile.bodies import MemoryWatch, is_alive, send_all
from tests.hostile.commands import run_all
from tests.hostile.forms import SEED, SLOW, Endings, fill_all
from tests.hostile.probe import Probe, addresses, messages, visit_all
from tests.hostile.takeaways import message_problems
from tests.hostile.taking import CRASHED, file_problems
from tests.hostile.world import World, pour
from tests.live_site import Site, SiteError

MOST_MEGABYTES = 256
FORM_SECONDS = 30.0
EXAMPLES = 12
SHOWN = 25
REFUSALS = 80  # pages that came back from forms, looked at in the browser


@dataclass
class Finds:
    """What was found, by kind, and how much was tried."""

    executed: set[str] = field(default_factory=set)
    crashed: dict[str, str] = field(default_factory=dict)
    peak: float = 0.0
    blocked: set[str] = field(default_factory=set)
    pages: int = 0
    requests: int = 0
    forms: int = 0
    files: int = 0

    @property
    def count(self) -> int:
        return len(self.executed) + len(self.crashed) + len(self.blocked) + (self.peak > MOST_MEGABYTES)


def measure() -> Iterator[Figure]:
    """What was tried and found, then the sum of what was found."""
    finds = Finds()
    with bench() as sites:
        for shift, kind in enumerate(DATABASES):
            with sites.site(kind) as site:
                world = pour(site, shift * 17)
                with MemoryWatch(site) as memory:
                    attack(world, finds, look=kind == "sqlite")
                finds.peak = max(finds.peak, memory.peak)
                print(f"{DATABASES[kind]}: at most {memory.peak:.0f} MB in a process of the site", file=sys.stderr)
                if not is_alive(site):
                    finds.crashed[f"{kind}: the site"] = "serves no longer"
    _tell(finds)
    yield Figure("pages and messages looked at in a browser", finds.pages, "", AT_LEAST, 200)
    yield Figure("requests sent", finds.requests, "", AT_LEAST, 1_000)
    yield Figure("forms filled in", finds.forms, "", AT_LEAST, 100)
    yield Figure("files given to commands or taken away", finds.files, "", AT_LEAST, 60)
    yield Figure("executed", len(finds.executed) + len(finds.blocked), "", EXACTLY, 0)
    yield Figure("crashed with 500", len(finds.crashed), "", EXACTLY, 0)
    yield Figure("most memory of a process", finds.peak, "MB", AT_MOST, MOST_MEGABYTES)
    yield Figure("hostile-input", finds.count, "executed, crashed with 500 or over 256 MB", EXACTLY, 0)


def attack(world: World, finds: Finds, *, look: bool) -> None:
    """All attacks on one site. `look`: with the browser and the commands, which need no second database."""
    site, app = world.site, world.site.application()
    endings = Endings()
    for name, problem in file_problems(world):
        finds.files += 1
        if problem.startswith(CRASHED):
            finds.crashed[name] = problem
        elif problem:
            finds.executed.add(f"{name}: {problem}")
    if look:
        _look(world, finds)
    send_all(site, world.cookies["entity"], endings)
    finds.forms += fill_all(world, addresses(app, world), endings, examples=EXAMPLES, seconds=FORM_SECONDS)
    finds.executed |= {f"{name}: a header of another's" for name in endings.headers}
    if look:
        _look_at_refusals(world, endings, finds)
        commands = run_all(site)
        finds.files += commands.run
        finds.crashed |= commands.crashed
        finds.peak = max(finds.peak, commands.peak)
        for command, megabytes in commands.heavy.items():
            print(f"{command} took {megabytes:.0f} MB", file=sys.stderr)
    finds.requests += endings.made
    finds.crashed |= endings.crashes
    finds.crashed |= {f"a fault in the log of {site.port}": one for one in _faults(site)}
    print(f"statuses {dict(sorted(endings.statuses.items()))}, seed {SEED}", file=sys.stderr)
    for where, seconds in sorted(endings.slow.items()):
        print(f"slow: {where} took {seconds:.1f} s, more than {SLOW:.0f}", file=sys.stderr)


def _look(world: World, finds: Finds) -> None:
    with chromium() as browser:
        probe = Probe(browser, world.site.url)
        visit_all(probe, world, world.site.application())
        _read_messages(world, probe, finds)
        _take(probe, finds)


def _look_at_refusals(world: World, endings: Endings, finds: Finds) -> None:
    """The pages that came back from forms, with what was typed in them."""
    with chromium() as browser:
        probe = Probe(browser, world.site.url)
        page = probe.context({}, policy=False).new_page()
        for name, html in list(endings.pages.items())[:REFUSALS]:
            probe.read(page, html, f"the answer to {name}")
        _read_messages(world, probe, finds)
        _take(probe, finds)


def _read_messages(world: World, probe: Probe, finds: Finds) -> None:
    """Send what waits, and look at each message."""
    site = world.site
    try:
        site.flask("mail", "deliver", "--once")
    except SiteError as error:
        finds.crashed["mail deliver"] = str(error)[-300:]
    page = probe.context({}, policy=False).new_page()
    for message in messages(site.folder / "mail"):
        finds.executed |= {f"message: {problem}" for problem in message_problems(message)}
        body = message.get_body(("html",))
        if body is not None:
            probe.read(page, body.get_content(), f"message {message['Message-ID']}")


def _take(probe: Probe, finds: Finds) -> None:
    finds.pages += probe.pages
    finds.executed |= probe.found
    finds.blocked |= probe.blocked
    finds.crashed |= dict.fromkeys(probe.faults, "in the browser")


def _faults(site: Site) -> list[str]:
    """The faults and tracebacks that the site's log tells of."""
    lines = site.log.read_text(errors="replace").splitlines()
    return [line[:600] for line in lines if '"event":"fault"' in line or line.startswith("Traceback")][:1]


def _tell(finds: Finds) -> None:
    for kind, found in (("executed", finds.executed), ("stopped by the policy", finds.blocked)):
        for one in sorted(found)[:SHOWN]:
            print(f"{kind}: {one}", file=sys.stderr)
    for where, what in sorted(finds.crashed.items())[:SHOWN]:
        print(f"crashed: {where}: {what}", file=sys.stderr)
