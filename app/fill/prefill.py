"""First values that the form shows where nothing has been answered yet: from who is signed in and from the registry.

Not for: storing them. Holds always: a prefilled value counts as answered only once the person has saved the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from app.accounts.operators import get_operator
from app.fill.opening import identity
from app.questionnaire.model import Question

CAPACITY_OF_KIND: Final = {"municipality": "single", "union": "union", "metropolitan": "metropolitan", "consortium": "delegate"}
LEVEL_OF_KIND: Final = {"municipality": "municipality", "union": "union", "metropolitan": "wider", "consortium": "wider"}


def _operator() -> Any:
    who = identity()
    found = get_operator(who.entity_id, who.operator_id) if who.operator_id else None
    if found is None:
        return None
    given = {"name": found.name, "office": found.office, "email": found.email, "phone": found.phone}
    return {part: text for part, text in given.items() if text}


def _coded(codes: dict[str, str]) -> Any:
    code = codes.get(identity().entity_kind)
    return {"code": code} if code else None


def _members() -> Any:
    """For whom the entity acts: until associations are known, a municipality for itself."""
    who = identity()
    return [who.entity_code] if who.entity_kind == "municipality" else None


_SOURCES: Final[dict[str, Callable[[], Any]]] = {
    "operator": _operator,
    "entity_group": lambda: _coded(CAPACITY_OF_KIND),
    "members": _members,
    "entity_level": lambda: _coded(LEVEL_OF_KIND),
}


def prefilled(question: Question, entity_id: int) -> Any:
    """The value to show in an unanswered question of the signed-in entity; None for most."""
    if question.prefill is None or identity().entity_id != entity_id:
        return None
    source = _SOURCES.get(question.prefill)
    return source() if source else None
