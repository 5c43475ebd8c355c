"""What is owed and when it is struck out, by examples."""

from __future__ import annotations

from typing import Any

from tests.merging.ledger import Change, Ledger, Sight, text_of

ITEM = "00000000-0000-0000-0000-000000000001"
KEY = f"{ITEM}/P01"


def document(
    answer: Any = None, *, key: str = "E02", held: tuple[Any, ...] = (), removed: bool = False, disputed: bool = False
) -> dict[str, Any]:
    conflicts: dict[str, Any] = {key: [{"value": value} for value in held]} if held else {}
    return {
        "answers": {key: {"value": answer}},
        "items": {"P": [{"id": ITEM, **({"removed": {"revision": 1}} if removed else {})}]},
        "conflicts": conflicts | ({ITEM: [{"kind": "edit"}]} if disputed else {}),
    }


def written(*changes: tuple[str, str, Sight, int]) -> Ledger:
    ledger = Ledger()
    for key, value, sight, version in changes:
        ledger.note(Change("write", key, sight, text_of(value)), version)
    return ledger


def lost(ledger: Ledger, found: dict[str, Any]) -> list[str]:
    return [f"{word.is_about} {word.text}" for word in ledger.missing(found)]


def sight(version: int, *values: Any, key: str = "E02") -> Sight:
    return Sight(version, {key: frozenset(text_of(value) for value in values)})


def test_a_value_is_found_as_the_answer_or_among_what_is_held_against_it() -> None:
    assert lost(written(("E02", "a", Sight(), 1)), document("a")) == []
    assert lost(written(("E02", "a", Sight(), 1)), document("b", held=("c", "a"))) == []
    assert lost(written(("E02", "a", Sight(), 1)), document("b", held=("c",))) == ['value "a"']


def test_it_is_told_once() -> None:
    ledger = written(("E02", "a", Sight(), 1))
    assert (lost(ledger, document("b")), lost(ledger, document("b"))) == (['value "a"'], [])


def test_only_who_has_seen_a_value_may_change_it() -> None:
    assert lost(written(("E02", "a", Sight(), 1), ("E02", "b", sight(1, "a"), 2)), document("b")) == []
    assert lost(written(("E02", "a", Sight(), 1), ("E02", "b", Sight(), 2)), document("b")) == ['value "a"']
    assert lost(written(("E02", "a", Sight(), 1), ("E02", "b", sight(1, None), 2)), document("b")) == ['value "a"']
    assert lost(written(("E02", "a", Sight(), 1), ("E01", "b", sight(1, "a"), 2)), document("b")) == ['value "a"', 'value "b"']


def test_what_one_browser_wrote_itself_it_has_seen_whenever_it_was_taken() -> None:
    own = Sight(0, {}, {"E02": frozenset([text_of("a")])})
    assert lost(written(("E02", "a", Sight(), 1), ("E02", "b", own, 2)), document("b")) == []


def test_to_clear_an_answer_is_a_value_too() -> None:
    assert lost(written(("E02", "a", Sight(), 1), ("E02", None, sight(1, "a"), 2)), document("a")) == ["value null"]
    assert lost(written(("E02", None, Sight(), 1)), {"answers": {}}) == []


def test_what_stands_in_a_sheet_goes_with_it_only_by_who_has_seen_it_and_comes_back_with_it() -> None:
    for seen, expected in (("a", []), (None, ['value "a"'])):
        ledger = written((KEY, "a", Sight(), 1))
        ledger.note(Change("delete", ITEM, sight(1, seen, key=KEY)), 2)
        assert lost(ledger, document("a", key=KEY, removed=True)) == expected
    ledger = written((KEY, "a", Sight(), 1))
    ledger.note(Change("delete", ITEM, sight(1, "a", key=KEY)), 2)
    assert lost(ledger, document("a", key=KEY, removed=True)) == []
    ledger.note(Change("restore", ITEM, Sight(2)), 3)
    assert lost(ledger, document("b", key=KEY)) == ['value "a"']


def test_a_sheet_that_is_gone_hides_what_is_held_against_its_answers_unless_it_is_disputed() -> None:
    ledger = written((KEY, "a", Sight(), 1))
    assert lost(ledger, document("b", key=KEY, held=("a",), removed=True, disputed=True)) == []
    assert lost(ledger, document("b", key=KEY, held=("a",), removed=True)) == ['value "a"']


def test_a_deletion_is_owed_until_somebody_who_saw_it_keeps_the_sheet() -> None:
    for seen, expected in ((2, []), (1, ["gone "])):
        ledger = Ledger()
        ledger.note(Change("delete", ITEM, Sight(1)), 2)
        assert lost(ledger, document(disputed=True)) == []
        ledger.note(Change("keep", ITEM, Sight(seen)), 3)
        assert lost(ledger, document()) == expected


def test_a_sheet_is_owed_until_somebody_who_saw_it_deletes_it() -> None:
    for seen, expected in ((1, []), (0, ["there "])):
        ledger = Ledger()
        ledger.note(Change("add", ITEM, Sight(0)), 1)
        ledger.note(Change("delete", ITEM, Sight(seen)), 2)
        assert lost(ledger, document(removed=True)) == expected
