"""How many messages may leave now: the pace of a channel, and that of each recipient's domain, for all workers together.

Not for: the pace of a batch (`pace.py`), which is planned.
Holds always: whoever asks holds the channel's row until the claim is committed, so that two workers never use the same room;
in no minute more leave than the setting says; a clock that was set back stops nobody.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.extensions import db, table_of
from app.mail.models import Delivery, MailRate

MINUTE: Final = dt.timedelta(minutes=1)
_Lately = list[tuple[float, int]]
_ROW: Final = table_of(Delivery).c
_RATE: Final = table_of(MailRate).c


def room(channel: str, per_minute: int, now: dt.datetime) -> int | None:
    """How many more messages may be claimed now, so that no minute has more than `per_minute`; None for any number. Nobody
    else is told so before this transaction ends."""
    recent = _recent(_held(channel), now)
    return max(0, per_minute - sum(number for _, number in recent)) if per_minute else None


def use_up(channel: str, number: int, now: dt.datetime) -> None:
    """So many were claimed, in the transaction in which `room` was asked. Flushes only."""
    lately = [*_recent(_held(channel), now), (now.timestamp(), number)]
    kept = msgspec.json.encode(lately).decode()
    db.session.execute(sa.update(MailRate).where(_RATE.channel == channel).values(lately=kept))


def used_by_domain(domains: Collection[str], now: dt.datetime) -> Counter[str]:
    """How many messages to addresses of each of these domains were claimed in the last minute."""
    lately = sa.and_(_ROW.domain.in_(domains), _ROW.claimed_at > now - MINUTE, _ROW.claimed_at <= now)
    query = sa.select(_ROW.domain, sa.func.count().label("number")).where(lately).group_by(_ROW.domain).order_by(_ROW.domain)
    return Counter({row.domain: row.number for row in db.session.execute(query)})


def _recent(lately: _Lately, now: dt.datetime) -> _Lately:
    seconds = now.timestamp()
    return [(at, number) for at, number in lately if seconds - MINUTE.total_seconds() < at <= seconds]


def _held(channel: str) -> _Lately:
    row = sa.select(_RATE.lately).where(_RATE.channel == channel).with_for_update()
    found = db.session.execute(row).scalar_one_or_none()
    if found is None:
        with contextlib.suppress(IntegrityError), db.session.begin_nested():  # another worker may come at the same moment
            db.session.execute(sa.insert(MailRate).values(channel=channel, lately="[]"))
        found = db.session.execute(row).scalar_one()
    return msgspec.json.decode(found, type=_Lately)
