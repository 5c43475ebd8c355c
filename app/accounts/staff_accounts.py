"""What is done to the accounts of staff: adding one, giving it a role, ending its login, closing it and opening it again.

Not for: what members do with their own account (`staff_passwords.py`), links (`staff_links.py`) or who may ask
(`permissions.py`).
Holds always: nobody sees or sets another's password or second factor; nobody changes their own role or closes their own
account; at least one administrator who can sign in is left: of two who would be the last together, one stays, because every
change holds all administrators' rows; each is one transaction with its audit entry. Names and addresses change in
`staff_persons.py`.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import StaffMember
from app.accounts.passwords import hash_password
from app.accounts.staff import ADMINISTRATOR, ROLES, TERRITORY, StaffRow, staff_by_id
from app.accounts.staff_links import add_staff_link, end_staff_links
from app.accounts.staff_messages import cancel_staff_link, queue_staff_link
from app.accounts.staff_recovery import end_codes
from app.accounts.staff_sessions import end_all_staff_sessions
from app.accounts.staff_sso_links import forget_sso
from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.messages import LONGEST_ADDRESS, UnfitMessageError, check_recipient
from app.registry.regions import region_names

LONGEST_NAME: Final = 200
_PRINTED: Final = re.compile(r"[^\x00-\x1f\x7f]+")
_MEMBER: Final = table_of(StaffMember).c


class StaffRefusedError(Exception):
    """Something that may not be. `reason`: name, email, taken, role, region_missing, region_unknown, region_unwanted,
    own_account, last_administrator, unknown, disabled."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def add_member(email: str, name: str, role: str, region_code: str | None, *, actor: str, now: dt.datetime, mail: bool) -> str:
    """Add a member and return the address of their link, or queue the message with it (`mail`) and return an empty text.

    Raises `StaffRefusedError`.
    """
    email, name = email.strip().lower(), " ".join(name.split())
    check_person(email, name)
    _check_role(role, region_code)
    values: dict[str, Any] = {"email": email, "name": name, "role": role, "region_code": region_code, "password_hash": ""}
    insert = sa.insert(StaffMember).values(**values, totp_serial=1, totp_step=0, created_at=now).returning(_MEMBER.id)
    try:
        staff_id = db.session.execute(insert).scalar_one()
    except IntegrityError:
        db.session.rollback()
        raise StaffRefusedError("taken") from None
    record("staff_added", actor=actor, subject=f"staff:{staff_id}", detail=_role_detail(role, region_code), now=now)
    return _hand_link(staff_id, actor, now, mail=mail)


def set_up_member(staff_id: int, password: str, *, actor: str, now: dt.datetime) -> None:
    """Give a member a password without a link: for demonstrations alone, which print it. Raises `HashingBusyError`."""
    password_hash = hash_password(password)
    cancel_staff_link(staff_id, now)
    member = held_member(staff_id, actor)
    _set(staff_id, password_hash=password_hash, password_set_at=now, disabled_at=None)
    end_staff_links(staff_id, now)
    end_all_staff_sessions(staff_id, now)
    record("staff_activated", actor=actor, subject=f"staff:{member.id}", detail={"by": "demo"}, now=now)
    db.session.commit()


def change_role(staff_id: int, role: str, region_code: str | None, *, actor: str, now: dt.datetime) -> None:
    """Give the member another role from the next request on. Raises `StaffRefusedError`."""
    _check_role(role, region_code)
    member = held_member(staff_id, actor)
    if (member.role, member.region_code) == (role, region_code):
        db.session.rollback()
        return
    if role != ADMINISTRATOR:
        _keep_an_administrator(member)
    _set(staff_id, role=role, region_code=region_code)
    before = {"role_before": member.role, "region_before": member.region_code}
    detail = _role_detail(role, region_code) | before
    record("staff_role_changed", actor=actor, subject=f"staff:{staff_id}", detail=detail, now=now)
    db.session.commit()


def disable_member(staff_id: int, *, actor: str, now: dt.datetime) -> None:
    """Close the account: its sessions and links end at once, what the member did stays. Raises `StaffRefusedError`."""
    cancel_staff_link(staff_id, now)  # first: a worker that writes a link holds its message before the member
    member = held_member(staff_id, actor)
    if member.disabled_at is not None:
        db.session.rollback()
        return
    _keep_an_administrator(member)
    _set(staff_id, disabled_at=now)
    end_staff_links(staff_id, now)
    end_all_staff_sessions(staff_id, now)
    record("staff_disabled", actor=actor, subject=f"staff:{staff_id}", detail={}, now=now)
    db.session.commit()


