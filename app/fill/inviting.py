"""Inviting a colleague by e-mail, handing over to a successor, verifying one's own address; sending an invitation again and
withdrawing it.

Not for: what becomes of an invitation (`app.accounts.invitations`), or taking a person from the list (`people.py`).
Holds always: an operator hands over, and verifies, as herself or himself alone; an invitation of another entity is as if it did
not exist; what was typed stands in the form again where it is refused.
"""

from __future__ import annotations

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.invitations import DAYS, AlreadyVerifiedError, OwnAddressError, UnknownInvitationError, withdraw_invitation
from app.accounts.operator_messages import send_again, send_invitation, send_verification
from app.accounts.operators import UnknownOperatorError
from app.accounts.rations import AskedTooOftenError
from app.clock import now
from app.fill import blueprint
from app.fill.opening import identity, locale
from app.fill.saving import sent_for_another
from app.mail.messages import UnfitMessageError
from app.registry.addresses import UnfitAddressError, read_email
from app.registry.entities import EntityRow, find_by_id

LONGEST = 300
AGAIN = "rimanda"


@blueprint.route("/ente/invita", methods=["GET", "POST"], defaults={"hands_over": False})
@blueprint.route("/ente/passa-la-mano", methods=["GET", "POST"], defaults={"hands_over": True})
def invite(hands_over: bool) -> ResponseReturnValue:
    """Invite a colleague; or a successor, who takes the place of whoever asks."""
    who = identity()
    if request.method != "POST":
        return _draw("", hands_over=hands_over)
    if sent_for_another(who.entity_code):
        return redirect(url_for("fill.entity"), 303)
    typed = request.form.get("email", "")[:LONGEST].strip()
    if g.get("csrf_failed"):
        flash(_("La pagina era aperta da troppo tempo: controlla l'indirizzo e invialo di nuovo."), "error")
        return _draw(typed, hands_over=hands_over, status=400)
    refusal = _send(typed, hands_over=hands_over)
    if refusal is not None:
        return _draw(typed, hands_over=hands_over, status=422, refusal=refusal)
    flash(
        _("Invito in partenza per %(email)s. Finché non lo accetta, lo trovi tra gli inviti in attesa.", email=typed), "success"
    )
    return redirect(url_for("fill.entity"), 303)


@blueprint.post("/ente/inviti/<int(max=2147483647):number>/<any(rimanda, ritira):order>")
def change_invitation(number: int, order: str) -> ResponseReturnValue:
    """Send a pending invitation again, or withdraw it."""
    who = identity()
    try:
        if order == AGAIN:
            email = send_again(_entity(), number, by=who.operator_id, language=locale(), now=now())
            flash(_("Invito di nuovo in partenza per %(email)s.", email=email), "success")
        else:
            withdraw_invitation(_entity(), number, by=who.operator_id, now=now())
            flash(_("Invito ritirato: il suo link non funziona più."), "success")
    except UnknownInvitationError:
        flash(_("Questo invito non è più in attesa."), "info")
    except AskedTooOftenError as error:
        flash(_too_often(error.seconds), "warning")
    return redirect(url_for("fill.entity"), 303)


@blueprint.post("/ente/verifica")
def verify_address() -> ResponseReturnValue:
    """Send the operator of this session a link that verifies the declared address."""
    who = identity()
    try:
        email = send_verification(_entity(), who.operator_id or 0, language=locale(), now=now())
        flash(_("Il link per verificare %(email)s è in partenza: aprilo e conferma.", email=email), "success")
    except (AlreadyVerifiedError, UnknownOperatorError):
        flash(_("Il tuo indirizzo è già verificato."), "info")
    except UnfitMessageError:
        flash(_("A questo indirizzo non si può scrivere: aggiungiti di nuovo con quello giusto."), "warning")
    except AskedTooOftenError as error:
        flash(_too_often(error.seconds), "warning")
    return redirect(url_for("fill.entity"), 303)


def _send(typed: str, *, hands_over: bool) -> str | None:
    """Send the invitation; what is wrong with it, if anything."""
    try:
        email = read_email(typed)
        by = identity().operator_id or 0
        send_invitation(_entity(), email, by=by, hands_over=hands_over, language=locale(), now=now())
    except (UnfitAddressError, UnfitMessageError):
        return str(_("Controlla l'indirizzo e-mail: deve somigliare a ufficio@comune.esempio.it."))
    except OwnAddressError:
        return str(_("Questo è il tuo indirizzo: scrivi quello di chi prende il tuo posto."))
    except AskedTooOftenError as error:
        return _too_often(error.seconds)
    return None


def _too_often(seconds: int) -> str:
    """An hour or a minute, whichever says it shortly."""
    minutes = -(-seconds // 60)
    if minutes > 90:
        hours = -(-minutes // 60)
        return str(
            ngettext(
                "Riprova tra %(num)d ora: sono già partiti molti messaggi.",
                "Riprova tra %(num)d ore: sono già partiti molti messaggi.",
                hours,
            )
        )
    return str(
        ngettext(
            "Un messaggio è appena partito: riprova tra %(num)d minuto.",
            "Un messaggio è appena partito: riprova tra %(num)d minuti.",
            minutes,
        )
    )


def _entity() -> EntityRow:
    found = find_by_id(identity().entity_id)
    if found is None:
        raise LookupError("the entity of a live session is gone")
    return found


def _draw(typed: str, *, hands_over: bool, status: int = 200, refusal: str = "") -> Response:
    problems = [("email", refusal)] if refusal else []
    page = render_template("fill/invite.html", typed=typed, hands_over=hands_over, problems=problems, days=DAYS)
    return make_response(page, status)
