"""The task list, the conflicts to decide, the check before sending, the draft on paper."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.operators import operator_names
from app.clock import now
from app.editions.reopenings import asked_at
from app.fill import blueprint
from app.fill.answer_lists import AnswerList, sheet_name
from app.fill.asking import ask_address, open_queries, query_notes
from app.fill.coverage import coverage_view
from app.fill.late_pages import late_view
from app.fill.opening import NotOpenError, author, identity, load_response, locale
from app.fill.path import pages_of, question_address, sheet_address, short_path, step_address
from app.fill.privacy import notice_to_ask
from app.fill.reopening import may_ask
from app.fill.reviewed import SENT_BACK_STATES, Asked, asked_again
from app.fill.saving import reached_by, sent_for_another
from app.fill.sheets import sheet_title
from app.fill.telephone import note_sent, telephone_copy
from app.fill.thread_subjects import subject_of
from app.fill.views import sentence
from app.questionnaire.model import Questionnaire, split_key
from app.questionnaire.reach import Reached
from app.questionnaire.review import Review, StepState
from app.responses import personal
from app.responses.drafts import EditionClosedError
from app.responses.reading import OpenResponse
from app.responses.reviewing import review_response
from app.responses.submission import (
    ChangedMeanwhileError,
    IncompleteError,
    has_unsent_changes,
    is_withdrawn,
    list_receipts,
    submit_response,
)
from app.responses.succession import offers_for
from app.threads.reading import ThreadRow, unread_of

WORKING_WITHIN = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the desk wants of the answers: `asked`, its sheets sent back; `queries`, its open questions."""

    asked: Mapping[str, Asked] = field(default_factory=dict)
    queries: Sequence[ThreadRow] = ()


@blueprint.errorhandler(NotOpenError)
def not_open(error: NotOpenError) -> ResponseReturnValue:
    """There is nothing to fill in yet: say when there will be."""
    return render_template("fill/not_open.html", coming=error.edition), 200


@blueprint.get("/compila")
def overview() -> ResponseReturnValue:
    """Where am I: each step with its state. The first time, the first question."""
    at = now()
    response = load_response(at)
    takes_answers = response.takes_answers(at)
    first = response.questionnaire.steps[0]
    coverage = coverage_view(response, at)
    offers = offers_for(response) if takes_answers else []
    late = late_view(response)
    told = _messages(response)
    if response.status == "opened" and takes_answers and not (coverage.asks or offers or late or told["unread_messages"]):
        return redirect(step_address(first), 303)
    found = review_response(response)
    reached = reached_by(response)
    asked = asked_again(response)
    return render_template(
        "fill/overview.html",
        response=response,
        readonly=not takes_answers,
        late=late,
        may_ask=may_ask(response, at),
        asked_at=asked_at(response.entity_id, response.edition.id) if may_ask(response, at) else None,
        tasks=tasks_of(response, found, reached, Marks(asked, [thread for thread, _about in told["queries"]])),
        progress=found.progress,
        resume=_resume_address(response, found, reached),
        first=step_address(first),
        short=short_path(response.questionnaire, reached),
        coverage=coverage,
        offers=offers,
        withdrawn=is_withdrawn(response),
        colleagues=_colleagues(response, at),
        notice=notice_to_ask(),
        conflicts=len(response.open_conflicts),
        receipts=list_receipts(response.id) if response.submissions else [],
        by_phone=telephone_copy(response),
        unsent=has_unsent_changes(response),
        sent_back=list(asked.values()),
        **told,
        sheets=_sheets_to_add(response, reached),
    )


def _sheets_to_add(response: OpenResponse, reached: Reached) -> list[dict[str, Any]]:
    """The repeated steps that are asked, each with the kind of its sheets."""
    questionnaire = response.questionnaire_in(locale())
    repeated = (step for step in response.questionnaire.steps if step.code in reached.steps)
    return [{"step": questionnaire.step(step.code), "sheet": step.repeat.sheet} for step in repeated if step.repeat]


def _messages(response: OpenResponse) -> dict[str, Any]:
    """How many threads hold something to read, and what the desk asks about answers; nothing for staff on the telephone."""
    if identity().telephone is not None:
        return {"unread_messages": 0, "queries": []}
    queries = [(thread, subject_of(thread, response)) for thread in open_queries(response)]
    return {"unread_messages": unread_of(response.entity_id), "queries": queries}


