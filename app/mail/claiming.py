"""Whose turn it is: which deliveries a worker may take in hand now, and which are given back.

Not for: what becomes of them (`claims.py`).
Holds always:
- two workers never hold the same delivery: PostgreSQL skips rows that another one has locked, SQLite has one writer;
- a lease that ran out gives the delivery back (`queued`) if no word of it was sent, else nobody knows (`unknown`);
- nothing of a group that is paused or cancelled, or that somebody sends by hand, is claimed, also where it is paused at this
  very moment; nor anything while all sending is held, nor beyond the paces of `rates.py`, nor outside of working hours where
  the group keeps them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from app.among import among
from app.config import settings
from app.extensions import db, table_of
from app.mail.claims import lease_span
from app.mail.holds import is_held
from app.mail.hooks import ClaimedDelivery
from app.mail.models import EMAIL, Delivery, DeliveryGroup
from app.mail.pace import is_working_time
from app.mail.rates import MINUTE, room, use_up, used_by_domain

EXPIRED_AT_ONCE = 200
_ROW = table_of(Delivery).c
_GROUP = table_of(DeliveryGroup).c
_LIVE_GROUP = sa.and_(_GROUP.paused_at.is_(None), _GROUP.cancelled_at.is_(None), _GROUP.by_hand.is_(False))
_CLAIMED = (
    *(_ROW.id, _ROW.kind, _ROW.reference, _ROW.recipient, _ROW.language, _ROW.subject),
    *(_ROW.text, _ROW.html, _ROW.message_id, _ROW.attempts, _ROW.created_at, _ROW.group_id, _ROW.dedupe_key, _ROW.tries_noted),
    _ROW.channel,
)


def claim_due(
    token: str, limit: int, now: dt.datetime, *, due_by: dt.datetime | None = None, channel: str = EMAIL
) -> list[ClaimedDelivery]:
    """Claim up to `limit` deliveries of a channel that are due, longest due first; none while all sending is held. Commits.

    `due_by`: the instant that has come for certain, where the clock has jumped ahead (`steady.py`): what was to go at once
    when it was queued goes all the same. Of a group that keeps working hours nothing is claimed outside of them; what would be
    too much for a domain is put off.
    """
    found: list[ClaimedDelivery] = []
    if not is_held():
        read = settings()
        free = room(channel, read.mail_per_minute if channel == EMAIL else read.pec_per_minute, now)
        allowed = limit if free is None else min(limit, free)
        ids = _due(channel, allowed, now, due_by or now) if allowed else ()
        ids = _of_live_groups(_within_domains(ids, read.mail_domain_per_minute if channel == EMAIL else 0, now))
        if ids:
            found = _claimed(ids, token, now)
            if free is not None:
                use_up(channel, len(ids), now)
    db.session.commit()
    return found


def _due(channel: str, limit: int, now: dt.datetime, due_by: dt.datetime) -> Sequence[int]:
    open_now = _LIVE_GROUP if is_working_time(now) else sa.and_(_LIVE_GROUP, _GROUP.working_hours.is_(False))
    live = sa.select(_GROUP.id).where(open_now)
    due = sa.and_(_ROW.state.in_(("queued", "retry_wait")), _ROW.not_before <= now, _ROW.channel == channel)
    if due_by < now:
        due = sa.and_(due, sa.or_(_ROW.not_before <= due_by, _ROW.not_before <= _ROW.created_at))
    due = sa.and_(due, sa.or_(_ROW.group_id.is_(None), _ROW.group_id.in_(live)))
    return _locked(due, (_ROW.not_before, _ROW.id), limit)


def _claimed(ids: Sequence[int], token: str, now: dt.datetime) -> list[ClaimedDelivery]:
    values = {"state": "claimed", "claim_token": token, "lease_until": now + lease_span(), "claimed_at": now, "changed_at": now}
    values["tries_noted"] = _ROW.tries_noted + 1
    db.session.execute(sa.update(table_of(Delivery)).where(among(_ROW.id, ids)).values(**values))
    rows = db.session.execute(sa.select(*_CLAIMED).where(among(_ROW.id, ids)).order_by(_ROW.not_before, _ROW.id))
    return [ClaimedDelivery(*row) for row in rows]


def _within_domains(ids: Sequence[int], per_minute: int, now: dt.datetime) -> Sequence[int]:
    """Those of these deliveries that their domains' pace lets go now; the others are put off, each by as much as it must be."""
    if not ids or not per_minute:
        return ids
    rows = db.session.execute(
        sa.select(_ROW.id, _ROW.domain).where(among(_ROW.id, ids)).order_by(_ROW.not_before, _ROW.id)
    ).all()
    used, kept, late = used_by_domain({row.domain for row in rows}, now), [], []
    for row in rows:
        used[row.domain] += 1
        beyond = used[row.domain] - per_minute
        if beyond <= 0:
            kept.append(row.id)
        else:
            late.append({"own_id": row.id, "due": now + beyond * MINUTE / per_minute})
    if late:
        put_off = sa.update(table_of(Delivery)).where(_ROW.id == sa.bindparam("own_id"))
        db.session.connection().execute(put_off.values(not_before=sa.bindparam("due", type_=_ROW.not_before.type)), late)
    return kept


def _of_live_groups(ids: Sequence[int]) -> Sequence[int]:
    """Those of these deliveries whose group, if any, is live and held so: whoever pauses it waits, and then finds them claimed.

    A group that somebody is changing at this moment is passed over: he may be waiting for these very deliveries.
    """
    if not ids:
        return ids
    rows = db.session.execute(sa.select(_ROW.id, _ROW.group_id).where(among(_ROW.id, ids)).order_by(_ROW.id)).all()
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


def release(token: str, now: dt.datetime) -> None:
    """Give back what this token still holds and nobody has begun. Commits."""
    held = sa.and_(Delivery.claim_token == token, Delivery.state == "claimed")
    values = {"state": "queued", "claim_token": None, "lease_until": None, "changed_at": now}
    db.session.execute(sa.update(Delivery).where(held).values(**values))
    db.session.commit()


def _locked(which: sa.ColumnElement[bool], order: Sequence[sa.ColumnElement[object]], limit: int) -> Sequence[int]:
    query = sa.select(_ROW.id).where(which).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    return db.session.execute(query).scalars().all()
