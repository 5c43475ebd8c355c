"""Conditions: the shared vectors, what the parser refuses, and the CEL library as an oracle.

The vectors in tests/fixtures/conditions are shared with the browser's evaluator (tests/e2e/test_scripts.py): expression,
answers (what is not there is absent), the parsed tree, and the outcome (true, false, "absent", "defect").
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.conditions import (
    ABSENT,
    ConditionError,
    dependencies,
    evaluate,
    is_broken,
    outcome,
    parse,
)
from tests.questionnaire.oracle import JUDGED, Author, ask_oracle, exact, looking, named, vectors


def cases_of(*names: str) -> list[Any]:
    rows = []
    for name in names:
        rows += [pytest.param(case, id=f"{name}: {case['expression']} {case.get('answers', '')}") for case in vectors(name)]
    return rows


@pytest.mark.parametrize("case", cases_of(*JUDGED))
def test_outcome_is_that_of_the_vector(case: dict[str, Any]) -> None:
    tree = parse(case["expression"])
    lookup = looking(case["answers"])
    assert json.loads(json.dumps(tree)) == case["tree"]
    assert repr(named(outcome(tree, lookup))) == repr(case["expected"])
    assert outcome(case["tree"], lookup) is outcome(tree, lookup), "the tree read back from JSON means the same"
    assert evaluate(tree, lookup) is (case["expected"] in (True, "defect"))
    assert is_broken(tree, lookup) is (case["expected"] is False)


@pytest.mark.parametrize("case", cases_of("refused"))
def test_parser_refuses_what_is_not_in_the_subset_and_says_where(case: dict[str, Any]) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(case["expression"])
    assert caught.value.position == case["position"]
    assert caught.value.message


def test_parser_bounds_length_and_depth() -> None:
    assert parse("(" * 19 + "A01" + ")" * 19) == ("when", ("A01",), ("name", "A01"))
    with pytest.raises(ConditionError, match="20 parentesi"):
        parse("(" * 20 + "A01" + ")" * 20)
    assert parse(" || ".join(["A01"] * 140))[1] == ("A01",)
    with pytest.raises(ConditionError, match="1000 caratteri"):
        parse(" || ".join(["A01"] * 150))


@given(st.text(alphabet="AB01'\"\\ ()[]!=<>&|+-*,.in\nsizeanwrd", max_size=40))
def test_parser_gives_a_tree_or_a_condition_error_and_the_tree_never_raises(text: str) -> None:
    try:
        tree = parse(text)
    except ConditionError as error:
        assert 0 <= error.position <= len(text)
        return
    for answers in ({}, {"A": "a", "B": ["a"], "A0": 1.0, "B1": True}):
        assert named(outcome(tree, looking(answers))) in (True, False, "absent", "defect")


def test_dependencies_are_all_names_also_those_only_tested() -> None:
    tree = parse("answered(A01) && (B01 == 'x' || size(C01) > 1) && 'd' in D01 && E01 in ['F01']")
    assert dependencies(tree) == {"A01", "B01", "C01", "D01", "E01"}
    assert tree[1] == ("B01", "C01", "D01", "E01"), "what is tested with answered() is not guarded"


# -- the oracle ------------------------------------------------------------------------------------------------------

JUDGEABLE = [row for row in cases_of("absent", "choices", "comparisons", "numbers") if exact(row.values[0])]


@pytest.mark.parametrize("case", JUDGEABLE)
def test_oracle_agrees_with_the_vectors(case: dict[str, Any]) -> None:
    assert ask_oracle(case["expression"], case["answers"]) is (case["expected"] is True)


def test_oracle_agrees_with_random_conditions() -> None:
    author = Author(random.Random(20261122))
    held = absent = 0
    for _ in range(4000):
        expression, answers = author.flag(3), author.answers()
        tree = parse(expression)
        result = outcome(tree, looking(answers))
        assert named(result) != "defect", expression
        assert (result is True) is ask_oracle(expression, answers), f"{expression} with {answers}"
        held += result is True
        absent += result is ABSENT
    assert held > 300, "the random cases are worth something: many hold"
    assert absent > 300, "and many meet an absent answer"
