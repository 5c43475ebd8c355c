"""Which groups of deliveries reach which references, for the queries of other rooms.

Holds always: what failed, came back or was cancelled has reached nobody; what waits is going to.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from app.among import among
from app.extensions import table_of
from app.mail.models import Delivery

_ROW = table_of(Delivery).c


def select_reached(references: Collection[str]) -> sa.Select[Any]:
    """`group_id` and `reference` of each delivery to these references that is in a group."""
    reached = sa.and_(among(_ROW.reference, references), _ROW.state.not_in(("failed", "bounced", "cancelled")))
    return sa.select(_ROW.group_id, _ROW.reference).where(reached, _ROW.group_id.is_not(None))
