"""Whose turn a delivery's next step is: claims with a lease and a token, and every change of state.

Not for: what is said to the mail server, or what a message says.
Holds always:
- a change of state is one UPDATE that names the claim's token and the states it may come from: whoever lost the claim
  changes nothing, and is told so;
- two workers never hold the same delivery: PostgreSQL skips rows that another one has locked, SQLite has one writer;
- a lease that ran out gives the delivery back (`queued`) if no word of it was sent, else nobody knows (`unknown`);
- nothing of a group that is paused or cancelled is claimed, also where it is paused at the same moment;
- an `unknown` delivery keeps its token, so that the worker that was only slow may still say what became of it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.config import settings
from app.extensions import db, table_of
from app.mail.hooks import ClaimedDelivery
from app.mail.models import Delivery, DeliveryGroup

SHORTEST_LEASE = dt.timedelta(minutes=10)
STEPS_AFTER_DATA = 5  # as many time-outs fit into a lease
EXPIRED_AT_ONCE = 200
BEFORE_DATA = ("claimed",)
AFTER_DATA = ("data", "unknown")
_FIRST_BACK_OFFS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_BACK_OFF = dt.timedelta(minutes=240)
MOST_ATTEMPTS = 24
PAUSE = dt.timedelta(minutes=5)

_ROW = table_of(Delivery).c
_GROUP = table_of(DeliveryGroup).c
_LIVE_GROUP = sa.and_(_GROUP.paused_at.is_(None), _GROUP.cancelled_at.is_(None))
_CLAIMED = (
    *(_ROW.id, _ROW.kind, _ROW.reference, _ROW.recipient, _ROW.language, _ROW.subject),
    *(_ROW.text, _ROW.html, _ROW.message_id, _ROW.attempts, _ROW.created_at, _ROW.group_id),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one worker to take a delivery's next step, for as long as its token stands in the row."""

    delivery_id: int
    token: str


def lease_span() -> dt.timedelta:
    """For how long a claim is held: longer than the mail server may take to answer what follows DATA."""
    return max(SHORTEST_LEASE, STEPS_AFTER_DATA * dt.timedelta(seconds=settings().smtp_timeout_seconds))


def back_off(attempts: int) -> dt.timedelta:
    """How long after its try number `attempts` a delivery waits for the next: 1, 5, 15, 60, then 240 minutes."""
    return _FIRST_BACK_OFFS[attempts - 1] if attempts <= len(_FIRST_BACK_OFFS) else _BACK_OFF


def new_token() -> str:
    """A token for the claims of one run."""
    return secrets.token_hex(16)


def claim_due(token: str, limit: int, now: dt.datetime) -> list[ClaimedDelivery]:
    """Claim up to `limit` deliveries that are due, longest due first. Commits."""
    live = sa.select(_GROUP.id).where(_LIVE_GROUP)
    due = sa.and_(_ROW.state.in_(("queued", "retry_wait")), _ROW.not_before <= now)
    due = sa.and_(due, sa.or_(_ROW.group_id.is_(None), _ROW.group_id.in_(live)))
    ids = _of_live_groups(_locked(due, (_ROW.not_before, _ROW.id), limit))
    found: list[ClaimedDelivery] = []
    if ids:
        values = {"state": "claimed", "claim_token": token, "lease_until": now + lease_span(), "changed_at": now}
        db.session.execute(sa.update(Delivery).where(Delivery.id.in_(ids)).values(**values))
        rows = db.session.execute(sa.select(*_CLAIMED).where(_ROW.id.in_(ids)).order_by(_ROW.not_before, _ROW.id))
        found = [ClaimedDelivery(*row) for row in rows]
    db.session.commit()
    return found


def _of_live_groups(ids: Sequence[int]) -> Sequence[int]:
    """Those of these deliveries whose group, if any, is live and held so: whoever pauses it waits, and then finds them claimed.

    A group that somebody is changing at this moment is passed over: he may be waiting for these very deliveries.
    """
    if not ids:
        return ids
    rows = db.session.execute(sa.select(_ROW.id, _ROW.group_id).where(_ROW.id.in_(ids)).order_by(_ROW.id)).all()
    groups = {row.group_id for row in rows if row.group_id is not None}
    if not groups:
        return ids
    held = sa.select(_GROUP.id).where(_GROUP.id.in_(groups), _LIVE_GROUP).order_by(_GROUP.id)
    live = set(db.session.execute(held.with_for_update(read=True, skip_locked=True)).scalars())
    return [row.id for row in rows if row.group_id is None or row.group_id in live]


