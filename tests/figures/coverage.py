"""Who answers for whom in a country where much goes wrong: the program's counts against an independent count, step by step.

7,896 municipalities, 433 Unioni over 2,797 of them, 600 Ambiti over all; leads that claim too much or too little or stay
silent, members that name the wrong lead, answer as well, deny or take back, municipalities that merge today or later. After
each of 1,000 events the counts and populations of every Region, who is claimed twice, and how those stand whom the event was
about are compared with what `tests.country.model` counts in plain Python from the rules alone.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import flask_migrate

from app import create_app
from app.extensions import db
from app.responses.coverage import Counts, Tally, counts, counts_by_region, double_claims, standing_of
from tests.country.building import build
from tests.country.events import Life
from tests.country.model import STATES
from tests.databases import Databases
from tests.figures.harness import DATABASES, Share

STEPS = 1_000
LEADS_BEFORE = 300
MEMBERS_BEFORE = 150
SEED = 2026
MIGRATIONS = Path(__file__).resolve().parents[2] / "app" / "migrations"
SHOWN_FAILURES = 10


def measure() -> Iterator[Share]:
    """The steps at which both counts are equal, on each database."""
    with _databases() as databases:
        for kind in DATABASES:
            yield Share(f"coverage-{kind}", _equal_steps(databases, kind), STEPS, "steps")


@contextmanager
def _databases() -> Iterator[Databases]:
    with tempfile.TemporaryDirectory(prefix="ricognizione-coverage-") as folder:

        def build_schema(url: str) -> None:
            with _application(url, folder).app_context():
                flask_migrate.upgrade(directory=str(MIGRATIONS))
                db.session.remove()
                db.engine.dispose()

        databases = Databases(Path(folder), build_schema)
        try:
            yield databases
        finally:
            databases.close()


def _application(url: str, folder: str) -> Any:
    return create_app({"database_url": url, "instance_path": folder})


def _equal_steps(databases: Databases, kind: str) -> int:
    url = databases.fresh(kind)
    with tempfile.TemporaryDirectory() as folder, _application(url, folder).app_context():
        life = Life(build(Random(SEED)), Random(SEED))
        life.begin(LEADS_BEFORE, MEMBERS_BEFORE)
        equal, seconds, happened = 0, [], Counter[str]()
        for step in range(1, STEPS + 1):
            differences, spent, event = _step(life)
            seconds.append(spent)
            happened[event] += 1
            equal += not differences
            if differences and step - equal <= SHOWN_FAILURES:
                print(f"{kind}: step {step}, {event}: {'; '.join(differences)}", file=sys.stderr)
        total = counts(life.ground.edition.id, life.hands.now)
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)
    told = ", ".join(f"{state} {getattr(total, state).municipalities}" for state in STATES)
    print(f"{kind}: {', '.join(f'{name} {times}' for name, times in happened.most_common())}", file=sys.stderr)
    print(
        f"{kind}: at the end {told}; a count of the country in {statistics.median(seconds) * 1000:.0f} ms, at most "
        f"{max(seconds) * 1000:.0f} ms",
        file=sys.stderr,
    )
    return equal


def _step(life: Life) -> tuple[list[str], float, str]:
    """One event; what differs after it, how long a count took, and what the event was."""
    try:
        event = life.happen()
    except Exception as error:  # noqa: BLE001 — an event that the program refused is a step that is not equal, told with its reason
        db.session.rollback()
        return [f"{type(error).__name__}: {error}"], 0.0, "failed"
    began = time.perf_counter()
    total = counts(life.ground.edition.id, life.hands.now)
    spent = time.perf_counter() - began
    differences = [*_counts_differ(life, total), *_doubles_differ(life), *_standings_differ(life)]
    db.session.rollback()
    return differences, spent, event


def _counts_differ(life: Life, total: Counts) -> list[str]:
    wanted = life.country.count(life.day)
    sums = {
        state: tuple(sum(column) for column in zip(*(states[state] for states in wanted.values()), strict=True))
        for state in STATES
    }
    found = {one.code: one.counts for one in counts_by_region(life.ground.edition.id, life.hands.now)}
    differences = [] if found.keys() == wanted.keys() else [f"Regions {found.keys() ^ wanted.keys()}"]
    rows = [("Italia", total, sums), *((code, found[code], wanted[code]) for code in found.keys() & wanted.keys())]
    return differences + [
        f"{where} {state} {_numbers(getattr(one, state))}, not {expected[state]}"
        for where, one, expected in rows
        for state in STATES
        if _numbers(getattr(one, state)) != expected[state]
    ]


def _numbers(tally: Tally) -> tuple[int, int, int]:
    return tally.municipalities, tally.population, tally.unknown_population


def _doubles_differ(life: Life) -> list[str]:
    claimed = double_claims(life.ground.edition.id, life.hands.now)
    found = {one.member.code: {lead.code for lead in one.leads} for one in claimed}
    wanted = life.country.doubles(life.day)
    return [] if found == wanted else [f"claimed twice {found.keys() ^ wanted.keys() or 'by others'}"]


def _standings_differ(life: Life) -> list[str]:
    """How those stand whom the event was about, in what the model knows of it."""
    country, day = life.country, life.day
    sent, drafts, declared = (
        country.leads(country.sent, day),
        country.leads(country.drafts, day),
        dict(country.declarations(day)),
    )
    differences = []
    for code in sorted(life.touched):
        if not country.bodies[code].exists(day):
            continue
        found = standing_of(life.ground.ids[code], life.ground.edition, life.hands.now)
        named = declared.get(code)
        pairs: dict[str, tuple[Any, Any]] = {
            "answered": (found.answered, code in country.sent and not country.is_declaration(code)),
            "covered_by": (_codes(found.covered_by), sent.get(code, set())),
            "claimed_by": (_codes(found.claimed_by), drafts.get(code, set()) - sent.get(code, set())),
            "declared_to": (_codes(found.declared_to), {named} - {None}),
            "refused_by": (
                _codes(found.refused_by),
                {named} if country.replies.get((named or "", code, "lead")) is False else set(),
            ),
            "declared": (found.declared, named is not None and not country.refuses(named, code) and not sent.get(code)),
            "claimed_in_vain": (_codes(found.claimed_in_vain), country.claimed_in_vain(code, day)),
            "named_by": (_codes(found.named_by), country.waiting_for(code, day)),
        }
        differences += [f"{code} {name} {is_so}, not {due}" for name, (is_so, due) in pairs.items() if is_so != due]
    return differences


def _codes(rows: Any) -> set[str]:
    return {row.code for row in rows}
