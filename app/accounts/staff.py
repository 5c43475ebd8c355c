"""Members of staff: who they are, their role, and what their role lets them see.

Not for: signing in (`staff_signing_in.py`), sessions (`staff_sessions.py`) or which role a page asks for (`permissions.py`).
Holds always: that somebody is a member of staff is known to staff alone; a territory's person has a Region, others have none.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import StaffMember, StaffSession
from app.extensions import db, table_of

ADMINISTRATOR: Final = "administrator"
COORDINATOR: Final = "coordinator"
REVIEWER: Final = "reviewer"
TERRITORY: Final = "territory"
ROLES: Final = (ADMINISTRATOR, COORDINATOR, REVIEWER, TERRITORY)
_STAFF: Final = table_of(StaffMember).c


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One member of staff. Personal data: show it to staff only. `activated`: whether password and second factor are set."""

    id: int
    email: str
    name: str
    role: str
    region_code: str | None
    activated: bool
    created_at: dt.datetime
    disabled_at: dt.datetime | None


def list_staff() -> list[StaffRow]:
    """Everybody, by name."""
    rows = db.session.execute(_select().order_by(sa.func.lower(_STAFF.name), _STAFF.id))
    return [StaffRow(*row) for row in rows]


def staff_by_id(staff_id: int) -> StaffRow | None:
    """The member with this id."""
    row = db.session.execute(_select().where(_STAFF.id == staff_id)).one_or_none()
    return None if row is None else StaffRow(*row)


def staff_by_email(email: str) -> StaffRow | None:
    """The member with this address, however it is written."""
    row = db.session.execute(_select().where(_STAFF.email == email.strip().lower())).one_or_none()
    return None if row is None else StaffRow(*row)


def staff_names() -> dict[int, str]:
    """Id → name of everybody who has ever been a member: who wrote what stays known."""
    return {row.id: row.name for row in db.session.execute(sa.select(_STAFF.id, _STAFF.name).order_by(_STAFF.id))}


def last_sign_ins() -> dict[int, dt.datetime]:
    """Id → when the member last signed in; who never did is missing."""
    session = table_of(StaffSession).c
    query = sa.select(session.staff_id, sa.func.max(session.created_at, type_=session.created_at.type).label("at"))
    return {row.staff_id: row.at for row in db.session.execute(query.group_by(session.staff_id).order_by(session.staff_id))}


def _select() -> sa.Select[Any]:
    activated = (_STAFF.password_hash != "").label("activated")
    own = (_STAFF.id, _STAFF.email, _STAFF.name, _STAFF.role, _STAFF.region_code)
    return sa.select(*own, activated, _STAFF.created_at, _STAFF.disabled_at)
