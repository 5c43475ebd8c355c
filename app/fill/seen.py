"""`/gestione/vista/<code>`: an entity's pages as the entity sees them, for staff, to read.

Not for: opening them, which is in the audit (`app.desk.seeing`), or for anything that is written.
Holds always: staff have no session of the entity, so that its own pages stay closed to them; each of these pages is one GET in
which the database refuses every write (`_seen`, the only way in); without an opening of this member of staff for this entity
nothing is shown; an open draft is shown only while the entity consents, else what it has sent, and personal values masked, or
how far it has come and no more.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from flask import abort, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.database import only_reading
from app.editions.current import current_edition
from app.extensions import db
from app.fill import blueprint
from app.fill.answer_lists import AnswerList, Section
from app.fill.opening import locale
from app.fill.overview import missing_rows, tasks_of
from app.fill.path import pages_of
from app.fill.saving import draw_page, reached_by
from app.questionnaire.model import Step
from app.registry.entities import EntityRow, find_by_code
from app.responses import personal
from app.responses.consents import Consent, consent_to_read
from app.responses.document import Document, write_document
from app.responses.reading import OpenResponse, find_response
from app.responses.reviewing import review_response
from app.responses.submission import has_unsent_changes, list_receipts, submitted_document

OPENED: Final = "seen"
"""Where the form's cookie says what was opened: code, member of staff, until when."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What may be seen. `shown`: the response with the answers that may be read, None where only `stored`'s state may."""

    entity: EntityRow
    stored: OpenResponse | None
    shown: OpenResponse | None
    consent: Consent | None
    at: dt.datetime


def _seen(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Show a page of an entity that was opened, in a transaction that cannot write."""

    @functools.wraps(view)
    def show(code: str, **values: str) -> ResponseReturnValue:
        at = now()
        if not _is_opened(code, at):
            return redirect(url_for("desk.entity", code=code), 303)
        with only_reading(db.session.connection()):
            return view(_find(code, at), **values)

    return show


@blueprint.get("/gestione/vista/<code>")
@_seen
def seen_overview(seen: Seen) -> ResponseReturnValue:
    """The task list, where the answers may be read; else how far the entity has come."""
    shown = seen.shown
    tasks = []
    if shown is not None:
        tasks = tasks_of(shown, review_response(shown), reached_by(shown))
        codes = {step.title: step.code for step in shown.questionnaire_in(locale()).steps}
        for task in tasks:
            task["url"] = task["url"] and url_for("fill.seen_step", code=seen.entity.code, step=codes[task["title"]])
            task["subtasks"] = [{**sub, "url": None} for sub in task["subtasks"]]
    return _draw("fill/seen_overview.html", seen, tasks=tasks)


@blueprint.get("/gestione/vista/<code>/verifica")
@_seen
def seen_check(seen: Seen) -> ResponseReturnValue:
    """Every answer, and what is missing."""
    shown = _readable(seen)
    questionnaire = shown.questionnaire_in(locale())
    found = review_response(shown, questionnaire)
    values = shown.document.values() if seen.consent is None else personal.unseal(shown.id, shown.document.values())
    missing = [] if seen.consent is None else missing_rows(questionnaire, found, values)
    return _draw("fill/seen_check.html", seen, sections=_sections(seen, shown), missing=missing)


@blueprint.get("/gestione/vista/<code>/passi/<step>")
@_seen
def seen_step(seen: Seen, step: str) -> ResponseReturnValue:
    """The questions of a step with their answers; of a repeated one its sheets."""
    shown = _readable(seen)
    reached = reached_by(shown)
    found: Step | None = next((one for one in shown.questionnaire_in(locale()).steps if one.code == step), None)
    if found is None or step not in reached.steps:
        abort(404)
    if found.repeat:
        order = [one.code for one in shown.questionnaire.steps if one.code in reached.steps]
        return _draw("fill/seen_step.html", seen, step=found, sections=[_sections(seen, shown)[order.index(step)]], pages=[])
    own = shown.questionnaire.step(step)
    pages = [draw_page(shown, page, reached, None, asks=False) for page in pages_of(own)]
    return _draw("fill/seen_step.html", seen, step=found, sections=[], pages=pages)


def _is_opened(code: str, at: dt.datetime) -> bool:
    opened = session.get(OPENED)
    if not isinstance(opened, list) or len(opened) != 3:
        return False
    return opened[:2] == [code, required_staff().staff_id] and str(opened[2]) > at.astimezone(dt.UTC).isoformat()


def _find(code: str, at: dt.datetime) -> Seen:
    entity, edition = find_by_code(code), current_edition()
    if entity is None or edition is None:
        abort(404)
    stored = find_response(entity.id, edition.id)
    if stored is None:
        return Seen(entity, None, None, None, at)
    consent = consent_to_read(stored.id, at)
    return Seen(entity, stored, stored if consent else _sent(stored), consent, at)


def _sent(stored: OpenResponse) -> OpenResponse | None:
    """What the entity sent last, its personal values masked; None where it has sent nothing."""
    receipts = list_receipts(stored.id) if stored.submissions else []
    document = submitted_document(stored.id, receipts[0].number) if receipts else None
    if document is None:
        return None
    masked = _masked(document)
    return replace(stored, document=masked, stored=write_document(masked), review=None)


def _masked(document: Document) -> Document:
    answers = {
        key: msgspec.structs.replace(answer, value=personal.MASKED) if personal.is_sealed(answer.value) else answer
        for key, answer in document.answers.items()
    }
    return msgspec.structs.replace(document, answers=answers, conflicts={})


def _readable(seen: Seen) -> OpenResponse:
    if seen.shown is None:
        abort(404)
    return seen.shown


def _sections(seen: Seen, shown: OpenResponse) -> list[Section]:
    values = shown.document.values()
    values = personal.unseal(shown.id, values) if seen.consent else values
    code = seen.entity.code

    def ask(question: str, item: str | None) -> str:
        return url_for("desk.new_thread", code=code, domanda=question, scheda=item or None)

    questionnaire, items = shown.questionnaire_in(locale()), shown.document.live_items()
    return AnswerList(
        questionnaire, reached_by(shown), values, items, ask=ask, ask_text=_("Chiedi all'ente di questa risposta")
    ).sections()


def _draw(template: str, seen: Seen, **values: object) -> str:
    sent = seen.stored is not None and seen.shown is not None and seen.consent is None
    unsent = sent and seen.stored is not None and has_unsent_changes(seen.stored)
    return render_template(template, seen=seen, sent=sent, unsent=unsent, **values)
