"""Work that came after the deadline, on the entity's side: what waits, bringing it into the draft, discarding it.

Not for: keeping it (`saving.py`, `sync.py`), or the desk.
Holds always: who, when and which questions are told; nothing is brought in or discarded but by a button, nothing is sent; what
is discarded is asked about once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.operators import operator_names
from app.clock import now
from app.fill import blueprint
from app.fill.answer_lists import sheet_name
from app.fill.opening import identity, load_response, locale
from app.fill.saving import sent_for_another
from app.fill.views import moment
from app.questionnaire.model import Questionnaire, split_key
from app.responses.drafts import EditionClosedError
from app.responses.late import LateWork, bring_in, discard_late, late_work
from app.responses.reading import OpenResponse


@dataclass(frozen=True, slots=True)
class LateRow:
    """What one person wrote too late: who, from when to when, and the questions by their labels."""

    who: str
    first: str
    last: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LateView:
    """All of it: how many answers and sheets, and the rows by person in the order in which they began."""

    number: int
    rows: tuple[LateRow, ...]


def late_view(response: OpenResponse) -> LateView | None:
    """What waits of this response; None where nothing does."""
    waiting = late_work(response.id)
    if not waiting:
        return None
    names = operator_names(response.entity_id)
    questionnaire = response.questionnaire_in(locale())
    values = _values(response, waiting)
    by_person: dict[int | None, list[LateWork]] = {}
    for work in waiting:
        by_person.setdefault(work.operator_id, []).append(work)
    rows = tuple(
        LateRow(
            who=names.get(operator or 0) or str(_("un collega")),
            first=moment(several[0].at),
            last=moment(several[-1].at),
            questions=tuple(dict.fromkeys(_label(questionnaire, key, values) for one in several for key in one.keys)),
        )
        for operator, several in by_person.items()
    )
    return LateView(len({key for work in waiting for key in work.keys}), rows)


def _values(response: OpenResponse, waiting: Sequence[LateWork]) -> dict[str, Any]:
    """The answers by which sheets are named: the draft's, and those that came late."""
    values: dict[str, Any] = {key: answer.value for key, answer in response.document.answers.items()}
    for work in waiting:
        values |= {one.key: one.value for one in work.operations if one.question is not None}
    return values


def _label(questionnaire: Questionnaire, key: str, values: Mapping[str, Any]) -> str:
    """A question, with its sheet where it stands in one; or the sheet itself."""
    item, code = split_key(key)
    try:
        question = questionnaire.question(code)
    except KeyError:
        return str(_("Schede: aggiunte, spostate o eliminate"))
    if item is None:
        return question.label
    return f"{sheet_name(values, questionnaire.step_of(code), item)}: {question.label}"


@blueprint.post("/compila/arrivate-tardi/riprendi")
def take_late() -> ResponseReturnValue:
    """Bring what came too late into the draft."""
    at = now()
    response = load_response(at)
    home = redirect(url_for("fill.overview"), 303)
    if sent_for_another(response.entity_code):
        return home
    try:
        found = bring_in(response, identity().operator_id, at)
    except EditionClosedError:
        flash(_("La rilevazione è chiusa: le risposte arrivate dopo la scadenza restano conservate a parte."), "error")
        return home
    if found.applied:
        text = ngettext("%(num)d modifica è ora nella bozza.", "%(num)d modifiche sono ora nella bozza.", found.applied)
        flash(f"{text} {_('Controllale e poi invia.')}", "success")
    if found.conflicts:
        flash(
            _("Alcune risposte erano state cambiate anche da altri: sono conservate tutte e due. Scegli quale vale."), "warning"
        )
        return redirect(url_for("fill.conflicts"), 303)
    if found.refused:
        flash(_("Alcune modifiche non possono entrare nella bozza e restano conservate a parte: le vedi qui sotto."), "warning")
    if not (found.applied or found.conflicts or found.refused):
        flash(_("Non c'era niente da riprendere."), "info")
    return home


@blueprint.route("/compila/arrivate-tardi/scarta", methods=["GET", "POST"])
def discard_late_page() -> ResponseReturnValue:
    """Ask once more, then discard."""
    response = load_response(now())
    home = redirect(url_for("fill.overview"), 303)
    if request.method == "POST" and sent_for_another(response.entity_code):
        return home
    if request.method == "POST" and not g.get("csrf_failed"):
        discard_late(response, identity().operator_id, now())
        flash(_("Le risposte arrivate dopo la scadenza sono state eliminate."), "success")
        return home
    late = late_view(response)
    if late is None:
        flash(_("Non c'è niente da scartare."), "info")
        return home
    return render_template("fill/late_discard.html", response=response, late=late)
