"""Links with which a member of staff sets password and second factor, once: the first ones, or new ones after a reset.

Not for: delivering them (commands print them, `staff_messages.py` puts them into mail), or who gets one (`staff_accounts.py`).
Holds always: 256 random bits, stored hashed; a newer link ends the older ones; one use, which a single UPDATE decides, and only
together with a code that proves that the second factor works; using it ends every session and link of the member. Asking what
a link is for changes nothing, because mail scanners ask.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.links import DeadLinkError
from app.accounts.models import StaffLink, StaffMember
from app.accounts.passwords import check_new_password, hash_password
from app.accounts.staff_sessions import end_all_staff_sessions
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.accounts.totp import matching_step, secret_of
from app.audit.chain import record
from app.extensions import db, table_of
from app.web.site_address import site_address

LINK_DAYS: Final = 7
PAGE: Final = "access.staff_activate"
_LINK, _MEMBER = table_of(StaffLink).c, table_of(StaffMember).c


class WrongCodeError(Exception):
    """The six digits are not those of the second factor at this moment, or were used before."""


@dataclass(frozen=True, slots=True, repr=False)
class Invited:
    """Whose live link it is. `secret`: of the second factor, for the eyes of whoever holds the link."""

    staff_id: int
    email: str
    name: str
    serial: int

    @property
    def secret(self) -> str:
        """In base32."""
        return secret_of(self.staff_id, self.serial)


def add_staff_link(staff_id: int, now: dt.datetime, *, actor: str) -> str:
    """Make a link for the member, end the older ones, and return its address: the only time that it can be read.

    Flushes only.
    """
    end_staff_links(staff_id, now)
    token = new_token()
    values = {"token_hash": token_hash(token), "staff_id": staff_id, "created_at": now}
    db.session.execute(sa.insert(StaffLink).values(**values, expires_at=now + dt.timedelta(days=LINK_DAYS)))
    record("staff_link_created", actor=actor, subject=f"staff:{staff_id}", detail={}, now=now)
    return site_address(PAGE, token=token)


def end_staff_links(staff_id: int, now: dt.datetime) -> None:
    """End every live link of a member. Flushes only."""
    live = sa.update(StaffLink).where(_LINK.staff_id == staff_id, _LINK.ended_at.is_(None))
    db.session.execute(live.values(ended_at=now))


def member_of_link(token: str, now: dt.datetime) -> Invited:
    """Whose live link this is. Changes nothing. Raises `DeadLinkError`."""
    if not has_token_shape(token):
        raise DeadLinkError
    query = sa.select(_MEMBER.id, _MEMBER.email, _MEMBER.name, _MEMBER.totp_serial)
    query = query.join(table_of(StaffLink), _LINK.staff_id == _MEMBER.id)
    row = db.session.execute(query.where(_MEMBER.disabled_at.is_(None), *_live(token, now))).one_or_none()
    if row is None:
        raise DeadLinkError
    return Invited(*row)


def redeem_staff_link(token: str, password: str, code: str, now: dt.datetime) -> Invited:
    """Use the link up: set the password, take the second factor into use, end sessions and links; who has set them.

    Of two at once, one succeeds. Raises `DeadLinkError`, `WrongCodeError`, `WeakPasswordError` or `HashingBusyError`, and then
    the link is as good as it was.
    """
    invited = member_of_link(token, now)
    db.session.rollback()  # the hash below takes its time, and nobody should wait for it
    check_new_password(password, own_words(invited.name, invited.email))
    step = matching_step(invited.secret, code, now)
    if step is None:
        raise WrongCodeError
    password_hash = hash_password(password)
    use = sa.update(StaffLink).where(*_live(token, now)).values(ended_at=now).returning(_LINK.staff_id)
    used = db.session.execute(use).scalar_one_or_none()
    if used is None or not _set_up(invited, password_hash, step, now):
        db.session.rollback()
        raise DeadLinkError if used is None else WrongCodeError
    end_staff_links(invited.staff_id, now)
    end_all_staff_sessions(invited.staff_id, now)
    actor = f"staff:{invited.staff_id}"
    record("staff_activated", actor=actor, subject=actor, detail={}, now=now)
    db.session.commit()
    return invited


def own_words(name: str, email: str) -> tuple[str, ...]:
    """What a password of this member may not be made of."""
    return (*name.split(), name, *email.replace("@", " ").replace(".", " ").split())


def _set_up(invited: Invited, password_hash: str, step: int, now: dt.datetime) -> bool:
    """Set password and last step, unless a reset or another use of the code came in between."""
    member = sa.and_(_MEMBER.id == invited.staff_id, _MEMBER.totp_serial == invited.serial, _MEMBER.totp_step < step)
    values: dict[str, Any] = {"password_hash": password_hash, "password_set_at": now, "totp_step": step}
    change = sa.update(StaffMember).where(member, _MEMBER.disabled_at.is_(None)).values(**values).returning(_MEMBER.id)
    return db.session.execute(change).scalar_one_or_none() is not None


def _live(token: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (_LINK.token_hash == token_hash(token), _LINK.ended_at.is_(None), _LINK.expires_at > now)
