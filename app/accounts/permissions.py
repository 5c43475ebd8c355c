"""Who may call which page: one table of endpoints, enforced in one place before every request.

Not for: which entity's data a page shows (each query names its entity), nor the form of a refusal (`app.access` draws it).
Holds always: an endpoint that is not in the table is refused, so a new page is closed until somebody has decided.
"""

from __future__ import annotations

import enum

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.identity import Identity


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
    "access.choose_operator": ENTITY,
    "access.resume": ENTITY,
}


class UnlistedEndpointError(Exception):
    """A page that nobody has put in the table. A defect of the program, hence a 500."""


def enforce() -> ResponseReturnValue | None:
    """Register as `before_request`: None lets the request through; anything else answers it."""
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
        return redirect(url_for("access.sign_in", next=request.full_path.rstrip("?")))
    if requirement is OPERATOR and identity.operator_id is None:
        return redirect(url_for("access.choose_operator", next=request.full_path.rstrip("?")))
    return None


def signed_in() -> Identity | None:
    """The identity of this request, found once."""
    if "identity" not in g:
        user = current_user._get_current_object()
        g.identity = user if isinstance(user, Identity) else None
    identity: Identity | None = g.identity
    return identity