def end_run_out_leases(now: dt.datetime) -> None:
    """Give back what nobody works on any more, and say of what was in its data phase that its fate is unknown. Commits.

    A lease longer than any that is ever given was written while the clock was ahead, and holds nobody.
    """
    run_out = sa.or_(_ROW.lease_until <= now, _ROW.lease_until > now + 2 * lease_span())
    waiting = {"state": "queued", "claim_token": None, "lease_until": None, "changed_at": now}
    lost = {"state": "unknown", "reason": "the sender stopped after DATA", "lease_until": None, "changed_at": now}
    for state, values in (("claimed", waiting), ("data", {**lost, "attempts": Delivery.attempts + 1})):
        ids = _locked(sa.and_(_ROW.state == state, run_out), (_ROW.id,), EXPIRED_AT_ONCE)
        if ids:
            db.session.execute(sa.update(Delivery).where(Delivery.id.in_(ids)).values(**values))
    db.session.commit()


def renew(claim: Claim, now: dt.datetime) -> bool:
    """Hold the claim for a whole lease from now; False if it is no longer held. Flushes only."""
    return _change(claim, BEFORE_DATA, {"lease_until": now + lease_span(), "changed_at": now})


def enter_data(claim: Claim, now: dt.datetime) -> bool:
    """Note that from here on nobody can know by himself whether the message arrived. Flushes only.

    True also where it stands there already: after a commit whose success could not be seen.
    """
    values = {"state": "data", "lease_until": now + lease_span(), "changed_at": now}
    return _change(claim, ("claimed", "data"), values)


def settle(claim: Claim, state: str, now: dt.datetime, *, after_data: bool, reason: str = "", reply: str = "") -> str:
    """End a try that sent the message or met its end: `accepted`, `failed`, `unknown` or `cancelled`. Flushes only.

    Gives the state, empty where the claim was lost.
    """
    values: dict[str, object] = {"state": state, "reason": reason, "reply": reply, "lease_until": None, "changed_at": now}
    if state != "cancelled":
        values["attempts"] = Delivery.attempts + 1
    if state != "unknown":
        values["claim_token"] = None
    return state if _change(claim, AFTER_DATA if after_data else BEFORE_DATA, values) else ""


def try_later(claim: Claim, tries: int, now: dt.datetime, *, after_data: bool, reason: str = "", reply: str = "") -> str:
    """After the try number `tries`: wait for the next one, or fail where there have been enough. As `settle`."""
    if tries >= MOST_ATTEMPTS:
        return settle(claim, "failed", now, after_data=after_data, reason=reason or "too many tries", reply=reply)
    values = {"state": "retry_wait", "reason": reason, "reply": reply, "attempts": tries}
    values |= {"not_before": now + back_off(tries), "claim_token": None, "lease_until": None, "changed_at": now}
    return "retry_wait" if _change(claim, AFTER_DATA if after_data else BEFORE_DATA, values) else ""


def put_back(claim: Claim, now: dt.datetime, *, reason: str, reply: str) -> str:
    """Queue it again for a little later, its tries not counted: what was refused is not the message. As `settle`."""
    values = {"state": "queued", "reason": reason, "reply": reply, "not_before": now + PAUSE}
    values |= {"claim_token": None, "lease_until": None, "changed_at": now}
    return "queued" if _change(claim, BEFORE_DATA, values) else ""


def release(token: str, now: dt.datetime) -> None:
    """Give back what this token still holds and nobody has begun. Commits."""
    held = sa.and_(Delivery.claim_token == token, Delivery.state == "claimed")
    values = {"state": "queued", "claim_token": None, "lease_until": None, "changed_at": now}
    db.session.execute(sa.update(Delivery).where(held).values(**values))
    db.session.commit()


def _change(claim: Claim, states: Sequence[str], values: dict[str, object]) -> bool:
    held = sa.and_(Delivery.id == claim.delivery_id, Delivery.claim_token == claim.token, Delivery.state.in_(states))
    changed = db.session.execute(sa.update(Delivery).where(held).values(**values))
    return bool(getattr(changed, "rowcount", 0))


def _locked(which: sa.ColumnElement[bool], order: Sequence[sa.ColumnElement[object]], limit: int) -> Sequence[int]:
    query = sa.select(_ROW.id).where(which).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    return db.session.execute(query).scalars().all()