def tasks_of(response: OpenResponse, found: Review, reached: Reached, marks: Marks | None = None) -> list[dict[str, Any]]:
    """The lines of the task list: each step with its state, its sheets below it, and what the desk wants of them."""
    marks = marks or Marks()
    questionnaire = response.questionnaire_in(locale())
    asked_by_desk = query_notes(marks.queries, questionnaire)
    live = response.document.live_items()
    lacks = Counter(split_key(key)[0] or questionnaire.step_of(key).code for key in found.missing)
    tasks: list[dict[str, Any]] = []
    for step in questionnaire.steps:
        is_asked = step.code in reached.steps
        sheets = [
            {
                "title": sheet_title(response, step, item),
                "url": sheet_address(step, item),
                **_sheet_state(found.item_states.get(item, StepState.NOT_STARTED), lacks.get(item, 0), marks.asked.get(item)),
                "query": asked_by_desk.get(item),
            }
            for item in live.get(step.code, ())
        ]
        state = found.steps.get(step.code, StepState.NOT_REQUIRED)
        none_needed = is_asked and step.repeat is not None and not sheets and not step.repeat.min
        tasks.append(
            {
                "title": step.title,
                "url": step_address(step) if is_asked else None,
                "state": "optional" if none_needed else _step_state(state, sheets),
                "note": _("Nessuna scheda, per ora.") if none_needed else _lacking(lacks.get(step.code, 0)),
                "query": asked_by_desk.get(step.code),
                "subtasks": sheets if is_asked else [],
            }
        )
    return tasks


def _sheet_state(state: StepState, lacking: int, asked: Asked | None) -> dict[str, Any]:
    """The state and the note of a sheet's line. One that is complete is not done with while the desk asks for a change."""
    if asked is None:
        return {"state": state, "note": _lacking(lacking)}
    return {"state": asked.state if state is StepState.COMPLETE else state, "note": _lacking(lacking) or asked.text}


def _step_state(state: StepState, sheets: Sequence[Mapping[str, Any]]) -> StepState | str:
    """The state of a step's line: that of a sheet of it that the desk sent back, where the rest is complete."""
    states = {one["state"] for one in sheets}
    return next((one for one in SENT_BACK_STATES if state is StepState.COMPLETE and one in states), state)


def _lacking(count: int) -> str | None:
    return ngettext("Manca %(num)d risposta", "Mancano %(num)d risposte", count) if count else None


def _resume_address(response: OpenResponse, found: Review, reached: Reached) -> str:
    """The one page of a short path; else the first thing that is wrong or missing, the first step not begun, the check."""
    questionnaire = response.questionnaire
    if short_path(questionnaire, reached):
        return url_for("fill.short")
    for key in reached.keys:
        if found.problems.get(key):
            item, code = split_key(key)
            return question_address(questionnaire, code, item)
    for step in questionnaire.steps:
        if step.code in reached.steps and found.steps.get(step.code) is StepState.NOT_STARTED:
            return step_address(step)
    return url_for("fill.check")


def _colleagues(response: OpenResponse, at: dt.datetime) -> list[str]:
    """Who else of the entity has saved something in the last minutes."""
    since = (at - WORKING_WITHIN).isoformat()
    me = identity().operator_id
    busy = {answer.operator for answer in response.document.answers.values() if answer.operator != me and answer.at >= since}
    names = operator_names(response.entity_id) if busy else {}
    return sorted(names[one] for one in busy if one in names)


@blueprint.get("/compila/conflitti")
def conflicts() -> ResponseReturnValue:
    """Every answer that two people gave differently, as links to where it is decided."""
    response = load_response(now())
    return render_template("fill/conflicts.html", rows=list(conflict_rows(response).values()), response=response)


def conflict_rows(response: OpenResponse) -> dict[str, dict[str, str]]:
    """Each answer or sheet that waits for a decision, by its key: its title and where it is decided."""
    questionnaire = response.questionnaire_in(locale())
    rows = {}
    for key in response.open_conflicts:
        item, code = split_key(key)
        if item is None and response.document.find_item(code):
            step_code, _item = response.document.find_item(code) or ("", None)
            step = questionnaire.step(step_code)
            rows[key] = {"title": sheet_title(response, step, code), "url": step_address(step)}
            continue
        question = questionnaire.question(code)
        sheet = f"{sheet_title(response, questionnaire.step_of(code), item)}: " if item else ""
        rows[key] = {"title": f"{sheet}{question.label}", "url": question_address(questionnaire, code, item)}
    return rows


