"""1,000 random histories of two to four browsers on one draft each, on both databases: updates lost or silently overwritten.

Spells without a line, lost requests and replies, copies that arrive late and out of order; answers, sheets that are added,
copied, moved, deleted and restored, edits that meet deletions, decisions. What a draft owes is told by `tests.merging.ledger`,
which knows nothing of the program; each save goes through the program's own `apply` into a real database, and in the end the
database is read and its journal folded. Both databases play the same histories and must hold the same documents.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings

from app import create_app
from app.editions.current import current_edition
from app.extensions import db
from app.registry.entities import entities_in_force
from app.responses.reading import open_response
from tests.figures.harness import DATABASES, EXACTLY, Figure
from tests.live_site import demo_sites
from tests.merging.histories import HISTORIES, History, play

NUMBER = 1_000
SEED = int(os.environ.get("RICOGNIZIONE_TEST_SEED", "2026"))
SHOWN_FAULTS = 20
SHOWN_HISTORIES = 2


@dataclass
class Played:
    """What came of the histories on one database. `documents`: the text of each in the end."""

    seconds: float = 0
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    documents: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def measure() -> Iterator[Figure]:
    """The losses on each database, and in how many documents the two differ."""
    print(f"histories of seed {SEED} (RICOGNIZIONE_TEST_SEED)", file=sys.stderr)
    at = dt.datetime.now(dt.UTC)
    with demo_sites(durable=False) as sites, ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        waiting = {kind: pool.submit(play_all, sites.databases.fresh(kind), at, NUMBER) for kind in DATABASES}
        played = {kind: one.result() for kind, one in waiting.items()}
    for kind, one in played.items():
        _tell(kind, one)
    first, second = (one.documents for one in played.values())
    differing = sum(left != right for left, right in zip(first, second, strict=True))
    yield Figure("documents that differ between the databases", differing, "", EXACTLY, 0)
    yield Figure("histories played", len(first) + len(second), "", EXACTLY, 2 * NUMBER)
    for kind, one in played.items():
        yield Figure(f"merge-histories-{kind}", len(one.faults), "lost or silently overwritten", EXACTLY, 0)


def play_all(url: str, at: dt.datetime, number: int) -> Played:
    """Play so many histories, each on the draft of another municipality."""
    played, began = Played(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="histories-") as folder:
        app = create_app({"base_url": "http://127.0.0.1", "database_url": url, "instance_path": folder})
        with app.app_context():
            edition = current_edition()
            assert edition is not None
            municipalities = iter([entity.id for entity in entities_in_force(kind="municipality")])

            @seed(SEED)
            @settings(
                max_examples=number, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HealthCheck
            )
            @given(HISTORIES)
            def each(history: History) -> None:
                server, text = play(history, open_response(next(municipalities), edition, at), at)
                played.documents.append(text)
                played.faults += server.faults
                played.counts.update(server.counts)
                if server.faults and len(played.told) < SHOWN_HISTORIES:
                    played.told.append("\n".join([str(history), *server.told, *server.faults]))

            each()
            db.session.remove()
            db.engine.dispose()
    played.seconds = time.monotonic() - began
    return played


def _tell(kind: str, played: Played) -> None:
    happened = ", ".join(f"{number} {what}" for what, number in sorted(played.counts.items()))
    print(f"{kind}: {len(played.documents)} histories in {played.seconds:.0f} s: {happened}", file=sys.stderr)
    for line in [*played.told, *played.faults[:SHOWN_FAULTS]]:
        print(f"{kind}: {line}", file=sys.stderr)
