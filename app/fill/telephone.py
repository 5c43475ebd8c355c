"""Staff who fills in by telephone, on the entity's pages: its end, what is noted once it is sent, what the entity reads of it.

Not for: beginning it (the desk), or which pages it may ask for (`app.accounts.telephone`).
Holds always: what was said of a version sent by telephone is the entity's to read; ending leads back to the desk.
"""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.cookies import take_session_cookie
from app.accounts.permissions import become
from app.chasing.telephoning import end_filling
from app.chasing.telephoning import note_sent as note_call_sent
from app.clock import now
from app.fill import blueprint
from app.fill.opening import identity
from app.fill.views import moment
from app.responses.reading import OpenResponse
from app.responses.telephone_copies import copy_of


def note_sent() -> None:
    """After a submission: let the call say so, where staff has sent it by telephone."""
    who = identity()
    if who.telephone is not None:
        note_call_sent(who)


def telephone_copy(response: OpenResponse) -> dict[str, Any] | None:
    """What the entity reads of the version that counts, where it was sent by telephone."""
    copy = copy_of(response.id) if response.submissions else None
    return None if copy is None else {"sent": copy, "moment": moment}


@blueprint.post("/compila/telefono/fine")
def end_telephone() -> ResponseReturnValue:
    """End it and go back to the entity's page at the desk."""
    who = identity()
    if who.telephone is None:
        return redirect(url_for("fill.overview"), 303)
    end_filling(who, now())
    become(None)
    flash(_("Compilazione al telefono finita: quello che è salvato è nella bozza dell'ente."), "success")
    response = make_response(redirect(url_for("desk.entity", code=who.entity_code) + "#telefonate", 303))
    take_session_cookie(response)
    return response
