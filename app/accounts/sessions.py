"""Sessions as rows: opening, finding in one query, ending one or all of an entity's.

Not for: cookies (`app.accounts.cookies`) or who may do what (`app.accounts.permissions`).
Holds always: a session is live while it has not been ended, has not reached its absolute end, and was seen within the idle
limit of the settings; one of staff who fills in by telephone, only while `telephone.py` says so as well. Its id is known to the
browser only; the row, and every other table, has the hash.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.accounts.identity import Identity, TelephoneSession
from app.accounts.models import Operator, WebSession
from app.accounts.telephone import IDLE, LONGEST, seen_after, still_allowed
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.config import settings
from app.database import unit_of_work
from app.extensions import db, table_of
from app.registry.entities import entity_table, label

SEEN_PARTS = 20


class OperatorOfAnotherEntityError(Exception):
    """The operator does not belong to the session's entity (or does not exist: the two are told apart nowhere)."""


def open_session(
    entity_id: int, now: dt.datetime, *, operator_id: int | None = None, telephone: TelephoneSession | None = None
) -> str:
    """Add a live session and return its id for the cookie. Flushes only: signing in is one transaction with its caller.

    `telephone`: of staff who fills in with an officer on the line.
    """
    token = new_token()
    bound = {} if telephone is None else {name: getattr(telephone, name) for name in TelephoneSession.__slots__}
    lasts = dt.timedelta(hours=settings().session_hours) if telephone is None else LONGEST
    db.session.execute(
        sa.insert(WebSession).values(
            id_hash=token_hash(token),
            entity_id=entity_id,
            operator_id=operator_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lasts,
            **bound,
        )
    )
    return token


_ENTITY, _OPERATOR, _SESSION = entity_table.c, table_of(Operator).c, table_of(WebSession).c
LIVE_SESSION = (
    sa.select(
        _SESSION.id_hash.label("session_key"),
        _SESSION.last_seen_at.label("session_last_seen_at"),
        _ENTITY.id.label("entity_id"),
        _ENTITY.code.label("entity_code"),
        _ENTITY.name.label("entity_name"),
        _ENTITY.province_sign.label("entity_province_sign"),
        _ENTITY.kind.label("entity_kind"),
        _OPERATOR.id.label("operator_id"),
        _OPERATOR.name.label("operator_name"),
        _OPERATOR.verified_at.label("operator_verified_at"),
        _SESSION.staff_id.label("session_staff_id"),
        _SESSION.staff_session.label("session_staff_session"),
        _SESSION.edition_id.label("session_edition_id"),
    )
    .select_from(table_of(WebSession))
    .join(entity_table, _ENTITY.id == _SESSION.entity_id)
    .outerjoin(
        table_of(Operator),
        sa.and_(
            _OPERATOR.id == _SESSION.operator_id,
            _OPERATOR.entity_id == _SESSION.entity_id,
            _OPERATOR.removed_at.is_(None),
        ),
    )
    .where(
        _SESSION.id_hash == sa.bindparam("session_hash"),
        _ENTITY.valid_to.is_(None),
        _SESSION.ended_at.is_(None),
        _SESSION.expires_at > sa.bindparam("session_now"),
        _SESSION.last_seen_at > sa.bindparam("session_seen_after"),
        sa.or_(_SESSION.staff_id.is_(None), sa.and_(_OPERATOR.id.is_not(None), still_allowed(_SESSION, _ENTITY))),
    )
)
"""The live session with an id, with its entity and operator: no row or one, with the columns that `identity_from` reads.

Made once, since building a statement costs more than running it. Others may `.add_columns(…)` and `.join(…)` their own tables
on `entity.id`, and have session, account and answers in one query.
"""


def live_session_parameters(token: str, now: dt.datetime) -> dict[str, Any] | None:
    """The parameters of `LIVE_SESSION` for the id in a cookie; None for what cannot be one."""
    if not has_token_shape(token):
        return None
    times = {"session_now": now, "session_seen_after": now - _idle_limit(), **seen_after(now)}
    return {"session_hash": token_hash(token), **times}


