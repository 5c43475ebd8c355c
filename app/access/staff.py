"""Pages with which staff come in and go: `/gestione/accedi`, `/gestione/esci`, `/gestione/attiva/…`.

Not for: rules (`app.accounts`), or the pages behind (`app.desk`).
Holds always: coming in and going out give the browser new ids and a new form token; a GET changes nothing; a redirect stays at
the desk; every wrong combination gets one answer.
"""

from __future__ import annotations

from flask import Response, flash, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import blueprint, messages
from app.access.carried import Carried, carried_from_form
from app.access.entering import network, start_afresh
from app.access.local_paths import DESK, desk_path
from app.access.staff_pages import (
    StaffActivationForm,
    StaffActivationPage,
    StaffSignInForm,
    StaffSignInPage,
    staff_codes_page,
    staff_dead_link_page,
    staff_resume_page,
)
from app.accounts.browsers import browser_code
from app.accounts.cookies import give_staff_cookies, staff_device_token, staff_token, take_staff_cookie
from app.accounts.links import DeadLinkError
from app.accounts.password_words import weak_password
from app.accounts.passwords import HashingBusyError, WeakPasswordError
from app.accounts.permissions import become_staff, required_staff, staff_signed_in
from app.accounts.staff_links import WrongCodeError, member_of_link, redeem_staff_link
from app.accounts.staff_sessions import end_staff_session, find_staff, sign_out_staff
from app.accounts.staff_signing_in import StaffSignedIn, StaffTry, WrongSignInError, sign_in_set_up, sign_in_staff
from app.accounts.throttle import TooManyAttemptsError
from app.clock import now

BUSY_SECONDS = 5


@blueprint.route("/gestione/accedi", methods=["GET", "POST"])
def staff_sign_in() -> ResponseReturnValue:
    """Sign in with address, password and code."""
    if request.method != "POST":
        target = desk_path(request.args.get("next"))
        if staff_signed_in() is not None:
            return redirect(target, 303)
        return StaffSignInPage(StaffSignInForm(formdata=None), target).show()
    return _sign_in(StaffSignInPage(StaffSignInForm(), desk_path(request.form.get("next")), carried_from_form(request)))


@blueprint.post("/gestione/esci")
def staff_sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    staff = staff_signed_in()
    if staff is not None:
        sign_out_staff(staff, now())
        become_staff(None)
    start_afresh()
    flash(_("Sei uscito dalla gestione."))
    response = make_response(redirect(url_for("access.staff_sign_in"), 303))
    take_staff_cookie(response)
    return response


@blueprint.route("/gestione/attiva/<token>", methods=["GET", "POST"])
def staff_activate(token: str) -> ResponseReturnValue:
    """Say whose the link is and show the second factor; set it and the password by POST."""
    try:
        page = StaffActivationPage(StaffActivationForm(), member_of_link(token, now()))
        return _activate(page, token) if request.method == "POST" else page.show()
    except DeadLinkError:
        return staff_dead_link_page()


def _sign_in(page: StaffSignInPage) -> Response:
    if g.get("csrf_failed"):
        return page.show(400, refusal=messages.page_too_old())
    if not page.form.validate():
        return page.show(422)
    typed = {name: page.form[name].data for name in ("email", "password")}
    here = {"network": network(), "device": staff_device_token(request), "browser": _browser()}
    tried = StaffTry(**typed, code=page.form.totp.data, **here)
    try:
        signed = sign_in_staff(tried, now())
    except WrongSignInError:
        return page.show(401, refusal=messages.wrong_staff_sign_in())
    except TooManyAttemptsError as error:
        return page.show(429, refusal=messages.wait_first(error.seconds), wait=error.seconds)
    except HashingBusyError:
        return page.show(503, refusal=messages.too_busy(), wait=BUSY_SECONDS)
    return enter_staff(signed, page.target, page.carried)


def _activate(page: StaffActivationPage, token: str) -> Response:
    if g.get("csrf_failed"):
        return page.show(400, refusal=("", messages.page_too_old()))
    if not page.form.validate():
        return page.show(422)
    try:
        set_up = redeem_staff_link(token, page.form.password.data, page.form.totp.data, now())
    except WeakPasswordError as error:
        return page.show(422, refusal=("password", weak_password(error.reason)))
    except WrongCodeError:
        return page.show(422, refusal=("totp", messages.wrong_staff_code()))
    except HashingBusyError:
        return page.show(503, refusal=("", messages.too_busy()))
    return enter_staff(sign_in_set_up(set_up.staff_id, set_up.serial, now(), browser=_browser()), DESK, None)


def enter_staff(signed: StaffSignedIn, target: str, carried: Carried | None) -> Response:
    """Hand the new session to the browser, end the one that it had, and go on: to new recovery codes, to what was typed before,
    or to `target`."""
    before = find_staff(staff_token(request), now())
    if before is not None:
        end_staff_session(before.session_key, now())
    start_afresh()
    become_staff(find_staff(signed.session_token, now()))
    if signed.recovery_codes:
        response = staff_codes_page(signed.recovery_codes, target)
    elif carried is not None:
        response = staff_resume_page(carried, required_staff())
    else:
        response = make_response(redirect(target, 303))
    give_staff_cookies(response, signed.session_token, signed.device_token)
    return response


def _browser() -> str:
    return browser_code(request.user_agent.string)