def enable_member(staff_id: int, *, actor: str, now: dt.datetime) -> None:
    """Open a closed account again, with the password and the second factor that it had. Raises `StaffRefusedError`."""
    member = held_member(staff_id, actor)
    if member.disabled_at is None:
        db.session.rollback()
        return
    _set(staff_id, disabled_at=None)
    record("staff_enabled", actor=actor, subject=f"staff:{staff_id}", detail={}, now=now)
    db.session.commit()


def reset_member(staff_id: int, *, actor: str, now: dt.datetime, mail: bool) -> str:
    """End the member's password, second factor, recovery codes, single sign-on, sessions and links; hand out a new link as
    `add_member` does.

    By command also for the last administrator, who holds the link then. Raises `StaffRefusedError`.
    """
    cancel_staff_link(staff_id, now)  # first: a worker that writes a link holds its message before the member
    member = held_member(staff_id, actor)
    if member.disabled_at is not None:
        db.session.rollback()
        raise StaffRefusedError("disabled")
    _set(staff_id, password_hash="", password_set_at=None, totp_serial=_MEMBER.totp_serial + 1, totp_step=0)
    end_codes(staff_id, now)
    forget_sso(staff_id)
    end_staff_links(staff_id, now)
    end_all_staff_sessions(staff_id, now)
    record("staff_login_reset", actor=actor, subject=f"staff:{staff_id}", detail={"mail": mail}, now=now)
    return _hand_link(staff_id, actor, now, mail=mail)


def _hand_link(staff_id: int, actor: str, now: dt.datetime, *, mail: bool) -> str:
    member = staff_by_id(staff_id)
    if member is None:
        raise StaffRefusedError("unknown")
    link = ""
    if mail:
        queue_staff_link(member, now)
    else:
        link = add_staff_link(staff_id, now, actor=actor)
    db.session.commit()
    return link


def held_member(staff_id: int, actor: str) -> StaffRow:
    """The member, held with every administrator until the transaction ends. Raises `StaffRefusedError` for one's own account
    and for nobody's."""
    rows = sa.select(_MEMBER.id).where(sa.or_(_MEMBER.role == ADMINISTRATOR, _MEMBER.id == staff_id))
    db.session.execute(rows.order_by(_MEMBER.id).with_for_update()).all()
    member = staff_by_id(staff_id)
    if member is None or actor == f"staff:{staff_id}":
        db.session.rollback()
        raise StaffRefusedError("unknown" if member is None else "own_account")
    return member


def _keep_an_administrator(member: StaffRow) -> None:
    """Refuse to take away the last administrator who can sign in. Expects their rows to be held."""
    if member.role != ADMINISTRATOR or not member.activated or member.disabled_at is not None:
        return
    others = sa.select(sa.func.count()).select_from(StaffMember).where(_MEMBER.role == ADMINISTRATOR, _MEMBER.id != member.id)
    others = others.where(_MEMBER.disabled_at.is_(None), _MEMBER.password_hash != "")
    if db.session.execute(others).scalar_one() == 0:
        db.session.rollback()
        raise StaffRefusedError("last_administrator")


def _set(staff_id: int, **values: Any) -> None:
    db.session.execute(sa.update(StaffMember).where(_MEMBER.id == staff_id).values(**values))


def check_person(email: str, name: str) -> None:
    """Raises `StaffRefusedError` for an address or a name that nobody can have."""
    if not name or len(name) > LONGEST_NAME or not _PRINTED.fullmatch(name):
        raise StaffRefusedError("name")
    try:
        check_recipient(email)
    except UnfitMessageError as error:
        raise StaffRefusedError("email") from error
    if len(email) > LONGEST_ADDRESS or "." not in email.rpartition("@")[2]:
        raise StaffRefusedError("email")


def _check_role(role: str, region_code: str | None) -> None:
    if role not in ROLES:
        raise StaffRefusedError("role")
    if role != TERRITORY:
        if region_code is not None:
            raise StaffRefusedError("region_unwanted")
        return
    if region_code is None:
        raise StaffRefusedError("region_missing")
    if region_code not in region_names():
        raise StaffRefusedError("region_unknown")


def _role_detail(role: str, region_code: str | None) -> dict[str, str | None]:
    return {"role": role} if region_code is None else {"role": role, "region": region_code}
