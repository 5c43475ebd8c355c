"""Asking the desk to reopen a response after the deadline.

Not for: granting it (the desk, and `flask edition reopen`).
Holds always: only whoever can no longer answer asks; what was typed comes back with what is wrong with it.
"""

from __future__ import annotations

import datetime as dt

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.operators import get_operator
from app.clock import now
from app.editions.reopenings import LONGEST_REASON, ask_reopening, asked_at
from app.fill import blueprint
from app.fill.opening import identity, load_response
from app.fill.saving import sent_for_another
from app.responses.reading import OpenResponse


def may_ask(response: OpenResponse, at: dt.datetime) -> bool:
    """Whether the entity's time is over, so that only a reopening would let it answer."""
    return response.edition.has_opened(at) and not response.takes_answers(at)


@blueprint.route("/riapertura", methods=["GET", "POST"])
def ask_reopening_page() -> ResponseReturnValue:
    """Say why the response should be opened again."""
    at = now()
    response = load_response(at)
    if not may_ask(response, at):
        flash(_("Non serve una riapertura: puoi ancora rispondere."), "info")
        return redirect(url_for("fill.overview"), 303)
    if request.method != "POST":
        return _draw(response)
    if sent_for_another(response.entity_code):
        return redirect(url_for("fill.ask_reopening_page"), 303)
    reason = request.form.get("motivo", "").replace("\r\n", "\n").strip()
    problem = _problem(reason)
    operator = get_operator(response.entity_id, identity().operator_id or 0)
    if problem or operator is None:
        return _draw(response, reason, problem), 422
    ask_reopening(operator, response.edition, reason, at)
    flash(_("Richiesta inviata. Se viene accolta ti scriviamo, e qui trovi la nuova scadenza."), "success")
    return redirect(url_for("fill.overview"), 303)


def _problem(reason: str) -> str:
    if not reason:
        return str(_("Scrivi perché serve riaprire la risposta."))
    if len(reason) > LONGEST_REASON:
        return str(
            _("Accorcia il motivo: al massimo %(most)d caratteri, ora sono %(count)d.", most=LONGEST_REASON, count=len(reason))
        )
    if "\x00" in reason:
        return str(_("Scrivi il motivo di nuovo: contiene un carattere che non si può salvare."))
    return ""


def _draw(response: OpenResponse, reason: str = "", problem: str = "") -> str:
    return render_template(
        "fill/reopening.html",
        response=response,
        reason=reason,
        errors=[("motivo", problem)] if problem else [],
        asked_at=asked_at(response.entity_id, response.edition.id),
        longest=LONGEST_REASON,
    )
