"""What each answer has been, with who gave it and when, and bringing an earlier value back.

Not for: submitted versions (`receipts.py`).
Holds always: only the entity's own operators see it; an earlier value comes back as a save like any other, on the answer that
the page showed: where a colleague has changed it since, both are kept and somebody decides.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.operators import operator_names
from app.clock import now
from app.fill import blueprint
from app.fill.answer_lists import sheet_name
from app.fill.opening import author, load_response, locale
from app.fill.path import question_address
from app.fill.saving import sent_for_another
from app.fill.views import moment, shown, speech_for
from app.questionnaire.model import Question, Step, answer_key, split_key
from app.responses import personal
from app.responses.changes import Change, changes_by_answer
from app.responses.document import Operation
from app.responses.drafts import EditionClosedError, TooLargeError, apply
from app.responses.reading import OpenResponse


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value that an answer had. `restorable`: it is another than the answer has now, and can be brought back."""

    text: str
    who: str
    when: str
    revision: int
    current: bool
    restorable: bool


@dataclass(frozen=True, slots=True)
class AnswerHistory:
    """One answer: its question, its sheet where it stands in one, and its values, the newest first. `base`: its revision;
    `shortened`: its oldest values are too long for the page."""

    key: str
    label: str
    sheet: str
    base: int
    values: tuple[ValueRow, ...]
    shortened: bool


def answer_history(response: OpenResponse) -> list[AnswerHistory]:
    """All answers that were ever given, in the order of the questionnaire; those of sheets that were removed are left out."""
    changes, shortened = changes_by_answer(response.id)
    questionnaire = response.questionnaire_in(locale())
    by_value = {f"{one.revision}/{key}": one.value for key, several in changes.items() for one in several}
    clear = personal.unseal(response.id, by_value)
    speech = speech_for(questionnaire, clear)
    names = operator_names(response.entity_id)
    return [
        AnswerHistory(
            *(key, question.label, sheet, response.document.answers[key].revision),
            values=_rows(question, key, changes[key], clear, (names, speech)),
            shortened=key in shortened,
        )
        for question, key, sheet in _answers(response, questionnaire.steps)
        if key in changes
    ]


def _answers(response: OpenResponse, steps: Sequence[Step]) -> list[tuple[Question, str, str]]:
    """(question, key, name of its sheet) of each answer that there may be."""
    values = response.document.values()
    live = response.document.live_items()
    return [
        (question, answer_key(question.code, item), sheet_name(values, step, item) if item else "")
        for step in steps
        for item in (live.get(step.code, ()) if step.repeat else (None,))
        for question in step.questions
    ]


def _rows(
    question: Question, key: str, changes: Sequence[Change], clear: Mapping[str, Any], words: tuple[Mapping[int, str], Any]
) -> tuple[ValueRow, ...]:
    names, speech = words
    last = changes[-1]
    return tuple(
        ValueRow(
            text=shown(question, clear[f"{one.revision}/{key}"], speech),
            who=names.get(one.operator or 0) or str(_("un collega")),
            when=moment(one.at),
            revision=one.revision,
            current=one is last,
            restorable=one.value != last.value and clear[f"{one.revision}/{key}"] != personal.ERASED,
        )
        for one in reversed(changes)
    )


@blueprint.post("/storico/ripristina")
def restore_answer() -> ResponseReturnValue:
    """Bring an earlier value of an answer back."""
    at = now()
    response = load_response(at)
    home = redirect(url_for("fill.history"), 303)
    if sent_for_another(response.entity_code):
        return home
    operation = _operation(response, request.form.get("risposta", ""), request.form.get("revisione", 0, type=int))
    try:
        reply, saved = apply(response, [operation], author(), at, save_id=secrets.token_urlsafe(12))
    except EditionClosedError:
        flash(_("La rilevazione è chiusa: le risposte si possono solo leggere."), "error")
        return home
    except TooLargeError:
        flash(_("Le risposte sono troppo lunghe: accorcia i testi prima di ripristinare questo valore."), "error")
        return home
    if reply.refused:
        flash(_("Non è stato possibile: ricarica la pagina e riprova."), "error")
        return home
    return redirect(_say_restored(saved, operation, disputed=bool(reply.conflicts)), 303)


def _say_restored(saved: OpenResponse, operation: Operation, *, disputed: bool) -> str:
    """Say what became of the value, and give the address where one sees it."""
    if saved.document.is_removed(operation.item):
        text = _("Nel frattempo la scheda è stata eliminata: il valore che hai scelto è conservato. Decidi se ripristinarla.")
        flash(text, "warning")
        return url_for("fill.conflicts")
    if disputed:
        flash(_("Un collega ha cambiato la stessa risposta: sono conservate tutte e due. Scegli quale vale."), "warning")
        return question_address(saved.questionnaire, operation.question or "", operation.item)
    flash(_("Valore ripristinato. Se ci ripensi, qui trovi anche quello di prima."), "success")
    return f"{url_for('fill.history')}#r-{operation.key}"


def _operation(response: OpenResponse, key: str, revision: int) -> Operation:
    """The save that brings it back. Aborts with 404 on an answer that never had a value of this revision."""
    changes, _shortened = changes_by_answer(response.id)
    earlier = next((one for one in changes.get(key, ()) if one.revision == revision), None)
    value = personal.unseal_one(response.id, earlier.value) if earlier else None
    if earlier is None or value == personal.ERASED:
        abort(404)
    item, code = split_key(key)
    return Operation("set", item=item, question=code, base=request.form.get("base", 0, type=int), value=value)
