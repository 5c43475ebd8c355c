"""Evaluate the tree of a condition; what the outcomes mean stands in the package's docstring.

For: one recursive evaluator with a dispatch table, as short as its twin in the browser. Not for: parsing, or judging kinds
beforehand (`kinds`). What always holds: evaluation never raises and never changes anything.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final, TypeGuard

from app.questionnaire.conditions.tree import Node


class Outcome(Enum):
    """Outcomes that are neither true nor false."""

    ABSENT = "absent"
    DEFECT = "defect"


ABSENT: Final = Outcome.ABSENT
DEFECT: Final = Outcome.DEFECT

#: What a name may stand for.
ConditionValue = str | float | bool | Sequence[str] | Outcome
Lookup = Callable[[str], ConditionValue]


def kind_of(value: object) -> str:
    """Give the kind of a value: "flag", "number", "text", "list", or "" for anything else."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list | tuple) else ""


def _is_number(value: object) -> TypeGuard[int | float]:
    return kind_of(value) == "number"


def _worse(left: object, right: object) -> Outcome | None:
    """Give what runs through an operation on two operands: a defect before an absence, None if both are values."""
    if left is DEFECT or right is DEFECT:
        return DEFECT
    return ABSENT if left is ABSENT or right is ABSENT else None


def _junction(absorbing: bool) -> Callable[[Node, Lookup], object]:
    def evaluate_junction(node: Node, lookup: Lookup) -> object:
        outcome: object = not absorbing
        for part in node[1:]:
            value = _value(part, lookup)
            if value is absorbing:
                return absorbing
            if value is not (not absorbing):
                outcome = DEFECT if outcome is DEFECT or value is not ABSENT else ABSENT
        return outcome

    return evaluate_junction


def _not(node: Node, lookup: Lookup) -> object:
    value = _value(node[1], lookup)
    if isinstance(value, bool):
        return not value
    return ABSENT if value is ABSENT else DEFECT


def _comparison(compare: Callable[[Any, Any], bool], kinds: frozenset[str]) -> Callable[[Node, Lookup], object]:
    def evaluate_comparison(node: Node, lookup: Lookup) -> object:
        left, right = _value(node[1], lookup), _value(node[2], lookup)
        worse = _worse(left, right)
        if worse is not None:
            return worse
        kind = kind_of(left)
        return compare(left, right) if kind in kinds and kind == kind_of(right) else DEFECT

    return evaluate_comparison


def _in(node: Node, lookup: Lookup) -> object:
    element, container = _value(node[1], lookup), _value(node[2], lookup)
    worse = _worse(element, container)
    if worse is not None:
        return worse
    kind = kind_of(element)
    if kind not in _ORDERED or not isinstance(container, list | tuple):
        return DEFECT
    for member in container:
        if kind_of(member) != kind:
            return DEFECT
    return element in container


def round_half_up(number: float) -> float:
    """Round to four decimals as both evaluators do after arithmetic; what is too great for that stays as it is."""
    scaled = number * 10_000 + 0.5
    return math.floor(scaled) / 10_000 if math.isfinite(scaled) else number


def _arithmetic(calculate: Callable[[float, float], float]) -> Callable[[Node, Lookup], object]:
    def evaluate_arithmetic(node: Node, lookup: Lookup) -> object:
        left, right = _value(node[1], lookup), _value(node[2], lookup)
        worse = _worse(left, right)
        if worse is not None:
            return worse
        if not (_is_number(left) and _is_number(right)):
            return DEFECT
        return round_half_up(calculate(float(left), float(right)))

    return evaluate_arithmetic


def _negative(node: Node, lookup: Lookup) -> object:
    value = _value(node[1], lookup)
    if isinstance(value, Outcome):
        return value
    return -value if isinstance(value, int | float) and not isinstance(value, bool) else DEFECT


def _answered(node: Node, lookup: Lookup) -> object:
    return lookup(node[1]) is not ABSENT


def _size(node: Node, lookup: Lookup) -> object:
    value = lookup(node[1])
    if isinstance(value, str | list | tuple):
        return float(len(value))
    return ABSENT if value is ABSENT else DEFECT


_ORDERED: Final = frozenset(("number", "text"))
_EQUAL: Final = _ORDERED | {"flag"}

_DISPATCH: Final[dict[str, Callable[[Node, Lookup], object]]] = {
    "or": _junction(True),
    "and": _junction(False),
    "not": _not,
    "==": _comparison(operator.eq, _EQUAL),
    "!=": _comparison(operator.ne, _EQUAL),
    "<": _comparison(operator.lt, _ORDERED),
    "<=": _comparison(operator.le, _ORDERED),
    ">": _comparison(operator.gt, _ORDERED),
    ">=": _comparison(operator.ge, _ORDERED),
    "in": _in,
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "neg": _negative,
    "value": lambda node, _lookup: node[1],
    "list": lambda node, _lookup: node[1:],
    "name": lambda node, lookup: lookup(node[1]),
    "answered": _answered,
    "size": _size,
}


def _value(node: Node, lookup: Lookup) -> object:
    return _DISPATCH[node[0]](node, lookup)


def outcome(node: Node, lookup: Lookup) -> bool | Outcome:
    """Judge a parsed condition: True, False, ABSENT or DEFECT (see the module). `lookup` gives a name's value or ABSENT."""
    for name in node[1]:
        if lookup(name) is ABSENT:
            return ABSENT
    value = _value(node[2], lookup)
    return value if isinstance(value, bool | Outcome) else DEFECT


def evaluate(node: Node, lookup: Lookup) -> bool:
    """Say whether what depends on the condition is asked: ABSENT is false; a defect of the definition leaves it visible."""
    result = outcome(node, lookup)
    return result is True or result is DEFECT


def is_broken(node: Node, lookup: Lookup) -> bool:
    """Say whether a check fails: only a clear False does; with an absent answer, or a defect, it is not applied."""
    return outcome(node, lookup) is False
