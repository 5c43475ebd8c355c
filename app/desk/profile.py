"""`/gestione/profilo`: one's own data, password and open sessions.

Not for: others' accounts (`staff.py`). Holds always: a new password asks for the present one and for a code of the phone.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _

from app.accounts.password_words import weak_password
from app.accounts.passwords import SHORTEST, HashingBusyError, WeakPasswordError
from app.accounts.permissions import required_staff
from app.accounts.staff_notices import browser_words
from app.accounts.staff_passwords import change_own_password, end_other_staff_sessions, end_own_session, own_sessions
from app.accounts.staff_recovery import codes_left
from app.accounts.staff_signing_in import WrongSignInError
from app.accounts.staff_sso import sso_is_on
from app.accounts.staff_sso_links import linked_at
from app.accounts.throttle import TooManyAttemptsError
from app.clock import now
from app.config import settings
from app.desk import blueprint
from app.desk.old_pages import old_page
from app.desk.staff_forms import Errors, PasswordForm, errors_of
from app.registry.regions import region_names


@blueprint.get("/profilo")
def profile() -> ResponseReturnValue:
    """One's own page."""
    return _page(PasswordForm(formdata=None), [])


@blueprint.post("/profilo/password")
def change_password() -> ResponseReturnValue:
    """Set a new password."""
    form = PasswordForm()
    if wrong := old_page() or ([] if form.validate() else errors_of(form)):
        return _page(form, wrong, 422)
    typed = (form.current_password.data, form.totp.data, form.new_password.data)
    try:
        disconnected = change_own_password(required_staff(), *typed, now())
    except WeakPasswordError as error:
        return _page(form, [("new_password", weak_password(error.reason))], 422)
    except (WrongSignInError, TooManyAttemptsError, HashingBusyError) as error:
        return _page(form, *refused_proof(error))
    told = [_("La password è cambiata. Negli altri browser bisogna entrare di nuovo.")]
    if disconnected:
        told.append(_("L'accesso unico non è più collegato."))
    flash(" ".join(told), "success")
    return redirect(url_for("desk.profile"), 303)


@blueprint.post("/profilo/sessioni")
def end_sessions() -> ResponseReturnValue:
    """End one's other sessions."""
    count = end_other_staff_sessions(required_staff(), now())
    ended = ngettext("Terminato %(num)d altro accesso.", "Terminati %(num)d altri accessi.", count)
    flash(ended if count else _("Non c'erano altri accessi aperti."), "success" if count else "info")
    return redirect(url_for("desk.profile"), 303)


@blueprint.post("/profilo/sessioni/<key>")
def end_session(key: str) -> ResponseReturnValue:
    """End one of one's sessions."""
    found = end_own_session(required_staff(), key, now())
    told = _("L'accesso è terminato.") if found else _("Quell'accesso era già terminato.")
    flash(told, "success" if found else "info")
    return redirect(url_for("desk.profile"), 303)


def refused_proof(error: WrongSignInError | TooManyAttemptsError | HashingBusyError) -> tuple[Errors, int]:
    """What is said to whoever has not shown that they are the member, and the status of the page."""
    if isinstance(error, TooManyAttemptsError):
        span = format_timedelta(error.seconds, granularity="second", threshold=1.5)
        return [("", _("Ci sono stati troppi tentativi. Riprova tra %(span)s.", span=span))], 429
    if isinstance(error, HashingBusyError):
        return [("", _("Il servizio è molto occupato. Riprova tra qualche secondo."))], 503
    told = _("La password attuale o il codice non vanno bene. Se il codice è già stato usato, aspetta il prossimo.")
    return [("current_password", told)], 422


def _page(form: PasswordForm, errors: Errors, status: int = 200) -> ResponseReturnValue:
    staff = required_staff()
    page = render_template(
        "desk/profile.html",
        form=form,
        errors=errors,
        shortest=SHORTEST,
        sessions=own_sessions(staff, now()),
        browser_words=browser_words,
        codes_left=codes_left(staff.staff_id),
        single_sign_on=settings().oidc_label if sso_is_on() else "",
        linked_at=linked_at(staff.staff_id),
        region=region_names().get(staff.region_code or ""),
    )
    return page, status
