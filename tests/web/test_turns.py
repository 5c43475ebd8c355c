"""Writers on SQLite take turns, between threads and between processes, and no turn outlives its transaction or its process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.database import engine_options, prepare_engine
from app.turns import PATIENCE, Turns

HOLDER = """
import sys, time
from app.turns import Turns
Turns(sys.argv[1]).take(object())
print("has it", flush=True)
time.sleep(60)
"""


def waits(turns: Turns, connection: object) -> float:
    began = time.monotonic()
    turns.take(connection)
    return time.monotonic() - began


def test_the_second_waits_until_the_first_gives_back(tmp_path: Path) -> None:
    turns, first, second = Turns(str(tmp_path / "db")), object(), object()
    turns.take(first)
    threading.Timer(0.2, turns.give_back, [first]).start()
    assert 0.1 < waits(turns, second) < PATIENCE
    turns.give_back(second)


def test_who_has_no_turn_gives_none_back(tmp_path: Path) -> None:
    turns, holder = Turns(str(tmp_path / "db")), object()
    turns.take(holder)
    turns.give_back(object())
    assert waits(turns, object()) >= PATIENCE * 0.9
    turns.give_back(holder)


def test_processes_take_turns_and_the_turn_of_one_that_dies_is_free(tmp_path: Path) -> None:
    database = str(tmp_path / "db")
    with subprocess.Popen([sys.executable, "-c", HOLDER, database], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "has it\n"
        threading.Timer(0.2, other.kill).start()
        turns, connection = Turns(database), object()
        assert 0.1 < waits(turns, connection) < PATIENCE
        turns.give_back(connection)


@pytest.mark.parametrize("end", ["commit", "rollback", "close", "invalidate"])
def test_however_a_transaction_ends_its_turn_ends_too(tmp_path: Path, end: str) -> None:
    url = sa.make_url(f"sqlite:///{tmp_path / 'db'}")
    engine = sa.create_engine(url, **engine_options(url))
    prepare_engine(engine)
    with engine.connect() as first:
        first.execute(sa.text("CREATE TABLE t (n INTEGER)"))
        getattr(first, end)()
    with engine.connect() as second:
        began = time.monotonic()
        second.execute(sa.text("SELECT 1"))
        assert time.monotonic() - began < PATIENCE * 0.9
    engine.dispose()


def test_without_a_file_to_wait_at_nobody_is_held_up(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "missing" / "db"))
    for _one in range(3):
        assert waits(turns, object()) < PATIENCE / 2
