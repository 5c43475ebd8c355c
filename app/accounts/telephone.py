"""Staff who fills in for an entity with an officer on the line: who may, how long such a session lasts, what it may ask for.

Not for: beginning one or ending it (`app.chasing.telephoning`), or the copy that the entity confirms (`app.responses`).
Holds always: such a session lives only while the member's own session at the desk does, in the role and Region for which the
edition allows it, for an entity whose login is not suspended; the query that finds the session asks all of it each time, so
nothing need be ended elsewhere. A page that is not in the table is closed to it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import LoginSuspension, StaffMember, StaffSession
from app.accounts.staff import COORDINATOR, TERRITORY
from app.config import settings
from app.extensions import table_of

IDLE: Final = dt.timedelta(minutes=20)
"""Without a page or a save: nobody keeps an officer on the line for so long while nothing is written."""
LONGEST: Final = dt.timedelta(hours=3)
"""From its beginning: a whole questionnaire takes less; what is left is filled in in another call, with its own consent."""
BY_DESK, BY_TERRITORY = "desk", "territory"
"""What an edition may say beside "nobody" (`app.editions.models.TELEPHONE`, this room's neighbour's: a test compares)."""
ROLES_BY_SETTING: Final = {BY_DESK: frozenset({COORDINATOR}), BY_TERRITORY: frozenset({COORDINATOR, TERRITORY})}
MAY_ASK: Final = frozenset(
    {
        *("fill.overview", "fill.step", "fill.short", "fill.add_sheet", "fill.change_sheet", "fill.sheet"),
        *("fill.conflicts", "fill.check", "fill.draft", "fill.receipt", "fill.opinion"),
        *("fill.sync", "fill.browser_definition", "fill.place_names", "fill.end_telephone"),
    }
)
"""The pages of an entity that such a session may ask for: what filling in and sending need. Not people, invitations, addresses,
consents, anybody's data, sessions, history and copies, who answers for whom, reopenings, late work, pages kept for no line;
and not `fill.answer_desk`: what the desk asks of a sheet, staff does not confirm to itself. It is read, and corrected in the
sheet.
"""
_MEMBER, _DESK = table_of(StaffMember).c, table_of(StaffSession).c
_HELD: Final = table_of(LoginSuspension).c
_EDITION: Final = sa.table("edition", sa.column("id", sa.Integer), sa.column("telephone", sa.String)).c


class TelephoneRefusedError(Exception):
    """The page is the entity's own: it is closed to staff who fills in by telephone."""


class TelephoneOverError(Exception):
    """The session in which staff filled in by telephone has ended; `entity_code`: for whom it was."""

    def __init__(self, entity_code: str) -> None:
        super().__init__(entity_code)
        self.entity_code = entity_code


def may_telephone(setting: str, role: str) -> bool:
    """Whether this role may fill in by telephone where the edition says so."""
    return role in ROLES_BY_SETTING.get(setting, frozenset())


def seen_after(now: dt.datetime) -> dict[str, dt.datetime]:
    """The parameters of `still_allowed`."""
    idle = dt.timedelta(minutes=settings().staff_session_idle_minutes)
    return {"telephone_seen_after": now - IDLE, "staff_seen_after": now - idle, "staff_now": now}


def still_allowed(session: Any, entity: Any) -> sa.ColumnElement[bool]:
    """Whether a session of this kind is still good. `session`, `entity`: columns of the query that finds it."""
    own_region = sa.and_(
        _EDITION.telephone == BY_TERRITORY, _MEMBER.role == TERRITORY, _MEMBER.region_code == entity.region_code
    )
    from_desk = sa.and_(sa.or_(_EDITION.telephone == BY_DESK, _EDITION.telephone == BY_TERRITORY), _MEMBER.role == COORDINATOR)
    member_at_work = sa.exists().where(
        _DESK.id_hash == session.staff_session,
        _DESK.staff_id == session.staff_id,
        _DESK.ended_at.is_(None),
        _DESK.expires_at > sa.bindparam("staff_now"),
        _DESK.last_seen_at > sa.bindparam("staff_seen_after"),
        _MEMBER.id == _DESK.staff_id,
        _MEMBER.disabled_at.is_(None),
        _EDITION.id == session.edition_id,
        sa.or_(own_region, from_desk),
    )
    suspended = sa.exists().where(_HELD.entity_id == entity.id, _HELD.lifted_at.is_(None))
    return sa.and_(session.last_seen_at > sa.bindparam("telephone_seen_after"), member_at_work, ~suspended)
