"""Addresses that a server has called bad: nothing is sent to them until somebody allows them again.

Not for: addresses that an entity has ended (`app.registry`).
Holds always: an address is compared without regard to case.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.among import among
from app.extensions import db, table_of
from app.mail.models import Suppression


def suppressed_of(emails: Collection[str]) -> set[str]:
    """Which of these addresses a server has called bad, in small letters."""
    query = sa.select(Suppression.email).where(among(table_of(Suppression).c.email, {email.lower() for email in emails}))
    return set(db.session.execute(query.order_by(Suppression.email)).scalars())


def suppress(email: str, reply: str, now: dt.datetime) -> None:
    """Note a bad address and what the server said of it. Flushes only."""
    note = sa.insert(Suppression).values(email=email.lower(), reply=reply, at=now)
    with contextlib.suppress(IntegrityError), db.session.begin_nested():  # another worker may have been told the same
        db.session.execute(note)


def lift_suppression(email: str) -> bool:
    """Send to this address again; False if nothing was held back. Flushes only: what mends an address is its caller's deed."""
    lifted = db.session.execute(sa.delete(Suppression).where(Suppression.email == email.lower()))
    return bool(getattr(lifted, "rowcount", 0))
