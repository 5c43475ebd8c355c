"""How the desk's pages call where a thread stands, and the answer that it is about.

Not for: reading the answer itself, which only the entity and whoever it lets may.
"""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.editions.current import EditionView
from app.responses.reading import find_response
from app.threads.sides import CLOSED, DESK, ENTITY, OPEN
from app.web.language import current_language

STATE_TAGS: Final[dict[str, tuple[LazyString, str]]] = {
    DESK: (_l("aspetta noi"), "warning"),
    ENTITY: (_l("aspetta l'ente"), "primary"),
    OPEN: (_l("aperta"), "neutral"),
    CLOSED: (_l("chiusa"), "success"),
}
"""State → its words and colour."""


def answer_label(entity_id: int, edition: EditionView | None, question: str, item: str) -> str:
    """The words of a question; with the place of its sheet among the entity's, where it stands on one. The code, where nobody
    knows the question; empty for a sheet that is not the entity's."""
    response = find_response(entity_id, edition.id) if edition else None
    if response is None:
        return question
    questionnaire = response.questionnaire_in(current_language())
    try:
        found, step = questionnaire.question(question), questionnaire.step_of(question)
    except KeyError:
        return question
    if not step.repeat:
        return f"{question} {found.label}" if not item else ""
    placed = response.document.find_item(item) if item else None
    if placed is None or placed[0] != step.code:
        return ""
    items = response.document.live_items().get(step.code, ())
    place = f" {list(items).index(item) + 1}" if item in items else ""
    return f"{step.title}{place}, {question} {found.label}"
