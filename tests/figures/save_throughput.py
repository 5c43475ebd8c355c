"""Saves by script a second, of two gunicorn processes, as a share of the pages a second of a bare Flask application.

Each save is one answer of one municipality, with session, permission and token, as a page's script sends it; 16 municipalities
save at once, each with two practices in its draft, 7,896 stand in the registry. The bare application runs in a gunicorn of its
own with as many processes and threads; saves and pages take turns over as many connections, and the median of the turns' ratios
counts. Requests come from one thread over raw sockets. In the end each acknowledged value is read back from the database.
"""

from __future__ import annotations

import json
import statistics
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.extensions import db
from app.registry.entities import find_by_code
from app.responses.journal import journal_lines
from app.responses.reading import response_by_id
from tests import load
from tests.bare_site import BareSite
from tests.figures.harness import AT_LEAST, DATABASES, EXACTLY, Figure, bench
from tests.live_site import Site
from tests.respondent.places import towns
from tests.saving import ADDRESS, Saver, signed_in

GOALS = {"sqlite": 0.25, "postgresql": 0.2}
CONNECTIONS = 16
ROUNDS = 8
SECONDS = 2.5  # of saves, and of pages, in each round
QUESTIONS = ("E02", "P01", "P03")
SHEETS = 2


@dataclass
class Stream:
    """One municipality's browser on one connection: it saves its answers one after the other, and remembers what was said."""

    saver: Saver
    items: list[str] = field(default_factory=list)
    count: int = 0
    asked: tuple[str, str, str] = ("", "", "")
    acknowledged: list[tuple[str, str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ask(self) -> bytes:
        self.count += 1
        question = QUESTIONS[self.count % len(QUESTIONS)]
        item = self.items[self.count % len(self.items)] if question.startswith("P") else None
        text, save_id = f"testo {self.count}", str(uuid.uuid4())
        self.asked = (save_id, question if item is None else f"{item}/{question}", text)
        body = self.saver.body(save_id, [self.saver.put(question, text, item)])
        return load.request("POST", ADDRESS, self.saver.visitor.host, list(self.saver.headers().items()), body)

    def answered(self, status: int, body: bytes) -> None:
        told = json.loads(body) if status == 200 else {}
        if status != 200 or len(told["saves"][0]["applied"]) != 1:
            self.failures.append(f"{self.saver.entity}: {status} {body[:200]!r}")
            return
        self.acknowledged.append(self.asked)
        self.saver.learn(told)


def measure() -> Iterator[Figure]:
    """The share on each database, the greater the better."""
    with bench() as sites:
        for kind, goal in GOALS.items():
            with sites.site(kind, workers="2") as site, BareSite(threads=8) as bare:
                streams = prepared(site)
                share = _share(kind, site, bare, streams)
                problems = read_back(site, streams)
            for problem in problems[:10]:
                print(f"{kind}: {problem}", file=sys.stderr)
            saved = sum(len(stream.acknowledged) for stream in streams)
            yield Figure(f"of {saved} acknowledged values lost on {DATABASES[kind]}", len(problems), "", EXACTLY, 0)
            yield Figure(f"save-throughput-{kind}", share, "of a bare page", AT_LEAST, goal)


def prepared(site: Site) -> list[Stream]:
    """Municipalities that have signed in, each with a few answers and two practices."""
    streams = [Stream(saver) for saver in signed_in(site, [town.code for town in towns()[:CONNECTIONS]])]
    for stream in streams:
        saver = stream.saver
        stream.items = [str(uuid.uuid4()) for _ in range(SHEETS)]
        operations = [saver.put("B01", "own"), saver.put("B04", "families"), saver.put("C01", "planned")]
        for item in stream.items:
            operations.append({"op_id": str(uuid.uuid4()), "op": "add", "item": item, "step": "P"})
            operations += [saver.put("P01", "Sportello", item), saver.put("P06", "municipality", item)]
        status, body = post(saver, saver.body(str(uuid.uuid4()), operations))
        assert status == 200, body
        told = json.loads(body)
        assert not told["saves"][0]["refused"], told
        saver.learn(told)
    return streams


def post(saver: Saver, body: bytes) -> tuple[int, bytes]:
    """One save over the visitor's own connection."""
    connection = saver.visitor.connection
    connection.request("POST", ADDRESS, body, saver.headers())
    answer = connection.getresponse()
    return answer.status, answer.read()


def _share(kind: str, site: Site, bare: BareSite, streams: Sequence[Stream]) -> float:
    page = load.request("GET", "/", "127.0.0.1")
    ratios, saves, pages, generator = [], [], [], []
    for number in range(ROUNDS + 1):
        shown = [load.Connection("127.0.0.1", bare.port, lambda: page, _good_page) for _stream in streams]
        saving = [load.Connection("127.0.0.1", site.port, stream.ask, stream.answered) for stream in streams]
        page_rate, _page_cpu = _rate(shown)
        save_rate, cpu = _rate(saving)
        if number:  # the first round warms up
            ratios.append(save_rate / page_rate)
            saves.append(save_rate)
            pages.append(page_rate)
            generator.append(cpu)
    print(
        f"{kind}: {statistics.median(saves):.0f} saves and {statistics.median(pages):.0f} bare pages a second over "
        f"{len(streams)} connections, ratio {min(ratios):.2f}–{max(ratios):.2f}; the generator took "
        f"{statistics.median(generator) * 100:.0f} % of a core while saving",
        file=sys.stderr,
    )
    return statistics.median(ratios)


def _good_page(status: int, body: bytes) -> None:
    if status != 200 or b"Ciao" not in body:
        raise load.LoadError(f"the bare page was answered {status}")


def _rate(connections: Sequence[load.Connection]) -> tuple[float, float]:
    """(answers a second, the generator's CPU as a share of a core)"""
    count, seconds, cpu = load.run(connections, SECONDS)
    return count / seconds, cpu / seconds


def read_back(site: Site, streams: Sequence[Stream]) -> list[str]:
    """What was acknowledged and is not in the journal, or whose last value is not the answer; and what was not stored."""
    problems = [failure for stream in streams for failure in stream.failures]
    with site.application().app_context():
        for stream in streams:
            assert find_by_code(stream.saver.entity) is not None
            problems += _missing(stream)
        db.session.remove()
        db.engine.dispose()
    return problems


def _missing(stream: Stream) -> list[str]:
    response = response_by_id(stream.saver.response)
    assert response is not None
    lines = journal_lines(response.id)
    written = {(op.key, op.value) for line in lines for op in line.operations if isinstance(op.value, str)}
    missing = [f"{key} = {text}" for _save, key, text in stream.acknowledged if (key, text) not in written]
    last = {key: text for _save, key, text in stream.acknowledged}
    answers = response.document.answers
    missing += [f"{key} is not {text}" for key, text in last.items() if answers[key].value != text]
    return [f"{response.entity_code}: {one}" for one in missing]
