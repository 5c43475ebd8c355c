"""Invitations by e-mail: of a colleague, of a successor to whom an operator hands over, and of an operator to show that the
declared address is read.

Not for: the message (`operator_messages.py`), or the session that follows an invitation (`signing_in.py`).
Holds always: as with the links that sign in: 256 random bits, stored hashed, one use that a single UPDATE decides, an address
built from the configured base URL, and asking what a link is for changes nothing. Every query names the entity or the hash of a
link. A reset, and a password that is set, end what is pending: whoever was inside invites nobody from the past. The address is
emptied with the end of its invitation. Whoever hands over is removed in the transaction in which the successor comes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.links import DeadLinkError
from app.accounts.models import Operator, OperatorInvitation, OperatorLink
from app.accounts.operators import UnknownOperatorError, get_operator, mark_verified, remember_declared, shown_name, take_away
from app.accounts.rations import AskedTooOftenError, Ration, take
from app.accounts.suspensions import is_suspended
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.accounts.ways_in import hold_logins
from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.entities import EntityRow, find_by_id, is_in_force
from app.web.site_address import site_address

INVITATION: Final = "invitation"
VERIFICATION: Final = "verification"
DAYS: Final = 7
MOST_A_DAY: Final = 20
MOST_TO_ONE: Final = 3
PAUSE: Final = dt.timedelta(minutes=2)
_DAY: Final = dt.timedelta(hours=24)
_PAGES: Final = {INVITATION: "access.take_up", VERIFICATION: "access.verify"}
_ROW: Final = table_of(OperatorInvitation).c


class UnknownInvitationError(Exception):
    """No invitation of this entity with this id is pending (or none exists: the two are told apart nowhere)."""


class OwnAddressError(Exception):
    """Somebody would hand over to the address that is already theirs."""


class AlreadyVerifiedError(Exception):
    """The operator's address is verified: there is nothing to show."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An invitation that has not ended. `hands_over`: the name of whoever goes when it is taken up. Personal: `email`."""

    id: int
    email: str
    sent_at: dt.datetime
    expires_at: dt.datetime
    hands_over: str | None


@dataclass(frozen=True, slots=True)
class Invited:
    """What a live link is for. `operator_id`, `name`: whose address is to be verified; `replaces_id`: who hands over."""

    invitation_id: int
    entity: EntityRow
    email: str
    operator_id: int | None
    replaces_id: int | None
    name: str


def invite(entity: EntityRow, email: str, *, by: int, hands_over: bool, now: dt.datetime) -> int:
    """Make an invitation and return its id; the same address again is the pending one, sent again. `hands_over`: whoever
    invites goes when it is taken up. Flushes only, as its message must be queued with it (`operator_messages.send_invitation`).

    Raises `OwnAddressError` or `AskedTooOftenError`.
    """
    inviter = get_operator(entity.id, by)
    if hands_over and (inviter is None or inviter.email.lower() == email.lower()):
        raise OwnAddressError
    _take_rations(entity.id, email, now)
    replaces = by if hands_over else None
    same = (_ROW.entity_id == entity.id, _ROW.purpose == INVITATION, sa.func.lower(_ROW.email) == email.lower())
    query = sa.select(_ROW.id).where(*same, _ROW.ended_at.is_(None), _ROW.replaces_id.is_not_distinct_from(replaces))
    known: int | None = db.session.execute(query.order_by(_ROW.id)).scalars().first()
    if known is not None:
        _renew(known, now)
        return known
    added = _add(entity.id, INVITATION, email, now, invited_by=by, replaces_id=replaces)
    subject = f"invitation:{added}"
    record("operator_invited", actor=f"operator:{by}", subject=subject, detail={"entity": entity.code}, now=now)
    return added


