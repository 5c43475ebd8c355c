"""What every saved page has in common: read the form, store it, decide where the person goes next.

Not for: which questions a page has (`path.py`).
Holds always: nothing typed is thrown away: what could not be stored is drawn again with the reason; but what was typed for
one entity is never shown to another that has signed in since in the same browser.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.context import this_request
from app.fill.asking import queries_here
from app.fill.forms import PostedPage, Typed, read_page
from app.fill.opening import author, locale
from app.fill.path import Page, first_page, reached_questions, step_address
from app.fill.views import PageViews, Place, QuestionView
from app.questionnaire.messages import Problem
from app.questionnaire.model import Question, Questionnaire, Step, answer_key
from app.questionnaire.reach import Reached, reach
from app.registry.entities import search_entities
from app.responses import personal
from app.responses.drafts import EditionClosedError, TooLargeError, apply
from app.responses.late import keep_late
from app.responses.reading import OpenResponse
from app.responses.reviewing import review_response

SEARCH_LIMIT = 30
MAX_SAVE_ID = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it is drawn: its questions asked and offered, and what the summary of errors lists (id, text)."""

    page: Page
    asked: tuple[QuestionView, ...]
    offered: tuple[QuestionView, ...]
    summary: tuple[tuple[str, str], ...]
    unfold: bool
    disputed: bool
    save_id: str


def reached_by(response: OpenResponse) -> Reached:
    """What is asked of this entity now. Personal answers stay sealed: no condition names them."""
    if response.review is not None:
        return response.review.reached
    return reach(response.questionnaire, response.document.values(), response.document.live_items())


def not_asked(response: OpenResponse, step: Step) -> str:
    """The page that says that a step is not asked of this entity."""
    return render_template("fill/not_asked.html", response=response, step=response.questionnaire_in(locale()).step(step.code))


def draw_page(
    response: OpenResponse,
    page: Page,
    reached: Reached,
    item: str | None,
    *,
    typed: Typed | None = None,
    strict: bool = False,
    asks: bool = True,
) -> Shown:
    """The views of a page. `typed`: what a form held that could not be stored; `strict`: what is missing is a problem too;
    `asks`: the desk can be asked about its questions."""
    questionnaire = response.questionnaire_in(locale())
    values = personal.unseal(response.id, _values_on(response, page, item))
    views = PageViews(response, questionnaire, item, values)
    problems = _problems_to_show(response, questionnaire, strict or "controlla" in request.args)
    views.asks, views.queries = asks, queries_here(response, item) if asks else {}
    searched, text = request.args.get("cerca", ""), request.args.get("testo", "")

    def draw(question: Question) -> QuestionView:
        localised = questionnaire.question(question.code)
        return views.view(
            localised,
            typed=(typed or {}).get(question.code),
            results=_results(localised, text) if question.code == searched else None,
            searched=text if question.code == searched else "",
            problems=() if typed else problems.get(answer_key(question.code, item), ()),
        )

    asked = tuple(draw(question) for question in reached_questions(page.asked, reached, item))
    offered = tuple(draw(question) for question in reached_questions(page.offered, reached, item))
    summary = tuple(line for view in (*asked, *offered) for line in view.summary)
    unfold = any(view.errors or view.results is not None or view.queries or _filled(view) for view in offered)
    disputed = any(view.candidates for view in (*asked, *offered))
    return Shown(page, asked, offered, summary, unfold, disputed, secrets.token_urlsafe(12))


def _problems_to_show(response: OpenResponse, questionnaire: Questionnaire, strict: bool) -> Mapping[str, tuple[Problem, ...]]:
    """What is wrong, and after a look at the check page also what is missing."""
    found = review_response(response, questionnaire)
    if strict:
        return found.problems
    missing = frozenset(found.missing)
    return {key: problems for key, problems in found.problems.items() if key not in missing}


def _values_on(response: OpenResponse, page: Page, item: str | None) -> dict[str, Any]:
    """The answers that this page needs: its own questions' and those on which their options depend."""
    document = response.document
    codes = {question.code for question in page.questions}
    codes |= {question.options_by[0] for question in page.questions if question.options_by}
    keys = {answer_key(code, place) for code in codes for place in (item, None)}
    return {key: document.answers[key].value for key in keys if key in document.answers}


def _filled(view: QuestionView) -> bool:
    return bool(view.candidates) or any(text for texts in view.fields.values() for text in texts)


def _results(question: Question, text: str) -> tuple[Place, ...]:
    kinds = None if question.type == "entity" else ("municipality",)
    return tuple(Place(row.code, row.label) for row in search_entities(text, kinds=kinds, limit=SEARCH_LIMIT))


def save_page(
    response: OpenResponse,
    page: Page,
    item: str | None,
    now: dt.datetime,
    *,
    here: str,
    onward: Callable[[OpenResponse, Reached], str],
    redraw: Callable[[Typed], str],
) -> ResponseReturnValue:
    """Store a posted page and answer the request.

    `here`: this page's address; `onward`: where to go when all is well; `redraw`: the page with what was typed.
    """
    if sent_for_another(response.entity_code):
        return redirect(here, 303)
    posted = read_page(page.questions, request.form, response, item)
    if kept := keep_page(response, posted, now):
        return kept
    saved, status = store_page(response, posted, now)
    if saved is None:
        return redraw(posted.typed), status
    return redirect(_destination(saved, page, item, posted, here, onward), 303)


