"""First values that the form shows where nothing has been answered yet: from who is signed in and from the registry.

Not for: storing them. Holds always: a prefilled value counts as answered only once the person has saved the page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from app.accounts.operators import get_operator
from app.clock import now
from app.editions.files import ROME
from app.fill.opening import identity
from app.questionnaire.model import Question
from app.registry.associations import association_rows, leads_of, members_of

CAPACITY_OF_KIND: Final = {
    "union": "union",
    "metropolitan": "metropolitan",
    "consortium": "delegate",
    "ambito": "delegate",
}
CAPACITY_OF_LEAD: Final = {"ambito": "lead_ambito", "union": "lead_other", "other": "lead_other"}
"""In what capacity a municipality answers that leads an association of this kind; the first of them counts."""
LEVEL_OF_KIND: Final = {
    "municipality": "municipality",
    "union": "union",
    "ambito": "ambito",
    "metropolitan": "wider",
    "consortium": "wider",
}


def _operator() -> Any:
    who = identity()
    found = get_operator(who.entity_id, who.operator_id) if who.operator_id else None
    if found is None:
        return None
    given = {"name": found.name, "office": found.office, "email": found.email, "phone": found.phone}
    return {part: text for part, text in given.items() if text}


def _today() -> dt.date:
    return now().astimezone(ROME).date()


def _coded(code: str | None) -> Any:
    return {"code": code} if code else None


def _capacity() -> Any:
    """In what capacity the entity answers: by what it is; a municipality that leads an association, as its lead."""
    who = identity()
    if who.entity_kind != "municipality":
        return _coded(CAPACITY_OF_KIND.get(who.entity_kind))
    led = {row.kind for row in association_rows(_today(), lead_ids=[who.entity_id])}
    return _coded(next((code for kind, code in CAPACITY_OF_LEAD.items() if kind in led), "single"))


def _members() -> Any:
    """For whom the entity acts: the members of what it leads; a municipality that leads nothing, for itself."""
    who = identity()
    codes = [member.code for member in members_of(who.entity_id, _today())]
    return codes or ([who.entity_code] if who.entity_kind == "municipality" else None)


_SOURCES: Final[dict[str, Callable[[], Any]]] = {
    "operator": _operator,
    "entity_group": _capacity,
    "members": _members,
    "entity_level": lambda: _coded(LEVEL_OF_KIND.get(identity().entity_kind)),
}


def prefilled(question: Question, entity_id: int) -> Any:
    """The value to show in an unanswered question of the signed-in entity; None for most."""
    if question.prefill is None or identity().entity_id != entity_id:
        return None
    source = _SOURCES.get(question.prefill)
    return source() if source else None


def suggested(question: Question, entity_id: int) -> dict[str, str]:
    """Code → label of what the registry would choose, offered beside what was chosen and ticked by nobody: who leads an
    association of the signed-in entity where it is asked who answers, its members where it is asked for whom."""
    if identity().entity_id != entity_id:
        return {}
    if question.role == "answered_by":
        return {row.code: row.label for row in leads_of(entity_id, _today())}
    if question.role == "answers_for":
        return {row.code: row.label for row in members_of(entity_id, _today())}
    return {}
