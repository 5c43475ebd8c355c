"""What a member of staff does with their own login: a new password, new recovery codes, ending their sessions.

Not for: others' accounts (`staff_accounts.py`); a member who cannot sign in asks an administrator for a reset.
Holds always: a new password asks for the present one and for a code, and ends every other session and link of the member and
their single sign-on, but not the recovery codes, of which one may have stood in for the phone; new recovery codes ask for the
same; each is one transaction with its audit entry. A session is shown under a short keyed hash, from which neither its id nor
the hash that the database knows can be had.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import StaffMember, StaffSession
from app.accounts.passwords import check_new_password, hash_password
from app.accounts.staff_links import end_staff_links, own_words
from app.accounts.staff_notices import tell_of_new_codes
from app.accounts.staff_recovery import make_codes
from app.accounts.staff_sessions import StaffIdentity
from app.accounts.staff_signing_in import prove_again
from app.accounts.staff_sso_links import disconnect_sso
from app.accounts.tokens import keyed_hash
from app.audit.chain import record
from app.config import settings
from app.extensions import db, table_of

KEY_CHARACTERS: Final = 16
_MEMBER, _SESSION = table_of(StaffMember).c, table_of(StaffSession).c


@dataclass(frozen=True, slots=True)
class StaffSessionRow:
    """A live session of a member's own. `key`: its name in pages and addresses; `browser`: in our codes; `current`: that of
    whoever asks."""

    key: str
    browser: str
    created_at: dt.datetime
    last_seen_at: dt.datetime
    current: bool


def own_sessions(staff: StaffIdentity, now: dt.datetime) -> list[StaffSessionRow]:
    """Where the member is signed in, the session seen last first."""
    columns = (_SESSION.id_hash, _SESSION.browser, _SESSION.created_at, _SESSION.last_seen_at)
    query = sa.select(*columns).where(*_live(staff.staff_id, now))
    query = query.order_by(_SESSION.last_seen_at.desc(), _SESSION.created_at.desc(), _SESSION.id_hash)
    rows = db.session.execute(query)
    return [
        StaffSessionRow(_key(row.id_hash), row.browser, row.created_at, row.last_seen_at, row.id_hash == staff.session_key)
        for row in rows
    ]


def end_own_session(staff: StaffIdentity, key: str, now: dt.datetime) -> bool:
    """End the member's live session that is shown under `key`, and say whether there was one. Commits."""
    hashes = db.session.execute(sa.select(_SESSION.id_hash).where(*_live(staff.staff_id, now)).order_by(_SESSION.id_hash))
    found = [one for one in hashes.scalars() if _key(one) == key]
    ended: Any = db.session.execute(
        sa.update(StaffSession).where(*_live(staff.staff_id, now), _SESSION.id_hash.in_(found)).values(ended_at=now)
    )
    if ended.rowcount:
        record("staff_sessions_ended", actor=staff.actor, subject=staff.actor, detail={"count": 1}, now=now)
    db.session.commit()
    return bool(ended.rowcount)


def end_other_staff_sessions(staff: StaffIdentity, now: dt.datetime) -> int:
    """End every live session of the member but this one, and say how many there were. Commits."""
    count = _end_others(staff, now)
    if count:
        record("staff_sessions_ended", actor=staff.actor, subject=staff.actor, detail={"count": count}, now=now)
    db.session.commit()
    return count


def change_own_password(staff: StaffIdentity, current: str, code: str, new: str, now: dt.datetime) -> bool:
    """Set a new password, and say whether that disconnected a single sign-on.

    Raises `WeakPasswordError`, `WrongSignInError`, `TooManyAttemptsError` or `HashingBusyError`.
    """
    check_new_password(new, own_words(staff.name, staff.email))
    db.session.rollback()  # the hashes take their time, and nobody should wait for them
    password_hash = hash_password(new)
    prove_again(staff.staff_id, current, code, staff.session_key, now)
    values: dict[str, Any] = {"password_hash": password_hash, "password_set_at": now}
    db.session.execute(sa.update(StaffMember).where(_MEMBER.id == staff.staff_id).values(**values))
    _end_others(staff, now)
    end_staff_links(staff.staff_id, now)
    record("staff_password_changed", actor=staff.actor, subject=staff.actor, detail={}, now=now)
    disconnected = disconnect_sso(staff, now)
    db.session.commit()
    return disconnected


def renew_codes(staff: StaffIdentity, password: str, code: str, now: dt.datetime) -> tuple[str, ...]:
    """Ten new recovery codes in place of the old ones, to be shown this once.

    Raises `WrongSignInError`, `TooManyAttemptsError` or `HashingBusyError`.
    """
    prove_again(staff.staff_id, password, code, staff.session_key, now)
    codes = make_codes(staff.staff_id, now)
    record("staff_recovery_codes_made", actor=staff.actor, subject=staff.actor, detail={"count": len(codes)}, now=now)
    tell_of_new_codes(staff.staff_id, now)
    db.session.commit()
    return codes


def _key(id_hash: str) -> str:
    return keyed_hash(f"staff-session|{id_hash}")[:KEY_CHARACTERS]


def _end_others(staff: StaffIdentity, now: dt.datetime) -> int:
    others = sa.update(StaffSession).where(*_live(staff.staff_id, now), _SESSION.id_hash != staff.session_key)
    ended: Any = db.session.execute(others.values(ended_at=now))
    return int(ended.rowcount)


def _live(staff_id: int, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    idle = dt.timedelta(minutes=settings().staff_session_idle_minutes)
    seen = _SESSION.last_seen_at > now - idle
    return (_SESSION.staff_id == staff_id, _SESSION.ended_at.is_(None), _SESSION.expires_at > now, seen)
