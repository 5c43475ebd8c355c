"""Deliveries about which a person decides: those of unknown fate, those that failed; and addresses called bad by a server.

Not for: what the worker settles by itself (`claims.py`).
Holds always: only a delivery of unknown fate can be decided; sent again, it keeps its Message-ID, so that a mailbox that has it
already shows it once; the decision and its audit entry are one transaction; the audit names no address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.groups import GroupEndedError
from app.mail.models import Delivery, DeliveryGroup, Suppression
from app.mail.outbox import DeliveryRow
from app.mail.suppressions import lift_suppression

ARRIVED: Final = "somebody found that it arrived"
AGAIN: Final = "somebody had it sent again"
_ROW: Final = table_of(Delivery).c
_SHOWN: Final = tuple(_ROW[name] for name in DeliveryRow.__slots__)


class UnknownDeliveryError(Exception):
    """No delivery of unknown fate has this id: there is none, or its fate is known by now."""


class NotSuppressedError(Exception):
    """Nothing is held back from this address."""


@dataclass(frozen=True, slots=True)
class SuppressedRow:
    """An address that a server has called bad, and what it said."""

    email: str
    reply: str
    at: dt.datetime


def list_deliveries(states: Collection[str], *, limit: int = 50, offset: int = 0) -> list[DeliveryRow]:
    """The deliveries in these states, the one that changed last first."""
    query = sa.select(*_SHOWN).where(_ROW.state.in_(states)).order_by(_ROW.changed_at.desc(), _ROW.id.desc())
    return [DeliveryRow(*row) for row in db.session.execute(query.limit(limit).offset(offset))]


def decide_unknown(delivery_id: int, *, arrived: bool, actor: str, now: dt.datetime) -> str:
    """Say of a delivery of unknown fate that it arrived, or have it sent again; its new state. Commits.

    Raises `UnknownDeliveryError`; `GroupEndedError` where it should go again and its group was cancelled meanwhile.
    """
    if not arrived and _is_of_ended_group(delivery_id):
        db.session.rollback()
        raise GroupEndedError(delivery_id)
    state = "accepted" if arrived else "queued"
    values: dict[str, object] = {
        "state": state,
        "reason": ARRIVED if arrived else AGAIN,
        "claim_token": None,
        "changed_at": now,
    }
    if not arrived:
        values["not_before"] = now
    unknown = sa.update(Delivery).where(_ROW.id == delivery_id, _ROW.state == "unknown").values(**values)
    if db.session.execute(unknown.returning(Delivery.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownDeliveryError(delivery_id)
    record("delivery_decided", actor=actor, subject=f"delivery:{delivery_id}", detail={"arrived": arrived}, now=now)
    db.session.commit()
    return state


def _is_of_ended_group(delivery_id: int) -> bool:
    """Held until the transaction ends, so that nobody cancels the group in between."""
    group = sa.select(DeliveryGroup.cancelled_at).join(Delivery, _ROW.group_id == DeliveryGroup.id)
    held = group.where(_ROW.id == delivery_id).with_for_update(of=table_of(DeliveryGroup))
    return db.session.execute(held).scalar_one_or_none() is not None


def suppressed_addresses(*, limit: int = 50, offset: int = 0) -> list[SuppressedRow]:
    """The addresses to which nothing is sent, the latest first."""
    query = sa.select(Suppression.email, Suppression.reply, Suppression.at)
    query = query.order_by(Suppression.at.desc(), Suppression.email).limit(limit).offset(offset)
    return [SuppressedRow(*row) for row in db.session.execute(query)]


def count_suppressed() -> int:
    """How many there are."""
    return db.session.execute(sa.select(sa.func.count()).select_from(Suppression)).scalar_one()


def allow_address(email: str, *, actor: str, now: dt.datetime) -> None:
    """Send to this address again. Commits. Raises `NotSuppressedError`."""
    if not lift_suppression(email):
        db.session.rollback()
        raise NotSuppressedError
    record("mail_address_allowed", actor=actor, subject="mail:suppression", detail={}, now=now)
    db.session.commit()
