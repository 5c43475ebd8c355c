"""Deliveries of which nobody knows whether they arrived: they wait for a person's word.

Not for: deciding one.
Holds always: a query for other rooms, which know what a reference means.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import table_of
from app.mail.models import Delivery

_DELIVERY = table_of(Delivery).c


def select_unknown() -> sa.Select[str]:
    """The reference ("entity:17") of each delivery in the state unknown."""
    return sa.select(_DELIVERY.reference).where(_DELIVERY.state == "unknown")
