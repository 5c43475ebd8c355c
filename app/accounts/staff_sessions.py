"""Sessions at the desk: rows whose id only the browser knows, and the identity that a live one stands for.

Not for: opening one before password and second factor are right (`staff_signing_in.py`).
Holds always: the id is stored hashed; a session ends with its member's account, by idleness or by age, and all of them at once
when the member's login is reset; finding an identity is one query.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import StaffMember, StaffSession
from app.accounts.staff import ADMINISTRATOR, COORDINATOR, REVIEWER, TERRITORY
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.audit.chain import record
from app.config import settings
from app.database import unit_of_work
from app.extensions import db, table_of

_SEEN_PARTS: Final = 20
_MEMBER, _SESSION = table_of(StaffMember).c, table_of(StaffSession).c


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """Who works at the desk in this request. `actor`: how the audit names them.

    `region_code`: the only Region whose entities they see, None for all.
    """

    session_key: str
    staff_id: int
    name: str
    email: str
    role: str
    region_code: str | None
    last_seen_at: dt.datetime

    @property
    def actor(self) -> str:
        """ "staff:7"."""
        return f"staff:{self.staff_id}"

    @property
    def coordinates(self) -> bool:
        """Whether they prepare editions and send batches."""
        return self.role == COORDINATOR

    @property
    def administers(self) -> bool:
        """Whether they look after logins and staff."""
        return self.role == ADMINISTRATOR

    @property
    def prepares(self) -> bool:
        """Whether they look after addresses and letters."""
        return self.role in (ADMINISTRATOR, COORDINATOR)

    @property
    def follows(self) -> bool:
        """Whether they see entities and write down calls."""
        return self.role in (ADMINISTRATOR, COORDINATOR, TERRITORY)

    @property
    def reviews(self) -> bool:
        """Whether they decide on practices."""
        return self.role in (COORDINATOR, REVIEWER)


_LIVE: Final = (
    sa.select(
        *(_SESSION.id_hash, _MEMBER.id, _MEMBER.name, _MEMBER.email, _MEMBER.role, _MEMBER.region_code),
        _SESSION.last_seen_at,
    )
    .select_from(table_of(StaffSession))
    .join(table_of(StaffMember), _MEMBER.id == _SESSION.staff_id)
    .where(
        _SESSION.id_hash == sa.bindparam("session_hash"),
        _SESSION.ended_at.is_(None),
        _MEMBER.disabled_at.is_(None),
        _SESSION.expires_at > sa.bindparam("session_now"),
        _SESSION.last_seen_at > sa.bindparam("session_seen_after"),
    )
)


def open_staff_session(staff_id: int, now: dt.datetime, *, browser: str = "") -> str:
    """Add a live session and return its id for the cookie. `browser`: its codes, empty if unknown. Flushes only."""
    token = new_token()
    values: dict[str, Any] = {"id_hash": token_hash(token), "staff_id": staff_id, "created_at": now, "last_seen_at": now}
    values["browser"] = browser
    values["expires_at"] = now + dt.timedelta(hours=settings().staff_session_hours)
    db.session.execute(sa.insert(StaffSession).values(**values))
    return token


def find_staff(token: str, now: dt.datetime) -> StaffIdentity | None:
    """Whose live session this id is; None for a wrong, ended or expired one, and for a member who was disabled."""
    if not has_token_shape(token):
        return None
    row = _live_row(token_hash(token), now)
    return None if row is None else StaffIdentity(*row)


def held_and_live(identity: StaffIdentity, now: dt.datetime) -> bool:
    """Whether this session still is one; its member is held until the transaction ends, so that no reset falls in between."""
    db.session.execute(sa.select(_MEMBER.id).where(_MEMBER.id == identity.staff_id).with_for_update()).all()
    return _live_row(identity.session_key, now) is not None


def _live_row(session_hash: str, now: dt.datetime) -> Any:
    times = {"session_now": now, "session_seen_after": now - _idle_limit()}
    return db.session.connection().execute(_LIVE, {"session_hash": session_hash, **times}).one_or_none()


def staff_id_of(token: str) -> int | None:
    """Whose session this is or was: so that what was typed in it is offered to nobody else."""
    if not has_token_shape(token):
        return None
    query = sa.select(_SESSION.staff_id).where(_SESSION.id_hash == token_hash(token))
    return db.session.execute(query).scalar_one_or_none()


def keep_staff_alive(identity: StaffIdentity, now: dt.datetime, *, writes: bool) -> None:
    """Note that the session was used, at most twenty times in an idle limit, since each note is a write."""
    if now - identity.last_seen_at < _idle_limit() / _SEEN_PARTS:
        return
    touch = sa.update(StaffSession).where(_SESSION.id_hash == identity.session_key, _SESSION.ended_at.is_(None))
    touch = touch.values(last_seen_at=now)
    if writes:
        db.session.execute(touch)
        return
    db.session.rollback()
    with unit_of_work(writes=True):
        db.session.execute(touch)
        db.session.commit()


def end_staff_session(session_key: str, now: dt.datetime) -> None:
    """End one session. Commits."""
    live = sa.update(StaffSession).where(_SESSION.id_hash == session_key, _SESSION.ended_at.is_(None))
    db.session.execute(live.values(ended_at=now))
    db.session.commit()


def sign_out_staff(identity: StaffIdentity, now: dt.datetime) -> None:
    """End one's own session, with an audit entry unless it had ended already. Commits."""
    live = sa.update(StaffSession).where(_SESSION.id_hash == identity.session_key, _SESSION.ended_at.is_(None))
    if db.session.execute(live.values(ended_at=now).returning(_SESSION.staff_id)).scalar_one_or_none() is not None:
        record("staff_signed_out", actor=identity.actor, subject=identity.actor, detail={}, now=now)
    db.session.commit()


def end_all_staff_sessions(staff_id: int, now: dt.datetime) -> None:
    """End every live session of a member. Flushes only."""
    live = sa.update(StaffSession).where(_SESSION.staff_id == staff_id, _SESSION.ended_at.is_(None))
    db.session.execute(live.values(ended_at=now))


def _idle_limit() -> dt.timedelta:
    return dt.timedelta(minutes=settings().staff_session_idle_minutes)
