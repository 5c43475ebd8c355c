"""What a request gets that must sign in first, or say who fills in.

Not for: who must (`app.accounts.permissions`).
Holds always: a page that was asked for is shown after signing in; what was typed into one is carried there; a script gets a
short answer that it can tell from a lost network.
"""

from __future__ import annotations

from flask import jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import blueprint
from app.access.carried import carried_from_refused, carried_from_staff
from app.access.choosing import written_as
from app.access.forms import OperatorForm, SignInForm
from app.access.local_paths import desk_path, local_path
from app.access.pages import OperatorPage, SignInPage
from app.access.staff_pages import StaffSignInForm, StaffSignInPage
from app.accounts.cookies import take_session_cookie
from app.accounts.operators import list_operators
from app.accounts.permissions import OperatorRequiredError, SignInRequiredError, StaffRequiredError, become, signed_in
from app.accounts.telephone import TelephoneOverError
from app.web.csrf import SAFE_METHODS
from app.web.incoming import asked_by_script


@blueprint.app_errorhandler(SignInRequiredError)
def sign_in_required(error: SignInRequiredError) -> ResponseReturnValue:
    """Ask to sign in: by a redirect where nothing was sent, else in place, keeping what was typed."""
    if asked_by_script():
        return jsonify(status=401, reason="signed_out", sign_in=url_for("access.sign_in")), 401
    if request.method in SAFE_METHODS:
        return redirect(url_for("access.sign_in", next=_here()), 303)
    carried = carried_from_refused(request)
    form = SignInForm(formdata=None, data={"entity": written_as(carried.entity_code if carried else "")})
    return SignInPage(form, carried=carried, expired=True).show(401)


@blueprint.app_errorhandler(OperatorRequiredError)
def operator_required(error: OperatorRequiredError) -> ResponseReturnValue:
    """Ask who fills in, in the same two ways."""
    identity = signed_in()
    if asked_by_script():
        return jsonify(status=403, reason="operator_unknown", choose=url_for("access.operator")), 403
    if request.method in SAFE_METHODS or identity is None:
        return redirect(url_for("access.operator", next=_here()), 303)
    known = list_operators(identity.entity_id)
    page = OperatorPage(OperatorForm(formdata=None), identity, known, carried=carried_from_refused(request))
    return page.show(403)


@blueprint.app_errorhandler(TelephoneOverError)
def telephone_over(error: TelephoneOverError) -> ResponseReturnValue:
    """Say that filling in by telephone has ended, with what was typed and not saved, and where it begins anew."""
    again = url_for("desk.telephone", code=error.entity_code)
    if asked_by_script():
        return jsonify(status=401, reason="signed_out", sign_in=again), 401
    become(None)
    carried = carried_from_refused(request) if request.method not in SAFE_METHODS else None
    page = render_template("access/telephone_over.html", carried=carried, again=again)
    response = make_response(page, 401)
    take_session_cookie(response)
    return response


def _here() -> str:
    return local_path(request.full_path.rstrip("?"))


@blueprint.app_errorhandler(StaffRequiredError)
def staff_required(error: StaffRequiredError) -> ResponseReturnValue:
    """Ask a member of staff to sign in, in the same two ways."""
    if asked_by_script():
        return jsonify(status=401, reason="signed_out", sign_in=url_for("access.staff_sign_in")), 401
    if request.method in SAFE_METHODS:
        return redirect(url_for("access.staff_sign_in", next=desk_path(_here())), 303)
    return StaffSignInPage(StaffSignInForm(formdata=None), carried=carried_from_staff(request), expired=True).show(401)
