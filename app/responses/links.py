"""Whom a response names: who answers for its entity, and for whom its entity answers, as rows beside the document.

Not for: what follows from them (`coverage`).
Holds always: only an answer that the document's path reaches names anybody; a code that the registry does not have has no
row; a save that cannot change whom the response names asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import sqlalchemy as sa

from app.extensions import db, table_of
from app.questionnaire.conditions import dependencies, evaluate
from app.questionnaire.model import Question, Questionnaire
from app.questionnaire.reach import Reached, reach
from app.registry.entities import entity_table
from app.responses.document import Document, Operation, read_document
from app.responses.models import ResponseLink

Stage = Literal["draft", "submitted"]
SubmittedAs = Literal["answer", "nothing", "declaration"]

DECLARES: Final = "declares"
CLAIMS: Final = "claims"
DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
ROLE_OF: Final = {DECLARES: "answered_by", CLAIMS: "answers_for"}

_LINK: Final = table_of(ResponseLink)
_DELETE: Final = sa.delete(_LINK).where(
    _LINK.c.response_id == sa.bindparam("response"), _LINK.c.stage == sa.bindparam("of_stage")
)
_FIND: Final = sa.select(entity_table.c.code, entity_table.c.id).where(
    entity_table.c.code.in_(sa.bindparam("codes", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Named:
    """Codes of the entities that a document names: who answers for its entity, and for whom its entity answers."""

    declares: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()


@lru_cache(maxsize=64)
def codes_that_matter(questionnaire: Questionnaire) -> frozenset[str]:
    """The questions on which it depends whom a response names: those with a role, and what decides whether they are asked."""
    roles = [question for role in ROLE_OF.values() if (question := questionnaire.in_role(role))]
    found: set[str] = set()
    waiting = [question.code for question in roles]
    while waiting:
        code = waiting.pop()
        if code in found:
            continue
        found.add(code)
        for condition in (questionnaire.question(code).show_if, questionnaire.step_of(code).show_if):
            waiting += dependencies(condition) if condition is not None else ()
    return frozenset(found)


def named_in(questionnaire: Questionnaire, document: Document, reached: Reached) -> Named:
    """Whom a document names; `reached` is its path."""
    return Named(*(_codes(questionnaire.in_role(role), document, reached) for role in ROLE_OF.values()))


def _codes(question: Question | None, document: Document, reached: Reached) -> frozenset[str]:
    answer = document.answers.get(question.code) if question and reached.is_reached(question.code) else None
    value: Any = answer.value if answer else None
    if isinstance(value, str):
        return frozenset({value})
    return frozenset(value) if isinstance(value, list) else frozenset()


def rewrite_draft_links(
    response_id: int,
    questionnaire: Questionnaire,
    before: str,
    after: Document,
    reached: Reached,
    operations: Sequence[Operation],
) -> None:
    """Bring the rows of the draft up to a save: `before` is the stored text, `after` the document with its path. Flushes."""
    if codes_that_matter(questionnaire).isdisjoint(operation.question for operation in operations):
        return
    old = read_document(before)
    was = named_in(questionnaire, old, reach(questionnaire, old.values(), old.live_items()))
    named = named_in(questionnaire, after, reached)
    if named != was:
        rewrite_links(response_id, DRAFT, named)


def rewrite_links(response_id: int, stage: Stage, named: Named) -> dict[str, int]:
    """Write the rows of a stage anew; code → id of those named that the registry has. Flushes."""
    connection = db.session.connection()
    connection.execute(_DELETE, {"response": response_id, "of_stage": stage})
    codes = sorted(named.declares | named.claims)
    known = {row.code: row.id for row in connection.execute(_FIND, {"codes": codes})} if codes else {}
    rows = [
        {"response_id": response_id, "stage": stage, "relation": relation, "target_id": known[code]}
        for relation, targets in ((DECLARES, named.declares), (CLAIMS, named.claims))
        for code in sorted(targets)
        if code in known
    ]
    if rows:
        connection.execute(sa.insert(_LINK), rows)
    return known


def submitted_as(questionnaire: Questionnaire, reached: Reached, *, declares_others: bool) -> SubmittedAs:
    """What a version is that is being sent. `declares_others`: it names another entity of the registry as answering for it."""
    holds = {name: evaluate(condition, reached.lookup()) for name, condition in questionnaire.short_paths.items()}
    if holds.get("elsewhere") and declares_others:
        return "declaration"
    return "nothing" if holds.get("nothing") else "answer"
