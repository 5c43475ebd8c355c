"""The review of a stored response: what is missing or wrong, and how far it has come.

Not for: the rules themselves (`questionnaire.review`).
Holds always: a review is a function of the questionnaire and of the stored text alone, so that the page after a save finds the
one which the save has made; a document with personal values, which can be erased behind its text, is reviewed each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.questionnaire.model import Questionnaire
from app.questionnaire.review import Review, review
from app.responses import personal
from app.responses.document import Document
from app.responses.reading import OpenResponse

LONGEST_REMEMBERED: Final = 32 * 1024
"""Characters of a document whose review is remembered: some hundred of the largest would fill a machine's memory."""
_SEALED: Final = f'"{personal.SEAL}":'  # a key: within a value's text its quotes would be escaped


def review_response(response: OpenResponse, questionnaire: Questionnaire | None = None) -> Review:
    """The review of a response as it is stored, personal answers in clear for the checks.

    `questionnaire`: the response's own in another language, for messages in the definition's words.
    """
    return review_stored(response.id, questionnaire or response.questionnaire, response.document, response.stored)


def review_stored(response_id: int, questionnaire: Questionnaire, document: Document, stored: str) -> Review:
    """The same for a document and its text, which belong together."""
    if _SEALED in stored:
        return review(questionnaire, personal.unseal(response_id, document.values()), document.live_items())
    if len(stored) > LONGEST_REMEMBERED:
        return review(questionnaire, document.values(), document.live_items())
    return _review_of(questionnaire, _Stored(stored, document))


@dataclass(frozen=True, slots=True)
class _Stored:
    """A document by its text."""

    text: str
    document: Document = field(compare=False)


@lru_cache(maxsize=256)
def _review_of(questionnaire: Questionnaire, stored: _Stored) -> Review:
    return review(questionnaire, stored.document.values(), stored.document.live_items())
