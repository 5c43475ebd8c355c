"""How soon somebody may try a password again: counts of failures in a table, delays that grow, and nobody locked out.

Not for: telling right passwords from wrong ones.
Holds always:
- a try at an account is counted before its password is looked at, in a transaction of its own, so that a hundred tries at
  once are a hundred tries; a right password takes its count back;
- a try that came too early is refused without being counted, so a delay never grows by waiting it out badly;
- a delay is at most `throttle_max_delay_seconds`, and a count is forgotten `throttle_window_minutes` after the last failure;
- whoever signed in before from this device, or from this network, is counted apart: what strangers do elsewhere to the same
  account delays strangers only.
No address stands in the table: keys are hashes under the installation's secret.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import math
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import SignInThrottle
from app.accounts.tokens import keyed_hash
from app.config import settings
from app.extensions import db
from app.web.log import log_refusal

EVERYWHERE_FACTOR = 4
FIRST_DELAY_SECONDS = 2
FREE_ASKINGS = 20
_KEPT = dt.timedelta(days=1)
_FORGOTTEN_AT_ONCE = 200
Account = int | str
"""An entity's id, or another account's name ("staff|address"), whether or not there is such an account."""


class TooManyAttemptsError(Exception):
    """The next try must wait. `seconds`: for how long, at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, order=True)
class Limit:
    """One count: after `free` failures under `key` the next tries must wait. `shared`: with others who are not the owner.

    `entity_id`: the account at which it counts, None for all of them.
    """

    key: str
    free: int
    shared: bool
    entity_id: int | None = field(default=None, compare=False)


def network_of(address: str | None) -> str:
    """The network that an address stands for: an IPv4 address itself, the /56 of an IPv6 one (a household or an office)."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 56), strict=False))
    return str(parsed)


def limits_of_device(account: Account, device_hash: str) -> list[Limit]:
    """For a device that has signed in to this account before: its own count and no other."""
    return [_limit(f"device|{device_hash}|{account}", settings().throttle_account_failures, entity_id=_entity_of(account))]


def limits_of_known_network(account: Account, network: str) -> list[Limit]:
    """For a network from which its owner has signed in before: the count of that network at this account."""
    return [_limit(f"pair|{account}|{network}", settings().throttle_account_failures, entity_id=_entity_of(account))]


def limits_of_stranger(account: Account, network: str) -> list[Limit]:
    """For everybody else: the same, and the count of all strangers together at this account."""
    free = settings().throttle_account_failures * EVERYWHERE_FACTOR
    everywhere = _limit(f"account|{account}", free, shared=True, entity_id=_entity_of(account))
    return [*limits_of_known_network(account, network), everywhere]


def limit_of_network(network: str) -> Limit:
    """The count of a network at all accounts and unknown names together."""
    return _limit(f"network|{network}", settings().throttle_network_failures, shared=True)


def limit_of_asking(network: str) -> Limit:
    """The count of what a network asks for without having signed in: messages, and requests to the desk."""
    return Limit(keyed_hash(f"throttle|asking|{network}"), FREE_ASKINGS, True)


def refuse_early(limits: Collection[Limit], now: dt.datetime) -> None:
    """Raise `TooManyAttemptsError` if one of these must still wait. Reads only."""
    query = sa.select(SignInThrottle.blocked_until).where(SignInThrottle.key.in_([limit.key for limit in limits]))
    _refuse(db.session.execute(query).scalars().all(), now)


def count_try(limits: Collection[Limit], now: dt.datetime) -> None:
    """Count one try under each limit and commit; or, where one must still wait, count nothing and raise
    `TooManyAttemptsError`."""
    _refuse([locked_count(limit.key, now).blocked_until for limit in sorted(limits)], now)
    for limit in sorted(limits):
        row = locked_count(limit.key, now)
        forgotten = now - row.last_failure_at >= dt.timedelta(minutes=settings().throttle_window_minutes)
        failures = 1 if forgotten else row.failures + 1
        values = {"failures": failures, "last_failure_at": now, "blocked_until": now + _delay(failures, limit.free)}
        values["entity_id"] = limit.entity_id
        db.session.execute(sa.update(SignInThrottle).where(SignInThrottle.key == limit.key).values(**values))
    db.session.commit()


def take_back(limits: Collection[Limit], now: dt.datetime) -> None:
    """The try was right. Its own counts (device, network at this account) start again; the strangers' loses this one try.

    Flushes only. Others' failures at the account stay counted: a right password of the owner is no present to an attacker.
    """
    for limit in sorted(limits):
        failures = SignInThrottle.failures - 1 if limit.shared else sa.literal(0)
        values = {"failures": failures, "blocked_until": now}
        update = sa.update(SignInThrottle).where(SignInThrottle.key == limit.key, SignInThrottle.failures > 0)
        db.session.execute(update.values(**values))


def forget_old_counts(now: dt.datetime) -> None:
    """Delete counts that no longer matter, some at a time, leaving out those that somebody is changing. Commits."""
    old = sa.select(SignInThrottle.key).where(SignInThrottle.last_failure_at < now - _KEPT)
    old = old.order_by(SignInThrottle.key).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    keys = db.session.execute(old).scalars().all()
    if keys:
        db.session.execute(sa.delete(SignInThrottle).where(SignInThrottle.key.in_(keys)))
    db.session.commit()


def waits_of(entity_ids: Collection[int], now: dt.datetime) -> dict[int, dt.datetime]:
    """Entity's id → until when somebody who tries its password must wait, for those at which somebody must."""
    latest = now + dt.timedelta(seconds=settings().throttle_max_delay_seconds)
    until = SignInThrottle.blocked_until
    query = sa.select(SignInThrottle.entity_id, sa.func.max(until).label("until")).group_by(SignInThrottle.entity_id)
    query = query.where(SignInThrottle.entity_id.in_(entity_ids), until > now, until <= latest)
    rows = db.session.execute(query.order_by(SignInThrottle.entity_id))
    return {row.entity_id: row.until for row in rows}


