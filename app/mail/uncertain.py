"""Deliveries of which nobody knows whether they arrived, and what came back, where they wait for a person's word.

Not for: deciding one.
Holds always: a query for other rooms, which know what a reference means.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import table_of
from app.mail.models import Delivery
from app.mail.returns.models import Correction, MailReturn

_DELIVERY = table_of(Delivery).c


def select_unknown() -> sa.Select[str]:
    """The reference ("entity:17") of each delivery in the state unknown."""
    return sa.select(_DELIVERY.reference).where(_DELIVERY.state == "unknown")


def select_corrections() -> sa.Select[str]:
    """The reference of each address that somebody should correct; empty where none is known."""
    row = table_of(Correction).c
    return sa.select(row.reference).where(row.settled_at.is_(None))


def select_waiting_returns() -> sa.Select[str]:
    """The reference of what each returned message is about that waits for a person; empty where none is known."""
    row, joined = table_of(MailReturn).c, table_of(MailReturn).outerjoin(table_of(Delivery))
    reference = sa.func.coalesce(_DELIVERY.reference, "").label("reference")
    return sa.select(reference).select_from(joined).where(row.waits.is_(True), row.settled_at.is_(None))