def ask_verification(entity: EntityRow, operator_id: int, now: dt.datetime) -> tuple[int, str]:
    """The id of the invitation that asks an operator to show that the declared address is read, and that address. Flushes only.

    Raises `UnknownOperatorError`, `AlreadyVerifiedError` or `AskedTooOftenError`.
    """
    operator = get_operator(entity.id, operator_id)
    if operator is None:
        raise UnknownOperatorError(operator_id)
    if operator.verified_at is not None:
        raise AlreadyVerifiedError(operator_id)
    _take_rations(entity.id, operator.email, now)
    query = sa.select(_ROW.id).where(_ROW.purpose == VERIFICATION, _ROW.operator_id == operator_id, _ROW.ended_at.is_(None))
    known = db.session.execute(query.where(_ROW.entity_id == entity.id).order_by(_ROW.id)).scalars().first()
    record("verification_asked_for", actor=f"operator:{operator_id}", subject=f"operator:{operator_id}", detail={}, now=now)
    if known is not None:
        _renew(known, now)
        return known, operator.email
    added = _add(entity.id, VERIFICATION, operator.email, now, invited_by=operator_id, operator_id=operator_id)
    return added, operator.email


def renew_invitation(entity: EntityRow, invitation_id: int, *, by: int | None, now: dt.datetime) -> str:
    """Let a pending invitation be sent again, good for as long as a new one, and return its address. Flushes only.

    Raises `UnknownInvitationError` or `AskedTooOftenError`.
    """
    email: str | None = db.session.execute(
        sa.select(_ROW.email).where(*_pending(entity.id, invitation_id))
    ).scalar_one_or_none()
    if email is None:
        raise UnknownInvitationError(invitation_id)
    _take_rations(entity.id, email, now)
    _renew(invitation_id, now)
    subject = f"invitation:{invitation_id}"
    record("invitation_sent_again", actor=f"operator:{by}", subject=subject, detail={"entity": entity.code}, now=now)
    return email


def withdraw_invitation(entity: EntityRow, invitation_id: int, *, by: int | None, now: dt.datetime) -> None:
    """End a pending invitation: its links are dead, and its message is not sent any more. Commits.

    Raises `UnknownInvitationError`.
    """
    end = sa.update(OperatorInvitation).where(*_pending(entity.id, invitation_id))
    end = end.values(ended_at=now, outcome="withdrawn", email="").returning(_ROW.id)
    if db.session.execute(end).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownInvitationError(invitation_id)
    subject = f"invitation:{invitation_id}"
    record("invitation_withdrawn", actor=f"operator:{by}", subject=subject, detail={"entity": entity.code}, now=now)
    db.session.commit()


def pending_invitations(entity_id: int) -> list[Pending]:
    """The entity's invitations that nobody has taken up or withdrawn, the oldest first; those whose time is over too."""
    leaver = table_of(Operator).c
    query = sa.select(_ROW.id, _ROW.email, _ROW.sent_at, _ROW.expires_at, leaver.name, leaver.verified_at)
    query = query.outerjoin(table_of(Operator), sa.and_(leaver.id == _ROW.replaces_id, leaver.entity_id == _ROW.entity_id))
    query = query.where(_ROW.entity_id == entity_id, _ROW.purpose == INVITATION, _ROW.ended_at.is_(None))
    return [
        Pending(*row[:4], None if row.name is None else shown_name(row.name, verified=row.verified_at is not None))
        for row in db.session.execute(query.order_by(_ROW.created_at, _ROW.id))
    ]


def is_open(invitation_id: int, email: str, now: dt.datetime) -> bool:
    """Whether a message about it, to this address, is still of use."""
    live = (_ROW.id == invitation_id, _ROW.email == email, _ROW.ended_at.is_(None), _ROW.expires_at > now)
    row = db.session.execute(sa.select(_ROW.entity_id).where(*live)).scalar_one_or_none()
    return row is not None and is_in_force(row) and not is_suspended(row)


def create_invitation_link(invitation_id: int, now: dt.datetime) -> str:
    """Make a link of this invitation and return its address: the only time that it can be read. Flushes only."""
    row = db.session.execute(sa.select(_ROW.purpose, _ROW.expires_at).where(_ROW.id == invitation_id)).one()
    token = new_token()
    values = {"token_hash": token_hash(token), "invitation_id": invitation_id, "created_at": now, "expires_at": row.expires_at}
    db.session.execute(sa.insert(OperatorLink).values(**values))
    return site_address(_PAGES[row.purpose], token=token)


def invited_by_link(token: str, now: dt.datetime, purpose: str = INVITATION) -> Invited:
    """What a live link is for. Changes nothing. Raises `DeadLinkError`."""
    if not has_token_shape(token):
        raise DeadLinkError
    row = _row_of(token, purpose, now)
    entity = None if row is None else find_by_id(row.entity_id)
    if row is None or entity is None or not is_in_force(entity.id):
        raise DeadLinkError
    return Invited(row.id, entity, row.email, row.operator_id, row.replaces_id, row.name or "")


