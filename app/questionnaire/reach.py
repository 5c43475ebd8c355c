"""Which steps and questions are asked, recomputed from the answers each time.

For: the path through a questionnaire, items of repeated steps included. Not for: what is missing or wrong (`review`).
What always holds: an answer off the path is ignored by every later condition, and never deleted; a name in a condition means
the answer in the same item if the question stands in the item's step, else the response's own; a repeated step that is
reached has its questions once for each item, in the items' order; a plain step without any reached question is not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec

from app.questionnaire.answers import AnswerType, Value, resolved, type_of
from app.questionnaire.conditions import ABSENT, ConditionValue, Lookup, dependencies, evaluate
from app.questionnaire.model import Question, Questionnaire, Step, answer_key

Answers = Mapping[str, Value | None]
Items = Mapping[str, Sequence[str]]

LONGEST_REMEMBERED: Final = 8 * 1024
"""Bytes of the answers on which a path depends, up to which it is remembered: a text of any length may stand for a number."""
_NONE: Final[dict[str, ConditionValue]] = {}
_encode: Final = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Reached:
    """The path: codes of reached steps and keys of reached questions, both in order; display texts have keys too."""

    steps: tuple[str, ...]
    keys: tuple[str, ...]
    _values: Mapping[str | None, Mapping[str, ConditionValue]] = field(repr=False)
    _known: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", frozenset(self.keys))

    def is_reached(self, key: str) -> bool:
        """Say whether the question of this key is asked."""
        return key in self._known

    def lookup(self, item_id: str | None = None) -> Lookup:
        """Give the names as conditions see them inside an item, or outside of any: value or ABSENT.

        Only questions that some condition, check, short path or `options_by` of the questionnaire mentions have values.
        """
        return _looking(self._values.get(item_id, _NONE), self._values[None])


def _looking(inner: Mapping[str, ConditionValue], outer: Mapping[str, ConditionValue]) -> Lookup:
    def lookup(name: str) -> ConditionValue:
        value = inner.get(name)
        return outer.get(name, ABSENT) if value is None else value

    return lookup


@lru_cache(maxsize=256)
def mentioned(questionnaire: Questionnaire) -> frozenset[str]:
    """Give the codes of all questions that conditions, checks, short paths or `options_by` mention."""
    trees = [step.show_if for step in questionnaire.steps] + [check.condition for check in questionnaire.checks]
    trees += questionnaire.short_paths.values()
    controls = set()
    for question in questionnaire.questions:
        trees += [question.show_if, *(check.condition for check in question.checks)]
        controls |= {question.options_by[0]} if question.options_by else set()
    return frozenset(controls).union(*(dependencies(tree) for tree in trees if tree is not None))


@lru_cache(maxsize=256)
def _plan(questionnaire: Questionnaire) -> tuple[tuple[Step, tuple[tuple[Question, AnswerType | None], ...]], ...]:
    """Lay out for each step its questions, with their type where their answer matters to others."""
    needed = mentioned(questionnaire)
    return tuple(
        (step, tuple((question, type_of(question) if question.code in needed else None) for question in step.questions))
        for step in questionnaire.steps
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What a path depends on: the answers that are mentioned, and the items. `text` says it all, and stands for it."""

    text: bytes
    answers: Answers = field(compare=False)
    items: Items = field(compare=False)


def reach(questionnaire: Questionnaire, answers: Answers, items: Items) -> Reached:
    """Find the path from the answers (key → value) and the items (step code → item ids in order).

    Most saves change an answer on which no path depends: theirs is remembered.
    """
    needed = mentioned(questionnaire)
    telling = {key: value for key, value in answers.items() if key.rpartition("/")[2] in needed}
    given = _Given(_encode((telling, items)), telling, items)
    return _path(questionnaire, given) if len(given.text) <= LONGEST_REMEMBERED else _path.__wrapped__(questionnaire, given)


@lru_cache(maxsize=512)
def _path(questionnaire: Questionnaire, given: _Given) -> Reached:
    answers, items = given.answers, given.items
    steps: list[str] = []
    keys: list[str] = []
    outer: dict[str, ConditionValue] = {}
    values: dict[str | None, dict[str, ConditionValue]] = {None: outer}
    for step, questions in _plan(questionnaire):
        if step.show_if is not None and not evaluate(step.show_if, _looking(_NONE, outer)):
            continue
        if step.repeat is None:
            before = len(keys)
            keys += _walk(questions, answers, None, outer, _looking(_NONE, outer))
            if len(keys) > before:
                steps.append(step.code)
            continue
        steps.append(step.code)
        for item in items.get(step.code, ()):
            inner = values[item] = {}
            keys += _walk(questions, answers, item, inner, _looking(inner, outer))
    return Reached(tuple(steps), tuple(keys), values)


def _walk(
    questions: Sequence[tuple[Question, AnswerType | None]],
    answers: Answers,
    item: str | None,
    values: dict[str, ConditionValue],
    lookup: Callable[[str], ConditionValue],
) -> Iterator[str]:
    for question, type_ in questions:
        if question.show_if is not None and not evaluate(question.show_if, lookup):
            continue
        key = answer_key(question.code, item)
        yield key
        if type_ is not None and (answer := answers.get(key)) is not None:
            value = type_.condition_value(resolved(question, lookup), answer)
            if value is not ABSENT:
                values[question.code] = value
