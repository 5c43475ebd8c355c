"""Who a member of staff is: a change of name or of address, by an administrator.

Not for: role, login and closing (`staff_accounts.py`), or an entity's addresses.
Holds always: nobody changes their own; a new address ends sessions and links, cancels a link that was still to go to the old
one, and is told to both, to neither of which the other is named; who has no password yet gets a new link; change, messages and
audit entry are one transaction.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import StaffMember
from app.accounts.staff import StaffRow, staff_by_id
from app.accounts.staff_accounts import StaffRefusedError, check_person, held_member
from app.accounts.staff_links import end_staff_links
from app.accounts.staff_messages import cancel_staff_link, queue_staff_link, queue_staff_notice
from app.accounts.staff_sessions import end_all_staff_sessions
from app.audit.chain import record
from app.extensions import db, table_of

_MEMBER = table_of(StaffMember).c


def change_person(staff_id: int, email: str, name: str, *, actor: str, now: dt.datetime) -> bool:
    """Give a member another name, another address or both; whether the address changed. Raises `StaffRefusedError`."""
    email, name = email.strip().lower(), " ".join(name.split())
    check_person(email, name)
    found = staff_by_id(staff_id)
    if found is not None and found.email != email:
        cancel_staff_link(staff_id, now)  # first: a worker that writes a link holds its message before the member
    before = held_member(staff_id, actor)
    _rename(before, email, name)
    if before.email != email:
        _move(before, now)
    subject = f"staff:{staff_id}"
    if before.name != name:
        record("staff_name_changed", actor=actor, subject=subject, detail={}, now=now)
    if before.email != email:
        record("staff_email_changed", actor=actor, subject=subject, detail={}, now=now)
    db.session.commit()
    return before.email != email


def _rename(before: StaffRow, email: str, name: str) -> None:
    mine = sa.update(StaffMember).where(_MEMBER.id == before.id)
    try:
        db.session.execute(mine.values(email=email, name=name))
    except IntegrityError:
        db.session.rollback()
        raise StaffRefusedError("taken") from None


def _move(before: StaffRow, now: dt.datetime) -> None:
    """What a new address brings. Flushes only."""
    end_staff_links(before.id, now)
    end_all_staff_sessions(before.id, now)
    after = staff_by_id(before.id)
    if after is None or after.disabled_at is not None:
        return
    queue_staff_notice(after, before.email, now)
    if after.activated:
        queue_staff_notice(after, after.email, now)
    else:
        queue_staff_link(after, now)
