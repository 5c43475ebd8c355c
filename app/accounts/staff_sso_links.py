"""Which account at the single sign-on is a member's: connecting it and disconnecting it.

Not for: what a provider says (`oidc.py`), or signing in by it (`staff_sso.py`).
Holds always: only a member who has signed in otherwise, and still is, connects an account, their own; an account is one
member's at most; an address or a name that a provider tells connects nobody; issuer and subject are stored as a hash;
disconnecting asks for password and code again. Each is one transaction with its audit entry and a message to the member.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import StaffSsoLink
from app.accounts.staff_notices import tell_of_single_sign_on
from app.accounts.staff_sessions import StaffIdentity, held_and_live
from app.accounts.staff_signing_in import prove_again
from app.accounts.tokens import keyed_hash
from app.audit.chain import record
from app.extensions import db, table_of

_LINK: Final = table_of(StaffSsoLink).c


class SubjectTakenError(Exception):
    """The account at the single sign-on is another member's."""


class SessionEndedError(Exception):
    """The session that asked for the connection, or its member's account, has ended meanwhile."""


def subject_hash(issuer: str, subject: str) -> str:
    """Under which a subject of this issuer is known."""
    return keyed_hash(f"staff-sso|{issuer}|{subject}")


def linked_at(staff_id: int) -> dt.datetime | None:
    """Since when the member has an account connected; None without one."""
    return db.session.execute(sa.select(_LINK.linked_at).where(_LINK.staff_id == staff_id)).scalar_one_or_none()


def is_linked(staff_id: int, subject: str) -> bool:
    """Whether the account of this hash is the member's."""
    query = sa.select(_LINK.staff_id).where(_LINK.staff_id == staff_id, _LINK.subject_hash == subject)
    return db.session.execute(query).scalar_one_or_none() is not None


def link_sso(staff: StaffIdentity, subject: str, now: dt.datetime) -> None:
    """Connect the account of this hash in place of an earlier one. Commits.

    Raises `SubjectTakenError`, or `SessionEndedError`: what was known of the session may be as old as the provider is slow.
    """
    if not held_and_live(staff, now):
        db.session.rollback()
        raise SessionEndedError
    forget_sso(staff.staff_id)
    try:
        db.session.execute(sa.insert(StaffSsoLink).values(staff_id=staff.staff_id, subject_hash=subject, linked_at=now))
    except IntegrityError:
        db.session.rollback()
        raise SubjectTakenError from None
    record("staff_sso_linked", actor=staff.actor, subject=staff.actor, detail={}, now=now)
    tell_of_single_sign_on(staff.staff_id, now, linked=True)
    db.session.commit()


def unlink_sso(staff: StaffIdentity, password: str, code: str, now: dt.datetime) -> bool:
    """Disconnect the member's account, and say whether there was one. Commits.

    Raises `WrongSignInError`, `TooManyAttemptsError` or `HashingBusyError`.
    """
    prove_again(staff.staff_id, password, code, staff.session_key, now)
    found = disconnect_sso(staff, now)
    db.session.commit()
    return found


def disconnect_sso(staff: StaffIdentity, now: dt.datetime) -> bool:
    """Disconnect the member's account with its audit entry and message, and say whether there was one. Flushes only."""
    found = forget_sso(staff.staff_id)
    if found:
        record("staff_sso_unlinked", actor=staff.actor, subject=staff.actor, detail={}, now=now)
        tell_of_single_sign_on(staff.staff_id, now, linked=False)
    return found


def forget_sso(staff_id: int) -> bool:
    """Take the member's connection away, and say whether there was one. Flushes only."""
    gone: Any = db.session.execute(sa.delete(StaffSsoLink).where(_LINK.staff_id == staff_id))
    return bool(gone.rowcount)
