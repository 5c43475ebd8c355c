"""Requests to answer again after the deadline, made by an operator who has signed in; they wait for the desk.

Not for: granting one (`extensions.py`, which closes the request in its own transaction).
Holds always: one waits an entity and edition at a time, and asking again changes its reason; personal values stand in the row
alone, which can be erased, never in the log or the audit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from app.audit.chain import Scalar, record
from app.editions.models import ReopeningRequest
from app.extensions import db, table_of
from app.registry.entities import entity_table, label

LONGEST_REASON = 500
reopening_table = table_of(ReopeningRequest)  # for rooms that join it in a query of their own; they read, and never write
_ROW = reopening_table.c
_ASKER = ("name", "office", "email", "phone")


class Asker(Protocol):
    """Who asks: an operator of the entity, as `app.accounts` knows it."""

    @property
    def id(self) -> int: ...

    @property
    def entity_id(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def office(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def phone(self) -> str: ...


class EditionAsked(Protocol):
    """The edition that should be opened again for the entity."""

    @property
    def id(self) -> int: ...

    @property
    def code(self) -> str: ...


class UnknownReopeningError(Exception):
    """No request with this id waits: there is none, or somebody has seen to it already."""


@dataclass(frozen=True, slots=True)
class ReopeningRow:
    """One request that waits. Personal data: show it to the desk only."""

    id: int
    entity_code: str
    entity_label: str
    name: str
    office: str
    email: str
    phone: str
    reason: str
    created_at: dt.datetime


def ask_reopening(asker: Asker, edition: EditionAsked, reason: str, now: dt.datetime) -> int:
    """Put the request before the desk and return its id. Commits. Raises ValueError for a reason of another length."""
    if not 0 < len(reason) <= LONGEST_REASON:
        raise ValueError(f"a reason has 1 to {LONGEST_REASON} characters")
    values: dict[str, Any] = {name: getattr(asker, name) for name in _ASKER}
    values["reason"] = reason
    change = sa.update(ReopeningRequest).where(*_waits(edition.id, asker.entity_id)).values(**values)
    known = db.session.execute(change.returning(ReopeningRequest.id)).scalar_one_or_none()
    request_id = known if known is not None else _add(edition.id, asker.entity_id, values, now)
    detail: dict[str, Scalar] = {"edition": edition.code, "again": known is not None}
    subject = f"reopening_request:{request_id}"
    record("reopening_requested", actor=f"operator:{asker.id}", subject=subject, detail=detail, now=now)
    db.session.commit()
    return request_id


def asked_at(entity_id: int, edition_id: int) -> dt.datetime | None:
    """Since when the entity's request for this edition waits; None where none does."""
    query = sa.select(_ROW.created_at).where(*_waits(edition_id, entity_id))
    return db.session.execute(query).scalar_one_or_none()


def waiting_reopenings(edition_id: int) -> list[ReopeningRow]:
    """The requests that wait in an edition, oldest first."""
    entity = entity_table.c
    query = sa.select(
        *(_ROW.id, entity.code, entity.name.label("entity_name"), entity.province_sign),
        *(_ROW.name, _ROW.office, _ROW.email, _ROW.phone, _ROW.reason, _ROW.created_at),
    ).join_from(table_of(ReopeningRequest), entity_table, entity.id == _ROW.entity_id)
    query = query.where(_ROW.edition_id == edition_id, _ROW.closed_at.is_(None)).order_by(_ROW.created_at, _ROW.id)
    return [
        ReopeningRow(row.id, row.code, label(row.entity_name, row.province_sign), *tuple(row)[4:])
        for row in db.session.execute(query)
    ]


def select_waiting_reopenings(edition_id: int | sa.BindParameter[int]) -> sa.Select[int]:
    """The ids of the entities whose request waits in an edition, for a query of another room."""
    return sa.select(_ROW.entity_id).where(_ROW.edition_id == edition_id, _ROW.closed_at.is_(None))


def close_reopening(edition_id: int, entity_id: int, outcome: str, *, closed_by: str, now: dt.datetime) -> None:
    """Note how the waiting request of an entity ended: granted or refused. Nothing where none waits. Flushes only."""
    values = {"closed_at": now, "closed_by": closed_by, "outcome": outcome}
    db.session.execute(sa.update(ReopeningRequest).where(*_waits(edition_id, entity_id)).values(**values))


def waiting_entities(edition_id: int) -> set[int]:
    """The ids of the entities whose request waits in an edition."""
    query = sa.select(_ROW.entity_id).where(_ROW.edition_id == edition_id, _ROW.closed_at.is_(None)).order_by(_ROW.id)
    return set(db.session.execute(query).scalars())


def refuse_reopening(request_id: int, *, refused_by: str, now: dt.datetime) -> None:
    """Close a request without granting it. Commits. Raises `UnknownReopeningError`."""
    values = {"closed_at": now, "closed_by": refused_by, "outcome": "refused"}
    change = sa.update(ReopeningRequest).where(_ROW.id == request_id, _ROW.closed_at.is_(None)).values(**values)
    if db.session.execute(change.returning(ReopeningRequest.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownReopeningError(request_id)
    record("reopening_refused", actor=refused_by, subject=f"reopening_request:{request_id}", detail={}, now=now)
    db.session.commit()


def _add(edition_id: int, entity_id: int, values: dict[str, Any], now: dt.datetime) -> int:
    row = {**values, "edition_id": edition_id, "entity_id": entity_id, "created_at": now}
    return db.session.execute(sa.insert(ReopeningRequest).values(**row).returning(ReopeningRequest.id)).scalar_one()


def _waits(edition_id: int, entity_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (_ROW.edition_id == edition_id, _ROW.entity_id == entity_id, _ROW.closed_at.is_(None))
