"""`/gestione/pratiche/<code>`: one practice: what would be public, what would not, last year's, its history, and the decisions.

Not for: the queue (`practices.py`), publishing (`publications.py`).
Holds always: a decision names the revision that the page showed; what was typed comes back with what is wrong; after one the
next of the queue is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.granting import refusal
from app.desk.old_pages import old_page
from app.desk.practice_page import page_of
from app.desk.practice_words import meanwhile_text, refused_text
from app.desk.practices import asked_queue, queue_address
from app.editions.extensions import ExtensionRefusedError, is_over
from app.editions.files import ROME
from app.practices.fields import MANY, ONE, TEXTS, Corrections, UnfitCorrectionError, corrections_between
from app.practices.queue import neighbours
from app.practices.record import read_record
from app.practices.review import (
    MOST_DAYS,
    ChangedMeanwhileError,
    DecisionRefusedError,
    MoreTime,
    Seen,
    UnknownPracticeError,
    approve,
    assign,
    reject,
    reopen,
    send_back,
    undo,
    withdraw,
)
from app.practices.reviewed import entity_label_of, practice_row
from app.practices.vocabulary import labels
from app.practices.words import FIELD_NAMES
from app.registry.entities import find_by_id
from app.responses.reading import OpenResponse, response_by_id
from app.web.language import current_language

Problems = list[tuple[str, str]]
DAYS: Final = 7
APPROVE, SEND_BACK, REJECT = "approva", "rimanda", "respingi"
DONE: Final = {APPROVE, SEND_BACK, REJECT}
_FIELD_OF: Final = {"no_note": "nota", "long_note": "nota", "days": "giorni"}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form of a decision as it was typed. `days`: of more time, as text."""

    note: str = ""
    days: str = str(DAYS)
    fields: Corrections = field(default_factory=dict)


@blueprint.route("/pratiche/<code>", methods=["GET", "POST"])
def practice(code: str) -> ResponseReturnValue:
    """The practice, and deciding on it."""
    row = found_practice(code)
    if request.method != "POST":
        return draw(row, Typed(), [])
    typed, deed = _typed(), request.form.get("azione", "")
    if deed not in DONE:
        abort(400)
    if problems := old_page():
        return draw(row, typed, problems), 422
    onward = _onward(row)
    try:
        _decide(row, deed, typed)
    except ChangedMeanwhileError as error:
        return draw(found_practice(code), typed, [("", meanwhile_text(error))]), 409
    except (UnfitCorrectionError, DecisionRefusedError, ExtensionRefusedError) as error:
        return draw(found_practice(code), typed, [_problem(error)]), 422
    flash(
        _("«%(title)s», %(entity)s. %(done)s", title=row.title, entity=entity_label_of(row), done=_done_text(deed)), "success"
    )
    return redirect(onward, 303)


def _problem(error: UnfitCorrectionError | DecisionRefusedError | ExtensionRefusedError) -> tuple[str, str]:
    """The field that is wrong, and what is said of it."""
    if isinstance(error, UnfitCorrectionError):
        return error.field, f"{FIELD_NAMES[error.field]}: {error}"
    if isinstance(error, ExtensionRefusedError):
        return "giorni", refusal(error.reason)[1]
    return _FIELD_OF.get(error.reason, ""), refused_text(error.reason)


def _done_text(deed: str) -> str:
    told = {
        APPROVE: _("Pratica approvata: sarà pubblica con la prossima pubblicazione."),
        SEND_BACK: _("Pratica rinviata all'ente, che riceve un avviso per e-mail, senza il testo della nota."),
        REJECT: _("Pratica non accolta: non sarà pubblicata."),
    }
    return str(told[deed])


def _decide(row: Any, deed: str, typed: Typed) -> None:
    """Raises UnfitCorrectionError and what `app.practices.review` raises."""
    seen, actor, at = _seen(row.code), required_staff().actor, now()
    if deed == REJECT:
        reject(seen, note=typed.note, actor=actor, now=at)
        return
    words = labels(current_language())
    corrections = corrections_between(read_record(row.content), typed.fields, words)
    if deed == APPROVE:
        approve(seen, corrections, note=typed.note, actor=actor, now=at)
        return
    send_back(seen, corrections, note=typed.note, actor=actor, now=at, more_time=_more_time(row, typed, at))


def _more_time(row: Any, typed: Typed, at: dt.datetime) -> MoreTime | None:
    """The extension that the entity needs to answer, None where it still has time. Raises DecisionRefusedError."""
    response = response_by_id(row.response_id) if row.response_id else None
    entity = find_by_id(row.entity_id)
    if response is None or entity is None or not time_is_over(response, at):
        return None
    days = int(typed.days) if typed.days.isascii() and typed.days.isdigit() and len(typed.days) < 4 else 0
    if not 0 < days <= MOST_DAYS:
        raise DecisionRefusedError("days")
    last = at.astimezone(ROME).date() + dt.timedelta(days=days + 1)
    closes_at = dt.datetime.combine(last, dt.time(), ROME)
    reason = _("Una pratica è stata rinviata all'ente per essere corretta.")
    return MoreTime(response.edition, entity, closes_at, reason, reopened=True)


