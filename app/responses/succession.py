"""What a municipality that has ended had answered in an edition, offered to the one that took its place.

Not for: who took whose place (`registry.successors`), or what counts (`coverage`).
Holds always: answers are copied by `drafts.apply` like any others; what the successor has answered itself stays; a person's
data are not copied, for whoever fills in now says so anew. An offer is made until it is taken or declined: either is a line of
the successor's journal whose save id names the predecessor, so no table of its own is needed, and a copy that was interrupted
is offered again and completed: a copied sheet has the same id each time.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from app.accounts.tokens import keyed_hash
from app.extensions import db
from app.questionnaire.model import Questionnaire, split_key
from app.registry.entities import EntityRow
from app.registry.successors import predecessors_of
from app.responses.document import Document, JournalLine, Operation, encoder
from app.responses.drafts import MAX_OPERATIONS, Author, EditionClosedError, apply
from app.responses.models import JournalEntry, Response
from app.responses.reading import OpenResponse, find_response, response_by_id
from app.responses.replays import Reply

_SHEETS: Final = uuid.UUID("5b2f4a0e-6d0c-4b7e-9a83-0c1f3f7e2d11")  # under which the ids of copied sheets are made


class NothingOfferedError(Exception):
    """No answers of this entity are offered to this response: it is no predecessor, has none, or the offer was answered."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """What became of a copy: how many answers and sheets are there now, and how many were refused."""

    answers: int
    sheets: int
    refused: int


def offers_for(response: OpenResponse) -> list[EntityRow]:
    """The predecessors whose answers in this edition are offered to the response, those that ended first before the others."""
    rows = {row.id: row for row in predecessors_of(response.entity_id)}
    if not rows:
        return []
    begun = sa.select(Response.entity_id).where(
        Response.edition_id == response.edition.id, Response.entity_id.in_(rows), Response.version > 0
    )
    with_answers = set(db.session.execute(begun.order_by(Response.entity_id)).scalars())
    marks = {_mark(row.code): row.id for row in rows.values()}
    known = sa.select(JournalEntry.save_id).where(JournalEntry.response_id == response.id, JournalEntry.save_id.in_(marks))
    answered = {marks[mark] for mark in db.session.execute(known.order_by(JournalEntry.version)).scalars()}
    return [row for row in rows.values() if row.id in with_answers and row.id not in answered]


def take_over(response: OpenResponse, code: str, author: Author, now: dt.datetime) -> Takeover:
    """Copy what the predecessor of this code has answered. Commits, in steps where there is much.

    Raises NothingOfferedError, EditionClosedError and TooLargeError.
    """
    offered = _offered(response, code)
    source = find_response(offered.id, response.edition.id)
    if source is None:
        raise NothingOfferedError(code)
    operations = copying_operations(source.document, response.document, response.questionnaire)
    current = replace(response, locked=False)
    refused = 0
    for number, start in enumerate(range(0, len(operations), MAX_OPERATIONS), 1):
        part = operations[start : start + MAX_OPERATIONS]
        reply, current = apply(current, part, author, now, save_id=f"{_mark(code)}:{number}")
        refused += len(reply.refused)
    _settle(current, code, author, now)
    kinds = [operation.op for operation in operations]
    return Takeover(kinds.count("set") - refused, kinds.count("add"), refused)


def decline(response: OpenResponse, code: str, author: Author, now: dt.datetime) -> None:
    """Say that the predecessor's answers are not wanted: they are not offered again. Commits.

    Raises NothingOfferedError and EditionClosedError.
    """
    _offered(response, code)
    _settle(response, code, author, now)


def _offered(response: OpenResponse, code: str) -> EntityRow:
    found = next((row for row in offers_for(response) if row.code == code), None)
    if found is None:
        db.session.rollback()
        raise NothingOfferedError(code)
    return found


def copying_operations(source: Document, own: Document, questionnaire: Questionnaire) -> list[Operation]:
    """Every sheet that lives in `source`, with its answers, and every other answer that `own` has not given."""
    items = {item: _copied(item) for live in source.live_items().values() for item in live}
    adding = [
        Operation("add", item=items[item], step=step)
        for step, live in source.live_items().items()
        for item in live
        if own.find_item(items[item]) is None
    ]
    return [*adding, *_setting(source, own, questionnaire, items)]


def _setting(source: Document, own: Document, questionnaire: Questionnaire, items: dict[str, str]) -> Iterator[Operation]:
    asked = {question.code: question for step in questionnaire.steps for question in step.questions}
    for key, value in source.values().items():
        item, code = split_key(key)
        if code not in asked or asked[code].personal:
            continue
        copied = items[item] if item else None
        answer = own.answers.get(code if copied is None else f"{copied}/{code}")
        if answer is None or answer.value is None:
            yield Operation("set", item=copied, question=code, base=answer.revision if answer else 0, value=value)


def _copied(item: str) -> str:
    return str(uuid.uuid5(_SHEETS, item))


def _mark(code: str) -> str:
    return f"successor-of:{code}"


def _settle(response: OpenResponse, code: str, author: Author, now: dt.datetime) -> None:
    """Write the line of the journal that ends the offer: a save that changes nothing."""
    db.session.rollback()
    current = response_by_id(response.id, lock=True)
    if current is None:
        raise LookupError(f"response {response.id} is gone")
    if not current.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(current.edition.code)
    version = current.version + 1
    stamp = (version, author.operator_id, now.astimezone(dt.UTC).isoformat(), author.session[:16], author.channel)
    values = {
        "response_id": current.id,
        "version": version,
        "save_id": _mark(code),
        "digest": keyed_hash(_mark(code)),
        "line": encoder.encode(JournalLine(*stamp, (), ())).decode(),
        "reply": encoder.encode(Reply((), (), (), version)).decode(),
        "at": now,
    }
    if _is_settled(current.id, code):  # a colleague's click came first
        db.session.rollback()
        return
    db.session.execute(sa.insert(JournalEntry).values(**values))
    db.session.execute(sa.update(Response).where(Response.id == current.id).values(version=version, last_activity=now))
    db.session.commit()


def _is_settled(response_id: int, code: str) -> bool:
    known = sa.select(JournalEntry.version).where(JournalEntry.response_id == response_id, JournalEntry.save_id == _mark(code))
    return db.session.execute(known.order_by(JournalEntry.version)).first() is not None