def identity_from(row: Sequence[Any]) -> Identity:
    """The identity in a row that begins with the columns of `LIVE_SESSION`."""
    return Identity(
        session_key=row[0],
        last_seen_at=row[1],
        entity_id=row[2],
        entity_code=row[3],
        entity_name=row[4],
        entity_label=label(row[4], row[5]),
        entity_kind=row[6],
        operator_id=row[7],
        operator_name=row[8],
        operator_verified=row[9] is not None,
        telephone=None if row[10] is None else TelephoneSession(row[10], row[11], row[12]),
    )


def find_identity(token: str, now: dt.datetime) -> Identity | None:
    """Whose live session this id is, in one query; None for a wrong, ended or expired one."""
    parameters = live_session_parameters(token, now)
    if parameters is None:
        return None
    row = db.session.connection().execute(LIVE_SESSION, parameters).one_or_none()
    return None if row is None else identity_from(row)


def entity_code_of(token: str) -> str | None:
    """The entity of a session, also of one that is over: so that what was typed in it is offered to no other entity."""
    if not has_token_shape(token):
        return None
    query = sa.select(entity_table.c.code).join(WebSession, WebSession.entity_id == entity_table.c.id)
    return db.session.execute(query.where(WebSession.id_hash == token_hash(token))).scalar_one_or_none()


def telephone_entity_of(token: str) -> str | None:
    """The code of the entity for which staff filled in by telephone in a session, also in one that is over; None for others."""
    if not has_token_shape(token):
        return None
    query = sa.select(entity_table.c.code).join(WebSession, WebSession.entity_id == entity_table.c.id)
    one = (WebSession.id_hash == token_hash(token), WebSession.staff_id.is_not(None))
    return db.session.execute(query.where(*one)).scalar_one_or_none()


def keep_alive(identity: Identity, now: dt.datetime, *, writes: bool) -> None:
    """Note that the session was used, at most twenty times in an idle limit, since each note is a write.

    Where the transaction `writes`, as a part of it; else in one of its own, after the one that only read.
    """
    limit = _idle_limit() if identity.telephone is None else min(IDLE, _idle_limit())
    if identity.last_seen_at is None or now - identity.last_seen_at < limit / SEEN_PARTS:
        return
    touch = sa.update(WebSession).where(WebSession.id_hash == identity.session_key, WebSession.ended_at.is_(None))
    touch = touch.values(last_seen_at=now)
    if writes:
        db.session.execute(touch)
        return
    db.session.rollback()
    with unit_of_work(writes=True):
        db.session.execute(touch)
        db.session.commit()


def _idle_limit() -> dt.timedelta:
    return dt.timedelta(minutes=settings().session_idle_minutes)


def end_session(session_key: str, now: dt.datetime) -> None:
    """End one session. Ending an ended one changes nothing."""
    db.session.execute(
        sa.update(WebSession).where(WebSession.id_hash == session_key, WebSession.ended_at.is_(None)).values(ended_at=now)
    )
    db.session.commit()


def end_all_sessions(entity_id: int, now: dt.datetime) -> int:
    """End every live session of the entity and say how many there were. Flushes only: a reset is one transaction."""
    ended = db.session.execute(
        sa.update(WebSession).where(WebSession.entity_id == entity_id, WebSession.ended_at.is_(None)).values(ended_at=now)
    )
    return int(getattr(ended, "rowcount", 0))


def choose_operator(session_key: str, operator_id: int) -> None:
    """Say who fills in from now on in this session.

    Raises `OperatorOfAnotherEntityError` where the operator is not one of the session's entity, was removed, or is somebody on
    the telephone.
    """
    own = sa.select(WebSession.entity_id).where(WebSession.id_hash == session_key).scalar_subquery()
    operator = sa.select(Operator.id).where(
        Operator.id == operator_id, Operator.entity_id == own, Operator.removed_at.is_(None), Operator.staff_id.is_(None)
    )
    if db.session.execute(operator).scalar_one_or_none() is None:
        db.session.rollback()
        raise OperatorOfAnotherEntityError(operator_id)
    db.session.execute(sa.update(WebSession).where(WebSession.id_hash == session_key).values(operator_id=operator_id))
    db.session.commit()
