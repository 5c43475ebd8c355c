"""Pages of signing in: `/accedi`, `/esci`, `/attiva/…`, `/reimposta/…`, `/operatore`.

Not for: rules (`app.accounts`), finding entities (`app.registry`) or the ways in beside the password (`ways.py`).
Holds always: signing in and out give the browser new ids and a new form token; a GET changes nothing; a redirect stays on this
site.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response, flash, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import blueprint, messages
from app.access.carried import carried_from_form
from app.access.choosing import written_as
from app.access.entering import enter, go_on, place, required_identity, start_afresh
from app.access.forms import ActivationForm, DigitsForm, OperatorForm, SignInForm
from app.access.local_paths import START, local_path
from app.access.pages import ActivationPage, OperatorPage, SignInPage, dead_link_page
from app.access.second_step import DigitsPage
from app.accounts.cookies import device_token, session_token, take_session_cookie
from app.accounts.identity import Identity
from app.accounts.links import ACTIVATION, RESET, DeadLinkError, entity_of_link, redeem_activation_link
from app.accounts.operators import add_operator, list_operators
from app.accounts.password_words import weak_password
from app.accounts.passwords import HashingBusyError, WeakPasswordError
from app.accounts.permissions import become, signed_in
from app.accounts.places import remember_operator
from app.accounts.rations import AskedTooOftenError
from app.accounts.second_step import CodeAskedError
from app.accounts.sending import NoAddressError
from app.accounts.sessions import OperatorOfAnotherEntityError, choose_operator, end_session, find_identity
from app.accounts.signing_in import EmptiedPasswordError, SignedIn, WrongPasswordError, sign_in_activated, sign_in_entity
from app.accounts.suspensions import SuspendedLoginError
from app.accounts.throttle import TooManyAttemptsError
from app.clock import now
from app.editions.current import current_edition
from app.registry.entities import EntityRow
from app.web.language import current_language

MOST_DIGITS = 9
BUSY_SECONDS = 5


@blueprint.route("/accedi", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in with the entity's name or code and its password."""
    if request.method == "POST":
        target = local_path(request.form.get("next"))
        return _sign_in(SignInPage(SignInForm(), target=target, carried=carried_from_form(request)))
    target = local_path(request.args.get("next"))
    if signed_in() is not None:
        return redirect(target, 303)
    form = SignInForm(formdata=None, data={"entity": written_as(request.args.get("ente", ""))})
    return SignInPage(form, target=target).show()


