"""Saving by script: the browser sends its operations as JSON and gets back what became of each, and what others changed.

Not for: pages, which save by form (`saving.py`); the shapes of JSON (`wire.py`).
Holds always: the response is one of the signed-in entity; what cannot be stored is refused by itself, with its reason, and
the rest is stored; nothing is said to be stored before it is committed; every answer, a refusal too, is JSON.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
from flask import Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts.operators import operator_names, shown_name
from app.clock import now
from app.extensions import db
from app.fill import blueprint
from app.fill.forms import shown_value
from app.fill.opening import NotOpenError, author, identity, load_response
from app.fill.wire import (
    MALFORMED,
    NO_CHOICE,
    TOO_LARGE,
    Refused,
    Save,
    Saved,
    WireError,
    WireOperation,
    encode,
    parsed_value,
    question_called,
    read_request,
    settled,
    simple_operation,
)
from app.fill.wire import Request as Asked
from app.questionnaire.answers import type_of
from app.questionnaire.model import split_key
from app.responses import personal
from app.responses.continuing import Continuing
from app.responses.document import Document, Operation
from app.responses.drafts import Author, TooLargeError, apply
from app.responses.late import is_kept, keep_late
from app.responses.reading import OpenResponse, response_by_id
from app.responses.replays import digest_of, known_reply
from app.web.csrf import csrf_token

Pairs = list[tuple[WireOperation, Operation]]
"""What the browser sent and what the responses room is handed for it."""
STATUS = {MALFORMED: 400, TOO_LARGE: 413, "other_entity": 409, "not_open": 409}


@blueprint.route("/compila/sincronizza", methods=["GET", "POST"])
def sync() -> ResponseReturnValue:
    """Store what a browser sends, save by save; without saves, only tell what has changed since a version."""
    try:
        return _store_all(now()) if request.method == "POST" else _pull(now())
    except RequestEntityTooLarge:
        return _refusal(TOO_LARGE)
    except NotOpenError:
        return _refusal("not_open")
    except WireError as error:
        return _refusal(str(error.args[0]))


def _pull(at: dt.datetime) -> Response:
    return _answer(load_response(at), request.args.get("since", 0, type=int), at, ())


def _store_all(at: dt.datetime) -> Response:
    if g.get("csrf_failed"):
        return _json(403, {"reason": "csrf", "token": csrf_token()})
    asked = read_request(request.get_data(cache=False))
    response = _meant(asked, at)
    who, continuing, told = author("json"), Continuing(), []
    for number, save in enumerate(asked.saves):
        current = response if number == 0 else replace(response, locked=False)  # its lock ended with the save before
        saved, response = _store(current, save, who, at, continuing)
        told.append(saved)
    return _answer(response, asked.since, at, told)


def _refusal(reason: str) -> Response:
    """The whole request refused."""
    db.session.rollback()
    return _json(STATUS[reason], {"reason": reason})


def _json(status: int, told: Mapping[str, Any]) -> Response:
    return Response(encode(told), status, mimetype="application/json")


def _meant(asked: Asked, at: dt.datetime) -> OpenResponse:
    """The response that the browser means: the entity's in the current edition, or its own in an earlier one."""
    who = identity()
    if asked.entity != who.entity_code:
        raise WireError("other_entity")
    try:
        response = load_response(at)
    except NotOpenError as error:
        if error.edition is not None and error.edition.state == "draft":
            raise WireError("not_open") from error
        response = None
    if response is not None and response.id == asked.response:
        return response
    db.session.rollback()
    earlier = response_by_id(asked.response, lock=True)
    if earlier is None or earlier.entity_id != who.entity_id:
        raise WireError("other_entity")
    return earlier


# One save ----------------------------------------------------------------------------------------------------------------


def _store(
    response: OpenResponse, save: Save, who: Author, at: dt.datetime, continuing: Continuing
) -> tuple[Saved, OpenResponse]:
    """Store one save; what outgrows the draft is left out, largest first, until the rest fits."""
    refused: list[Refused] = []
    pairs = _operations(response, save, continuing, refused)
    if not response.takes_answers(at) or (response.own_closes_at and _was_late(response, save)):
        return _kept(response, save, pairs, who, at, refused), response
    while True:
        try:
            reply, saved = apply(response, [one for _sent, one in pairs], who, at, save_id=save.save_id, sent=save.sent)
            break
        except TooLargeError:
            largest = max(pairs, key=lambda pair: len(encode(pair[0])))
            pairs.remove(largest)
            refused.append(Refused(largest[0].op_id, TOO_LARGE))
            response = replace(response, locked=False)
    sent = [one for one, _operation in pairs]
    continuing.note(sent, reply, saved.document if saved.version == reply.version else None)
    return settled(save, sent, refused, reply), saved


