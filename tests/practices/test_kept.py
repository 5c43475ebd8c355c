"""What a process keeps of what is public: in bounded memory, of the newest state alone, and never what may be of two states."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from app.editions.current import EditionView
from app.extensions import db
from app.practices.kept import (
    ALWAYS,
    ANSWERS,
    BOUNDS,
    DATA_FILES,
    FIGURES,
    LATEST,
    OVERHEAD,
    PAGES,
    Bounds,
    Shelf,
    State,
    begin_anew,
    kept,
    shelf,
    state_of,
    state_of_files,
)
from app.practices.models import Practice
from app.practices.published import current_version
from app.practices.publishing import retract
from app.practices.record import PublicRecord
from tests.public_practices import add_practices, practice_row, publish_all
from tests.responses.people import FIRENZE

FIRST, REVISED, SECOND = (State(LATEST, stamp) for stamp in ((1, 0), (1, 1), (2, 0)))
ROOMY = Bounds(1_000_000, 100)
KEY = OVERHEAD + 2 * len(repr("a"))
"""What a thing of no bytes costs under a key of one letter."""


@pytest.fixture
def context(edition: EditionView, db_session: scoped_session[Session], now: dt.datetime) -> None:
    """An application with a practice that may be published, of which nothing is kept."""
    add_practices([practice_row(FIRENZE, PublicRecord("Sportello", "families"), now)])
    begin_anew()


def filled(bounds: Bounds, keys: str, size: int = 10) -> Shelf:
    """A shelf in which these were put one after the other."""
    found = Shelf(bounds)
    for key in keys:
        found.put(FIRST, key, key, size)
    return found


def those_of(one: Shelf, keys: str, state: State = FIRST) -> str:
    return "".join(key for key in keys if one.get(state, key) == key)


def test_a_shelf_holds_so_many_bytes_and_forgets_what_was_asked_for_longest_ago() -> None:
    one = filled(Bounds(25 + 2 * KEY, 100), "ab")
    assert one.get(FIRST, "a") == "a"
    one.put(FIRST, "c", "c", 10)
    assert those_of(one, "abc") == "ac"
    one.put(FIRST, "c", "another", 5)
    assert (one.bytes, one.get(FIRST, "c")) == (15 + 2 * KEY, "another")
    one.put(FIRST, "l", "large", 3 * KEY)
    assert (one.bytes, len(one), one.get(FIRST, "l"), one.get(FIRST, "a")) == (0, 0, None, None)


def test_a_shelf_holds_so_many_things() -> None:
    one = filled(Bounds(1_000_000, 3), "abcde")
    assert (those_of(one, "abcde"), one.bytes) == ("cde", 3 * (10 + KEY))


def test_a_shelf_counts_what_a_key_takes() -> None:
    one = Shelf(Bounds(100_000, 1_000))
    for number in range(100):
        one.put(FIRST, f"{number}" * 5_000, "", 0)
    assert 0 < len(one) < 10


def test_a_newer_state_drops_what_is_of_an_older_one() -> None:
    one = filled(ROOMY, "ab")
    assert (one.get(REVISED, "a"), len(one), one.bytes) == (None, 0, 0)
    one.put(REVISED, "a", "new", 10)
    one.put(SECOND, "b", "newer", 10)
    assert (one.get(SECOND, "a"), one.get(SECOND, "b"), one.bytes) == (None, "newer", 10 + KEY)


def test_of_an_older_state_nothing_is_found_or_kept_and_the_newer_one_stays() -> None:
    one = filled(ROOMY, "a")
    one.put(REVISED, "a", "new", 10)
    one.put(FIRST, "a", "taken back", 10)
    one.put(FIRST, "b", "taken back", 10)
    assert [one.get(FIRST, "a"), one.get(FIRST, "b")] == [None, None]
    assert (one.get(REVISED, "a"), one.get(REVISED, "b"), len(one)) == ("new", None, 1)


def test_the_lines_go_on_each_for_itself() -> None:
    one = filled(ROOMY, "a")
    files = State(1, (1, 0))
    one.put(files, "a", "file", 10)
    one.put(ALWAYS, "a", "always", 10)
    assert one.get(SECOND, "a") is None
    assert (one.get(files, "a"), one.get(ALWAYS, "a")) == ("file", "always")
    assert (one.get(State(1, (1, 1)), "a"), one.get(files, "a"), one.get(ALWAYS, "a")) == (None, None, "always")


def test_its_bounds_hold_whatever_threads_do_at_once() -> None:
    one, together = Shelf(Bounds(20 * KEY, 15)), threading.Barrier(4)

    def work(seed: int) -> None:
        together.wait()
        for turn in range(2_000):
            number = turn * seed
            one.put(State(LATEST, (turn // 500, 0)), chr(97 + number % 26), "x", number % 300)
            one.get(State(LATEST, (turn // 500, 0)), chr(97 + turn % 26))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 3, 7, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < len(one) <= 15
    assert one.bytes == sum(cost for _thing, cost in one._things.values()) <= 20 * KEY


def test_each_shelf_has_bounds_of_its_own(context: None) -> None:
    shelf(FIGURES).put(FIRST, "a", "a", 10)
    for number in range(BOUNDS[PAGES].things + 5):
        shelf(PAGES).put(FIRST, number, number, 0)
    assert len(shelf(PAGES)) == BOUNDS[PAGES].things
    assert shelf(FIGURES).get(FIRST, "a") == "a"
    assert sum(one.bytes for one in BOUNDS.values()) <= 64 * 1024 * 1024


def test_what_is_kept_is_made_once_in_a_state_and_anew_in_the_next(context: None, now: dt.datetime) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("x")
        return f"made {len(made)}"

    before = state_of(current_version())
    assert before.stamp == (0, 0)
    assert [kept(ANSWERS, before, "key", make, len) for _turn in range(2)] == ["made 1", "made 1"]
    publish_all(now)
    after = state_of(current_version())
    assert after.stamp == (1, 0)
    assert [kept(ANSWERS, after, "key", make, len) for _turn in range(2)] == ["made 2", "made 2"]
    assert kept(ANSWERS, after, "another", make, len) == "made 3"


def test_what_was_made_while_the_publication_changed_is_not_kept(context: None, now: dt.datetime) -> None:

    def publish_meanwhile() -> str:
        publish_all(now)
        return "of either"

    before = state_of(current_version())
    assert kept(PAGES, before, "key", publish_meanwhile, len) == "of either"
    assert len(shelf(PAGES)) == 0
    after = state_of(current_version())
    assert kept(PAGES, after, "key", lambda: "of after", len) == "of after"
    assert kept(PAGES, before, "key", lambda: "of before", len) == "of before"
    assert kept(PAGES, after, "key", lambda: "made again", len) == "of after"


def test_what_is_taken_back_is_another_state_of_the_publication_and_of_its_files(context: None, now: dt.datetime) -> None:
    publish_all(now)
    first = current_version()
    assert first is not None
    db.session.rollback()
    (found,) = db.session.execute(sa.select(Practice.id)).all()
    retract([found.id], actor="test", now=now)
    db.session.commit()
    second = current_version()
    assert second is not None
    assert state_of(first).stamp < state_of(second).stamp
    assert state_of(first).line == state_of(second).line
    assert state_of_files(first).line != state_of_files(second).line


def test_another_database_begins_anew(context: None) -> None:
    for name in BOUNDS:
        shelf(name).put(SECOND, "key", "of the other one", 10)
    begin_anew()
    assert [(len(shelf(name)), shelf(name).bytes, shelf(name).get(FIRST, "key")) for name in BOUNDS] == [(0, 0, None)] * 4
    shelf(DATA_FILES).put(FIRST, "key", "of this one", 10)
    assert shelf(DATA_FILES).get(FIRST, "key") == "of this one"
