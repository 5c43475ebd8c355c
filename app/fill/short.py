"""The short paths: nothing to report, or another entity answers. One page that asks, declares and sends.

Not for: which answers are a short path (the definition says so) or what they count for (`responses.coverage`).
Holds always: what is typed is stored like that of any page before anything is sent or another page opens, also where sending
is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.fill import blueprint
from app.fill.forms import PostedPage, Typed, read_page
from app.fill.opening import author, load_response, locale
from app.fill.overview import conflict_rows, missing_rows
from app.fill.path import Page, first_page, next_address, short_page, short_path, step_address
from app.fill.saving import asked_for, draw_page, keep_page, newly_asked, reached_by, sent_for_another, store_page
from app.fill.telephone import note_sent
from app.questionnaire.model import answer_key, split_key
from app.responses import personal
from app.responses.drafts import EditionClosedError
from app.responses.reading import OpenResponse
from app.responses.reviewing import review_response
from app.responses.submission import ChangedMeanwhileError, IncompleteError, has_unsent_changes, is_withdrawn, submit_response

Errors = Sequence[tuple[str, str]]


@blueprint.route("/compila/breve", methods=["GET", "POST"])
def short() -> ResponseReturnValue:
    """The reason or the entity, who fills in, the declaration, and the button that sends."""
    at = now()
    response = load_response(at)
    if request.method != "POST":  # HEAD as well: it has passed no check of a token
        if short_path(response.questionnaire, reached_by(response)) is None:
            return _not_short()
        return _draw(response, at)
    if sent_for_another(response.entity_code):
        return redirect(url_for("fill.short"), 303)
    # Every question that the page may have held: a colleague may have left the short path since it was drawn.
    plain = [question for step in response.questionnaire.steps if step.repeat is None for question in step.questions]
    posted = read_page(plain, request.form, response, None)
    if kept := keep_page(response, posted, at):
        return kept
    saved, status = store_page(response, posted, at)
    if saved is None:
        return _draw(response, at, typed=posted.typed), status
    return _go_on(saved, posted, at)


def _go_on(saved: OpenResponse, posted: PostedPage, at: dt.datetime) -> ResponseReturnValue:
    """What is typed is stored: to where a button leads, to what is asked now, or off."""
    here = url_for("fill.short")
    reached = reached_by(saved)
    chosen = _off_the_page(saved) or asked_for(posted, here)
    if chosen:
        return redirect(chosen, 303)
    if short_path(saved.questionnaire, reached) is None:
        return _not_short()
    page = short_page(saved.questionnaire, reached)
    fresh = newly_asked(page, reached, None, posted)
    if fresh:
        flash(_("Salvato. In base alle tue risposte, in questa pagina c’è altro da compilare."), "info")
        return redirect(f"{here}#q-{fresh}", 303)
    return _send(saved, page, at)


def _off_the_page(saved: OpenResponse) -> str | None:
    """Where the buttons lead that leave the short path: they save, so that nothing typed here is lost on the way."""
    source = saved.questionnaire
    leads = {
        "prima": lambda: step_address(source.steps[0]),
        "intero": lambda: next_address(source, reached_by(saved), source.steps[0], first_page(source).number),
    }
    lead = leads.get(request.form.get("azione", ""))
    return lead() if lead else None


def _not_short() -> ResponseReturnValue:
    flash(_("La pagina breve serve solo se non c'è niente da segnalare o se risponde un altro ente."), "info")
    return redirect(url_for("fill.overview"), 303)


def _send(saved: OpenResponse, page: Page, at: dt.datetime) -> ResponseReturnValue:
    disputed = any(answer_key(question.code) in saved.document.conflicts for question in page.questions)
    if disputed:
        flash(_("Un collega ha cambiato la stessa risposta: sono conservate tutte e due. Scegli quale vale."), "warning")
    if request.form.get("dichiarazione") != "1":
        problem = ("dichiarazione", _("Per inviare, conferma la dichiarazione."))
        return _draw(saved, at, strict=True, errors=(problem,)), 422
    try:
        submit_response(saved, author(), at, seen_version=saved.version)
    except EditionClosedError:
        flash(_("La scadenza è passata: la risposta non è stata inviata. Chiama i contatti qui sotto."), "error")
        return _draw(load_response(at), at), 403
    except ChangedMeanwhileError:
        flash(_("Nel frattempo un collega ha modificato una risposta. Rileggi e poi invia."), "warning")
        return redirect(url_for("fill.short"), 303)
    except IncompleteError:
        return _draw(load_response(at), at, strict=True), 422
    note_sent()
    return redirect(url_for("fill.receipt"), 303)


def _draw(
    response: OpenResponse, at: dt.datetime, *, typed: Typed | None = None, strict: bool = False, errors: Errors = ()
) -> str:
    """`typed`: what a form held that could not be stored; `strict`: say what is missing; `errors`: of the declaration."""
    source = response.questionnaire
    reached = reached_by(response)
    page = short_page(source, reached)
    if typed:
        lost = tuple(source.question(code) for code in typed if all(one.code != code for one in page.asked))
        page = replace(page, asked=(*page.asked, *lost))
    shown = draw_page(response, page, reached, None, typed=typed, strict=strict)
    on_page = {question.code for question in page.questions}
    return render_template(
        "fill/short.html",
        response=response,
        shown=shown,
        path=short_path(source, reached),
        readonly=not response.takes_answers(at),
        sent=response.submissions > 0 and not has_unsent_changes(response),
        elsewhere=_elsewhere(response, on_page) if strict else [],
        conflicts=[row for key, row in conflict_rows(response).items() if split_key(key)[1] not in on_page],
        errors=[*shown.summary, *errors],
        undeclared=errors,
        declared=request.form.get("dichiarazione") == "1",
        withdrawn=is_withdrawn(response),
    )


def _elsewhere(response: OpenResponse, on_page: set[str]) -> list[dict[str, str]]:
    """What must be done before sending and cannot be done on this page."""
    questionnaire = response.questionnaire_in(locale())
    values = personal.unseal(response.id, response.document.values())
    return missing_rows(questionnaire, review_response(response, questionnaire), values, without=on_page)