def _was_late(response: OpenResponse, save: Save) -> bool:
    """Whether this save came late already, before the response was opened again: it is brought in by a person."""
    return is_kept(response.id, save.save_id, digest_of(save.sent))


def _kept(response: OpenResponse, save: Save, pairs: Pairs, who: Author, at: dt.datetime, refused: list[Refused]) -> Saved:
    """A save that came too late is kept apart; one that was stored in time, and comes again, gets its first reply."""
    sent = [one for one, _operation in pairs]
    told = settled(save, (), refused, None)
    told.late = True
    try:
        first = keep_late(response, [one for _sent, one in pairs], who, at, save_id=save.save_id, sent=save.sent)
    except TooLargeError:
        told.refused += [Refused(one.op_id, TOO_LARGE) for one in sent]
        return told
    if first is not None:
        return settled(save, sent, refused, first)
    told.kept = [one.op_id for one in sent]
    return told


def _operations(response: OpenResponse, save: Save, continuing: Continuing, refused: list[Refused]) -> Pairs:
    """The operations of a save as the responses room takes them; those that cannot be go to `refused`."""
    found: Pairs = []
    for sent in save.operations:
        based = msgspec.structs.replace(sent, base=continuing.base_of(sent, response.document))
        try:
            found.append((sent, _operation(response, based, save)))
        except WireError as error:
            refused.append(Refused(sent.op_id, str(error.args[0])))
    return found


def _operation(response: OpenResponse, sent: WireOperation, save: Save) -> Operation:
    if sent.question is None or sent.op not in {"set", "resolve"}:
        return simple_operation(sent)
    if sent.op == "set" or sent.decision == "edited":
        return simple_operation(sent, parsed_value(response.questionnaire, sent))
    question = question_called(response.questionnaire, sent.question)
    if question is None:
        raise WireError("unknown_question")
    if sent.decision == "current":
        return simple_operation(sent, shown_value(response, question, sent.item, sent.base))
    for challenger in response.document.conflicts.get(sent.key, ()):
        if sent.decision == str(challenger.revision):
            return simple_operation(sent, personal.unseal_one(response.id, challenger.value))
    if known_reply(response.id, save.save_id, digest_of(save.sent)) is None:
        raise WireError(NO_CHOICE)
    return simple_operation(sent)  # decided by this very save already: only its place matters


# The answer --------------------------------------------------------------------------------------------------------------


def _answer(response: OpenResponse, since: int, at: dt.datetime, saves: Iterable[Saved]) -> Response:
    told = {
        "entity": response.entity_code,
        "response": response.id,
        "definition": response.edition.digest,
        "version": response.version,
        "takes_answers": response.takes_answers(at),
        "deadline": response.deadline,
        "saves": [one.as_json() for one in saves],
        "changes": {
            "answers": _answers(response, since),
            "items": _items(response.document, _labels(response)),
            "conflicts": response.open_conflicts,
        },
        "token": csrf_token(),
    }
    return _json(200, told)


def _answers(response: OpenResponse, since: int) -> dict[str, Any]:
    """The answers that were written after a version, as the fields of a form."""
    changed = {key: one for key, one in response.document.answers.items() if one.revision > since}
    values = personal.unseal(response.id, {key: one.value for key, one in changed.items()})
    names = _names(response, {one.operator for one in changed.values()})
    told = {}
    for key, answer in changed.items():
        question = question_called(response.questionnaire, split_key(key)[1])
        if question is not None:
            fields = type_of(question).fill(question, values[key])
            who = names.get(answer.operator or 0)
            told[key] = {"revision": answer.revision, "fields": fields, "who": who, "at": answer.at}
    return told


def _names(response: OpenResponse, operators: set[int | None]) -> Mapping[int, str]:
    """Who wrote these; the names are asked for only where somebody else did."""
    me = identity()
    if me.operator_id is not None and operators <= {me.operator_id, None} and me.telephone is None:
        return {me.operator_id: shown_name(me.operator_name or "", verified=me.operator_verified)}
    return operator_names(response.entity_id)


def _labels(response: OpenResponse) -> dict[str, str]:
    """Step → the question whose answer names its sheets."""
    return {step.code: step.repeat.label_from for step in response.questionnaire.steps if step.repeat}


def _items(document: Document, labels: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The sheets of each repeated step in order. `revision`: the latest of all that a deletion would take away."""
    if not document.items:
        return {}
    latest = document.item_revisions()
    return {
        step: [
            {
                "id": item.id,
                "revision": latest[item.id],
                "removed": item.removed is not None,
                "label": _label(document, f"{item.id}/{labels.get(step, '')}"),
            }
            for item in items
        ]
        for step, items in document.items.items()
    }


def _label(document: Document, key: str) -> str:
    answer = document.answers.get(key)
    return answer.value if answer is not None and isinstance(answer.value, str) else ""
