"""`/gestione/enti/<codice>/telefono`: who is on the line, and the beginning of filling in for the entity by telephone.

Not for: filling in itself, which is the entity's own pages (`app.fill`), or who may (`app.chasing.telephoning`).
Holds always: the page says what it is before anything begins; nothing begins without a person on the line who agrees; what was
typed stands on the page again where it is refused; the session at the desk goes on beside.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.cookies import give_session_cookie, session_token
from app.accounts.permissions import required_staff
from app.accounts.sessions import end_session, find_identity
from app.accounts.telephone import IDLE
from app.chasing.record import Head
from app.chasing.telephoning import (
    NOT_ALLOWED,
    NOT_ASKED,
    NOT_OPEN,
    SIGNED_OUT,
    SUSPENDED,
    Officer,
    TelephoneImpossibleError,
    begin_filling,
    end_filling,
    others_on_the_line,
    why_not,
)
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.entity import Problems, seen_head
from app.desk.old_pages import old_page
from app.registry.addresses import UnfitAddressError, read_email
from app.responses.telephone_copies import UnknownCopyError, see_to
from app.web.incoming import NUL

FIELDS: Final = {"nome": 200, "ufficio": 200, "telefono": 40, "email": 254}
"""Field of the form → how many characters it may have."""
REASONS: Final = {
    NOT_ALLOWED: _l("In questa edizione il tuo ruolo non compila al telefono."),
    NOT_OPEN: _l("Per questo ente la rilevazione non è aperta: al telefono si compila solo finché può rispondere."),
    NOT_ASKED: _l("Questo ente non esiste più: al telefono non si compila."),
    SUSPENDED: _l("L'accesso di questo ente è sospeso: finché lo è non si compila nemmeno al telefono."),
    SIGNED_OUT: _l("Il tuo accesso alla gestione è finito: entra di nuovo."),
}


@blueprint.route("/enti/<code>/telefono", methods=["GET", "POST"])
def telephone(code: str) -> ResponseReturnValue:
    """Say who is on the line; begin."""
    head, edition, staff, at = seen_head(code), edition_on(), required_staff(), now()
    reason = why_not(head, edition, staff, at)
    if reason is not None or edition is None:
        return _back(head, reason or NOT_ALLOWED)
    if request.method != "POST":
        return _draw(head, dict.fromkeys(FIELDS, ""), at)
    typed = {name: " ".join(request.form.get(name, "").split())[:9000] for name in FIELDS}
    problems = old_page() or _problems(typed)
    if problems:
        return _draw(head, typed, at, problems), 422
    officer = Officer(typed["nome"], typed["ufficio"], typed["email"], typed["telefono"])
    try:
        token = begin_filling(head, edition, staff, officer, at)
    except TelephoneImpossibleError as error:
        return _back(head, error.reason)
    _end_earlier(at)
    response = make_response(redirect(url_for("fill.overview"), 303))
    give_session_cookie(response, token)
    return response


def _back(head: Head, reason: str) -> ResponseReturnValue:
    flash(str(REASONS[reason]), "warning")
    return redirect(url_for("desk.entity", code=head.code), 303)


def _draw(head: Head, typed: dict[str, str], at: dt.datetime, problems: Problems | None = None) -> str:
    return render_template(
        "desk/telephone.html",
        head=head,
        typed=typed,
        agreed=request.form.get("accordo") == "1",
        problems=problems or [],
        errors=dict(problems or ()),
        others=others_on_the_line(head.entity_id, required_staff().staff_id, at),
        idle=int(IDLE.total_seconds() // 60),
    )


def _problems(typed: dict[str, str]) -> Problems:
    found: Problems = []
    if not typed["nome"]:
        found.append(("nome", _("Scrivi il nome di chi è in linea.")))
    if not typed["ufficio"]:
        found.append(("ufficio", _("Scrivi l'ufficio, per esempio servizi sociali.")))
    if not typed["telefono"] and not typed["email"]:
        found.append(("telefono", _("Scrivi il telefono o l'e-mail: uno dei due basta.")))
    if typed["email"] and not _is_email(typed["email"]):
        found.append(("email", _("Controlla l'indirizzo e-mail: deve somigliare a ufficio@comune.esempio.it.")))
    for name, most in FIELDS.items():
        if len(typed[name]) > most:
            found.append((name, _("Scrivi al massimo %(most)d caratteri.", most=most)))
        elif NUL in typed[name]:
            found.append((name, _("Scrivi il testo di nuovo: contiene un carattere che non si può salvare.")))
    if request.form.get("accordo") != "1":
        found.append(("accordo", _("Chiedi alla persona in linea se è d'accordo: senza, non si comincia.")))
    return found


def _is_email(text: str) -> bool:
    try:
        return bool(read_email(text))
    except UnfitAddressError:
        return False


def _end_earlier(at: dt.datetime) -> None:
    """End the session of an entity that this browser had: it has one at a time."""
    before = find_identity(session_token(request), at)
    if before is not None and before.telephone is not None:
        end_filling(before, at)
    elif before is not None:
        end_session(before.session_key, at)


@blueprint.post("/enti/<code>/copia-al-telefono/<int(max=2147483647):number>/gestita")
def see_to_copy(code: str, number: int) -> ResponseReturnValue:
    """Note that the desk has seen to what the entity contested."""
    head = seen_head(code)
    try:
        see_to(number, (head.entity_id, head.code), actor=required_staff().actor, now=now())
    except UnknownCopyError:
        flash(_("Questa segnalazione non è più in attesa."), "info")
    else:
        flash(_("Segnalazione gestita: resta nella scheda dell'ente."), "success")
    return redirect(url_for("desk.entity", code=head.code) + "#risposta", 303)
