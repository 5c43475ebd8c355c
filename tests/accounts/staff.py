"""Members of staff for tests of their accounts, with passwords and phones that work."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.accounts.models import StaffMember
from app.accounts.staff import StaffRow, staff_by_email
from app.accounts.staff_accounts import add_member
from app.accounts.staff_links import redeem_staff_link
from app.accounts.totp import code_at, secret_of, step_of
from app.extensions import db

PASSWORD = "quattro gatti sul tetto"
ADMINISTRATOR, COORDINATOR = "amministra@example.org", "coordina@example.org"


def member(email: str) -> StaffRow:
    found = staff_by_email(email)
    assert found is not None
    return found


def serial_of(staff_id: int) -> int:
    return db.session.execute(sa.select(StaffMember.totp_serial).where(StaffMember.id == staff_id)).scalar_one()


def phone(email: str, now: dt.datetime, *, later: int = 0) -> str:
    """The six digits that the member's phone shows, `later` steps from now."""
    row = member(email)
    return code_at(secret_of(row.id, serial_of(row.id)), step_of(now) + later)


def invite(email: str, now: dt.datetime, role: str = "administrator", region: str | None = None, name: str = "") -> str:
    """Add a member; the token of their link."""
    link = add_member(email, name or f"Persona {role}", role, region, actor="test", now=now, mail=False)
    return link.rpartition("/")[2]


def activated(email: str, now: dt.datetime, role: str = "administrator", region: str | None = None) -> StaffRow:
    """A member who set password and phone a minute ago, so that the code of this moment is fresh."""
    before = now - dt.timedelta(minutes=1)
    token = invite(email, before, role, region)
    redeem_staff_link(token, PASSWORD, phone(email, before), before)
    return member(email)
