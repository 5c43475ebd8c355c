"""The path through the reference questionnaire, recomputed from the answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.answers import Value
from app.questionnaire.conditions import ABSENT
from app.questionnaire.loader import load_definition
from app.questionnaire.model import split_key
from app.questionnaire.reach import mentioned, reach
from tests.questionnaire.samples import ITEMS, complete_answers, reference


def path(answers: dict[str, Any], items: dict[str, list[str]] | None = None) -> tuple[str, str]:
    reached = reach(reference(), answers, items or {})
    return " ".join(reached.steps), " ".join(reached.keys)


@pytest.mark.parametrize(
    ("answer", "steps", "keys"),
    [
        (None, "B E", "B01 E02 E03 E04 E05"),
        ("none", "B E", "B01 B02 E02 E03 E04 E05"),
        ("unknown", "B C E", "B01 C01 C02 C03 E02 E03 E04 E05"),
        ("other", "B E", "B01 B03 E02 E03 E04 E05"),
        ("own", "B C P E", "B01 B04 B05 B07 C01 C02 C03 E01 E02 E03 E04 E05"),
        ("both", "B C P E", "B01 B03 B04 B05 B07 C01 C02 C03 E01 E02 E03 E04 E05"),
    ],
)
def test_first_answer_decides_the_path(answer: str | None, steps: str, keys: str) -> None:
    assert path({"B01": {"code": answer}} if answer else {}) == (steps, keys)


@pytest.mark.parametrize(("capacity", "asked"), [("single", False), ("lead_ambito", True), ("union", True), ("delegate", True)])
def test_only_who_answers_for_others_is_asked_for_whom(capacity: str, asked: bool) -> None:
    assert reach(reference(), {"E05": {"code": capacity}}, {}).is_reached("E06") is asked


@pytest.mark.parametrize("wrong", [{"raw": {"": ["own"]}}, {"code": "ghost"}, {"na": True}])
def test_what_is_not_answered_validly_opens_nothing(wrong: Value) -> None:
    assert path({"B01": wrong}) == path({})


def test_every_item_has_the_questions_of_its_step_in_the_items_order() -> None:
    answers = {"B01": {"code": "own"}, "two/P06": {"code": "union"}, "one/P06": {"code": "municipality"}}
    reached = reach(reference(), answers, {"P": ["two", "one"], "S": ["gone"]})
    keys = [key for key in reached.keys if "/" in key]
    assert keys[0] == "two/P01"
    assert [key for key in keys if key.endswith("P07")] == ["two/P07"], "each item decides for itself"
    assert len(keys) == 16 + 15
    assert not reached.is_reached("gone/S01"), "a step off the path has no questions, whatever its items"
    assert reached.is_reached("one/P01")


def test_an_answer_off_the_path_is_ignored_by_later_conditions() -> None:
    answers = {"B01": {"code": "own"}, "B05": {"codes": ["department"]}}
    assert reach(reference(), answers, {}).is_reached("B06")
    answers["B01"] = {"code": "none"}
    assert not reach(reference(), answers, {}).is_reached("B06"), "B05 is still there, but nobody is asked it"


def test_a_step_depends_on_a_reached_answer() -> None:
    answers = {"B01": {"code": "own"}, "C01": {"code": "own"}}
    assert reach(reference(), answers, {"S": ["x"]}).is_reached("x/S01")
    assert not reach(reference(), answers | {"B01": {"code": "none"}}, {"S": ["x"]}).is_reached("x/S01")


def test_lookup_resolves_in_the_item_first_then_in_the_response() -> None:
    reached = reach(reference(), complete_answers() | {"practice-2/P02": {"code": "families"}}, ITEMS)
    assert reached.lookup("practice-1")("P02") == "childhood"
    assert reached.lookup("practice-2")("P02") == "families"
    assert reached.lookup("practice-1")("B01") == "both"
    assert reached.lookup()("P02") is ABSENT
    assert reached.lookup()("B05") == ["department", "region"]
    assert reached.lookup("never-heard-of")("B01") == "both"


def test_only_what_something_depends_on_is_looked_at() -> None:
    assert mentioned(reference()) == {"B01", "B05", "C01", "E05", "P02", "P06"}


NESTED = """\
questionnaire: {code: T, version: "1", language: it, title: "T"}
steps:
- code: A
  title: A
  questions:
  - {code: A01, type: yesno, label: "1"}
  - {code: A02, type: yesno, label: "2", show_if: "A01"}
  - {code: A03, type: integer, label: "3", max: 10, show_if: "A02"}
  - {code: A04, type: display, label: "4", show_if: "!answered(A03) || A03 > 5"}
"""


@pytest.mark.parametrize(
    ("answers", "keys"),
    [
        ({}, "A01 A04"),
        ({"A01": True}, "A01 A02 A04"),
        ({"A01": True, "A02": True, "A03": 3}, "A01 A02 A03"),
        ({"A01": True, "A02": True, "A03": 7}, "A01 A02 A03 A04"),
        ({"A01": False, "A02": True, "A03": 3}, "A01 A04"),
        ({"A01": True, "A02": True, "A03": 11}, "A01 A02 A03 A04"),
    ],
)
def test_absence_runs_down_the_path(answers: dict[str, Any], keys: str) -> None:
    reached = reach(load_definition(NESTED, "t.yaml"), answers, {})
    assert " ".join(reached.keys) == keys, "an unreached or invalid A03 counts as not answered"


@given(st.sets(st.sampled_from(sorted(complete_answers()))), st.permutations(sorted(complete_answers())))
def test_the_path_depends_on_the_answers_alone(kept: set[str], order: list[str]) -> None:
    answers = complete_answers()
    some = {key: answers[key] for key in order if key in kept}
    reached = reach(reference(), some, ITEMS)
    assert reached.keys == reach(reference(), {key: some[key] for key in sorted(some)}, ITEMS).keys
    without = {key: value for key, value in some.items() if reached.is_reached(key)}
    assert reach(reference(), without, ITEMS).keys == reached.keys, "answers off the path change nothing"
    order_of = [question.code for question in reference().questions]
    plain = [order_of.index(key) for key in reached.keys if split_key(key)[0] is None]
    assert plain == sorted(plain)
