"""Conditions: the shared vectors, what the parser refuses, and the CEL library as an oracle.

The vectors in tests/fixtures/conditions are shared with the browser's evaluator: expression, answers (what is not there is
absent), the parsed tree, and the outcome (true, false, "absent", "defect").
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.conditions import (
    ABSENT,
    ConditionError,
    Outcome,
    dependencies,
    evaluate,
    is_broken,
    outcome,
    parse,
)

VECTORS = Path(__file__).parents[1] / "fixtures" / "conditions"
JUDGED = ("absent", "choices", "comparisons", "defects", "numbers")
NAMES = re.compile(r"[A-Z][0-9]{2}")


def cases_of(*names: str) -> list[Any]:
    rows = []
    for name in names:
        cases = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]
        rows += [pytest.param(case, id=f"{name}: {case['expression']} {case.get('answers', '')}") for case in cases]
    return rows


def looking(answers: dict[str, Any]) -> Any:
    return lambda name: answers.get(name, ABSENT)


def named(result: bool | Outcome) -> bool | str:
    return result.value if isinstance(result, Outcome) else result


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

TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|answered\((?P<tested>\w+)\)|size\((?P<sized>\w+)\)|\b(?P<number>\d+(?:\.\d+)?)\b"""
)


def to_cel(expression: str) -> str:
    """Turn our text into the oracle's: numbers as doubles, `answered(X)` as a flag, and the guard for absent answers."""

    def turn(match: re.Match[str]) -> str:
        if match["tested"]:
            return f"given_{match['tested']}"
        if match["sized"]:
            return f"double(size({match['sized']}))"
        return repr(float(match["number"])) if match["number"] else match[0]

    bare = TOKEN.sub(lambda match: " " if match[0][0] in "'\"" else match[0], expression)
    tested = set(re.findall(r"answered\((\w+)\)", bare))
    guard = "".join(f"given_{name} && " for name in dict.fromkeys(NAMES.findall(bare)) if name not in tested)
    return f"{guard}({TOKEN.sub(turn, expression)})"


def ask_oracle(expression: str, answers: dict[str, Any]) -> bool:
    """Ask the CEL library; an error (an absent answer whose value is needed) is a condition that does not hold."""
    typed = {name: float(value) if type(value) is int else value for name, value in answers.items()}
    flags = {f"given_{name}": name in answers for name in NAMES.findall(expression)}
    try:
        result = cel.evaluate(to_cel(expression), typed | flags)
    except (RuntimeError, TypeError, ValueError):
        return False
    assert isinstance(result, bool)
    return result


def exact(case: dict[str, Any]) -> bool:
    """Whether the oracle can judge: it does not round after arithmetic, and counts the bytes of a text."""
    numbers = [value for value in case["answers"].values() if isinstance(value, int | float)]
    inexact = any(number * 8 % 1 for number in numbers) and re.search("[-+*]", case["expression"])
    return not inexact and not ("size" in case["expression"] and not str(case["answers"]).isascii())


JUDGEABLE = [row for row in cases_of("absent", "choices", "comparisons", "numbers") if exact(row.values[0])]


@pytest.mark.parametrize("case", JUDGEABLE)
def test_oracle_agrees_with_the_vectors(case: dict[str, Any]) -> None:
    assert ask_oracle(case["expression"], case["answers"]) is (case["expected"] is True)


SIGNS = ("==", "!=", "<", "<=", ">", ">=")


class Author:
    """Writes random conditions whose kinds fit, and answers to them, some absent."""

    texts = ("own", "both", "none", "eu", "")

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def answers(self) -> dict[str, Any]:
        pick = self.chance.choice
        every = {f"T{n:02}": pick(self.texts) for n in range(3)}
        every |= {f"N{n:02}": float(pick((-2, 0, 1, 2, 3.5, 10))) for n in range(3)}
        every |= {f"Y{n:02}": pick((True, False)) for n in range(2)}
        every |= {f"M{n:02}": self.chance.sample(self.texts, self.chance.randint(0, 3)) for n in range(2)}
        return {name: value for name, value in every.items() if self.chance.random() < 0.75}

    def name(self, kind: str) -> str:
        return f"{kind}{self.chance.randrange(3 if kind in 'TN' else 2):02}"

    def text(self) -> str:
        return self.chance.choice([f"'{self.chance.choice(self.texts)}'", self.name("T"), self.name("T")])

    def number(self, depth: int) -> str:
        kinds = ["name", "literal", "size", "sum", "product", "negative"] if depth else ["name", "literal"]
        kind = self.chance.choice(kinds)
        if kind == "name":
            return self.name("N")
        if kind == "literal":
            return str(self.chance.choice((0, 1, 2, 3.5, 10)))
        if kind == "size":
            return f"size({self.name(self.chance.choice('TM'))})"
        if kind == "negative":
            return f"-{self.name('N')}"
        sign = "*" if kind == "product" else self.chance.choice("+-")
        parts = f"{self.number(depth - 1)} {sign} {self.number(depth - 1)}"
        return f"({parts})" if self.chance.random() < 0.5 else parts

    def flag(self, depth: int) -> str:
        kinds = (self.text_comparison, self.number_comparison, self.choice, self.listed, self.plain, self.given)
        if depth and self.chance.random() < 0.4:
            return self.junction(depth)
        return self.chance.choice(kinds)()

    def text_comparison(self) -> str:
        return f"{self.text()} {self.chance.choice(SIGNS)} {self.text()}"

    def number_comparison(self) -> str:
        return f"{self.number(2)} {self.chance.choice(SIGNS)} {self.number(2)}"

    def choice(self) -> str:
        return f"{self.text()} in {self.name('M')}"

    def plain(self) -> str:
        return self.chance.choice(("", "!")) + self.name("Y")

    def given(self) -> str:
        return self.chance.choice(("", "!")) + f"answered({self.name(self.chance.choice('TNYM'))})"

    def junction(self, depth: int) -> str:
        sign = self.chance.choice((" && ", " || "))
        parts = sign.join(self.flag(depth - 1) for _ in range(self.chance.randint(2, 3)))
        return self.chance.choice(("", "!")) + f"({parts})" if self.chance.random() < 0.6 else parts

    def listed(self) -> str:
        if self.chance.random() < 0.5:
            return f"{self.name('T')} in ['own', \"eu\"]"
        return f"{self.name('N')} in [1, -2, 3.5]"


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
