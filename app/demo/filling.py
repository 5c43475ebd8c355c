"""Synthetic responses in the open edition, stored the way everybody's are."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from random import Random
from typing import Final

from app.accounts.operators import add_operator, list_operators
from app.config import Settings
from app.demo.answers import Source, synthetic_value
from app.demo.loading import refuse_unless_local
from app.editions.current import EditionView, current_edition
from app.extensions import db
from app.questionnaire.answers import options as resolved_options
from app.questionnaire.model import Questionnaire, answer_key, split_key
from app.questionnaire.reach import reach
from app.registry.entities import EntityRow, entities_in_force
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import OpenResponse, open_response
from app.responses.reviewing import review_response
from app.responses.submission import submit_response

SUBMITTED_SHARE: Final = 0.6
HALF_DONE: Final = 0.5
OPERATOR: Final = "Operatore dimostrativo"


class NoOpenEditionError(Exception):
    """There is no edition that takes answers."""


def fill_synthetic(settings: Settings, share: float, now: dt.datetime, *, seed: int = 1) -> Iterator[tuple[int, int]]:
    """Answer for a share of the municipalities, six in ten of them to the end. Yields (done, of) after each.

    Municipalities whose response a person has opened are left alone. Raises NotLocalError and NoOpenEditionError.
    """
    refuse_unless_local(settings)
    edition = current_edition()
    if edition is None or not edition.takes_answers(now):
        raise NoOpenEditionError("no edition takes answers now: `demo load` makes one")
    random = Random(seed)  # noqa: S311  (a demonstration, not a secret)
    entities = entities_in_force(kind="municipality")
    chosen = random.sample(entities, round(len(entities) * share))
    source = Source(random, [entity.code for entity in entities], now.date())
    for done, entity in enumerate(chosen, 1):
        _answer(entity, edition, source, now)
        yield done, len(chosen)


def _answer(entity: EntityRow, edition: EditionView, source: Source, now: dt.datetime) -> None:
    response = open_response(entity.id, edition, now, synthetic=True)
    if response.version > 0 or not response.synthetic:
        return
    author = Author(_operator(entity, now), "synthetic", "form")
    to_the_end = source.random.random() < SUBMITTED_SHARE
    response = _fill(response, author, source, now, to_the_end=to_the_end)
    if to_the_end and review_response(response).complete:
        submit_response(response, author, now, seen_version=response.version)
    db.session.remove()


def _operator(entity: EntityRow, now: dt.datetime) -> int:
    known = [one.id for one in list_operators(entity.id) if one.name == OPERATOR]
    if known:
        return known[0]
    return add_operator(
        entity.id, name=OPERATOR, office="Servizi sociali", email="operatore@example.org", phone="06 0000 0000", now=now
    )


def _fill(response: OpenResponse, author: Author, source: Source, now: dt.datetime, *, to_the_end: bool) -> OpenResponse:
    """Answer what is reached, save by save, until nothing new is asked (each answer may open further questions)."""
    questionnaire = response.questionnaire
    asked: set[str] = set()
    sheets_added = False
    for _round in range(12):
        values, items = response.document.values(), response.document.live_items()
        reached = reach(questionnaire, values, items)
        keys = [key for key in reached.keys if key not in asked]
        operations: list[Operation] = []
        for key in keys:
            operations += _answer_to(questionnaire, key, values, source, every=to_the_end)
            if operations:  # what one answer offers, the next may choose from
                values[operations[-1].key] = operations[-1].value
        asked.update(keys)
        if not sheets_added and any(questionnaire.step(code).repeat for code in reached.steps):
            sheets_added = True
            operations += _new_sheets(questionnaire, reached.steps, source)
        if not operations:
            break
        response = apply(response, operations, author, now, save_id=str(uuid.uuid4()))[1]
    return response


def _answer_to(
    questionnaire: Questionnaire, key: str, values: dict[str, object], source: Source, *, every: bool
) -> list[Operation]:
    item, code = split_key(key)
    question = questionnaire.question(code)
    if not (question.required and every) and source.random.random() < HALF_DONE:
        return []

    def lookup(other: str) -> object:
        return values.get(answer_key(other, item), values.get(other))

    value = synthetic_value(question, resolved_options(question, lookup), source)
    return [] if value is None else [Operation("set", item=item, question=code, value=value)]


def _new_sheets(questionnaire: Questionnaire, steps: tuple[str, ...], source: Source) -> list[Operation]:
    return [
        Operation("add", item=str(uuid.UUID(int=source.random.getrandbits(128), version=4)), step=code)
        for code in steps
        if questionnaire.step(code).repeat
        for _number in range(source.random.randint(1, 3))
    ]