def sent_for_another(entity_code: str) -> bool:
    """Whether the form was drawn for another entity than the one that is signed in now; then it is said."""
    if request.form.get("ente") == entity_code:
        return False
    flash(_("La pagina era rimasta aperta da un altro accesso: non è stato salvato niente. Ora la vedi aggiornata."), "error")
    return True


def keep_page(response: OpenResponse, posted: PostedPage, now: dt.datetime) -> ResponseReturnValue | None:
    """Where a page leads that arrives after the deadline: what was typed is kept apart, and the overview shows it.

    None: it is in time, or its form cannot be trusted, or it is too large to be kept.
    """
    if response.takes_answers(now) or g.get("csrf_failed"):
        return None
    if not posted.operations:
        flash(_("La scadenza è passata. In questa pagina non c'era niente di nuovo da conservare."), "info")
        return redirect(url_for("fill.overview"), 303)
    try:
        keep_late(response, posted.operations, author(), now, save_id=_save_id())
    except TooLargeError:
        return None
    flash(_("La scadenza è passata: quello che hai scritto è conservato, ma non fa parte della risposta."), "warning")
    return redirect(url_for("fill.overview"), 303)


def _save_id() -> str:
    return request.form.get("save_id", "")[:MAX_SAVE_ID] or secrets.token_urlsafe(12)


def store_page(response: OpenResponse, posted: PostedPage, now: dt.datetime) -> tuple[OpenResponse | None, int]:
    """The response with what was posted, or None and the status of the refusal, whose reason is said."""
    if g.get("csrf_failed"):
        flash(
            _("La pagina era aperta da troppo tempo: le risposte non sono ancora salvate. Controllale e premi di nuovo Salva."),
            "error",
        )
        return None, 400
    try:
        reply, saved = apply(response, posted.operations, author(), now, save_id=_save_id())
    except EditionClosedError:
        flash(
            _("La scadenza è passata: queste risposte non sono state salvate. Copiale, se ti servono, e chiama i contatti."),
            "error",
        )
        return None, 403
    except TooLargeError:
        flash(_("Le risposte sono troppo lunghe per essere salvate tutte insieme: accorcia i testi e salva di nuovo."), "error")
        return None, 413
    if reply.refused:
        flash(
            _("Una parte della pagina non è stata salvata perché non era più valida: controlla le risposte qui sotto."), "error"
        )
        return None, 422
    return saved, 200


def _destination(
    saved: OpenResponse,
    page: Page,
    item: str | None,
    posted: PostedPage,
    here: str,
    onward: Callable[[OpenResponse, Reached], str],
) -> str:
    if item is not None and item in saved.document.conflicts and item not in saved.document.live_items()[page.step.code]:
        flash(_("Questa scheda era stata eliminata: quello che hai scritto è conservato. Decidi se ripristinarla."), "warning")
        return step_address(page.step)
    chosen = asked_for(posted, here)
    if chosen:
        return chosen
    disputed = [one.code for one in page.questions if answer_key(one.code, item) in saved.document.conflicts]
    if disputed:
        flash(_("Un collega ha cambiato la stessa risposta: sono conservate tutte e due. Scegli quale vale."), "warning")
    mend = here if _wrong(saved, item, posted) else f"{here}?controlla=1" if _first_is_missing(saved, page) else None
    if mend:
        return mend
    if disputed:
        return f"{here}#q-{disputed[0]}"
    reached = reached_by(saved)
    fresh = newly_asked(page, reached, item, posted)
    if fresh:
        flash(_("Salvato. In base alle tue risposte, in questa pagina c’è altro da compilare."), "info")
        return f"{here}#q-{fresh}"
    return onward(saved, reached)


def asked_for(posted: PostedPage, here: str) -> str | None:
    """Where a button other than the main one leads: the results of a search, or out of the form."""
    form = this_request().form
    searched = form.get("search", "") or _still_to_search(posted)
    if searched in posted.codes:
        text = form.get(f"{searched}.search", "")[:100]
        return f"{here}?{urlencode({'cerca': searched, 'testo': text})}#q-{searched}"
    if form.get("azione") == "esci":
        flash(_("Bozza salvata. Puoi riprendere quando vuoi, anche da un altro computer."), "success")
        return url_for("fill.overview")
    return None


def _still_to_search(posted: PostedPage) -> str:
    """The question where a name was typed and not looked for: whoever presses Enter in the box, or saves, means to search."""
    form = this_request().form
    if form.get("azione") == "esci":
        return ""
    for code in sorted(code for code in posted.codes if f"{code}.search" in form):
        text = form[f"{code}.search"].strip()
        if text and text != form.get(f"{code}.searched", "").strip():
            return code
    return ""


def _wrong(saved: OpenResponse, item: str | None, posted: PostedPage) -> bool:
    """Whether something that was typed on the page needs mending. What is merely missing can wait for the check."""
    found = saved.review or review_response(saved)
    missing = frozenset(found.missing)
    keys = (answer_key(code, item) for code in posted.codes)
    return any(key in found.problems and key not in missing for key in keys)


def _first_is_missing(saved: OpenResponse, page: Page) -> bool:
    """Whether the first page, whose answer decides what follows, was left without it."""
    if page is not first_page(saved.questionnaire):
        return False
    missing = (saved.review or review_response(saved)).missing
    return any(question.code in missing for question in page.questions)


def newly_asked(page: Page, reached: Reached, item: str | None, posted: PostedPage) -> str | None:
    """The first question that the answers of this very page have brought, which the person has not seen yet."""
    for question in reached_questions(page.asked, reached, item):
        if question.code not in posted.codes and question.short:
            return question.code
    return None