def take_up(token: str, *, name: str, office: str, phone: str, now: dt.datetime) -> tuple[EntityRow, int]:
    """Use an invitation up: its reader is an operator of the entity, with the address verified; whoever hands over goes.

    Of two at once, one succeeds. Flushes only: the session is opened in the same transaction. Raises `DeadLinkError`.
    """
    invited = invited_by_link(token, now)
    entity = invited.entity
    hold_logins(entity.id)
    _use_up(invited.invitation_id, now)
    operator_id = remember_declared(entity.id, name=name, office=office, email=invited.email, phone=phone, now=now)
    mark_verified(entity.id, operator_id, now)
    taken = sa.update(OperatorInvitation).where(_ROW.id == invited.invitation_id)
    db.session.execute(taken.values(operator_id=operator_id, email=""))
    if invited.replaces_id is not None and invited.replaces_id != operator_id:
        take_away(entity.id, invited.replaces_id, now)
        about = {"actor": f"operator:{operator_id}", "subject": f"operator:{invited.replaces_id}"}
        record("operator_handed_over", **about, detail={"successor": operator_id, "entity": entity.code}, now=now)
    return entity, operator_id


def verify_address(token: str, now: dt.datetime) -> Invited:
    """Use a verification up: the operator's address is verified. Commits. Raises `DeadLinkError`."""
    invited = invited_by_link(token, now, VERIFICATION)
    if invited.operator_id is None or is_suspended(invited.entity.id):
        raise DeadLinkError
    _use_up(invited.invitation_id, now)
    db.session.execute(sa.update(OperatorInvitation).where(_ROW.id == invited.invitation_id).values(email=""))
    mark_verified(invited.entity.id, invited.operator_id, now)
    db.session.commit()
    return invited


def _row_of(token: str, purpose: str, now: dt.datetime) -> Any:
    link, operator = table_of(OperatorLink).c, table_of(Operator).c
    query = sa.select(_ROW.id, _ROW.entity_id, _ROW.email, _ROW.operator_id, _ROW.replaces_id, operator.name)
    query = query.join(table_of(OperatorLink), link.invitation_id == _ROW.id)
    query = query.outerjoin(table_of(Operator), sa.and_(operator.id == _ROW.operator_id, operator.entity_id == _ROW.entity_id))
    live = (link.token_hash == token_hash(token), link.expires_at > now, _ROW.purpose == purpose, _ROW.ended_at.is_(None))
    return db.session.execute(query.where(*live)).one_or_none()


def _use_up(invitation_id: int, now: dt.datetime) -> None:
    use = sa.update(OperatorInvitation).where(_ROW.id == invitation_id, _ROW.ended_at.is_(None))
    if db.session.execute(use.values(ended_at=now, outcome="accepted").returning(_ROW.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise DeadLinkError


def _add(entity_id: int, purpose: str, email: str, now: dt.datetime, **who: int | None) -> int:
    span = {"created_at": now, "sent_at": now, "expires_at": now + dt.timedelta(days=DAYS)}
    values = {"entity_id": entity_id, "purpose": purpose, "email": email, **span, **who}
    return int(db.session.execute(sa.insert(OperatorInvitation).values(**values).returning(_ROW.id)).scalar_one())


def _renew(invitation_id: int, now: dt.datetime) -> None:
    again = sa.update(OperatorInvitation).where(_ROW.id == invitation_id)
    db.session.execute(again.values(sent_at=now, expires_at=now + dt.timedelta(days=DAYS)))


def _pending(entity_id: int, invitation_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    own = (_ROW.entity_id == entity_id, _ROW.id == invitation_id)
    return (*own, _ROW.purpose == INVITATION, _ROW.ended_at.is_(None))


def _take_rations(entity_id: int, email: str, now: dt.datetime) -> None:
    """One of the entity's messages of the day, and one of those that an address gets from all entities together."""
    try:
        take(Ration(f"invite-entity|{entity_id}", MOST_A_DAY, _DAY, dt.timedelta(0)), now)
        take(Ration(f"invite-address|{email.lower()}", MOST_TO_ONE, _DAY, PAUSE), now)
    except AskedTooOftenError:
        db.session.rollback()
        raise
