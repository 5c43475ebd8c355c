"""Conditions of a definition: a strict subset of CEL, parsed to a small JSON tree and evaluated by recursion.

For: `show_if` of questions and steps, and checks between answers. Not for: regular expressions, dates, functions of one's own.
What always holds: every accepted text is also CEL; a tree is nested tuples (lists, once it went through JSON) of strings,
numbers and booleans, so that the browser evaluates the same tree; evaluation ends, and never raises.

The language
------------
`||` `&&` `!`, `==` `!=` `<` `<=` `>` `>=` (not chained), `in` a list or a question with several answers, `+` `-` `*` on
numbers, literals ('text', "text", 12, 1.5, true, false, ['a', 'b']), names of questions, parentheses, `answered(X)`, and
`size(X)`, the number of choices or of characters. Numbers are doubles; a result of `+ - *` is rounded to four decimals (half
up), so that 0.1 + 0.2 == 0.3 in both evaluators. Texts compare by code points. Kinds never mix: 1 == 'a' is a defect.

The tree
--------
The root is `("when", (names…), body)`; a body is one of
`("or", body, body…)`, `("and", body, body…)`, `("not", body)`, `(comparison, body, body)` with == != < <= > >= in,
`("+" | "-" | "*", body, body)`, `("neg", body)`, `("value", literal)`, `("list", literal…)`, `("name", code)`,
`("answered", code)`, `("size", code)`.

Absent answers
--------------
An answer that is blank, n.d., invalid or off the reached path is ABSENT. The root's names are those that the condition uses
without testing `answered(name)` anywhere; if one of them is absent the outcome is ABSENT, whatever the rest says: so
`A == 'x' || B == 'y'` needs both. This is the guard `answered(A) && answered(B) && (…)`. A name that the condition does test
with `answered` is not guarded; where its value is needed all the same, ABSENT runs through comparisons and arithmetic and is
absorbed as CEL absorbs an error: `true || ABSENT` is true, `false && ABSENT` is false, in either order.
`evaluate` takes ABSENT for false; a check whose outcome is ABSENT is not applied (`is_broken`).

Defects
-------
Kinds that do not fit (`'a' < 1`, `!'a'`, a root that is no boolean) give DEFECT, absorbed in the same way and stronger than
ABSENT. The loader refuses such definitions; if one comes through all the same, a defect leaves the question visible and a
check not applied: nobody loses a question to a slip of the author.
"""

from app.questionnaire.conditions.evaluation import (
    ABSENT,
    DEFECT,
    ConditionValue,
    Lookup,
    Outcome,
    evaluate,
    is_broken,
    outcome,
)
from app.questionnaire.conditions.syntax import ConditionError, parse
from app.questionnaire.conditions.tree import Node, dependencies

__all__ = [
    "ABSENT",
    "DEFECT",
    "ConditionError",
    "ConditionValue",
    "Lookup",
    "Node",
    "Outcome",
    "dependencies",
    "evaluate",
    "is_broken",
    "outcome",
    "parse",
]
