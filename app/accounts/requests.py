""" "I have received nothing": somebody of an entity asks the desk for access, and the desk says when it has seen to it.

Not for: giving access (a reset, an invitation, a code). Whoever asks has not shown who they are: the desk finds out first.
Holds always: the same person asking again while the first request waits is one request; personal values stand in the row alone,
which can be erased, never in the log or the audit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts import throttle
from app.accounts.models import AccessRequest
from app.accounts.rations import AskedTooOftenError, Ration, take
from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.entities import EntityRow, entity_table, label

OUTCOMES: Final = ("answered", "refused", "unreachable")
MOST_A_DAY: Final = 10
LONGEST_NOTE: Final = 2_000
_REQUEST: Final = table_of(AccessRequest).c


class UnknownRequestError(Exception):
    """No request with this id waits: there is none, or somebody has seen to it already."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request. Personal data: show it to the desk only."""

    id: int
    entity_code: str
    entity_label: str
    name: str
    office: str
    email: str
    phone: str
    note: str
    created_at: dt.datetime


def add_access_request(
    entity: EntityRow, *, name: str, office: str, email: str, phone: str, note: str, network: str, now: dt.datetime
) -> int:
    """Put a request before the desk and return its id; the one that waits, where the same person has asked before.

    Raises `TooManyAttemptsError` (this network) or `AskedTooOftenError` (this entity); nothing is written then.
    """
    throttle.count_try([throttle.limit_of_asking(network)], now)
    waiting = _waiting(entity.id, name, email)
    if waiting is not None:
        db.session.commit()  # the try counts; what the first one said stays, for the second may be somebody else's
        return waiting
    try:
        take(Ration(f"request|{entity.id}", MOST_A_DAY, dt.timedelta(hours=20), dt.timedelta(0)), now)
    except AskedTooOftenError:
        db.session.rollback()
        raise
    values = {"entity_id": entity.id, "name": name, "office": office, "email": email, "phone": phone, "note": note}
    added = sa.insert(AccessRequest).values(**values, created_at=now).returning(AccessRequest.id)
    request_id = db.session.execute(added).scalar_one()
    subject = f"entity:{entity.code}"
    record("access_requested", actor="visitor", subject=subject, detail={"request": request_id}, now=now)
    db.session.commit()
    return request_id


def open_requests(limit: int = 50, offset: int = 0) -> list[RequestRow]:
    """The requests that wait, oldest first."""
    entity = entity_table.c
    query = sa.select(
        _REQUEST.id,
        entity.code,
        entity.name.label("entity_name"),
        entity.province_sign,
        _REQUEST.name,
        _REQUEST.office,
        _REQUEST.email,
        _REQUEST.phone,
        _REQUEST.note,
        _REQUEST.created_at,
    ).join_from(table_of(AccessRequest), entity_table, entity.id == _REQUEST.entity_id)
    query = query.where(_REQUEST.handled_at.is_(None)).order_by(_REQUEST.created_at, _REQUEST.id)
    rows = db.session.execute(query.limit(limit).offset(offset))
    return [
        RequestRow(
            id=row.id,
            entity_code=row.code,
            entity_label=label(row.entity_name, row.province_sign),
            name=row.name,
            office=row.office,
            email=row.email,
            phone=row.phone,
            note=row.note,
            created_at=row.created_at,
        )
        for row in rows
    ]


def count_open_requests() -> int:
    """How many wait."""
    return db.session.execute(sa.select(sa.func.count(_REQUEST.id)).where(_REQUEST.handled_at.is_(None))).scalar_one()


def select_open_requests() -> sa.Select[int]:
    """The id of its entity for each request that waits, for a query of another room."""
    return sa.select(_REQUEST.entity_id).where(_REQUEST.handled_at.is_(None))


def handle_request(request_id: int, *, outcome: str, handled_by: str, now: dt.datetime) -> None:
    """Note that somebody has seen to it, and how: one of `OUTCOMES`. Raises `UnknownRequestError`, ValueError."""
    if outcome not in OUTCOMES:
        raise ValueError(f"an outcome is one of {', '.join(OUTCOMES)}, not {outcome!r}")
    waiting = sa.update(AccessRequest).where(_REQUEST.id == request_id, _REQUEST.handled_at.is_(None))
    handled = waiting.values(handled_at=now, handled_by=handled_by, outcome=outcome).returning(AccessRequest.id)
    if db.session.execute(handled).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownRequestError(request_id)
    detail = {"outcome": outcome}
    record("access_request_handled", actor=handled_by, subject=f"access_request:{request_id}", detail=detail, now=now)
    db.session.commit()


def _waiting(entity_id: int, name: str, email: str) -> int | None:
    same = (_REQUEST.entity_id == entity_id, sa.func.lower(_REQUEST.email) == email.lower(), _REQUEST.name == name)
    query = sa.select(_REQUEST.id).where(*same, _REQUEST.handled_at.is_(None)).order_by(_REQUEST.id)
    return db.session.execute(query).scalars().first()
