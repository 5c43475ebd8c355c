"""The sheets of repeated steps: their list, and adding, duplicating, moving, deleting with undo, one sheet's pages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.fill import blueprint
from app.fill.answer_lists import sheet_name
from app.fill.asking import open_queries, query_notes
from app.fill.forms import Typed, seen_revisions
from app.fill.opening import author, load_response, locale
from app.fill.path import (
    SHEET_ADDRESSES,
    SHEET_KINDS,
    Page,
    next_address,
    page_of,
    pages_of,
    previous_address,
    sheet_address,
    step_address,
)
from app.fill.reviewed import Asked, asked_again, told_of
from app.fill.saving import draw_page, not_asked, reached_by, save_page
from app.fill.views import moment
from app.questionnaire.model import Step
from app.questionnaire.reach import Reached
from app.questionnaire.review import Review, StepState
from app.responses.disputes import conflicts_inside
from app.responses.document import Document, Operation
from app.responses.drafts import EditionClosedError, TooLargeError, apply
from app.responses.reading import OpenResponse
from app.responses.reviewing import review_response


def draw_list(response: OpenResponse, step: Step, at: dt.datetime) -> ResponseReturnValue:
    """The list of a repeated step's sheets."""
    found = review_response(response)
    reached = found.reached
    if step.code not in reached.steps or step.repeat is None:
        return not_asked(response, step)
    live = response.document.live_items().get(step.code, ())
    asked = asked_again(response)
    return render_template(
        "fill/sheets.html",
        step=response.questionnaire_in(locale()).step(step.code),
        sheets=_live_sheets(response, step, live, found, asked),
        to_send=any(asked[item].corrected for item in live if item in asked),
        removed=_removed_sheets(response, step),
        full=len(live) >= step.repeat.max,
        readonly=not response.takes_answers(at),
        sheet=step.repeat.sheet,
        onward=next_address(response.questionnaire, reached, step, 1),
        back=previous_address(response.questionnaire, reached, step, 1),
        place=reached.steps.index(step.code) + 1,
        places=len(reached.steps),
    )


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet in the list. `above` and `below`: in front of which one it goes when it moves up or down ("" is the end).

    `note`: what the desk asks of it, `query`: that it asks about answers of it; both are empty where it does not.
    """

    id: str
    title: str
    state: str
    address: str
    base: int
    above: str | None
    below: str
    last: bool
    disputed: bool
    seen: str
    query: str
    note: str = ""


def _live_sheets(
    response: OpenResponse, step: Step, live: Sequence[str], found: Review, asked: Mapping[str, Asked]
) -> list[SheetRow]:
    document = response.document
    values, revisions = document.values(), document.item_revisions()
    asked_by_desk = query_notes(open_queries(response), response.questionnaire) if live else {}
    return [
        SheetRow(
            id=item,
            title=sheet_name(values, step, item),
            state=_state(found.item_states[item], asked.get(item)),
            address=sheet_address(step, item),
            base=revisions[item],
            above=live[index - 1] if index else None,
            below=live[index + 2] if index + 2 < len(live) else "",
            last=index == len(live) - 1,
            disputed=item in document.conflicts,
            seen=_open_decisions(response, item),
            query=asked_by_desk.get(item, ""),
            note=asked[item].text if item in asked else "",
        )
        for index, item in enumerate(live)
    ]


def _state(state: StepState, asked: Asked | None) -> str:
    return asked.state if asked is not None and state is StepState.COMPLETE else state


def _removed_sheets(response: OpenResponse, step: Step) -> list[dict[str, object]]:
    removed = [(item, item.removed) for item in response.document.items.get(step.code, ()) if item.removed is not None]
    revisions = response.document.item_revisions() if removed else {}
    return [
        {
            "id": item.id,
            "title": sheet_title(response, step, item.id),
            "when": moment(removal.at),
            "base": revisions[item.id],
            "disputed": item.id in response.document.conflicts,
            "inside": conflicts_inside(response.document, item.id),
            "seen": _open_decisions(response, item.id),
        }
        for item, removal in removed
    ]


def _open_decisions(response: OpenResponse, item: str) -> str:
    return ",".join(str(one.revision) for one in response.document.conflicts.get(item, ()))


def sheet_title(response: OpenResponse, step: Step, item: str) -> str:
    """What a sheet is called, a removed one too."""
    return sheet_name({key: answer.value for key, answer in response.document.answers.items()}, step, item)


@blueprint.post("/compila/<code>/schede")
def add_sheet(code: str) -> ResponseReturnValue:
    """Add an empty sheet and open it."""
    at = now()
    response = load_response(at)
    step = _repeated_step(response, code)
    item = str(uuid.uuid4())
    saved = _store(response, Operation("add", item=item, step=step.code), at)
    return redirect(sheet_address(step, item) if saved else step_address(step), 303)


@blueprint.post("/compila/<code>/schede/<uuid:item>/<action>")
def change_sheet(code: str, item: uuid.UUID, action: str) -> ResponseReturnValue:
    """Duplicate, move, delete, restore a sheet, or decide between deletion and edit."""
    at = now()
    response = load_response(at)
    step = _repeated_step(response, code)
    operation = _operation(action, str(item))
    if operation is None:
        abort(404)
    saved = _store(response, operation, at)
    if saved:
        _say_done(action, saved, str(item))
    return redirect(step_address(step), 303)


def _operation(action: str, item: str) -> Operation | None:
    base = request.form.get("base", type=int) or 0
    if action == "duplica":
        return Operation("duplicate", item=str(uuid.uuid4()), source=item)
    if action == "sposta":
        return Operation("move", item=item, before=request.form.get("before") or None)
    if action == "elimina":
        return Operation("delete", item=item, base=base)
    if action == "ripristina":
        return Operation("restore", item=item)
    if action in {"tieni", "conferma-eliminazione"}:
        seen = seen_revisions(request.form.get("seen", ""))
        return Operation("resolve", item=item, base=base, seen=seen, choice="keep" if action == "tieni" else "delete")
    return None


def _store(response: OpenResponse, operation: Operation, at: dt.datetime) -> Document | None:
    """The answers with one operation stored; None, with the reason said, where it was refused."""
    save_id = request.form.get("save_id", "")[:64] or str(uuid.uuid4())
    try:
        reply, saved = apply(response, [operation], author(), at, save_id=save_id)
    except EditionClosedError:
        flash(_late_words(operation), "warning")
        return None
    except TooLargeError:
        flash(_("Le risposte sono troppo lunghe: accorcia i testi prima di aggiungere altre schede."), "error")
        return None
    if reply.conflicts:
        flash(_("Un collega ha modificato questa scheda nel frattempo: decidi se tenerla o eliminarla."), "warning")
        return None
    reasons = {
        "too_many_items": _("Hai raggiunto il numero massimo di schede: elimina quelle che non servono."),
        "unknown_item": _("Questa scheda non c’è più."),
    }
    for refusal in reply.refused:
        flash(reasons.get(refusal.reason, _("Non è stato possibile: ricarica la pagina e riprova.")), "error")
    return None if reply.refused else saved.document


def _late_words(operation: Operation) -> str:
    """What was not done because the deadline has passed. These buttons carry nothing typed: there is nothing to keep."""
    words = {
        "add": _("La scadenza è passata: la scheda non è stata aggiunta."),
        "duplicate": _("La scadenza è passata: la scheda non è stata duplicata."),
        "move": _("La scadenza è passata: la scheda non è stata spostata."),
        "delete": _("La scadenza è passata: la scheda non è stata eliminata."),
        "restore": _("La scadenza è passata: la scheda non è stata ripristinata."),
        "resolve": _("La scadenza è passata: la decisione sulla scheda non è stata registrata."),
    }
    return f"{words[operation.op]} {_('Non è cambiato niente: le risposte restano come erano.')}"


def _say_done(action: str, saved: Document, item: str) -> None:
    done = {
        "duplica": _("Scheda duplicata: è subito sotto l’originale."),
        "sposta": _("Scheda spostata."),
        "elimina": _("Scheda eliminata. Se è stato un errore, la trovi in fondo alla pagina e puoi ripristinarla."),
        "ripristina": _("Scheda ripristinata."),
        "tieni": _("La scheda resta."),
        "conferma-eliminazione": _("Scheda eliminata."),
    }
    flash(done[action], "success")
    inside = conflicts_inside(saved, item) if action in {"ripristina", "tieni"} else 0
    if inside:
        text = ngettext(
            "In questa scheda una risposta è scritta in due modi diversi: aprila e scegli quale vale.",
            "In questa scheda %(num)d risposte sono scritte in due modi diversi: aprila e scegli quali valgono.",
            inside,
        )
        flash(text, "warning")


@blueprint.route("/compila/<any(pratiche, centri):sheet>/<uuid:item>", methods=["GET", "POST"])
@blueprint.route("/compila/<any(pratiche, centri):sheet>/<uuid:item>/<int:number>", methods=["GET", "POST"])
def sheet(sheet: str, item: uuid.UUID, number: int = 1) -> ResponseReturnValue:
    """One page of a sheet."""
    at = now()
    response = load_response(at)
    step, page = _sheet_page(response, sheet, str(item), number)
    reached = reached_by(response)
    found = response.document.find_item(str(item))
    if request.method != "POST" and step.code not in reached.steps:
        return not_asked(response, step)
    if request.method != "POST" and (found is None or found[1].removed is not None):
        flash(_("Questa scheda è stata eliminata. Se serve ancora, ripristinala."), "warning")
        return redirect(step_address(step), 303)
    if request.method != "POST":  # HEAD as well: it has passed no check of a token
        return _draw_sheet(response, page, reached, str(item))
    wants_details = request.form.get("azione") == "dettagli"
    onward = sheet_address(step, str(item), number + 1) if wants_details else step_address(step)
    return save_page(
        response,
        page,
        str(item),
        at,
        here=sheet_address(step, str(item), number),
        onward=lambda saved, path: onward,
        redraw=lambda typed: _draw_sheet(response, page, reached, str(item), typed),
    )


def _draw_sheet(
    response: OpenResponse,
    page: Page,
    reached: Reached,
    item: str,
    typed: Typed | None = None,
) -> str:
    step = page.step
    return render_template(
        "fill/sheet.html",
        step=response.questionnaire_in(locale()).step(step.code),
        shown=draw_page(response, page, reached, item, typed=typed),
        response=response,
        item=item,
        title=sheet_title(response, step, item),
        titled=f"{item}/{step.repeat.label_from}" in response.document.values() if step.repeat else False,
        readonly=not response.takes_answers(now()),
        more=page.number < len(pages_of(step)),
        here=sheet_address(step, item, page.number),
        back=step_address(step) if page.number == 1 else sheet_address(step, item, page.number - 1),
        list_address=step_address(step),
        told=told_of(response, SHEET_ADDRESSES[step.repeat.sheet], item) if step.repeat and page.number == 1 else None,
    )


def _sheet_page(response: OpenResponse, sheet: str, item: str, number: int) -> tuple[Step, Page]:
    for step in response.questionnaire.steps:
        if step.repeat and step.repeat.sheet == SHEET_KINDS[sheet]:
            found = response.document.find_item(item)
            page = page_of(step, number)
            if found is not None and found[0] == step.code and page is not None:
                return step, page
    return _nothing_here()


def _repeated_step(response: OpenResponse, code: str) -> Step:
    try:
        step = response.questionnaire.step(code)
    except KeyError:
        _nothing_here()
    if step.repeat is None:
        _nothing_here()
    return step


def _nothing_here() -> NoReturn:
    abort(404)
