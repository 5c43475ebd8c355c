"""What became of each message of a group, in a few columns.

Not for: counting by state (`groups.counts_of`), or what somebody should look at (`groups.troubles_of`).
Holds always: reads only, one query, without texts and addresses.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.models import Delivery

_ROW: Final = table_of(Delivery).c
_TAKEN: Final = frozenset({"accepted", "delivered", "bounced"})


@dataclass(frozen=True, slots=True)
class Fate:
    """One message. `not_before`: the first instant at which it may go; `claimed_at`: when a worker last took it, None: none
    did.

    `pec_delivered_at`: when the receipt came that it is in the certified mailbox."""

    reference: str
    state: str
    not_before: dt.datetime
    claimed_at: dt.datetime | None
    changed_at: dt.datetime
    pec_delivered_at: dt.datetime | None

    @property
    def was_sent(self) -> bool:
        """Whether a server has taken it."""
        return self.state in _TAKEN

    @property
    def came_back(self) -> bool:
        """Whether it is known not to have arrived."""
        return self.state in ("bounced", "failed")

    @property
    def arrived(self) -> bool:
        """Whether a report or a receipt says that it arrived; most servers send none."""
        return self.state == "delivered" or self.pec_delivered_at is not None

    def was_sent_by(self, instant: dt.datetime) -> bool:
        """Whether it had gone by then, as far as is known."""
        return self.was_sent and (self.claimed_at or self.changed_at) <= instant


def fates_of(group_id: int) -> list[Fate]:
    """The messages of a group, in the order of their ids."""
    query = sa.select(*(_ROW[name] for name in Fate.__slots__)).where(_ROW.group_id == group_id).order_by(_ROW.id)
    return [Fate(*row) for row in db.session.execute(query)]
