"""The letter of one entity again, to print or as a PDF, and its activation link again by e-mail.

Not for: letters of many (`flask letter run`), or what a letter says (`app.letters`).
Holds always: the letter holds a secret: it is made only by a POST, with an audit entry in the same transaction, and shown
nowhere else.
"""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.login_state import login_state
from app.accounts.messages import Occasion
from app.accounts.permissions import required_staff
from app.accounts.sending import AlreadyActivatedError, NoAddressError, invite_entity
from app.accounts.suspensions import SuspendedLoginError
from app.audit.chain import record
from app.clock import now
from app.desk import blueprint
from app.desk.login_words import CODE_STATES, LOGIN_STATES
from app.desk.logins import asked_entity
from app.editions.current import EditionView, current_edition
from app.editions.files import ROME
from app.extensions import db
from app.letters.printing import pdf_of_letter
from app.letters.running import LettersRefusedError, refuse_if_over
from app.letters.writing import Letter, letter_for
from app.registry.entities import EntityRow
from app.registry.recipients import recipients_of

PDF = "pdf"


@blueprint.route("/accessi/<code>/lettera", methods=["GET", "POST"])
def letter(code: str) -> ResponseReturnValue:
    """Say what the letter does; then make it, to be printed or as a PDF."""
    entity, edition, instant = asked_entity(code), current_edition(), now()
    if request.method != "POST":
        return render_template(
            "desk/login_letter.html",
            entity=entity,
            login=login_state(entity.id, edition.id if edition else None, instant),
            recipients=recipients_of(entity.id, "activation", instant),
            letters_open=_may_be_made(edition),
            states=LOGIN_STATES,
            code_states=CODE_STATES,
        )
    if edition is None or not _may_be_made(edition):
        flash(_("La rilevazione non prende più risposte: il codice di una lettera non aprirebbe nulla."), "warning")
        return redirect(url_for("desk.letter", code=entity.code), 303)
    made = _make(entity, edition)
    if request.form.get("formato") == PDF:
        response = Response(pdf_of_letter(made), mimetype="application/pdf")
        response.headers["Content-Disposition"] = f'attachment; filename="lettera-{entity.code}.pdf"'
        return response
    return render_template("desk/login_letter_print.html", entity=entity, letter=made)


@blueprint.post("/accessi/<code>/invito")
def invite(code: str) -> ResponseReturnValue:
    """Send the activation link again."""
    entity, edition = asked_entity(code), current_edition()
    if edition is None:
        abort(404)
    occasion = Occasion(edition.title, edition.deadline.astimezone(ROME))
    try:
        recipients = invite_entity(entity.code, actor=required_staff().actor, now=now(), occasion=occasion)
    except AlreadyActivatedError:
        flash(_("L'accesso è già attivo: se la password è persa, azzera l'accesso."), "warning")
    except SuspendedLoginError:
        flash(_("L'accesso è sospeso: prima va riattivato."), "warning")
    except NoAddressError:
        flash(_("Nessun indirizzo a cui scrivere: aggiungine uno, oppure consegna la lettera."), "warning")
    else:
        flash(_("Il link di attivazione va a: %(to)s.", to=", ".join(recipients)), "success")
    return redirect(url_for("desk.letter", code=entity.code), 303)


def _make(entity: EntityRow, edition: EditionView) -> Letter:
    """The letter with its code, which is noted in the log."""
    made = letter_for(entity, edition, now())
    actor, subject = required_staff().actor, f"entity:{entity.code}"
    record("letters_made", actor=actor, subject=subject, detail={"letters": 1, "edition": edition.code}, now=now())
    db.session.commit()
    return made


def _may_be_made(edition: EditionView | None) -> bool:
    if edition is None:
        return False
    try:
        refuse_if_over(edition, now())
    except LettersRefusedError:
        return False
    return True
