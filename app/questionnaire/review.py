"""What is missing and what is wrong in a response, and how far it has come.

For: the task list, the page "controlla e invia", the progress that the desk filters by. Not for: storing any of it.
What always holds: only reached questions count; n.d. is an answer; a response without problems and without anything missing
is complete; the same answers give the same review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Final

from app.questionnaire.answers import AnswerType, resolved, type_of
from app.questionnaire.conditions import Lookup, is_broken
from app.questionnaire.messages import N_, Problem
from app.questionnaire.model import Check, Question, Questionnaire, Step, answer_key
from app.questionnaire.reach import Answers, Items, Reached, reach

TOO_FEW: Final = N_("Le schede sono %(count)s e il minimo è %(min)s: aggiungi quelle che mancano.")
TOO_MANY: Final = N_("Le schede sono %(count)s e il massimo è %(max)s: elimina quelle di troppo.")


class StepState(StrEnum):
    """How far a step or an item has come."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    TO_REVIEW = "to_review"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class Review:
    """The outcome. `problems` holds, for each reached key in order, what is wrong, a missing required answer included.

    `missing`: reached required keys without an answer. `steps`: the state of every step. `item_states`: of every item of a
    reached repeated step. `item_problems`: by step code, too few or too many items. `progress`: share of the reached required
    answers that are given and right, 0 to 100, rounded down; 100 if none is required; an item that lacks counts as one.
    """

    problems: Mapping[str, tuple[Problem, ...]]
    missing: tuple[str, ...]
    steps: Mapping[str, StepState]
    item_states: Mapping[str, StepState]
    progress: int
    complete: bool
    item_problems: Mapping[str, tuple[Problem, ...]]
    reached: Reached


@dataclass(slots=True)
class _Tally:
    """Counts within a step or an item while it is read."""

    answered: int = 0
    wrong: int = 0
    missing: int = 0
    required: int = 0
    settled: int = 0

    def state(self) -> StepState:
        if self.wrong:
            return StepState.TO_REVIEW
        if not self.missing:
            return StepState.COMPLETE
        return StepState.IN_PROGRESS if self.answered else StepState.NOT_STARTED


class _Reading:
    """One pass over a response: collects problems while it counts."""

    def __init__(self, questionnaire: Questionnaire, answers: Answers, items: Items) -> None:
        self.questionnaire = questionnaire
        self.answers = answers
        self.items = items
        self.reached = reach(questionnaire, answers, items)
        self.problems: dict[str, tuple[Problem, ...]] = {}
        self.missing: list[str] = []
        self.tallies: list[_Tally] = []

    def read(self, step: Step, item: str | None = None) -> _Tally:
        tally = _Tally()
        lookup = self.reached.lookup(item)
        known, answers = self.reached.is_reached, self.answers
        for question, type_, checks in _plan(self.questionnaire, step.code):
            key = answer_key(question.code, item)
            if not known(key):
                continue
            tally.required += question.required
            value = answers.get(key)
            if value is None:
                if question.required:
                    tally.missing += 1
                    self.missing.append(key)
                    self.problems[key] = (Problem(key, type_.missing),)
                continue
            tally.answered += 1
            problems = type_.check(resolved(question, lookup), value)
            problems += _broken(checks, question, lookup)
            if problems:
                tally.wrong += 1
                self.problems[key] = tuple(problems) if item is None else tuple(_rekeyed(problems, key))
            else:
                tally.settled += question.required
        self.tallies.append(tally)
        return tally


def _rekeyed(problems: Iterable[Problem], key: str) -> Iterable[Problem]:
    return (replace(problem, key=key) for problem in problems)


def _broken(checks: Sequence[Check], question: Question, lookup: Lookup) -> list[Problem]:
    return [Problem(question.code, check.message, own=True) for check in checks if is_broken(check.condition, lookup)]


@lru_cache(maxsize=2048)
def _plan(questionnaire: Questionnaire, step_code: str) -> tuple[tuple[Question, AnswerType, tuple[Check, ...]], ...]:
    """Lay out the questions of a step that are answered, with their type and all checks whose problem is shown at them."""
    return tuple(
        (
            question,
            type_of(question),
            question.checks + tuple(check for check in questionnaire.checks if check.at == question.code),
        )
        for question in questionnaire.step(step_code).questions
        if type_of(question).answerable
    )


def _items_problem(step: Step, count: int) -> tuple[Problem, ...]:
    if step.repeat is None or step.repeat.min <= count <= step.repeat.max:
        return ()
    if count < step.repeat.min:
        return (Problem(step.code, TOO_FEW, {"count": count, "min": step.repeat.min}),)
    return (Problem(step.code, TOO_MANY, {"count": count, "max": step.repeat.max}),)


def _step_state(step: Step, states: Sequence[StepState]) -> StepState:
    """Give the state of a repeated step from those of its items."""
    if step.repeat is not None and len(states) > step.repeat.max:
        return StepState.TO_REVIEW
    if StepState.TO_REVIEW in states:
        return StepState.TO_REVIEW
    if step.repeat is not None and len(states) < step.repeat.min:
        return StepState.IN_PROGRESS if states else StepState.NOT_STARTED
    return StepState.COMPLETE if all(state is StepState.COMPLETE for state in states) else StepState.IN_PROGRESS


def review(questionnaire: Questionnaire, answers: Answers, items: Items) -> Review:
    """Judge a response: answers by key, item ids by the code of their repeated step, in order."""
    reading = _Reading(questionnaire, answers, items)
    steps: dict[str, StepState] = dict.fromkeys((step.code for step in questionnaire.steps), StepState.NOT_REQUIRED)
    item_states: dict[str, StepState] = {}
    item_problems: dict[str, tuple[Problem, ...]] = {}
    lacking = 0
    for code in reading.reached.steps:
        step = questionnaire.step(code)
        if step.repeat is None:
            steps[code] = reading.read(step).state()
            continue
        ids = items.get(code, ())
        states = {item: reading.read(step, item).state() for item in ids}
        item_states |= states
        steps[code] = _step_state(step, tuple(states.values()))
        lacking += max(0, step.repeat.min - len(ids))
        if problem := _items_problem(step, len(ids)):
            item_problems[code] = problem
    required = sum(tally.required for tally in reading.tallies) + lacking
    settled = sum(tally.settled for tally in reading.tallies)
    return Review(
        problems=reading.problems,
        missing=tuple(reading.missing),
        steps=steps,
        item_states=item_states,
        progress=100 * settled // required if required else 100,
        complete=not reading.problems and not item_problems,
        item_problems=item_problems,
        reached=reading.reached,
    )
