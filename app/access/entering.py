"""What happens once somebody may come in: a new session for the browser, and on to where they were going.

Not for: deciding whether they may (`app.accounts`).
Holds always: coming in gives the browser new ids and a new form token, and ends the session that it had; a redirect stays on
this site.
"""

from __future__ import annotations

from flask import Response, g, make_response, redirect, request, session, url_for

from app.access.carried import Carried
from app.access.choosing import written_as
from app.access.forms import OperatorForm
from app.access.pages import OperatorPage, resume_page
from app.accounts.cookies import device_token, give_cookies, session_token
from app.accounts.identity import Identity
from app.accounts.operators import list_operators
from app.accounts.permissions import become, signed_in
from app.accounts.places import Place, place_of
from app.accounts.sessions import end_session, find_identity
from app.accounts.signing_in import SignedIn
from app.accounts.throttle import network_of
from app.clock import now
from app.web.csrf import FIELD as CSRF_FIELD
from app.web.language import SESSION_KEY as LANGUAGE


def network() -> str:
    """From which network this request comes."""
    return network_of(request.remote_addr)


def place() -> Place:
    """From which device and network this request comes."""
    return place_of(device_token(request), network())


def required_identity() -> Identity:
    """The identity of a page that the table of permissions keeps for those who have one."""
    identity = signed_in()
    if identity is None:
        raise RuntimeError("the permissions table lets only a live session come here")
    return identity


def enter(signed: SignedIn, target: str, carried: Carried | None) -> Response:
    """Hand the new session to the browser and end the one that it had."""
    before = find_identity(session_token(request), now())
    if before is not None:
        end_session(before.session_key, now())
    start_afresh()
    become(find_identity(signed.session_token, now()))
    response = go_on(required_identity(), target, carried)
    give_cookies(response, signed.session_token, signed.device_token)
    return response


def go_on(identity: Identity, target: str, carried: Carried | None) -> Response:
    """To whoever must still say who fills in, to what was typed before, or to the page that was asked for."""
    if identity.operator_id is not None:
        if carried is not None:
            return resume_page(carried, identity, written_as(carried.entity_code))
        return make_response(redirect(target, 303))
    if carried is None:
        return make_response(redirect(url_for("access.operator", next=target), 303))
    known = list_operators(identity.entity_id)
    return OperatorPage(OperatorForm(formdata=None), identity, known, target, carried).show()


def start_afresh() -> None:
    """Empty Flask's cookie but for the language: a form token planted before is worth nothing now."""
    language = session.get(LANGUAGE)
    session.clear()
    g.pop(CSRF_FIELD, None)
    if language is not None:
        session[LANGUAGE] = language
