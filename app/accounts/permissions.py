"""Who may call which page: one table of endpoints, enforced in one place before every request.

Not for: which entity's data a page shows (each query names its entity), nor the page of a refusal (`app.access` draws it).
Holds always: an endpoint that is not in the table is refused, so a new page is closed until somebody has decided.
"""

from __future__ import annotations

import enum

from flask import g, request
from flask.typing import ResponseReturnValue

from app.accounts.identity import Identity
from app.accounts.loader import load_identity
from app.accounts.sessions import keep_alive
from app.clock import now
from app.web.csrf import SAFE_METHODS


class Requirement(enum.Enum):
    """What a request must bring. ENTITY: a live session. OPERATOR: and somebody who said who they are."""

    ANYBODY = "anybody"
    ENTITY = "entity"
    OPERATOR = "operator"


ANYBODY = Requirement.ANYBODY
ENTITY = Requirement.ENTITY
OPERATOR = Requirement.OPERATOR

PERMISSIONS: dict[str, Requirement] = {
    "static": ANYBODY,
    "access.sign_in": ANYBODY,
    "access.sign_out": ANYBODY,
    "access.activate": ANYBODY,
    "access.reset": ANYBODY,
    "access.link": ANYBODY,
    "access.enter_by_link": ANYBODY,
    "access.code": ANYBODY,
    "access.request_access": ANYBODY,
    "access.operator": ENTITY,
    "public.home": ANYBODY,
    "public.questionnaire": ANYBODY,
    "public.questionnaire_pdf": ANYBODY,
    "public.letter": ANYBODY,
    "public.help_page": ANYBODY,
    "public.privacy": ANYBODY,
    "public.accessibility": ANYBODY,
    "public.contacts": ANYBODY,
    "public.switch_language": ANYBODY,
    "fill.overview": OPERATOR,
    "fill.step": OPERATOR,
    "fill.short": OPERATOR,
    "fill.answer_lead": OPERATOR,
    "fill.answer_member": OPERATOR,
    "fill.answer_members": OPERATOR,
    "fill.withdraw": OPERATOR,
    "fill.take_from": OPERATOR,
    "fill.add_sheet": OPERATOR,
    "fill.change_sheet": OPERATOR,
    "fill.sheet": OPERATOR,
    "fill.conflicts": OPERATOR,
    "fill.check": OPERATOR,
    "fill.draft": OPERATOR,
    "fill.receipt": OPERATOR,
    "fill.ask_reopening_page": OPERATOR,
    "fill.opinion": OPERATOR,
    "fill.copy": OPERATOR,
    "fill.history": OPERATOR,
    "fill.entity": OPERATOR,
    "fill.earlier": OPERATOR,
    "fill.address": OPERATOR,
    "fill.withdraw_address": OPERATOR,
    "fill.change_person": OPERATOR,
    "fill.end_session": OPERATOR,
    "fill.end_sessions": OPERATOR,
}


class UnlistedEndpointError(Exception):
    """A page that nobody has put in the table. A defect of the program, hence a 500."""


class SignInRequiredError(Exception):
    """The page needs a live session and the request has none."""


class OperatorRequiredError(Exception):
    """The page needs to know who fills in, and this session has not said."""


def enforce() -> ResponseReturnValue | None:
    """Called before every request. None lets it through.

    Raises `SignInRequiredError` or `OperatorRequiredError`, which the surface of signing in turns into a redirect or, where
    something was typed, into a page that keeps it; `UnlistedEndpointError` for an endpoint missing in the table.
    """
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such page: Flask answers with 404
    requirement = PERMISSIONS.get(endpoint)
    if requirement is None:
        raise UnlistedEndpointError(endpoint)
    if requirement is ANYBODY:
        return None
    identity = signed_in()
    if identity is None:
        raise SignInRequiredError
    keep_alive(identity, now(), writes=request.method not in SAFE_METHODS)
    if requirement is OPERATOR and identity.operator_id is None:
        raise OperatorRequiredError
    return None


def signed_in() -> Identity | None:
    """The identity of this request, found once."""
    if "identity" not in g:
        become(load_identity(request))
    identity: Identity | None = g.identity
    return identity


def become(identity: Identity | None) -> None:
    """Go on in this request as this identity: it has just signed in, chosen its operator, or signed out."""
    g.identity = identity
