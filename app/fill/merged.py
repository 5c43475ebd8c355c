"""A municipality that has merged: what it had answered, offered to its successor on the task list.

Not for: copying (`responses.succession`).
Holds always: nothing is copied before somebody of the successor has said so.
"""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.fill import blueprint
from app.fill.opening import author, load_response
from app.fill.saving import sent_for_another
from app.registry.entities import labels_of
from app.responses.drafts import EditionClosedError, TooLargeError
from app.responses.succession import NothingOfferedError, decline, take_over


@blueprint.post("/compila/confluito/<predecessor>")
def take_from(predecessor: str) -> ResponseReturnValue:
    """Take the answers of a municipality that has merged into this one, or leave them."""
    at = now()
    response = load_response(at)
    home = redirect(url_for("fill.overview"), 303)
    if sent_for_another(response.entity_code):
        return home
    name = labels_of([predecessor]).get(predecessor, predecessor)
    try:
        if request.form.get("risposta") != "si":
            decline(response, predecessor, author(), at)
            flash(_("Le risposte di %(name)s restano dove sono.", name=name), "info")
            return home
        taken = take_over(response, predecessor, author(), at)
    except NothingOfferedError:
        flash(_("Nel frattempo la richiesta è cambiata: rileggi questa pagina."), "error")
        return home
    except EditionClosedError:
        flash(_("La scadenza è passata: non è stato copiato niente. Chiama i contatti qui sotto."), "error")
        return home
    except TooLargeError:
        flash(_("Le risposte sono troppe per essere copiate tutte: controlla che cosa manca."), "error")
        return home
    flash(
        ngettext(
            "Ripresa %(num)d risposta di %(name)s: rileggila prima di inviare.",
            "Riprese %(num)d risposte di %(name)s: rileggile prima di inviare.",
            taken.answers,
            name=name,
        ),
        "success",
    )
    if taken.refused:
        flash(_("Una parte non si è potuta riprendere: controlla le schede e le risposte che mancano."), "warning")
    return home