@blueprint.route("/compila/verifica", methods=["GET", "POST"])
def check() -> ResponseReturnValue:
    """Every answer to read again, what is missing, the declaration, and the button that sends."""
    at = now()
    response = load_response(at)
    if request.method != "POST":  # HEAD as well: it has passed no check of a token
        return _draw_check(response, at)
    if sent_for_another(response.entity_code):
        return redirect(url_for("fill.check"), 303)
    return _submit(response, at)


def _submit(response: OpenResponse, at: dt.datetime) -> ResponseReturnValue:
    if request.form.get("dichiarazione") != "1":
        problem = ("dichiarazione", _("Per inviare, conferma la dichiarazione."))
        return _draw_check(response, at, (problem,)), 422
    seen = request.form.get("versione", type=int) or 0
    try:
        submit_response(response, author(), at, seen_version=seen)
    except EditionClosedError:
        flash(_("La scadenza è passata: la risposta non è stata inviata. Chiama i contatti qui sotto."), "error")
        return _draw_check(load_response(at), at), 403
    except ChangedMeanwhileError:
        flash(_("Nel frattempo un collega ha modificato una risposta. Rileggi e poi invia."), "warning")
        return _draw_check(load_response(at), at), 409
    except IncompleteError:
        return _draw_check(load_response(at), at, ("",)), 422
    note_sent()
    return redirect(url_for("fill.receipt"), 303)


def _draw_check(response: OpenResponse, at: dt.datetime, extra: tuple[Any, ...] = ()) -> str:
    questionnaire = response.questionnaire_in(locale())
    found = review_response(response, questionnaire)
    values = personal.unseal(response.id, response.document.values())
    reached = found.reached
    listed = AnswerList(
        questionnaire,
        reached,
        values,
        response.document.live_items(),
        found.problems,
        lambda code, item: question_address(questionnaire, code, item),
        ask_address,
        _("Fai una domanda"),
    )
    missing = missing_rows(questionnaire, found, values)
    return render_template(
        "fill/check.html",
        response=response,
        readonly=not response.takes_answers(at),
        sections=listed.sections(),
        missing=missing,
        conflicts=list(conflict_rows(response).values()),
        tried=bool(extra),
        errors=[pair for pair in extra if pair],
        ready=found.complete and not missing and not response.open_conflicts,
        unsent=response.submissions == 0 or has_unsent_changes(response),
        previous=_last_address(questionnaire, reached),
    )


def missing_rows(
    questionnaire: Questionnaire, found: Review, values: dict[str, Any], *, without: Container[str] = ()
) -> list[dict[str, str]]:
    """What must be done before sending: each with the sheet it stands in, the question, what to do, and where.

    `without`: the codes of questions that are left out.
    """
    rows = []
    for key, problems in found.problems.items():
        item, code = split_key(key)
        if code in without:
            continue
        rows.append(
            {
                "sheet": sheet_name(values, questionnaire.step_of(code), item) if item else "",
                "text": questionnaire.question(code).label,
                "why": sentence(problems[0]),
                "url": _mending_url(questionnaire, item, code),
            }
        )
    for code, problems in found.item_problems.items():
        step = questionnaire.step(code)
        rows.append({"sheet": "", "text": step.title, "why": sentence(problems[0]), "url": step_address(step)})
    return rows


def _mending_url(questionnaire: Questionnaire, item: str | None, code: str) -> str:
    address, _hash, fragment = question_address(questionnaire, code, item).partition("#")
    return f"{address}?controlla=1#{fragment}"


def _last_address(questionnaire: Questionnaire, reached: Reached) -> str:
    step = questionnaire.step(reached.steps[-1])
    return step_address(step, 1 if step.repeat else len(pages_of(step)))


@blueprint.get("/compila/bozza")
def draft() -> ResponseReturnValue:
    """The answers so far on paper, marked as a draft, for whoever must approve them inside the office."""
    at = now()
    response = load_response(at)
    reached = reached_by(response)
    values = personal.unseal(response.id, response.document.values())
    return render_template(
        "fill/copy.html",
        draft=True,
        withdrawn=False,
        response=response,
        at=at,
        receipt=None,
        sections=AnswerList(response.questionnaire_in(locale()), reached, values, response.document.live_items()).sections(),
    )
