"""Who may call which page, enforced in one place before every request, for entities and staff alike.

Not for: the table of endpoints (`permission_table.py`), which entity's data a page shows (each query names its entity), nor the
page of a refusal (`app.access` draws it).
Holds always: an endpoint that is not in the table is refused, so a new page is closed until somebody has decided.
"""

from __future__ import annotations

from flask import g, request
from flask.typing import ResponseReturnValue

from app.accounts.cookies import session_token, staff_token
from app.accounts.identity import Identity
from app.accounts.loader import load_identity
from app.accounts.permission_table import ANYBODY, OPERATOR, PERMISSIONS, ROLES_FOR, Requirement
from app.accounts.sessions import keep_alive, telephone_entity_of
from app.accounts.staff_sessions import StaffIdentity, find_staff, keep_staff_alive
from app.accounts.telephone import MAY_ASK, TelephoneOverError, TelephoneRefusedError
from app.clock import now
from app.context import this_g, this_request
from app.extensions import session_has_begun
from app.web.csrf import SAFE_METHODS
from app.web.log import log_refusal


class UnlistedEndpointError(Exception):
    """A page that nobody has put in the table. A defect of the program, hence a 500."""


class SignInRequiredError(Exception):
    """The page needs a live session and the request has none."""


class StaffRequiredError(Exception):
    """The page needs a live session of staff and the request has none."""


class RoleRefusedError(Exception):
    """The page is for other roles than that of whoever asks."""


class OperatorRequiredError(Exception):
    """The page needs to know who fills in, and this session has not said."""


def enforce() -> ResponseReturnValue | None:
    """Called before every request. None lets it through.

    Raises `SignInRequiredError`, `StaffRequiredError` or `OperatorRequiredError`, which the surface of signing in turns into a
    redirect or, where something was typed, into a page that keeps it; `RoleRefusedError` for staff of another role;
    `TelephoneRefusedError` and `TelephoneOverError` for staff who fills in by telephone;
    `UnlistedEndpointError` for an endpoint missing in the table.
    """
    current = this_request()
    endpoint = current.endpoint
    if endpoint is None:
        return None  # no such page: Flask answers with 404
    requirement = PERMISSIONS.get(endpoint)
    if requirement is None:
        raise UnlistedEndpointError(endpoint)
    if requirement is ANYBODY:
        return None
    if requirement in ROLES_FOR:
        _enforce_role(requirement)
        return None
    identity = signed_in()
    if identity is None:
        raise _why_nobody(session_token(current))
    if identity.telephone is not None:
        _enforce_telephone(identity, endpoint)
    if _is_sign_of_life(identity, endpoint):
        keep_alive(identity, now(), writes=current.method not in SAFE_METHODS and session_has_begun())
    if requirement is OPERATOR and identity.operator_id is None:
        raise OperatorRequiredError
    return None


def _why_nobody(token: str) -> Exception:
    """Nobody is signed in: what is said to whoever had a session of this id."""
    entity_code = telephone_entity_of(token) if token else None
    return SignInRequiredError() if entity_code is None else TelephoneOverError(entity_code)


def _enforce_telephone(identity: Identity, endpoint: str) -> None:
    """Staff fills in by telephone: only in the browser that has the session at the desk too, and only what filling in needs.

    Raises TelephoneOverError or TelephoneRefusedError.
    """
    staff = staff_signed_in()
    if staff is None or identity.telephone is None or staff.session_key != identity.telephone.staff_session:
        raise TelephoneOverError(identity.entity_code)
    if endpoint not in MAY_ASK:
        log_refusal("telephone", staff=staff.staff_id, endpoint=endpoint)
        raise TelephoneRefusedError(endpoint)
    if _is_sign_of_life(identity, endpoint):
        keep_staff_alive(staff, now(), writes=request.method not in SAFE_METHODS)


def _is_sign_of_life(identity: Identity, endpoint: str) -> bool:
    """Whether the request shows that somebody is at work: not what a page left open asks by itself while staff fills in."""
    return identity.telephone is None or endpoint != "fill.sync" or request.method not in SAFE_METHODS


def _enforce_role(requirement: Requirement) -> None:
    staff = staff_signed_in()
    if staff is None:
        raise StaffRequiredError
    keep_staff_alive(staff, now(), writes=request.method not in SAFE_METHODS)
    if staff.role not in ROLES_FOR[requirement]:
        log_refusal("role", staff=staff.staff_id, role=staff.role)
        raise RoleRefusedError


def staff_signed_in() -> StaffIdentity | None:
    """The member of staff of this request, found once."""
    if "staff" not in g:
        token = staff_token(request)
        g.staff = find_staff(token, now()) if token else None
    staff: StaffIdentity | None = g.staff
    return staff


def become_staff(staff: StaffIdentity | None) -> None:
    """Go on in this request as this member of staff: they have just signed in, or out."""
    g.staff = staff


def required_staff() -> StaffIdentity:
    """The member of staff of a page that the table keeps for staff."""
    staff = staff_signed_in()
    if staff is None:
        raise RuntimeError("the permissions table lets only staff come here")
    return staff


def signed_in() -> Identity | None:
    """The identity of this request, found once."""
    here = this_g()
    if "identity" not in here:
        here.identity = load_identity(this_request())
    identity: Identity | None = here.identity
    return identity


def become(identity: Identity | None) -> None:
    """Go on in this request as this identity: it has just signed in, chosen its operator, or signed out."""
    g.identity = identity
