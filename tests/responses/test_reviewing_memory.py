"""What is remembered of documents is bounded by their length, not only by their number: two MB of answers are allowed."""

from __future__ import annotations

from app.questionnaire import reach
from app.responses import reviewing
from app.responses.document import Answer, Document
from tests.questionnaire.samples import reference


def _document(text: str) -> Document:
    stamp = {"revision": 1, "operator": 1, "at": "2026-03-01T09:00:00Z", "session": "a", "channel": "form"}
    return Document(answers={"B01": Answer(value={"raw": {"": [text]}}, **stamp)})  # type: ignore[arg-type]


def test_only_what_is_short_is_remembered() -> None:
    questionnaire = reference()
    for length, remembered in ((100, 1), (40_000, 0)):
        reviewing._review_of.cache_clear()
        reach._path.cache_clear()
        stored = "x" * length
        told = reviewing.review_stored(1, questionnaire, _document(stored), stored)
        assert told == reviewing.review_stored(1, questionnaire, _document(stored), stored)
        assert reviewing._review_of.cache_info().currsize == remembered
        assert reach._path.cache_info().currsize == remembered
