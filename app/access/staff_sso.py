"""Single sign-on of staff: `/gestione/sso` sends a browser to the provider, `/gestione/sso/ritorno` takes it back.

Not for: rules (`app.accounts.staff_sso`), or asking for a connection (`app.desk`).
Holds always: without a provider these pages are not there; whatever goes wrong gets one page, and its reason stands in the log
alone; a redirect stays at the desk but for the one to the configured provider. Coming back is a GET, since a provider sends
one: what it changes is bound to the browser that set out.
"""

from __future__ import annotations

import contextlib

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import blueprint
from app.access.entering import network
from app.access.local_paths import desk_path
from app.access.staff import enter_staff
from app.accounts import throttle
from app.accounts.browsers import browser_code
from app.accounts.cookies import staff_device_token
from app.accounts.permissions import staff_signed_in
from app.accounts.staff_sso import Returned, SsoRefusedError, come_back, set_out, sign_in_sso, sso_is_on
from app.accounts.staff_sso_links import SessionEndedError, SubjectTakenError, link_sso
from app.clock import now
from app.database import unit_of_work
from app.extensions import db
from app.web.log import log_refusal


@blueprint.get("/gestione/sso")
def staff_sso() -> ResponseReturnValue:
    """Send the browser to the provider."""
    if not sso_is_on():
        abort(404)
    target = desk_path(request.args.get("next"))
    if staff_signed_in() is not None:
        return redirect(target, 303)
    try:
        return redirect(set_out(now(), target=target), 303)
    except SsoRefusedError as error:
        return _refused(error.reason)


@blueprint.get("/gestione/sso/ritorno")
def staff_sso_return() -> ResponseReturnValue:
    """Let in, or connect, whoever comes back from the provider."""
    if not sso_is_on():
        abort(404)
    limit = throttle.limit_of_network(network())
    try:
        throttle.refuse_early([limit], now())
        returned = come_back(request.args, now())
        db.session.rollback()
        with unit_of_work(writes=True):
            return _finish(returned)
    except (SsoRefusedError, SubjectTakenError) as error:
        reason = getattr(error, "reason", "taken")
        if reason != "state":  # this browser set out: else an image on another site would count, of whoever reads there
            _count(limit)
        return _refused(reason)
    except throttle.TooManyAttemptsError as error:
        response = _refused("too many")
        response.status_code, response.headers["Retry-After"] = 429, str(error.seconds)
        return response


def _count(limit: throttle.Limit) -> None:
    with unit_of_work(writes=True), contextlib.suppress(throttle.TooManyAttemptsError):
        db.session.rollback()
        throttle.count_try([limit], now())


def _finish(returned: Returned) -> Response:
    target = desk_path(returned.target)
    if returned.links_staff_id is None:
        browser = browser_code(request.user_agent.string)
        signed = sign_in_sso(returned.subject, now(), device=staff_device_token(request), browser=browser)
        return enter_staff(signed, target, None)
    staff = staff_signed_in()
    if staff is None or staff.staff_id != returned.links_staff_id:
        raise SsoRefusedError("another session")
    try:
        link_sso(staff, returned.subject, now())
    except SessionEndedError:
        raise SsoRefusedError("another session") from None
    flash(_("L'accesso unico è collegato: da ora puoi entrare anche da lì."), "success")
    return make_response(redirect(url_for("desk.profile"), 303))


def _refused(reason: str) -> Response:
    log_refusal("single sign-on", why=reason)
    return make_response(render_template("access/staff_sso_failed.html", inside=staff_signed_in() is not None), 400)
