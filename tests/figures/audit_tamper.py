"""Tampering with the audit record found of made: hundreds of edits, deletions, truncations, reorderings, insertions and chains
written anew, each by SQL on a fresh copy of some thousand entries, on both databases.

The record holds entries of every action that the program knows, from several places and from commands. Its head was exported
by the command in the middle and at the end. Each copy is judged by `flask audit verify --head FILE`: it must end with 1 and
name the number at which the tampering begins where that is one. Some are judged by a process of its own, the others by
the same command in this one. Copies that nobody touched must be called sound.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.audit.chain import record
from app.audit.words import EVENTS
from app.database import sqlite_module
from app.extensions import db
from tests.databases import Databases
from tests.figures.harness import DATABASES, EXACTLY, Figure, Share
from tests.live_site import Site, SiteError
from tests.tampering import WAYS, Copy

ENTRIES: Final = 3_000
OF_EACH_WAY: Final = 4
UNTOUCHED: Final = 5
APART: Final = range(1, len(WAYS), 6)
SEED: Final = 2026
BEGAN: Final = dt.datetime(2026, 3, 16, 9, 0, tzinfo=dt.UTC)


def measure() -> Iterator[Figure | Share]:
    """What is found on each database, and the untouched copies that are called broken."""
    folder = Path(tempfile.mkdtemp(prefix="tampering-"))
    databases = Databases(folder, lambda url: _write_record(folder, url))
    alarms, shares = 0, []
    try:
        for kind in DATABASES:
            found = made = 0
            for way in [*WAYS] * OF_EACH_WAY:
                made += 1
                found += _is_found(databases, folder, kind, way, made)
            alarms += sum(_verify(folder, url := databases.fresh(kind))[0] != 0 for _ in range(UNTOUCHED))
            databases.drop(url)
            shares.append(Share(f"audit-tamper-{kind}", found, made, "tamperings found"))
    finally:
        databases.close()
        shutil.rmtree(folder, ignore_errors=True)
    yield Figure("untouched copies called broken", alarms, "", EXACTLY, 0)
    yield from shares
    yield Share("audit-tamper", sum(one.passed for one in shares), sum(one.made for one in shares), "tamperings found")


def _is_found(databases: Databases, folder: Path, kind: str, way: str, turn: int) -> bool:
    url = databases.fresh(kind)
    try:
        expected = _tamper(url, way, random.Random(f"{SEED}-{way}-{turn}"))
        code, said = _verify(folder, url, apart=turn in APART)
    finally:
        databases.drop(url)
    where = f"broken at no. {'' if expected is None else f'{expected}:'}"
    found = code == 1 and where in said
    if not found:
        print(f"{kind}: {way} (no. {turn}): expected at {expected}, exit code {code}: {said}", file=sys.stderr)
    return found


def _tamper(url: str, way: str, chance: random.Random) -> int | None:
    options = {"module": sqlite_module()} if url.startswith("sqlite") else {}
    engine = sa.create_engine(url, **options)
    try:
        with engine.begin() as connection:
            return WAYS[way](Copy(connection, ENTRIES, chance))
    finally:
        engine.dispose()


def _verify(folder: Path, url: str, *, apart: bool = False) -> tuple[int, str]:
    """(exit code, what was said) of the command on a copy."""
    heads = str(folder / f"{sa.make_url(url).get_backend_name()}.heads")
    arguments = ("audit", "verify", "--head", heads)
    if apart:
        try:
            return 0, Site(folder, url).flask(*arguments)
        except SiteError as error:
            return 1, str(error)
    app = _application(folder, url)
    done = app.test_cli_runner().invoke(args=list(arguments))
    _leave(app)
    return done.exit_code, done.output


def _write_record(folder: Path, url: str) -> None:
    """The schema, and entries of all actions, a third of them by commands; heads exported on the way."""
    app, chance = _application(folder, url), random.Random(SEED)
    heads = str(folder / f"{sa.make_url(url).get_backend_name()}.heads")
    with app.app_context():
        upgrade(directory=str(Path(app.root_path) / "migrations"))
        for half in (range(ENTRIES // 2), range(ENTRIES // 2, ENTRIES)):
            _write_entries(app, half, chance)
            app.test_cli_runner().invoke(args=["audit", "head", "--out", heads])
    _leave(app)


def _write_entries(app: Flask, numbers: range, chance: random.Random) -> None:
    actions = list(EVENTS)
    for number in numbers:
        actor = ("command", "staff:{}", "entity:{:06}", "operator:{}")[chance.randrange(4)].format(chance.randint(1, 99))
        told = {"before": chance.random(), "after": None, "edition": "2026", "città": True, "count": number}
        values = {"actor": actor, "subject": f"entity:{chance.randint(1, 9_999):06}", "detail": told}
        place = {"REMOTE_ADDR": f"192.0.{chance.randint(0, 9)}.{chance.randint(1, 254)}"}
        at = BEGAN + number * dt.timedelta(seconds=chance.random() * 9)
        with nullcontext() if actor == "command" else app.test_request_context("/", environ_base=place):
            record(actions[number % len(actions)], now=at, **values)
    db.session.commit()


def _application(folder: Path, url: str) -> Flask:
    return create_app({"base_url": "http://127.0.0.1", "database_url": url, "instance_path": str(folder)})


def _leave(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
