"""After sending: receipt, filled copy, one question on how easy it was, the submitted versions and their differences."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.operators import operator_names
from app.clock import now
from app.fill import blueprint
from app.fill.answer_history import answer_history
from app.fill.answer_lists import AnswerList, sheet_name
from app.fill.coverage import coverage_view
from app.fill.forms import posted_fields
from app.fill.opening import author, identity, load_response, locale
from app.fill.reopening import may_ask
from app.fill.saving import sent_for_another
from app.fill.telephone import telephone_copy
from app.fill.views import PageViews, moment, shown, speech_for
from app.questionnaire.answers import type_of
from app.questionnaire.model import Questionnaire, Step, split_key
from app.questionnaire.reach import reach
from app.responses import personal
from app.responses.document import Document, Operation
from app.responses.drafts import EditionClosedError, TooLargeError, apply
from app.responses.reading import OpenResponse
from app.responses.submission import (
    Receipt,
    compare_documents,
    has_unsent_changes,
    is_withdrawn,
    list_receipts,
    submitted_document,
)
from app.threads.reading import unread_of


@blueprint.get("/ricevuta")
def receipt() -> ResponseReturnValue:
    """Be sure: number, date and time, filled copy, what happens next."""
    at = now()
    response = load_response(at)
    receipts = list_receipts(response.id)
    if not receipts:
        flash(_("Non hai ancora inviato la risposta: qui troverai la ricevuta."), "info")
        return redirect(url_for("fill.overview"), 303)
    return render_template(
        "fill/receipt.html",
        response=response,
        receipts=receipts,
        latest=receipts[0],
        sender=_operator_name(response, receipts[0]),
        readonly=not response.takes_answers(at),
        may_ask=may_ask(response, at),
        unsent=has_unsent_changes(response),
        by_phone=telephone_copy(response),
        unread_messages=0 if identity().telephone else unread_of(response.entity_id),
        withdrawn=is_withdrawn(response),
        coverage=coverage_view(response, at),
        with_sheets=any(response.document.live_items().values()),
        opinions=_opinions(response),
        save_id=secrets.token_urlsafe(12),
    )


def _opinions(response: OpenResponse) -> list[Any]:
    questionnaire = response.questionnaire_in(locale())
    codes = {question.code for question in questionnaire.after_submission}
    values = {code: answer.value for code, answer in response.document.answers.items() if code in codes}
    views = PageViews(response, questionnaire, None, values)
    return [views.view(question) for question in questionnaire.after_submission]


def _operator_name(response: OpenResponse, sent: Receipt) -> str:
    return operator_names(response.entity_id).get(sent.operator_id or 0, "")


@blueprint.post("/ricevuta/parere")
def opinion() -> ResponseReturnValue:
    """Keep the answers to the questions asked after submission.

    They are one person's opinion, not the entity's statement: the last one stands, the journal keeps the others, and no two
    of them wait for a decision.
    """
    at = now()
    response = load_response(at)
    if sent_for_another(response.entity_code):
        return redirect(url_for("fill.receipt"), 303)
    known = response.document.answers
    operations = [
        Operation(
            "set",
            question=question.code,
            base=known[question.code].revision if question.code in known else 0,
            value=type_of(question).parse(question, posted_fields(question, request.form)),
        )
        for question in response.questionnaire.after_submission
    ]
    try:
        apply(response, operations, author(), at, save_id=request.form.get("save_id", "")[:64] or secrets.token_urlsafe(12))
    except (EditionClosedError, TooLargeError):
        flash(_("Il parere non è stato salvato: la rilevazione è chiusa."), "warning")
    else:
        flash(_("Grazie: il tuo parere aiuta a migliorare il questionario."), "success")
    return redirect(url_for("fill.receipt"), 303)


@blueprint.get("/ricevuta/<int:number>/copia")
def copy(number: int) -> ResponseReturnValue:
    """The filled copy of a submitted version, to print or keep."""
    response = load_response(now())
    sent = next((one for one in list_receipts(response.id) if one.number == number), None)
    document = submitted_document(response.id, number)
    if sent is None or document is None:
        abort(404)
    values = personal.unseal(response.id, document.values())
    reached = reach(response.questionnaire, values, document.live_items())
    questionnaire = response.questionnaire_in(locale())
    return render_template(
        "fill/copy.html",
        draft=False,
        response=response,
        at=sent.submitted_at,
        receipt=sent,
        withdrawn=number == response.submissions and is_withdrawn(response),
        sender=_operator_name(response, sent),
        sections=AnswerList(questionnaire, reached, values, document.live_items()).sections(),
    )


@blueprint.get("/storico")
def history() -> ResponseReturnValue:
    """The submitted versions, what differs between two of them or between the last one and the draft, and each answer's own
    history."""
    response = load_response(now())
    receipts = list_receipts(response.id)
    older, newer = request.args.get("da", type=int), request.args.get("a", type=int)
    if older is None and receipts:
        older, newer = (receipts[1].number, receipts[0].number) if len(receipts) > 1 else (receipts[0].number, 0)
    changes = _changes(response, older, newer or 0) if older else []
    return render_template(
        "fill/history.html",
        response=response,
        receipts=receipts,
        names=operator_names(response.entity_id),
        moment=moment,
        changes=changes,
        older=older,
        newer=newer,
        withdrawn=is_withdrawn(response),
        answers=answer_history(response),
        readonly=not response.takes_answers(now()),
    )


def _version(response: OpenResponse, number: int) -> Document:
    """A submitted version, or the draft for number 0. Aborts with 404 on a number that does not exist."""
    if number == 0:
        return response.document
    found = submitted_document(response.id, number)
    if found is None:
        abort(404)
    return found


def _changes(response: OpenResponse, older: int, newer: int) -> list[dict[str, Any]]:
    before, after = _version(response, older), _version(response, newer)
    questionnaire = response.questionnaire_in(locale())
    found = compare_documents(before, after, questionnaire)
    old = personal.unseal(response.id, {one.key: one.before for one in found})
    new = personal.unseal(response.id, {one.key: one.after for one in found})
    speech = speech_for(questionnaire, old, new)
    rows = []
    for change in found:
        item, code = split_key(change.key)
        question = questionnaire.question(code)
        rows.append(
            {
                "label": question.label,
                "sheet": _named_in((after, before), questionnaire.step_of(code), item),
                "before": shown(question, old[change.key], speech),
                "after": shown(question, new[change.key], speech),
            }
        )
    return rows + _new_orders(questionnaire, before, after)


def _new_orders(questionnaire: Questionnaire, before: Document, after: Document) -> list[dict[str, Any]]:
    """A row for each repeated step whose sheets, of those in both versions, stand in another order."""
    rows = []
    for step in questionnaire.steps:
        old, new = (document.live_items().get(step.code, []) for document in (before, after))
        was, now_is = [item for item in old if item in new], [item for item in new if item in old]
        if was != now_is:
            names = ["\n".join(_named_in((after, before), step, item) for item in items) for items in (was, now_is)]
            label = _("%(step)s: ordine delle schede", step=step.title)
            rows.append({"label": label, "sheet": "", "before": names[0], "after": names[1]})
    return rows


def _named_in(documents: tuple[Document, ...], step: Step, item: str | None) -> str:
    """The name of a sheet in the first of the documents that has it."""
    if item is None:
        return ""
    holder = next((document for document in documents if document.find_item(item)), documents[0])
    return sheet_name({key: answer.value for key, answer in holder.answers.items()}, step, item)