def time_is_over(response: OpenResponse, at: dt.datetime) -> bool:
    """Whether the entity can answer only after a reopening."""
    return is_over(response.edition, response.own_closes_at, at)


def found_practice(code: str) -> Any:
    """The practice of an address; else there is no such page."""
    edition_on()
    row = practice_row(code) if len(code) <= 12 and code.isalnum() and code.isascii() else None
    return row if row is not None else abort(404)


def _seen(code: str) -> Seen:
    text = request.form.get("revisione", "")
    return Seen(code, int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0)


def _typed() -> Typed:
    fields: Corrections = {}
    for name in (*TEXTS, *ONE):
        if name in request.form:
            fields[name] = request.form[name].replace("\r\n", "\n").strip()
    for name in MANY:
        if f"{name}-presente" in request.form:
            fields[name] = tuple(request.form.getlist(name))
    note = request.form.get("nota", "").replace("\r\n", "\n").strip()
    return Typed(note, request.form.get("giorni", str(DAYS))[:10].strip(), fields)


def _onward(row: Any) -> str:
    """The next of the queue, else the one before, else the queue. Asked before the decision takes this one out of it."""
    before, after = neighbours(asked_queue(), row)
    code = after or before
    return queue_address("desk.practice", code=code) if code else queue_address("desk.practices")


def draw(row: Any, typed: Typed, problems: Problems) -> str:
    """The page."""
    response = response_by_id(row.response_id) if row.response_id else None
    shown = page_of(row, response, typed.fields, now())
    before, after = neighbours(asked_queue(), row)
    return render_template(
        "desk/practice.html",
        row=row,
        shown=shown,
        typed=typed,
        problems=problems,
        errors={name: text for name, text in problems if name},
        before=queue_address("desk.practice", code=before) if before else None,
        after=queue_address("desk.practice", code=after) if after else None,
        queue=queue_address("desk.practices"),
        here=queue_address("desk.practice", code=row.code),
        over=response is not None and time_is_over(response, now()),
        queue_address=queue_address,
        longest=2000,
    )


@blueprint.post("/pratiche/<code>/assegna")
def assign_practice(code: str) -> ResponseReturnValue:
    """Give it to somebody, or to nobody."""
    found_practice(code)
    asked = request.form.get("a", "")
    to = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    said = _("Pratica assegnata.") if to else _("La pratica non è più assegnata a nessuno.")
    _turn(lambda: assign(_seen(code), to, actor=required_staff().actor, now=now()), said)
    return redirect(queue_address("desk.practice", code=code), 303)


@blueprint.post("/pratiche/<code>/<any(annulla, riapri):way_back>")
def turn_practice(code: str, way_back: str) -> ResponseReturnValue:
    """Undo the last decision, or put the practice into the queue again."""
    found_practice(code)
    deed = undo if way_back == "annulla" else reopen
    said = _("Decisione annullata.") if way_back == "annulla" else _("La pratica è di nuovo da valutare.")
    _turn(lambda: deed(_seen(code), actor=required_staff().actor, now=now()), said)
    return redirect(queue_address("desk.practice", code=code), 303)


@blueprint.route("/pratiche/<code>/ritira", methods=["GET", "POST"])
def withdraw_practice(code: str) -> ResponseReturnValue:
    """Say why, and take it out of the public at once."""
    row = found_practice(code)
    note = request.form.get("nota", "").replace("\r\n", "\n").strip() if request.method == "POST" else ""
    problems: Problems = []
    if request.method == "POST" and not (problems := old_page()):
        try:
            withdraw(_seen(code), note=note, actor=required_staff().actor, now=now())
        except DecisionRefusedError as error:
            problems = [("nota" if "note" in error.reason else "", refused_text(error.reason))]
        except ChangedMeanwhileError as error:
            problems = [("", meanwhile_text(error))]
        else:
            flash(_("Pratica ritirata: non è più in nessuna pagina pubblica e in nessuna versione dei dati."), "success")
            return redirect(queue_address("desk.practice", code=code), 303)
        row = found_practice(code)
    page = render_template(
        "desk/practice_withdraw.html",
        row=row,
        note=note,
        problems=problems,
        errors={name: text for name, text in problems if name},
        here=queue_address("desk.withdraw_practice", code=code),
        back=queue_address("desk.practice", code=code),
        longest=2000,
    )
    return page, (422 if problems else 200)


def _turn(deed: Any, said: str) -> None:
    """Do it and say so, or say why not."""
    try:
        deed()
    except ChangedMeanwhileError as error:
        flash(meanwhile_text(error), "warning")
    except DecisionRefusedError as error:
        flash(refused_text(error.reason), "warning")
    except UnknownPracticeError:
        abort(404)
    else:
        flash(said, "success")