def forget_counts(entity_id: int, now: dt.datetime) -> bool:
    """Start every count at this account again, and say whether somebody had to wait. Flushes only.

    What a network counts at all accounts together stays: it is nobody's account.
    """
    everywhere = keyed_hash(f"throttle|account|{entity_id}")
    own = sa.or_(SignInThrottle.entity_id == entity_id, SignInThrottle.key == everywhere)
    waited = bool(waits_of([entity_id], now))
    db.session.execute(sa.update(SignInThrottle).where(own).values(failures=0, blocked_until=now))
    return waited


def _entity_of(account: Account) -> int | None:
    return account if isinstance(account, int) else None


def _limit(what: str, free: int, *, shared: bool = False, entity_id: int | None = None) -> Limit:
    return Limit(keyed_hash("throttle|" + what), free, shared, entity_id)


def locked_count(key: str, now: dt.datetime) -> sa.Row[int, dt.datetime, dt.datetime]:
    """The count of this key (failures, the last one's instant, blocked until), locked until the transaction ends; made if there
    is none."""
    query = sa.select(SignInThrottle.failures, SignInThrottle.last_failure_at, SignInThrottle.blocked_until)
    query = query.where(SignInThrottle.key == key).with_for_update()
    row = db.session.execute(query).one_or_none()
    if row is None:
        fresh = sa.insert(SignInThrottle).values(key=key, failures=0, last_failure_at=now, blocked_until=now)
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.execute(fresh)
        row = db.session.execute(query).one()
    return row


def _refuse(blocked: Collection[dt.datetime], now: dt.datetime) -> None:
    longest = settings().throttle_max_delay_seconds
    # A wait longer than any that is ever set was written while the clock was ahead: it binds nobody.
    waits = [wait for until in blocked if 0 < (wait := (until - now).total_seconds()) <= longest]
    if waits:
        db.session.rollback()
        log_refusal("too many attempts", seconds=math.ceil(max(waits)))
        raise TooManyAttemptsError(math.ceil(max(waits)))


def _delay(failures: int, free: int) -> dt.timedelta:
    if failures < free:
        return dt.timedelta(0)
    grown = FIRST_DELAY_SECONDS * 2 ** min(failures - free, 20)
    return dt.timedelta(seconds=min(grown, settings().throttle_max_delay_seconds))
