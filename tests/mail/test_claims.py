"""Claims: nobody holds what another holds; a lost claim changes nothing; a lease that runs out tells queued from unknown."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from flask import Flask

from app.extensions import db
from app.mail import claims
from app.mail.claiming import claim_due, end_run_out_leases, release
from app.mail.claims import Claim, back_off, lease_span, settle, try_later
from app.mail.models import Delivery
from tests.conftest import Clock

Queue = Callable[..., list[int]]
Row = Callable[[int], Delivery]


def test_what_is_due_is_claimed_in_its_order_and_what_is_not_waits(queue: Queue, clock: Clock) -> None:
    later = queue(1, not_before=clock() + dt.timedelta(minutes=5), dedupe_key="later")
    ids = queue(3)
    assert [each.id for each in claim_due("a", 2, clock())] == ids[:2]
    assert [each.id for each in claim_due("b", 20, clock())] == ids[2:]
    assert claim_due("c", 20, clock()) == []
    clock.move(minutes=5)
    assert [each.id for each in claim_due("c", 20, clock())] == later


def test_workers_at_the_same_time_never_claim_the_same(app: Flask, queue: Queue, clock: Clock) -> None:
    ids = queue(60)
    together, found = threading.Barrier(4), []

    def claim(name: str) -> None:
        with app.app_context():
            together.wait()
            while mine := claim_due(name, 5, clock()):
                found.extend(each.id for each in mine)

    threads = [threading.Thread(target=claim, args=(f"worker{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ids


def test_a_claim_passes_over_rows_that_another_transaction_holds(app: Flask, queue: Queue, clock: Clock) -> None:
    """On PostgreSQL; SQLite has one writer at a time."""
    ids = queue(2)
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect() as other:
        other.exec_driver_sql(f"SELECT id FROM delivery WHERE id = {ids[0]} FOR UPDATE")
        assert [each.id for each in claim_due("a", 20, clock())] == ids[1:]


def test_a_lease_that_ran_out_before_data_queues_again(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    claim_due("a", 20, clock())
    clock.move(seconds=lease_span().total_seconds() - 1)
    end_run_out_leases(clock())
    assert row(only).state == "claimed"
    clock.move(seconds=1)
    end_run_out_leases(clock())
    found = row(only)
    assert (found.state, found.claim_token, found.lease_until, found.attempts) == ("queued", None, None, 0)


def test_a_lease_that_ran_out_in_data_is_unknown_and_is_never_claimed_again(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    claim_due("a", 20, clock())
    assert claims.enter_data(Claim(only, "a"), clock())
    db.session.commit()
    clock.move(days=1)
    end_run_out_leases(clock())
    assert (row(only).state, row(only).reason) == ("unknown", "the sender stopped after DATA")
    assert claim_due("b", 20, clock()) == []


def test_a_worker_that_was_only_slow_may_still_say_what_became_of_it(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    claim_due("a", 20, clock())
    claims.enter_data(Claim(only, "a"), clock())
    db.session.commit()
    clock.move(days=1)
    end_run_out_leases(clock())
    assert settle(Claim(only, "a"), "accepted", clock(), after_data=True, reply="250 ok") == "accepted"
    db.session.commit()
    assert (row(only).state, row(only).reply) == ("accepted", "250 ok")


def test_whoever_lost_the_claim_changes_nothing(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    claim_due("a", 20, clock())
    clock.move(days=1)
    end_run_out_leases(clock())
    claim_due("b", 20, clock())
    late = Claim(only, "a")
    assert claims.renew(late, clock()) is False
    assert claims.enter_data(late, clock()) is False
    assert settle(late, "failed", clock(), after_data=False) == ""
    assert settle(late, "accepted", clock(), after_data=True) == ""
    assert try_later(late, 1, clock(), after_data=False) == ""
    assert claims.put_back(late, clock(), reason="", reply="") == ""
    release("a", clock())
    assert (row(only).state, row(only).claim_token) == ("claimed", "b")


def test_what_is_accepted_stays_accepted(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    claim_due("a", 20, clock())
    claim = Claim(only, "a")
    claims.enter_data(claim, clock())
    assert settle(claim, "accepted", clock(), after_data=True) == "accepted"
    assert settle(claim, "unknown", clock(), after_data=True) == ""
    assert try_later(claim, 1, clock(), after_data=True) == ""
    db.session.commit()
    assert row(only).state == "accepted"


def test_before_data_a_fate_of_after_data_is_not_taken_and_the_reverse(queue: Queue, clock: Clock) -> None:
    [only] = queue()
    claim_due("a", 20, clock())
    claim = Claim(only, "a")
    assert settle(claim, "accepted", clock(), after_data=True) == ""
    claims.enter_data(claim, clock())
    assert settle(claim, "cancelled", clock(), after_data=False) == ""
    assert claims.put_back(claim, clock(), reason="", reply="") == ""


def test_a_clock_that_was_ahead_holds_nothing_for_ever(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    now = clock()
    claim_due("a", 20, now + dt.timedelta(days=1))
    end_run_out_leases(now)
    assert row(only).state == "queued"


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 240), (6, 240), (23, 240)])
def test_each_try_waits_longer_than_the_one_before(attempts: int, minutes: int) -> None:
    assert back_off(attempts) == dt.timedelta(minutes=minutes)


def test_tries_end_after_some_days(queue: Queue, row: Row, clock: Clock) -> None:
    [only] = queue()
    began, tries = clock(), 0
    while row(only).state != "failed":
        clock.set(row(only).not_before)
        tries += 1
        [claimed] = claim_due(f"run{tries}", 20, clock())
        try_later(Claim(only, f"run{tries}"), claimed.attempts + 1, clock(), after_data=False, reply="451 later")
        db.session.commit()
    assert (tries, row(only).attempts, row(only).reason) == (24, 24, "too many tries")
    assert dt.timedelta(days=3) < clock() - began < dt.timedelta(days=4)
