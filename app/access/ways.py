"""The ways in beside the password: `/accedi/link` and `/entra/…`, `/accedi/codice`, `/accedi/richiesta`; and the link that
stops a change of address, `/indirizzo/ferma/…`.

Not for: rules (`app.accounts`). That an entity has an account is public; a whole address of it is not.
Holds always: a GET changes nothing; nothing that was typed is lost but passwords; each refusal leads to another way.
"""

from __future__ import annotations

from flask import Response, flash, g, request
from flask.typing import ResponseReturnValue

from app.access import blueprint, messages
from app.access.choosing import choose_entity, written_as
from app.access.deadlines import edition_for
from app.access.entering import enter, network, place
from app.access.forms import CodeForm, EntityForm, RequestForm
from app.access.local_paths import START
from app.access.pages import (
    CodePage,
    EntityPage,
    LinkPage,
    RequestPage,
    dead_link_page,
    enter_page,
    request_received_page,
    stop_page,
)
from app.accounts.address_stops import change_of_link, stop_by_link
from app.accounts.codes import SpentCodeError, WrongCodeError, redeem_code
from app.accounts.links import DeadLinkError
from app.accounts.password_words import weak_password
from app.accounts.passwords import HashingBusyError, WeakPasswordError
from app.accounts.rations import AskedTooOftenError
from app.accounts.requests import add_access_request
from app.accounts.sending import NoAddressError, send_sign_in_link
from app.accounts.sign_in_links import entity_of_sign_in_link
from app.accounts.signing_in import sign_in_activated, sign_in_by_link
from app.accounts.suspensions import SuspendedLoginError
from app.accounts.throttle import TooManyAttemptsError
from app.clock import now
from app.registry.entities import EntityRow
from app.web.language import current_language

BUSY_SECONDS = 5
SEND = "invia"


@blueprint.route("/accedi/link", methods=["GET", "POST"])
def link() -> ResponseReturnValue:
    """Say to which addresses a link would go; by POST with `invia`, send it."""
    if request.method != "POST":
        code = request.args.get("ente", "")
        page = LinkPage(EntityForm(formdata=None, data={"entity": written_as(code)}))
        if page.form.entity.data:
            page.choice = choose_entity(code, "")
        return page.show()
    page = LinkPage(EntityForm())
    if g.get("csrf_failed"):
        return page.show(400, refusal=("", messages.page_too_old()))
    entity = page.choice.entity if page.choose() else None
    if entity is None:
        return page.show(422)
    return _send(page, entity) if SEND in request.form else page.show()


@blueprint.route("/entra/<token>", methods=["GET", "POST"])
def enter_by_link(token: str) -> ResponseReturnValue:
    """Say whom the link signs in; do it by POST."""
    try:
        entity = entity_of_sign_in_link(token, now())
        if request.method != "POST":
            return enter_page(entity)
        if g.get("csrf_failed"):
            return enter_page(entity, 400, refusal=messages.page_too_old())
        return enter(sign_in_by_link(token, place(), now()), START, None)
    except DeadLinkError:
        return dead_link_page()


@blueprint.route("/indirizzo/ferma/<token>", methods=["GET", "POST"])
def stop_address_change(token: str) -> ResponseReturnValue:
    """Say which change of address the link stops; stop it by POST."""
    try:
        change = change_of_link(token, now())
        if request.method != "POST":
            return stop_page(change)
        if g.get("csrf_failed"):
            return stop_page(change, 400, refusal=messages.page_too_old())
        return stop_page(stop_by_link(token, now()), stopped=True)
    except DeadLinkError:
        return dead_link_page()


@blueprint.route("/accedi/codice", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """Set the entity's password with the code of its letter."""
    if request.method != "POST":
        return CodePage(CodeForm(formdata=None, data=_prefilled())).show()
    page = CodePage(CodeForm())
    if g.get("csrf_failed"):
        return page.show(400, refusal=("", messages.page_too_old()))
    complete, entity = page.choose(), page.choice.entity
    if entity is None or not complete:
        return page.show(422)
    return _redeem(page, entity)


@blueprint.route("/accedi/richiesta", methods=["GET", "POST"])
def request_access() -> ResponseReturnValue:
    """Put before the desk that somebody has received nothing."""
    if request.method != "POST":
        return RequestPage(RequestForm(formdata=None, data=_prefilled())).show()
    form = RequestForm()
    page = RequestPage(form)
    if g.get("csrf_failed"):
        return page.show(400, refusal=("", messages.page_too_old()))
    complete, entity = page.choose(), page.choice.entity
    if entity is None or not complete:
        return page.show(422)
    names = ("name", "office", "email", "phone", "note")
    try:
        add_access_request(entity, **{name: form[name].data for name in names}, network=network(), now=now())
    except (TooManyAttemptsError, AskedTooOftenError) as error:
        return _too_soon(page, messages.asked_too_much(error.seconds), error.seconds)
    return request_received_page(entity, form.email.data)


def _send(page: LinkPage, entity: EntityRow) -> Response:
    try:
        send_sign_in_link(entity, network=network(), language=current_language(), now=now())
    except NoAddressError:
        return page.show(422)
    except SuspendedLoginError:
        return page.show(403, refusal=("", messages.ask_the_desk(entity.label)))
    except AskedTooOftenError as error:
        return _too_soon(page, messages.link_sent_before(error.seconds), error.seconds)
    except TooManyAttemptsError as error:
        return _too_soon(page, messages.asked_too_much(error.seconds), error.seconds)
    return page.show(sent=True)


def _redeem(page: CodePage, entity: EntityRow) -> Response:
    edition = edition_for(entity.id)
    if edition is None:
        return page.show(422, refusal=("code", messages.no_edition()))
    form = page.form
    try:
        redeem_code(edition, entity, form["code"].data, form["password"].data, now(), place=place())
    except WeakPasswordError as error:
        return page.show(422, refusal=("password", weak_password(error.reason)))
    except (WrongCodeError, SpentCodeError) as error:
        spent = messages.spent_code(error.reason, edition.deadline) if isinstance(error, SpentCodeError) else ""
        return page.show(422, refusal=("code", spent or messages.wrong_code(entity.label)))
    except TooManyAttemptsError as error:
        return _too_soon(page, messages.wait_first(error.seconds), error.seconds)
    except HashingBusyError:
        return page.show(503, refusal=("", messages.too_busy()), wait=BUSY_SECONDS)
    response = enter(sign_in_activated(entity, place(), now()), START, None)
    flash(messages.password_set(entity.label), "success")
    return response


def _too_soon(page: EntityPage, text: str, seconds: int) -> Response:
    return page.show(429, refusal=("", text), wait=seconds)


def _prefilled() -> dict[str, str]:
    return {"entity": written_as(request.args.get("ente", ""))}
