"""Filling in by telephone: beginning and ending it, and the call that it writes down by itself.

Not for: which roles an edition lets do it and how long it is good (`app.accounts.telephone`), the pages (`fill`), or the copy
that the entity confirms (`app.responses.telephone_copies`).
Holds always: whoever was on the line, the session, the call and the audit entry are written in one transaction; the call stands
in the log from the beginning, so that a session which ends by itself has left one too, and says so once the response is sent.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.identity import Identity, TelephoneSession
from app.accounts.operators import remember_declared
from app.accounts.sessions import open_session
from app.accounts.staff_sessions import StaffIdentity, held_and_live
from app.accounts.suspensions import is_suspended
from app.accounts.tables import session_table, staff_table
from app.accounts.telephone import IDLE, may_telephone
from app.audit.chain import Scalar, record
from app.chasing.calls import NewCall, note_call
from app.chasing.models import PHONE_BEGUN, PHONE_SENT, Call
from app.chasing.record import Head
from app.editions.current import EditionView, is_pilot_entity
from app.extensions import db, table_of
from app.responses.tables import response_table, submission_table

NOT_ALLOWED, NOT_OPEN, NOT_ASKED, SUSPENDED, SIGNED_OUT = "not_allowed", "not_open", "not_asked", "suspended", "signed_out"
"""Why nobody fills in by telephone for an entity now."""
_CALL: Final = table_of(Call).c
_SESSION: Final = session_table.c


class TelephoneImpossibleError(Exception):
    """It cannot begin; `reason`: one of the five above. Nothing was written."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Officer:
    """Who is on the line, as they say. Personal data."""

    name: str
    office: str
    email: str
    phone: str


def why_not(head: Head, edition: EditionView | None, staff: StaffIdentity, now: dt.datetime) -> str | None:
    """Why this member of staff may not fill in by telephone now for an entity that they see; None: they may."""
    if edition is None or not may_telephone(edition.telephone, staff.role):
        return NOT_ALLOWED
    if head.valid_to is not None:
        return NOT_ASKED
    pilot = edition.state == "pilot" and is_pilot_entity(edition.id, head.code)
    if not edition.takes_answers(now, pilot=pilot, own_closes_at=head.extended_until):
        return NOT_OPEN
    return SUSPENDED if is_suspended(head.entity_id) else None


def begin_filling(head: Head, edition: EditionView, staff: StaffIdentity, officer: Officer, now: dt.datetime) -> str:
    """Open a session of the entity for this member of staff and return its id for the cookie. Commits.

    The officer has agreed to it on the telephone. Raises TelephoneImpossibleError.
    """
    reason = None if held_and_live(staff, now) else SIGNED_OUT
    reason = reason or why_not(head, edition, staff, now)
    if reason is not None:
        db.session.rollback()
        raise TelephoneImpossibleError(reason)
    declared = {name: getattr(officer, name) for name in Officer.__slots__}
    operator_id = remember_declared(head.entity_id, **declared, now=now, staff_id=staff.staff_id)
    bound = TelephoneSession(staff.staff_id, staff.session_key, edition.id)
    token = open_session(head.entity_id, now, operator_id=operator_id, telephone=bound)
    call = NewCall(PHONE_BEGUN, officer.name)
    note_call(edition.id, (head.entity_id, head.code), call, staff_id=staff.staff_id, now=now, operator_id=operator_id)
    detail: dict[str, Scalar] = {"operator": operator_id, "edition": edition.code, "agreed": True}
    record("telephone_begun", actor=staff.actor, subject=f"entity:{head.code}", detail=detail, now=now)
    db.session.commit()
    return token


def end_filling(identity: Identity, now: dt.datetime) -> None:
    """End such a session, with its call as it came out. Commits. Ending an ended one changes nothing."""
    bound = _bound(identity)
    live = sa.update(session_table).where(_SESSION.id_hash == identity.session_key, _SESSION.ended_at.is_(None))
    if db.session.execute(live.values(ended_at=now).returning(_SESSION.id_hash)).scalar_one_or_none() is not None:
        _settle_call(identity, bound)
        actor, subject = f"staff:{bound.staff_id}", f"entity:{identity.entity_code}"
        record("telephone_ended", actor=actor, subject=subject, detail={"operator": identity.operator_id}, now=now)
    db.session.commit()


def note_sent(identity: Identity) -> None:
    """Let the call say that the response was sent in it. Commits."""
    _settle_call(identity, _bound(identity))
    db.session.commit()


def others_on_the_line(entity_id: int, staff_id: int, now: dt.datetime) -> list[str]:
    """Who else of the staff fills in by telephone for the entity now, by name."""
    live = (_SESSION.entity_id == entity_id, _SESSION.ended_at.is_(None), _SESSION.expires_at > now)
    query = sa.select(staff_table.c.name).distinct().join(session_table, _SESSION.staff_id == staff_table.c.id)
    query = query.where(*live, _SESSION.last_seen_at > now - IDLE, _SESSION.staff_id != staff_id)
    return list(db.session.execute(query.order_by(staff_table.c.name)).scalars())


def _bound(identity: Identity) -> TelephoneSession:
    if identity.telephone is None:
        raise ValueError("a session of the entity itself is none of staff's")
    return identity.telephone


def _settle_call(identity: Identity, bound: TelephoneSession) -> None:
    """The latest call with this person becomes one in which the response was sent, if a version was sent since it began."""
    own = (_CALL.operator_id == identity.operator_id, _CALL.edition_id == bound.edition_id, _CALL.staff_id == bound.staff_id)
    latest = sa.select(sa.func.max(_CALL.id)).where(*own).scalar_subquery()
    sent, response = submission_table.c, response_table.c
    version = sa.exists().where(
        response.entity_id == identity.entity_id,
        response.edition_id == bound.edition_id,
        sent.response_id == response.id,
        sent.operator_id == identity.operator_id,
        sent.submitted_at >= _CALL.at,
    )
    db.session.execute(sa.update(Call).where(_CALL.id == latest, version).values(outcome=PHONE_SENT))
