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

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.extensions import db, table_of
from app.mail.models import Delivery, MailRate

MINUTE: Final = dt.timedelta(minutes=1)
_BURST_SECONDS: Final = 5.0
_ROW: Final = table_of(Delivery).c
_RATE: Final = table_of(MailRate).c


def room(channel: str, wanted: int, per_minute: int, now: dt.datetime) -> int:
    """How many of `wanted` messages may be claimed now at `per_minute`, 0 for any number. Flushes only.

    What may go at once grows up to five seconds' worth, which is taken off the minute.
    """
    burst = max(1.0, per_minute * _BURST_SECONDS / 60)
    tokens, at = _held(channel, burst, now)
    if not per_minute:
        return wanted
    since = (now - at).total_seconds() if at <= now else 0.0
    tokens = min(burst, tokens + since * max(per_minute - burst, per_minute / 2) / 60)
    granted = min(wanted, int(tokens))
    values = {"tokens": tokens - granted, "at": now}
    db.session.execute(sa.update(MailRate).where(_RATE.channel == channel).values(**values))
    return granted


def used_by_domain(domains: Collection[str], now: dt.datetime) -> Counter[str]:
    """How many messages to addresses of each of these domains were claimed in the last minute."""
    lately = sa.and_(_ROW.domain.in_(domains), _ROW.claimed_at > now - MINUTE, _ROW.claimed_at <= now)
    query = sa.select(_ROW.domain, sa.func.count().label("number")).where(lately).group_by(_ROW.domain).order_by(_ROW.domain)
    return Counter({row.domain: row.number for row in db.session.execute(query)})


def _held(channel: str, burst: float, now: dt.datetime) -> tuple[float, dt.datetime]:
    row = sa.select(_RATE.tokens, _RATE.at).where(_RATE.channel == channel).with_for_update()
    found = db.session.execute(row).one_or_none()
    if found is None:
        with contextlib.suppress(IntegrityError), db.session.begin_nested():  # another worker may come at the same moment
            db.session.execute(sa.insert(MailRate).values(channel=channel, tokens=burst, at=now))
        found = db.session.execute(row).one()
    return found.tokens, found.at
