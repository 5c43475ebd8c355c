"""Who may call which page: one table of endpoints, enforced in one place before every request, for entities and staff alike.

Not for: which entity's data a page shows (each query names its entity), nor the page of a refusal (`app.access` draws it).
Holds always: an endpoint that is not in the table is refused, so a new page is closed until somebody has decided.
"""

from __future__ import annotations

import enum

from flask import g, request
from flask.typing import ResponseReturnValue

from app.accounts.cookies import session_token, staff_token
from app.accounts.identity import Identity
from app.accounts.loader import load_identity
from app.accounts.sessions import keep_alive, telephone_entity_of
from app.accounts.staff import ADMINISTRATOR, COORDINATOR, ROLES, TERRITORY
from app.accounts.staff_sessions import StaffIdentity, find_staff, keep_staff_alive
from app.accounts.telephone import MAY_ASK, TelephoneOverError, TelephoneRefusedError
from app.clock import now
from app.context import this_g, this_request
from app.extensions import session_has_begun
from app.web.csrf import SAFE_METHODS
from app.web.log import log_refusal


class Requirement(enum.Enum):
    """What a request must bring. ENTITY: a live session. OPERATOR: and somebody who said who they are.

    The others: a live session of staff, in one of the roles that `ROLES_FOR` names.
    """

    ANYBODY = "anybody"
    ENTITY = "entity"
    OPERATOR = "operator"
    DESK = "desk"
    FOLLOW = "follow"
    COORDINATE = "coordinate"
    PREPARE = "prepare"
    ADMINISTER = "administer"
    TELEPHONE = "telephone"


ANYBODY = Requirement.ANYBODY
ENTITY = Requirement.ENTITY
OPERATOR = Requirement.OPERATOR
DESK = Requirement.DESK
FOLLOW = Requirement.FOLLOW
COORDINATE = Requirement.COORDINATE
PREPARE = Requirement.PREPARE
ADMINISTER = Requirement.ADMINISTER
TELEPHONE = Requirement.TELEPHONE

ROLES_FOR: dict[Requirement, frozenset[str]] = {
    DESK: frozenset(ROLES),
    FOLLOW: frozenset({ADMINISTRATOR, COORDINATOR, TERRITORY}),
    COORDINATE: frozenset({COORDINATOR}),
    PREPARE: frozenset({ADMINISTRATOR, COORDINATOR}),
    ADMINISTER: frozenset({ADMINISTRATOR}),
    TELEPHONE: frozenset({COORDINATOR, TERRITORY}),
}
"""DESK: the dashboard. FOLLOW: entities, calls, notes, exports. COORDINATE: editions, batches, extensions. PREPARE: addresses
and letters, which both look after. ADMINISTER: logins, staff, the log. TELEPHONE: filling in with an officer on the line,
where the edition lets the role."""