@blueprint.post("/esci")
def sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser, which forgets what it kept of the entity's pages and drafts.

    Whoever has work that is not sent has been asked by the page (static/js/panel.js) before it comes here.
    """
    identity = signed_in()
    if identity is not None:
        end_session(identity.session_key, now())
        become(None)
    start_afresh()
    flash(_("Sei uscito."))
    response = make_response(redirect(url_for("public.home"), 303))
    take_session_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.route("/attiva/<token>", methods=["GET", "POST"])
def activate(token: str) -> ResponseReturnValue:
    """Say for which entity the link is; set its password by POST."""
    return _set_password(token, ACTIVATION)


@blueprint.route("/reimposta/<token>", methods=["GET", "POST"])
def reset(token: str) -> ResponseReturnValue:
    """The same for a new password."""
    return _set_password(token, RESET)


@blueprint.route("/operatore", methods=["GET", "POST"])
def operator() -> ResponseReturnValue:
    """Say who fills in: somebody who did before, or somebody new."""
    identity = required_identity()
    known = list_operators(identity.entity_id)
    if request.method != "POST":
        return OperatorPage(OperatorForm(formdata=None), identity, known, local_path(request.args.get("next"))).show()
    form, target, carried = OperatorForm(), local_path(request.form.get("next")), carried_from_form(request)
    page = OperatorPage(form, identity, known, target, carried)
    if g.get("csrf_failed"):
        return page.show(400, refusal=messages.page_too_old())
    chosen = request.form.get("operator_id", "")
    if not chosen and not form.validate():
        return page.show(422)
    try:
        operator_id = _number(chosen) if chosen else _add_operator(identity, form)
        choose_operator(identity.session_key, operator_id)
    except OperatorOfAnotherEntityError:
        page.form = OperatorForm(formdata=None)
        return page.show(422, refusal=_("Questa persona non è nell'elenco: scegline una o aggiungila."))
    remember_operator(identity.entity_id, device_token(request), operator_id)
    become(find_identity(session_token(request), now()))
    return go_on(required_identity(), target, carried)


def _sign_in(page: SignInPage) -> Response:
    if g.get("csrf_failed"):
        return page.show(400, refusal=("", messages.page_too_old()))
    complete, entity = page.choose(), page.choice.entity
    if entity is None or not complete:
        return page.show(422)
    try:
        signed = _sign_in_entity(entity)
    except CodeAskedError as error:
        return DigitsPage(entity, error.token, DigitsForm(formdata=None), page.target, page.carried).show()
    except tuple(kind for kind, *_rest in _REFUSALS) as error:
        return _refuse(page, entity, error)
    return enter(signed, page.target, page.carried)


def _refuse(page: SignInPage, entity: EntityRow, error: Exception) -> Response:
    """The page again, with what to do now."""
    _kind, status, field, told = next(row for row in _REFUSALS if isinstance(error, row[0]))
    seconds: int = BUSY_SECONDS if isinstance(error, HashingBusyError) else getattr(error, "seconds", 0)
    return page.show(status, refusal=(field, told(entity.label, seconds)), **({"wait": seconds} if seconds else {}))


_REFUSALS: Final[tuple[tuple[type[Exception], int, str, Callable[[str, int], str]], ...]] = (
    (SuspendedLoginError, 401, "", lambda label, _seconds: messages.ask_the_desk(label)),
    (EmptiedPasswordError, 401, "password", lambda label, _seconds: messages.emptied_password(label)),
    (WrongPasswordError, 401, "password", lambda label, _seconds: messages.wrong_password(label)),
    (TooManyAttemptsError, 429, "password", lambda _label, seconds: messages.wait_first(seconds)),
    (HashingBusyError, 503, "", lambda _label, _seconds: messages.too_busy()),
    (NoAddressError, 403, "", lambda label, _seconds: messages.no_address_for_code(label)),
    (AskedTooOftenError, 429, "", lambda _label, seconds: messages.code_sent_before(seconds)),
)
"""Why nobody came in → the status, the field that is wrong, the words."""


def _sign_in_entity(entity: EntityRow) -> SignedIn:
    edition = current_edition()
    wanted = edition is not None and edition.second_step
    password = request.form.get("password", "")
    return sign_in_entity(entity, password, place(), now(), second_step=wanted, language=current_language())


def _set_password(token: str, purpose: str) -> Response:
    try:
        page = ActivationPage(ActivationForm(), entity_of_link(token, now(), purpose), purpose)
        return _redeem(page, token) if request.method == "POST" else page.show()
    except DeadLinkError:
        return dead_link_page()


def _redeem(page: ActivationPage, token: str) -> Response:
    if g.get("csrf_failed"):
        return page.show(400, refusal=messages.page_too_old())
    if not page.form.validate():
        return page.show(422)
    try:
        entity = redeem_activation_link(token, page.form.password.data, now(), page.purpose)
    except WeakPasswordError as error:
        return page.show(422, refusal=weak_password(error.reason))
    except HashingBusyError:
        return page.show(503, refusal=messages.too_busy())
    response = enter(sign_in_activated(entity, place(), now()), START, None)
    flash(messages.password_set(entity.label), "success")
    return response


def _number(text: str) -> int:
    """An operator's id as a form sends it; 0, which is nobody's, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def _add_operator(identity: Identity, form: OperatorForm) -> int:
    return add_operator(
        identity.entity_id,
        name=form.name.data,
        office=form.office.data,
        email=form.email.data,
        phone=form.phone.data,
        now=now(),
    )
