"""A check that does not hold is counted as made and not as passed."""

from __future__ import annotations

from tests.respondent.tally import Tally


def test_each_place_and_each_key_is_a_check() -> None:
    tally = Tally()
    tally.equal_lists([1, 2], [1, 3, 4], "list")
    assert (tally.passed, tally.made) == (1, 3)
    tally.equal_entries({"a": 1, "b": 2}, {"b": 2, "c": 3}, "entries")
    assert (tally.passed, tally.made) == (2, 6)
    assert sorted(tally.failures) == [
        "entries: a: 1 is not None",
        "entries: c: None is not 3",
        "list: 2 is not 3",
        "list: how many: 2 is not 3",
    ]


def test_what_never_was_checked_did_not_pass() -> None:
    tally = Tally()
    tally.check(False, "a")
    assert (tally.passed, tally.made, tally.failures) == (0, 1, ["a"])
