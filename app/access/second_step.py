"""`/accedi/verifica`: the code by e-mail that follows a right password, in a browser that is new to the entity.

Not for: whether a code is right (`app.accounts.second_step`) or when one is due (the edition says it).
Holds always: the page works without a session and without JavaScript: the form carries the browser's token; where nothing
waits for a code any more, the password is asked for again; what was typed before the session ended goes along.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import blueprint, messages
from app.access.carried import Carried, carried_from_form
from app.access.choosing import where_links_go, written_as
from app.access.entering import enter, place
from app.access.forms import DigitsForm, SignInForm
from app.access.local_paths import START, local_path
from app.access.pages import Errors, SignInPage, errors_of
from app.accounts.links import DeadLinkError
from app.accounts.rations import AskedTooOftenError
from app.accounts.second_step import MINUTES, WrongDigitsError, entity_of_step, send_code_again
from app.accounts.sending import NoAddressError
from app.accounts.signing_in import sign_in_by_code
from app.accounts.throttle import TooManyAttemptsError
from app.clock import now
from app.registry.entities import EntityRow
from app.web.language import current_language
from app.web.log import log_refusal

SEND = "invia"


@dataclass(slots=True)
class DigitsPage:
    """The page that asks for the digits. `token`: of the browser that gave the right password."""

    entity: EntityRow
    token: str
    form: DigitsForm
    target: str = START
    carried: Carried | None = None

    def show(
        self, status: int = 200, *, refusal: tuple[str, str] | None = None, wait: int = 0, again: bool = False
    ) -> Response:
        """The page. `again`: the code was sent once more."""
        errors: Errors = errors_of(self.form) + ([refusal] if refusal else [])
        page = render_template(
            "access/second_step.html",
            form=self.form,
            entity=self.entity,
            token=self.token,
            target=self.target,
            carried=self.carried,
            goes_to=where_links_go(self.entity),
            minutes=MINUTES,
            again=again,
            errors=errors,
        )
        response = make_response(page, status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


@blueprint.route("/accedi/verifica", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """Enter with the digits; or have them sent again."""
    if request.method != "POST":
        return redirect(url_for("access.sign_in"), 303)
    token = request.form.get("passo", "")
    target, carried = local_path(request.form.get("next")), carried_from_form(request)
    try:
        sending = SEND in request.form
        form = DigitsForm(formdata=None) if sending else DigitsForm()
        page = DigitsPage(entity_of_step(token, now()), token, form, target, carried)
        if g.get("csrf_failed"):
            return page.show(400, refusal=("", messages.page_too_old()))
        return _send_again(page) if sending else _enter(page)
    except DeadLinkError:
        log_refusal("link", page=request.endpoint)
        return _password_again(target, carried)


def _send_again(page: DigitsPage) -> Response:
    try:
        send_code_again(page.token, current_language(), now())
    except AskedTooOftenError as error:
        return page.show(429, refusal=("", messages.code_sent_before(error.seconds)), wait=error.seconds)
    except NoAddressError:
        return page.show(422, refusal=("", messages.no_address_for_code(page.entity.label)))
    return page.show(again=True)


def _enter(page: DigitsPage) -> Response:
    if not page.form.validate():
        return page.show(422)
    try:
        signed = sign_in_by_code(page.token, page.form.digits.data, place(), now())
    except WrongDigitsError as error:
        if error.left == 0:
            return _password_again(page.target, page.carried, page.entity.code)
        return page.show(401, refusal=("digits", messages.wrong_digits(error.left)))
    except TooManyAttemptsError as error:
        return page.show(429, refusal=("digits", messages.wait_first(error.seconds)), wait=error.seconds)
    return enter(signed, page.target, page.carried)


def _password_again(target: str, carried: Carried | None, code: str = "") -> Response:
    form = SignInForm(formdata=None, data={"entity": written_as(code)})
    return SignInPage(form, target=target, carried=carried).show(410, refusal=("password", messages.digits_are_over()))
