"""`/gestione/richieste`: who has received nothing and asks for access, and who asks to answer after the deadline.

Not for: giving access (the entity's login page) or reopening (the entity's page): both are linked.
Holds always: personal values stand on this page for who looks after access, and nowhere in the log.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.accounts.requests import OUTCOMES as REQUEST_OUTCOMES
from app.accounts.requests import UnknownRequestError, count_open_requests, open_requests
from app.accounts.requests import handle_request as handle_one
from app.clock import now
from app.desk import blueprint
from app.desk.login_paging import paging
from app.desk.login_words import OUTCOMES
from app.editions.current import current_edition
from app.editions.reopenings import UnknownReopeningError, waiting_reopenings
from app.editions.reopenings import refuse_reopening as refuse_one

ROWS = 20


@blueprint.get("/richieste")
def access_requests() -> str:
    """Both lists, the oldest first."""
    edition = current_edition()
    reopenings = waiting_reopenings(edition.id) if edition else []
    access, reopened = paging(count_open_requests(), rows=ROWS), paging(len(reopenings), rows=ROWS, field="riaperture")
    return render_template(
        "desk/login_requests.html",
        requests=open_requests(ROWS, access.offset),
        access=access,
        reopenings=reopenings[reopened.offset : reopened.offset + ROWS],
        reopened=reopened,
        outcomes=list(OUTCOMES.items()),
    )


@blueprint.post("/richieste/<int(max=2147483647):number>")
def handle_request(number: int) -> ResponseReturnValue:
    """Note how a request for access ended."""
    outcome = request.form.get("esito", "")
    if outcome not in REQUEST_OUTCOMES:
        flash(_("Scegli com'è finita prima di chiudere la richiesta."), "warning")
        return redirect(url_for("desk.access_requests"), 303)
    try:
        handle_one(number, outcome=outcome, handled_by=required_staff().actor, now=now())
    except UnknownRequestError:
        flash(_("Questa richiesta era già chiusa."), "info")
    else:
        flash(_("Richiesta chiusa: %(outcome)s.", outcome=OUTCOMES[outcome]), "success")
    return redirect(url_for("desk.access_requests"), 303)


@blueprint.post("/riaperture/<int(max=2147483647):number>/rifiuta")
def refuse_reopening(number: int) -> ResponseReturnValue:
    """Close a request to reopen without granting it."""
    try:
        refuse_one(number, refused_by=required_staff().actor, now=now())
    except UnknownReopeningError:
        flash(_("Questa richiesta era già chiusa."), "info")
    else:
        flash(_("Richiesta di riapertura rifiutata: avvisa l'ente con una telefonata."), "success")
    return redirect(url_for("desk.access_requests"), 303)
