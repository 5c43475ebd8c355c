"""`/gestione/profilo/codici`, `/gestione/profilo/sso`: one's own recovery codes and single sign-on.

Not for: one's data, password and sessions (`profile.py`). Holds always: new codes, a new connection and its end ask for
password and code; codes are shown once, in the answer to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.passwords import HashingBusyError
from app.accounts.permissions import required_staff
from app.accounts.staff_passwords import renew_codes
from app.accounts.staff_signing_in import WrongSignInError
from app.accounts.staff_sso import SsoRefusedError, set_out_to_link, sso_is_on
from app.accounts.staff_sso_links import unlink_sso
from app.accounts.throttle import TooManyAttemptsError
from app.clock import now
from app.config import settings
from app.desk import blueprint
from app.desk.old_pages import old_page
from app.desk.profile import refused_proof
from app.desk.staff_forms import Errors, ProofForm, errors_of


@dataclass(frozen=True, slots=True)
class _Words:
    """What a page that asks for password and code says."""

    title: LazyString
    told: tuple[LazyString, ...]
    summary: LazyString
    action: LazyString


_CODES: Final = _Words(
    _l("Rifai i codici di recupero"),
    (_l("Ricevi dieci codici nuovi; quelli che hai ora non valgono più."),),
    _l("I codici non sono cambiati"),
    _l("Rifai i codici"),
)
_SSO: Final = _Words(
    _l("Collega l'accesso unico"),
    (_l("Da quando è collegato entri anche da lì, senza la password e il codice di questo sito."),),
    _l("L'accesso unico non è collegato"),
    _l("Continua"),
)
_UNLINK: Final = _Words(
    _l("Scollega l'accesso unico"),
    (_l("Da quando è scollegato entri solo con password e codice. Puoi collegarlo di nuovo quando vuoi."),),
    _l("L'accesso unico è ancora collegato"),
    _l("Scollega"),
)


@blueprint.route("/profilo/codici", methods=["GET", "POST"])
def recovery_codes() -> ResponseReturnValue:
    """Ask for password and code; make new codes and show them."""

    def renew(password: str, code: str) -> ResponseReturnValue:
        return render_template("desk/recovery_codes.html", codes=renew_codes(required_staff(), password, code, now()))

    return _proved(_CODES, renew)


@blueprint.route("/profilo/sso", methods=["GET", "POST"])
def single_sign_on() -> ResponseReturnValue:
    """Ask for password and code; lead to the provider, from where a connected account comes back."""
    if not sso_is_on():
        abort(404)

    def link(password: str, code: str) -> ResponseReturnValue:
        try:
            address = set_out_to_link(required_staff(), password, code, now())
        except SsoRefusedError:
            return _page(_SSO, ProofForm(formdata=None), [("", _("L'accesso unico non risponde. Riprova più tardi."))], 503)
        return render_template("desk/sso_set_out.html", address=address, label=settings().oidc_label)

    return _proved(_SSO, link)


@blueprint.route("/profilo/sso/scollega", methods=["GET", "POST"])
def unlink_single_sign_on() -> ResponseReturnValue:
    """Ask for password and code; disconnect the single sign-on."""

    def unlink(password: str, code: str) -> ResponseReturnValue:
        found = unlink_sso(required_staff(), password, code, now())
        told = _("L'accesso unico non è più collegato.") if found else _("L'accesso unico non era collegato.")
        flash(told, "success" if found else "info")
        return redirect(url_for("desk.profile"), 303)

    return _proved(_UNLINK, unlink)


def _proved(words: _Words, then: Callable[[str, str], ResponseReturnValue]) -> ResponseReturnValue:
    form = ProofForm() if request.method == "POST" else ProofForm(formdata=None)
    if request.method != "POST":
        return _page(words, form, [], 200)
    if wrong := old_page() or ([] if form.validate() else errors_of(form)):
        return _page(words, form, wrong, 422)
    try:
        return then(form.current_password.data, form.totp.data)
    except (WrongSignInError, TooManyAttemptsError, HashingBusyError) as error:
        return _page(words, form, *refused_proof(error))


def _page(words: _Words, form: ProofForm, errors: Errors, status: int) -> ResponseReturnValue:
    page = render_template(
        "desk/prove_again.html",
        form=form,
        errors=errors,
        title=words.title,
        told=words.told,
        summary=words.summary,
        action=words.action,
    )
    return page, status
