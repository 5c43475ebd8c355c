"""What this room forgets: sessions, links, counts, places and requests by their term, and an operator's own data.

Not for: when that is done, or what other rooms know of an operator (`app.privacy`).
Holds always: flushes only. An erased operator keeps its row, its number and a name that means nobody, so that every answer
still says that one person wrote it; nobody can be chosen by it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import (
    AccessRequest,
    ActivationLink,
    KnownPlace,
    Operator,
    OperatorInvitation,
    OperatorLink,
    SecondStep,
    SignInLink,
    SignInThrottle,
    StaffLink,
    StaffRecoveryCode,
    StaffSession,
    StaffSsoReturn,
    WebSession,
)
from app.audit.forgetting import Key, Term
from app.extensions import db, table_of
from app.registry.addresses import address_table

ERASED_NAME: Final = "persona rimossa n. "
"""What stands in an erased operator's name, with its number within the entity; `operator_names` translates it."""
SESSIONS: Final = "retention_sessions_days"
_OPERATOR: Final = table_of(Operator).c
_SESSION: Final = table_of(WebSession).c
_REQUEST: Final = table_of(AccessRequest).c
_INVITATION: Final = table_of(OperatorInvitation).c
_PERSONAL: Final = ("name", "office", "email", "phone", "note")


def _ended(table: Any) -> Callable[[dt.datetime], list[sa.ColumnElement[bool]]]:
    columns = table_of(table).c
    return lambda before: [sa.func.coalesce(columns.ended_at, columns.expires_at) < before]


def _deleting(table: Any, name: str) -> Callable[[Sequence[Key], dt.datetime], None]:
    column = table_of(table).c[name]

    def delete(keys: Sequence[Key], now: dt.datetime) -> None:
        db.session.execute(sa.delete(table).where(column.in_(keys)))

    return delete


def _delete_sessions(keys: Sequence[Key], now: dt.datetime) -> None:
    """A session that goes leaves behind when its operator was last seen."""
    seen = sa.select(sa.func.max(_SESSION.last_seen_at)).where(_SESSION.id_hash.in_(keys), _SESSION.operator_id == _OPERATOR.id)
    seen_then = seen.scalar_subquery()
    later = sa.or_(_OPERATOR.last_seen_at.is_(None), _OPERATOR.last_seen_at < seen_then)
    own = sa.exists().where(_SESSION.id_hash.in_(keys), _SESSION.operator_id == _OPERATOR.id)
    db.session.execute(sa.update(Operator).where(own, later).values(last_seen_at=seen_then))
    _deleting(WebSession, "id_hash")(keys, now)


def _requests_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [_REQUEST.handled_at < before, sa.or_(*(_REQUEST[name] != "" for name in _PERSONAL))]


def _erase_requests(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(AccessRequest).where(_REQUEST.id.in_(keys)).values(dict.fromkeys(_PERSONAL, "")))


def _invitations_over(before: dt.datetime) -> list[sa.ColumnElement[bool]]:
    return [sa.func.coalesce(_INVITATION.ended_at, _INVITATION.expires_at) < before, _INVITATION.email != ""]


def _erase_invitations(keys: Sequence[Key], now: dt.datetime) -> None:
    db.session.execute(sa.update(OperatorInvitation).where(_INVITATION.id.in_(keys)).values(email=""))


def _link_term(table: Any, name: str) -> Term:
    return Term(name, SESSIONS, table_of(table).c.token_hash, _ended(table), _deleting(table, "token_hash"))


def _dated_term(name: str, setting: str, table: Any, key: str, instant: str) -> Term:
    """Rows that go whole when this instant of theirs is over by the term."""
    columns = table_of(table).c
    return Term(name, setting, columns[key], lambda before: [columns[instant] < before], _deleting(table, key))


