"""How often something may be asked for: at most so many in a span of time, and a pause after each.

Not for: wrong passwords and codes, whose delays grow (`throttle.py`).
Holds always: the span slides, so that no two neighbouring spans give twice as many; of two who ask at once one is counted
first; a clock that was ahead for a while holds nobody up for longer than the span.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import SignInThrottle
from app.accounts.throttle import locked_count
from app.accounts.tokens import keyed_hash
from app.extensions import db


class AskedTooOftenError(Exception):
    """What was asked for came not long ago. `seconds`: until the next may be, at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Ration:
    """At most `most` in `span`, `pause` apart, under `key`."""

    key: str
    most: int
    span: dt.timedelta
    pause: dt.timedelta


def take(ration: Ration, now: dt.datetime) -> None:
    """Take one of the ration, flushed only; or raise `AskedTooOftenError` and take none.

    Each of `most` rows is one that was taken, and free again when its span is over.
    """
    keys = sorted(keyed_hash(f"ration|{ration.key}|{place}") for place in range(ration.most))
    free_at = {key: _free_at(key, ration, now) for key in keys}
    key, earliest = min(free_at.items(), key=lambda item: (item[1], item[0]))
    last_taken = max(free_at.values()) - ration.span
    wait = max(earliest, last_taken + ration.pause) - now
    if wait > dt.timedelta(0):
        raise AskedTooOftenError(math.ceil(wait.total_seconds()))
    taken = {"failures": 1, "last_failure_at": now, "blocked_until": now + ration.span}
    db.session.execute(sa.update(SignInThrottle).where(SignInThrottle.key == key).values(**taken))


def _free_at(key: str, ration: Ration, now: dt.datetime) -> dt.datetime:
    free_at: dt.datetime = locked_count(key, now - ration.span).blocked_until
    return min(free_at, now + ration.span)
