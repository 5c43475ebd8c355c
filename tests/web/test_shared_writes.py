"""Writers that wait at the same time share a transaction; each one's success and failure is their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from app.extensions import db
from app.shared_writes import write

TABLE = sa.Table("shared_probe", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
SECONDS = 20


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    """An engine with an empty table of the test's own."""
    with app.app_context():
        with db.engine.begin() as connection:
            TABLE.create(connection)
        yield db.engine
        with db.engine.begin() as connection:
            TABLE.drop(connection)


def add(*numbers: int) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        for number in numbers:
            connection.execute(sa.insert(TABLE).values(id=number))

    return work


def stored(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.execute(sa.select(TABLE.c.id)).scalars())


def together(engine: Engine, works: list[Callable[[Connection], None]]) -> list[Exception | None]:
    """Run the works while the first of them holds the lead, so that all others wait at once; what each of them raised."""
    failures: list[Exception | None] = [None] * len(works)
    begun, go_on = threading.Event(), threading.Event()

    def first(connection: Connection) -> None:
        begun.set()
        go_on.wait(SECONDS)
        works[0](connection)

    def run(place: int, work: Callable[[Connection], None]) -> None:
        try:
            write(engine, work)
        except Exception as error:  # noqa: BLE001 — given to the test
            failures[place] = error

    threads = [threading.Thread(target=run, args=(0, first))]
    threads[0].start()
    assert begun.wait(SECONDS)
    threads += [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works[1:], 1)]
    for thread in threads[1:]:
        thread.start()
    threading.Event().wait(0.2)  # until they stand in the queue
    go_on.set()
    for thread in threads:
        thread.join(SECONDS)
    return failures


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_who_waits_meanwhile_is_written_in_one_transaction(engine: Engine) -> None:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    assert together(engine, [add(number) for number in range(6)]) == [None] * 6
    assert stored(engine) == set(range(6))
    assert len(commits) == 2


def test_each_writes_and_fails_by_itself(engine: Engine) -> None:
    def fall(connection: Connection) -> None:
        add(40)(connection)
        raise LookupError("mine")

    failures = together(engine, [add(1), add(2), add(30, 2, 31), fall, add(5)])
    assert [type(one) for one in failures if one] in ([IntegrityError, LookupError], [LookupError])  # 30, 2, 31 may come first
    assert isinstance(failures[3], LookupError)
    assert {1, 5} <= stored(engine)
    assert 40 not in stored(engine)
    assert (2 in stored(engine)) and ({30, 31} <= stored(engine)) == (failures[2] is None)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_commit_that_fails_is_told_to_all(engine: Engine) -> None:
    def refuse(_connection: Connection) -> None:
        raise OperationalError("COMMIT", None, Exception("disk full"))

    event.listen(engine, "commit", refuse)
    failures = together(engine, [add(number) for number in range(4)])
    event.remove(engine, "commit", refuse)
    assert [type(one) for one in failures] == [OperationalError] * 4
    assert stored(engine) == set()
    write(engine, add(9))
    assert stored(engine) == {9}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_failures_use_up_no_connections(engine: Engine) -> None:
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    write(engine, add(1))
    for _failure in range(3):
        with pytest.raises(IntegrityError):
            write(engine, add(1))
        assert pool.checkedout() == 0
    write(engine, add(2))
    assert stored(engine) == {1, 2}
