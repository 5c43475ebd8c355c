"""`/ente/password`: the entity changes its own password.

Not for: whether the present one is right and what ends with it (`app.accounts.own_password`), or an entity that has none
(`access`).
Holds always: no password that was typed stands in a page; the browser goes on in a new session.
"""

from __future__ import annotations

from typing import Final

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.accounts.cookies import device_token, give_cookies
from app.accounts.entity_accounts import stored_hash
from app.accounts.own_password import SessionOverError, change_password
from app.accounts.password_words import weak_password
from app.accounts.passwords import SHORTEST, HashingBusyError, WeakPasswordError
from app.accounts.places import place_of
from app.accounts.signing_in import WrongPasswordError
from app.accounts.suspensions import SuspendedLoginError
from app.accounts.throttle import TooManyAttemptsError, network_of
from app.clock import now
from app.fill import blueprint
from app.fill.opening import identity
from app.fill.saving import sent_for_another
from app.registry.entities import EntityRow, find_by_id
from app.web.csrf import Form

Errors = list[tuple[str, str]]
BUSY_SECONDS: Final = 5


class PasswordForm(Form):
    """The present password and the new one."""

    current_password = PasswordField(_l("Password attuale"), validators=[InputRequired(_l("Scrivi la password attuale."))])
    new_password = PasswordField(
        _l("Nuova password"),
        validators=[InputRequired(_l("Scrivi una password di almeno %(count)s caratteri.", count=SHORTEST))],
    )


@blueprint.route("/ente/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Ask for both passwords; set the new one."""
    if request.method != "POST":
        return _page(PasswordForm(formdata=None), [])
    if sent_for_another(identity().entity_code):
        return redirect(url_for("fill.entity"), 303)
    form = PasswordForm()
    if g.get("csrf_failed"):
        return _page(form, [("", _("La pagina era aperta da troppo tempo. Controlla i dati e invia di nuovo."))], 400)
    if not form.validate():
        return _page(form, [(field.name, str(field.errors[0])) for field in form if field.errors], 422)
    try:
        return _change(form)
    except (WeakPasswordError, WrongPasswordError, TooManyAttemptsError, HashingBusyError) as error:
        return _refuse(form, error)


def _refuse(form: PasswordForm, error: Exception) -> ResponseReturnValue:
    """The page again, with what to do now."""
    if isinstance(error, WeakPasswordError):
        return _page(form, [("new_password", weak_password(error.reason))], 422)
    if isinstance(error, TooManyAttemptsError):
        span = format_timedelta(error.seconds, granularity="second", threshold=1.5)
        told = _("Ci sono stati troppi tentativi. Riprova tra %(span)s: l'accesso non è bloccato.", span=span)
        return _page(form, [("current_password", told)], 429, wait=error.seconds)
    if isinstance(error, HashingBusyError):
        return _page(form, [("", _("Il servizio è molto occupato. Riprova tra qualche secondo."))], 503, wait=BUSY_SECONDS)
    told = _("La password attuale non è questa. Controlla maiuscole e minuscole.")
    return _page(form, [("current_password", told)], 422)


def _change(form: PasswordForm) -> ResponseReturnValue:
    place = place_of(device_token(request), network_of(request.remote_addr))
    response = make_response(redirect(url_for("fill.entity"), 303))
    try:
        signed = change_password(_entity(), identity(), form.current_password.data, form.new_password.data, place, now())
    except (SessionOverError, SuspendedLoginError):
        return response  # it has no session any more, and is asked to sign in
    give_cookies(response, signed.session_token, signed.device_token)
    flash(_("La password è cambiata. Negli altri browser bisogna entrare di nuovo, con quella nuova."), "success")
    return response


def _entity() -> EntityRow:
    entity = find_by_id(identity().entity_id)
    if entity is None:
        raise LookupError("a live session is of an entity that is there")
    return entity


def _page(form: PasswordForm, errors: Errors, status: int = 200, *, wait: int = 0) -> ResponseReturnValue:
    entity = _entity()
    page = render_template(
        "fill/password.html",
        form=form,
        errors=errors,
        shortest=SHORTEST,
        words=[entity.name, entity.name_other_language or "", entity.code],
        has_password=stored_hash(entity.id) is not None,
    )
    return page, status, {"Retry-After": str(wait)} if wait else {}
