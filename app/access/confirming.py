"""`/conferma/<token>`: the entity confirms what staff sent for it by telephone, or says that something is wrong.

Not for: the rules (`app.responses.telephone_copies`), or reading the answers, for which one signs in.
Holds always: a GET changes nothing, because mail scanners ask; a POST uses the link up; no answer stands on the page.
"""

from __future__ import annotations

from flask import Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import blueprint, messages
from app.access.pages import Errors
from app.accounts.links import DeadLinkError
from app.clock import now
from app.responses.telephone_copies import LONGEST_NOTE, CopyState, answer_copy, copy_of_link
from app.web.incoming import NUL
from app.web.log import log_refusal

AGREES, OBJECTS = "conferma", "non-va"


@blueprint.route("/conferma/<token>", methods=["GET", "POST"])
def confirm_copy(token: str) -> ResponseReturnValue:
    """Say what was sent, when and by whom; keep what the entity says of it."""
    at = now()
    try:
        copy = copy_of_link(token, at)
        if request.method != "POST":
            return _page(copy)
        choice = request.form.get("scelta", "")
        note = request.form.get("nota", "").replace("\r\n", "\n").strip()
        problems = _problems(choice, note)
        if problems:
            return _page(copy, 400 if g.get("csrf_failed") else 422, choice=choice, note=note, errors=problems)
        copy = answer_copy(token, at, agrees=choice == AGREES, note=note)
    except DeadLinkError:
        log_refusal("link", page=request.endpoint)
        return make_response(render_template("access/confirm_copy_dead.html"), 410)
    return _page(copy, choice=choice, done=True)


def _problems(choice: str, note: str) -> Errors:
    if g.get("csrf_failed"):
        return [("", messages.page_too_old())]
    if choice not in (AGREES, OBJECTS):
        return [("scelta", _("Scegli se va bene o se qualcosa non va."))]
    if choice == AGREES:
        return []
    return _note_problems(note)


def _note_problems(note: str) -> Errors:
    if not note:
        return [("nota", _("Scrivi che cosa non va, anche in poche parole."))]
    if len(note) > LONGEST_NOTE:
        return [
            (
                "nota",
                _("Accorcia il testo: al massimo %(most)d caratteri, ora sono %(count)d.", most=LONGEST_NOTE, count=len(note)),
            )
        ]
    if NUL in note:
        return [("nota", _("Scrivi il testo di nuovo: contiene un carattere che non si può salvare."))]
    return []


def _page(
    copy: CopyState, status: int = 200, *, choice: str = "", note: str = "", errors: Errors | None = None, done: bool = False
) -> Response:
    page = render_template(
        "access/confirm_copy.html", copy=copy, choice=choice, note=note, errors=errors or [], done=done, most=LONGEST_NOTE
    )
    return make_response(page, status)