PERMISSIONS: dict[str, Requirement] = {
    "static": ANYBODY,
    "access.sign_in": ANYBODY,
    "access.sign_out": ANYBODY,
    "access.activate": ANYBODY,
    "access.reset": ANYBODY,
    "access.link": ANYBODY,
    "access.enter_by_link": ANYBODY,
    "access.stop_address_change": ANYBODY,
    "access.confirm_copy": ANYBODY,
    "access.code": ANYBODY,
    "access.second_step": ANYBODY,
    "access.take_up": ANYBODY,
    "access.verify": ANYBODY,
    "access.request_access": ANYBODY,
    "access.operator": ENTITY,
    "access.staff_sign_in": ANYBODY,
    "access.staff_sign_out": ANYBODY,
    "access.staff_activate": ANYBODY,
    "access.staff_sso": ANYBODY,
    "access.staff_sso_return": ANYBODY,
    "public.home": ANYBODY,
    "public.questionnaire": ANYBODY,
    "public.questionnaire_pdf": ANYBODY,
    "public.letter": ANYBODY,
    "public.help_page": ANYBODY,
    "public.privacy": ANYBODY,
    "public.accessibility": ANYBODY,
    "public.contacts": ANYBODY,
    "public.results": ANYBODY,
    "public.service_worker": ANYBODY,
    "public.security_txt": ANYBODY,
    "public.switch_language": ANYBODY,
    "fill.browser_definition": ENTITY,
    "fill.overview": OPERATOR,
    "fill.step": OPERATOR,
    "fill.shell": ENTITY,
    "fill.shell_bundle": ENTITY,
    "fill.place_names": ENTITY,
    "fill.short": OPERATOR,
    "fill.sync": OPERATOR,
    "fill.draft_panel": ANYBODY,
    "fill.take_late": OPERATOR,
    "fill.discard_late_page": OPERATOR,
    "fill.restore_answer": OPERATOR,
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
    "fill.consent": OPERATOR,
    "fill.withdraw_consent": OPERATOR,
    "fill.seen_overview": PREPARE,
    "fill.seen_check": PREPARE,
    "fill.seen_step": PREPARE,
    "fill.change_person": OPERATOR,
    "fill.own_data": OPERATOR,
    "fill.own_data_file": OPERATOR,
    "fill.accept_privacy": OPERATOR,
    "fill.invite": OPERATOR,
    "fill.change_invitation": OPERATOR,
    "fill.verify_address": OPERATOR,
    "fill.password": OPERATOR,
    "fill.end_session": OPERATOR,
    "fill.end_sessions": OPERATOR,
    "fill.end_telephone": OPERATOR,
    "desk.home": DESK,
    "desk.responses": FOLLOW,
    "desk.export": FOLLOW,
    "desk.call_list": FOLLOW,
    "desk.extend": COORDINATE,
    "desk.entity": FOLLOW,
    "desk.add_entity_call": FOLLOW,
    "desk.change_call": FOLLOW,
    "desk.add_entity_note": FOLLOW,
    "desk.change_note": FOLLOW,
    "desk.rewrite_entity_note": FOLLOW,
    "desk.notes": FOLLOW,
    "desk.open_entity_pages": PREPARE,
    "desk.telephone": TELEPHONE,
    "desk.see_to_copy": FOLLOW,
    "desk.extend_entity": COORDINATE,
    "desk.refuse_entity_reopening": COORDINATE,
    "desk.profile": DESK,
    "desk.change_password": DESK,
    "desk.end_sessions": DESK,
    "desk.end_session": DESK,
    "desk.recovery_codes": DESK,
    "desk.single_sign_on": DESK,
    "desk.unlink_single_sign_on": DESK,
    "desk.members": ADMINISTER,
    "desk.add_member": ADMINISTER,
    "desk.member": ADMINISTER,
    "desk.change_person": ADMINISTER,
    "desk.confirm_member": ADMINISTER,
    "desk.log": ADMINISTER,
    "desk.check_log": ADMINISTER,
    "desk.renew": DESK,
    "desk.editions": COORDINATE,
    "desk.new_edition": COORDINATE,
    "desk.edition": COORDINATE,
    "desk.edition_part": COORDINATE,
    "desk.edition_letter_file": COORDINATE,
    "desk.edition_letter": COORDINATE,
    "desk.edition_questionnaire": COORDINATE,
    "desk.edition_preview": COORDINATE,
    "desk.edition_pilot": COORDINATE,
    "desk.edition_step": COORDINATE,
    "desk.logins": ADMINISTER,
    "desk.login": ADMINISTER,
    "desk.reset_login": ADMINISTER,
    "desk.unlock_login": ADMINISTER,
    "desk.suspend_login": ADMINISTER,
    "desk.people": ADMINISTER,
    "desk.person_copy": ADMINISTER,
    "desk.erase_person": ADMINISTER,
    "desk.resume_login": ADMINISTER,
    "desk.login_runs": ADMINISTER,
    "desk.new_login_run": ADMINISTER,
    "desk.login_run": ADMINISTER,
    "desk.confirm_login_run": ADMINISTER,
    "desk.continue_login_run": ADMINISTER,
    "desk.stop_login_run": ADMINISTER,
    "desk.login_run_file": ADMINISTER,
    "desk.addresses": PREPARE,
    "desk.change_address": PREPARE,
    "desk.restore_address": PREPARE,
    "desk.stop_address_change": PREPARE,
    "desk.address_changes": PREPARE,
    "desk.decide_address_change": PREPARE,
    "desk.letter": PREPARE,
    "desk.letter_runs": PREPARE,
    "desk.new_letters": PREPARE,
    "desk.letters": PREPARE,
    "desk.take_letters": PREPARE,
    "desk.invite": PREPARE,
    "desk.access_requests": PREPARE,
    "desk.handle_request": PREPARE,
    "desk.refuse_reopening": PREPARE,
    "desk.deliveries": PREPARE,
    "desk.decide_delivery": PREPARE,
    "desk.allow_held_address": PREPARE,
    "desk.settle_address": PREPARE,
    "desk.take_corrections": PREPARE,
    "desk.handle_return": PREPARE,
    "desk.mail_status": PREPARE,
    "desk.believe_clock": ADMINISTER,
    "desk.batches": COORDINATE,
    "desk.reminder_plan": COORDINATE,
    "desk.propose_plan": COORDINATE,
    "desk.new_plan_step": COORDINATE,
    "desk.plan_step": COORDINATE,
    "desk.change_plan_step": COORDINATE,
    "desk.steer_plan_step": COORDINATE,
    "desk.new_batch": COORDINATE,
    "desk.confirm_batch": COORDINATE,
    "desk.batch": COORDINATE,
    "desk.steer_batch": COORDINATE,
    "desk.cancel_batch_page": COORDINATE,
    "desk.batch_troubles": COORDINATE,
    "desk.hand_out": COORDINATE,
    "desk.mark_sent": COORDINATE,
    "desk.receipts": COORDINATE,
    "desk.receipts_file": COORDINATE,
    "desk.upload_receipts": COORDINATE,
    "desk.uploaded_receipts": COORDINATE,
    "desk.confirm_receipts": COORDINATE,
    "desk.templates": COORDINATE,
    "desk.new_template": COORDINATE,
    "desk.template": COORDINATE,
    "desk.template_preview": COORDINATE,
    "desk.copy_template_page": COORDINATE,
    "desk.try_template": COORDINATE,
    "desk.keep_template": COORDINATE,
}


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
