"""`/promemoria/<token>`: a person ends the reminders to the own address, or begins again; without signing in.

Not for: the rule (`app.accounts.reminded`), or the office's addresses, which always get them.
Holds always: a GET changes nothing, because mail scanners ask; the one click of a mail program (RFC 8058) ends them without a
form of ours, since what it knows is in the address alone; the page shows the masked address and nothing else of the person.
"""

from __future__ import annotations

from flask import Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.access import blueprint, messages
from app.access.pages import Errors
from app.accounts.reminded import DeadStopError, StopState, find_stop, set_reminders
from app.clock import now
from app.editions.current import current_edition
from app.registry.addresses import masked
from app.registry.entities import find_by_id
from app.web.log import log_refusal

RESUME = "riprendi"
_ONE_CLICK = ("List-Unsubscribe", "One-Click")


@blueprint.route("/promemoria/<token>", methods=["GET", "POST"])
def stop_reminders(token: str) -> ResponseReturnValue:
    """Ask, and do it at the second step."""
    try:
        state = find_stop(token)
        if request.method != "POST":
            return _page(state)
        one_click = request.form.get(_ONE_CLICK[0]) == _ONE_CLICK[1]
        if g.get("csrf_failed") and not one_click:
            return _page(state, 400, [("", messages.page_too_old())])
        set_reminders(state.operator_id, wanted=request.form.get("azione") == RESUME and not one_click, now=now())
        return _page(find_stop(token))
    except DeadStopError:
        log_refusal("link", page=request.endpoint)
        return make_response(render_template("access/stop_reminders_dead.html", edition=current_edition()), 410)


def _page(state: StopState, status: int = 200, errors: Errors | None = None) -> Response:
    entity = find_by_id(state.entity_id)
    shown = {"email": masked(state.email), "label": entity.label if entity else "", "stopped": state.stopped_at is not None}
    return make_response(render_template("access/stop_reminders.html", **shown, errors=errors or []), status)
