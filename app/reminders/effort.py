"""How long an answer takes, and what is left of a draft: which parts of the questionnaire, and how many minutes.

Not for: what an entity has answered, which stands in no message, not even the title of a sheet.
Holds always: measured where enough have submitted (`median_minutes`), else estimated from the questionnaire; rounded up, and
never less than two minutes, since a draft has to be checked and sent; many drafts are read in one statement.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.editions.current import EditionView, questionnaire_in, questionnaire_of
from app.questionnaire.model import Questionnaire
from app.questionnaire.review import Review, StepState
from app.responses.reading import find_responses, median_minutes
from app.responses.reviewing import review_response

LEAST: Final = 2
FOR_A_SHEET: Final = 5
"""Minutes of one item of a repeated part: a practice in five minutes."""
QUESTIONS_A_MINUTE: Final = 2
_COARSE_ABOVE: Final = 10
_COARSE: Final = 5
_DONE: Final = frozenset({StepState.COMPLETE, StepState.NOT_REQUIRED})


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a draft: the titles of the parts that are not complete, in their order, and the minutes they take."""

    parts: tuple[str, ...]
    minutes: int


def whole_minutes(edition: EditionView) -> int:
    """How long a whole answer takes."""
    return _rounded(median_minutes(edition.id) or estimated_minutes(questionnaire_of(edition.digest)))


@lru_cache(maxsize=64)
def estimated_minutes(questionnaire: Questionnaire) -> int:
    """The same from the questionnaire alone: half a minute a necessary question, five minutes for one sheet of each kind."""
    sheets = sum(1 for step in questionnaire.steps if step.repeat is not None)
    asked = sum(question.required for step in questionnaire.steps if step.repeat is None for question in step.questions)
    return max(LEAST, sheets * FOR_A_SHEET + round(asked / QUESTIONS_A_MINUTE))


def left_of_drafts(edition: EditionView, languages: Collection[tuple[int, str]]) -> dict[tuple[int, str], Left]:
    """By (entity's id, language) of each of these: what is left of its draft; without those that have none."""
    drafts = find_responses({entity_id for entity_id, _language in languages}, edition.id)
    whole = whole_minutes(edition) if drafts else 0
    found: dict[tuple[int, str], Left] = {}
    for entity_id, language in languages:
        if entity_id in drafts:
            draft = drafts[entity_id]
            found[entity_id, language] = _left(review_response(draft), questionnaire_in(draft.edition, language), whole)
    return found


def left_to_show(edition: EditionView, entity_id: int, language: str) -> Left:
    """What is left of an entity's draft, or an example for one that has none: the first parts of the questionnaire."""
    own = left_of_drafts(edition, {(entity_id, language)}).get((entity_id, language)) if entity_id else None
    if own is not None:
        return own
    steps = questionnaire_in(edition, language).steps[:2]
    return Left(tuple(step.title for step in steps), _rounded(whole_minutes(edition) / 2))


def _left(review: Review, questionnaire: Questionnaire, whole: int) -> Left:
    parts = tuple(step.title for step in questionnaire.steps if review.steps[step.code] not in _DONE)
    if review.complete:
        return Left((), LEAST)
    return Left(parts, _rounded(whole * (100 - review.progress) / 100))


def _rounded(minutes: float) -> int:
    """Up: whole minutes, in steps of five where it is more than ten."""
    step = _COARSE if minutes > _COARSE_ABOVE else 1
    return max(LEAST, int(-(-minutes // step)) * step)