TERMS: Final = (
    Term("sessions of entities", SESSIONS, _SESSION.id_hash, _ended(WebSession), _delete_sessions),
    Term(
        "sessions of staff",
        SESSIONS,
        table_of(StaffSession).c.id_hash,
        _ended(StaffSession),
        _deleting(StaffSession, "id_hash"),
    ),
    _link_term(ActivationLink, "links for a password"),
    _link_term(SignInLink, "links to sign in"),
    _link_term(StaffLink, "links for staff"),
    _dated_term("links of invitations", SESSIONS, OperatorLink, "token_hash", "expires_at"),
    _dated_term("returns from single sign-on", SESSIONS, StaffSsoReturn, "state_hash", "taken_at"),
    Term("codes by e-mail", SESSIONS, table_of(SecondStep).c.id, _ended(SecondStep), _deleting(SecondStep, "id")),
    Term("addresses of invitations", "retention_requests_days", _INVITATION.id, _invitations_over, _erase_invitations),
    _dated_term("recovery codes of staff", SESSIONS, StaffRecoveryCode, "code_hash", "ended_at"),
    _dated_term("counts of wrong passwords", "retention_throttle_days", SignInThrottle, "key", "last_failure_at"),
    _dated_term("known devices and networks", "retention_places_days", KnownPlace, "place_hash", "last_used_at"),
    Term("requests for access", "retention_requests_days", _REQUEST.id, _requests_over, _erase_requests),
)


def last_seen() -> sa.ColumnElement[dt.datetime]:
    """When an operator was last seen, for a query on its table: what is noted, else when it was added; sessions that are kept
    count by `has_session`."""
    return sa.func.coalesce(_OPERATOR.last_seen_at, _OPERATOR.created_at)


def has_session(since: dt.datetime) -> sa.ColumnElement[bool]:
    """Whether an operator was seen in a kept session since then."""
    return sa.exists().where(_SESSION.operator_id == _OPERATOR.id, _SESSION.last_seen_at >= since)


def erase_operator_row(operator_id: int, now: dt.datetime) -> tuple[int, str] | None:
    """Erase an operator's own data. None where there is nothing to erase; else its entity's id, and the e-mail address that it
    had and nobody else of the entity has."""
    own = sa.select(_OPERATOR.entity_id, _OPERATOR.email).where(_OPERATOR.id == operator_id, _OPERATOR.erased_at.is_(None))
    row = db.session.execute(own.with_for_update()).one_or_none()
    if row is None:
        return None
    erased = sa.select(sa.func.count()).where(_OPERATOR.entity_id == row.entity_id, _OPERATOR.erased_at.is_not(None))
    number = db.session.execute(erased).scalar_one() + 1
    values = {
        "name": f"{ERASED_NAME}{number}",
        "office": "",
        "email": "",
        "phone": "",
        "erased_at": now,
        "no_reminders_at": None,
    }
    removed = sa.func.coalesce(_OPERATOR.removed_at, now)
    db.session.execute(sa.update(Operator).where(_OPERATOR.id == operator_id).values(**values, removed_at=removed))
    for table in (WebSession, KnownPlace):
        db.session.execute(sa.update(table).where(table.operator_id == operator_id).values(operator_id=None))
    if row.email and not _is_others(row.entity_id, row.email):
        asked = (_REQUEST.entity_id == row.entity_id, sa.func.lower(_REQUEST.email) == row.email.lower())
        asked_and_answered = (*asked, _REQUEST.handled_at.is_not(None))
        db.session.execute(sa.update(AccessRequest).where(*asked_and_answered).values(dict.fromkeys(_PERSONAL, "")))
        return row.entity_id, row.email
    return row.entity_id, ""


def _is_others(entity_id: int, email: str) -> bool:
    """Whether an address is a colleague's too, or the office's own: then it is not the erased person's to take away."""
    colleague = sa.exists().where(_OPERATOR.entity_id == entity_id, sa.func.lower(_OPERATOR.email) == email.lower())
    own = address_table.c
    office = sa.exists().where(own.entity_id == entity_id, sa.func.lower(own.email) == email.lower())
    return bool(db.session.execute(sa.select(sa.or_(colleague, office))).scalar_one())


def forget_invitations(entity_id: int, email: str, now: dt.datetime) -> list[int]:
    """End what still invites an address to fill in for an entity, forget the address in it, and say which those were."""
    own = (_INVITATION.entity_id == entity_id, sa.func.lower(_INVITATION.email) == email.lower())
    numbers = list(db.session.execute(sa.select(_INVITATION.id).where(*own).with_for_update()).scalars())
    outcome = sa.case((_INVITATION.ended_at.is_(None), "withdrawn"), else_=_INVITATION.outcome)
    values = {"email": "", "outcome": outcome, "ended_at": sa.func.coalesce(_INVITATION.ended_at, now)}
    db.session.execute(sa.update(OperatorInvitation).where(_INVITATION.id.in_(numbers)).values(values))
    return numbers
