"""`/ente/consenso`: the entity lets the desk read its open draft, and takes that back.

Not for: what the desk then sees (`seen.py`).
Holds always: only the entity itself gives it, for its own draft, for a time that it chooses.
"""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.editions.current import current_edition
from app.fill import blueprint
from app.fill.opening import identity
from app.fill.views import moment
from app.responses.consents import DAYS, give_consent
from app.responses.consents import withdraw_consent as withdraw
from app.responses.reading import OpenResponse, find_response


@blueprint.post("/ente/consenso")
def consent() -> ResponseReturnValue:
    """Let the desk read the draft for some days."""
    days, at = request.form.get("giorni", ""), now()
    if days not in [str(one) for one in DAYS]:
        abort(400)
    until = give_consent(_own_response(), days=int(days), operator_id=identity().operator_id, now=at)
    flash(_("Fino al %(when)s l'assistenza può vedere la bozza, senza cambiarla.", when=moment(until)), "success")
    return redirect(url_for("fill.entity", _anchor="assistenza"), 303)


@blueprint.post("/ente/consenso/ritira")
def withdraw_consent() -> ResponseReturnValue:
    """Take it back."""
    if withdraw(_own_response(), operator_id=identity().operator_id, now=now()):
        flash(_("Consenso ritirato: l'assistenza non vede più la bozza."), "success")
    else:
        flash(_("Il consenso non c'era già più."), "info")
    return redirect(url_for("fill.entity", _anchor="assistenza"), 303)


def _own_response() -> OpenResponse:
    edition = current_edition()
    found = find_response(identity().entity_id, edition.id) if edition else None
    if found is None:
        abort(404)
    return found
