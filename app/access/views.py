"""Pages of signing in: `/accedi`, `/esci`, `/attiva/…`, `/operatore`.

Not for: rules (`app.accounts`) or finding entities (`app.registry`).
Holds always: signing in and out give the browser new ids and a new form token; a GET changes nothing; a redirect stays on this
site.
"""

from __future__ import annotations

from flask import Response, flash, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import blueprint, messages
from app.access.carried import Carried, carried_from_form
from app.access.choosing import choose_entity, written_as
from app.access.forms import ActivationForm, OperatorForm, SignInForm
from app.access.local_paths import START, local_path
from app.access.pages import ActivationPage, OperatorPage, SignInPage, dead_link_page, resume_page
from app.accounts.cookies import device_token, give_cookies, session_token, take_session_cookie
from app.accounts.identity import Identity
from app.accounts.links import DeadLinkError, entity_of_link, redeem_activation_link
from app.accounts.operators import add_operator, list_operators
from app.accounts.passwords import HashingBusyError, WeakPasswordError
from app.accounts.permissions import become, signed_in
from app.accounts.places import Place, place_of, remember_operator
from app.accounts.sessions import OperatorOfAnotherEntityError, choose_operator, end_session, find_identity
from app.accounts.signing_in import SignedIn, WrongPasswordError, sign_in_activated, sign_in_entity
from app.accounts.throttle import TooManyAttemptsError, network_of
from app.clock import now
from app.web.csrf import FIELD as CSRF_FIELD
from app.web.language import SESSION_KEY as LANGUAGE

MOST_DIGITS = 9
BUSY_SECONDS = 5


@blueprint.route("/accedi", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in with the entity's name or code and its password."""
    if request.method == "POST":
        return _sign_in(SignInPage(SignInForm(), local_path(request.form.get("next")), carried_from_form(request)))
    target = local_path(request.args.get("next"))
    if signed_in() is not None:
        return redirect(target, 303)
    form = SignInForm(formdata=None, data={"entity": written_as(request.args.get("ente", ""))})
    return SignInPage(form, target).show()


@blueprint.post("/esci")
def sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    identity = signed_in()
    if identity is not None:
        end_session(identity.session_key, now())
        become(None)
    _start_afresh()
    flash(_("Sei uscito."))
    response = make_response(redirect(url_for("public.home"), 303))
    take_session_cookie(response)
    return response


@blueprint.route("/attiva/<token>", methods=["GET", "POST"])
def activate(token: str) -> ResponseReturnValue:
    """Say for which entity the link is; set its password by POST."""
    try:
        page = ActivationPage(ActivationForm(), entity_of_link(token, now()))
        return _activate(page, token) if request.method == "POST" else page.show()
    except DeadLinkError:
        return dead_link_page()


@blueprint.route("/operatore", methods=["GET", "POST"])
def operator() -> ResponseReturnValue:
    """Say who fills in: somebody who did before, or somebody new."""
    identity = _required_identity()
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
    return _go_on(_required_identity(), target, carried)


def _sign_in(page: SignInPage) -> Response:
    if g.get("csrf_failed"):
        return page.show(400, refusal=("", messages.page_too_old()))
    complete = page.form.validate()
    if not page.form.entity.errors:
        page.choice = choose_entity(page.form.entity.data, page.form.entity_code.data)
    entity = page.choice.entity
    if entity is None or not complete:
        return page.show(422)
    try:
        signed = sign_in_entity(entity, page.form.password.data, _place(), now())
    except WrongPasswordError:
        return page.show(401, refusal=("password", messages.wrong_password(entity.label)))
    except TooManyAttemptsError as error:
        return page.show(429, refusal=("password", messages.wait_first(error.seconds)), wait=error.seconds)
    except HashingBusyError:
        return page.show(503, refusal=("", messages.too_busy()), wait=BUSY_SECONDS)
    return _enter(signed, page.target, page.carried)


def _activate(page: ActivationPage, token: str) -> Response:
    if g.get("csrf_failed"):
        return page.show(400, refusal=messages.page_too_old())
    if not page.form.validate():
        return page.show(422)
    try:
        entity = redeem_activation_link(token, page.form.password.data, now())
    except WeakPasswordError as error:
        return page.show(422, refusal=messages.weak_password(error.reason))
    except HashingBusyError:
        return page.show(503, refusal=messages.too_busy())
    response = _enter(sign_in_activated(entity, _place(), now()), START, None)
    flash(_("La password è impostata. Da ora %(name)s accede con questa.", name=entity.label), "success")
    return response


def _place() -> Place:
    return place_of(device_token(request), network_of(request.remote_addr))


def _required_identity() -> Identity:
    identity = signed_in()
    if identity is None:
        raise RuntimeError("the permissions table lets only a live session come here")
    return identity


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


def _enter(signed: SignedIn, target: str, carried: Carried | None) -> Response:
    """Hand the new session to the browser and end the one that it had."""
    before = find_identity(session_token(request), now())
    if before is not None:
        end_session(before.session_key, now())
    _start_afresh()
    become(find_identity(signed.session_token, now()))
    response = _go_on(_required_identity(), target, carried)
    give_cookies(response, signed.session_token, signed.device_token)
    return response


def _go_on(identity: Identity, target: str, carried: Carried | None) -> Response:
    """To whoever must still say who fills in, to what was typed before, or to the page that was asked for."""
    if identity.operator_id is not None:
        if carried is not None:
            return resume_page(carried, identity, written_as(carried.entity_code))
        return make_response(redirect(target, 303))
    if carried is None:
        return make_response(redirect(url_for("access.operator", next=target), 303))
    known = list_operators(identity.entity_id)
    return OperatorPage(OperatorForm(formdata=None), identity, known, target, carried).show()


def _start_afresh() -> None:
    """Empty Flask's cookie but for the language: a form token planted before is worth nothing now."""
    language = session.get(LANGUAGE)
    session.clear()
    g.pop(CSRF_FIELD, None)
    if language is not None:
        session[LANGUAGE] = language
