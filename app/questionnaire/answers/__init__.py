"""The types of answer: one class a type, and the table that finds it.

For: parsing what a form posted, filling a form, taking a client's JSON, checking, what conditions see, showing, exporting.
Not for: rules between answers (`review`), storing, HTML. The shape of each type's value stands in the docstring of its class;
what holds for all of them in `base`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from app.questionnaire.answers.base import AnswerRefused, AnswerType, Fields, Scalar, Value, is_na, is_raw
from app.questionnaire.answers.choices import Multi, Single, YesNo
from app.questionnaire.answers.contacts import Contact, Email, Person, Phone, Url
from app.questionnaire.answers.dates import Date, Period
from app.questionnaire.answers.numbers import Amounts, Decimal, Integer, Money
from app.questionnaire.answers.places import Entity, Municipalities, Municipality, Place
from app.questionnaire.answers.ratings import Display, Rating
from app.questionnaire.answers.texts import Text, Textarea
from app.questionnaire.messages import Problem
from app.questionnaire.model import Option, Question

__all__ = [
    "TYPES",
    "AnswerRefused",
    "AnswerType",
    "Fields",
    "Problem",
    "Scalar",
    "Value",
    "is_na",
    "is_raw",
    "options",
    "resolved",
    "type_of",
]

TYPES: Final[dict[str, AnswerType]] = {
    kind.name: kind()
    for kind in (
        Text, Textarea, Integer, Decimal, Money, Amounts, Date, Period, Single, Multi, YesNo, Email, Phone, Url,
        Contact, Person, Municipality, Municipalities, Entity, Place, Rating, Display,
    )
}  # fmt: skip


def type_of(question: Question) -> AnswerType:
    """Give the type of a question's answers; the loader lets no unknown type through."""
    return TYPES[question.type]


def resolved(question: Question, lookup: Callable[[str], object]) -> Question:
    """Give the question with the options that hold now: those of `options_by` for the answer it depends on.

    `lookup` gives, by question code, what conditions see (`Reached.lookup`) or a single choice's value from the document.
    While that answer is absent the question offers every option, so that both can stand on one page.
    """
    if question.options_by is None:
        return question
    answer = lookup(question.options_by[0])
    code = answer.get("code") if isinstance(answer, dict) else answer
    return _narrowed(question, code) if isinstance(code, str) and code in question.options_by[1] else question


def options(question: Question, lookup: Callable[[str], object]) -> tuple[Option, ...]:
    """Give the options that hold now; see `resolved`."""
    return resolved(question, lookup).options


@lru_cache(maxsize=1024)
def _narrowed(question: Question, code: str) -> Question:
    if question.options_by is None:
        return question
    offered = question.options_by[1][code]
    return replace(question, options=offered, exclusive=question.exclusive & {option.code for option in offered})
