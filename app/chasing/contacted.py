"""What reminders did with each entity of an edition: how many, when and by which way the last went, whether it came back.

Not for: one entity's messages (`dossier.py`), or whom a batch reaches (`app.reminders`).
Holds always: reads only, one statement; what was cancelled or could not be sent does not count as written to.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.database import UTCDateTime
from app.extensions import db
from app.mail.tables import delivery_table

# The table of batches belongs to the reminders, which import this room: only its keys are read here.
_batch = sa.table("reminder_batch", *(sa.column(name) for name in ("edition_id", "group_id", "channel", "occasion")))
_ROW: Final = delivery_table.c
_REFERENCE: Final = "entity:"
_NOT_REACHED: Final = ("failed", "bounced", "cancelled")
_GONE_OUT: Final = ("accepted", "delivered", "unknown")
UNCOUNTED: Final = ("thanks", "results", "extension")
"""What follows an answer, or tells of a later deadline, is no reminder."""
_AT: Final = sa.func.coalesce(_ROW.claimed_at, _ROW.changed_at)


@dataclass(frozen=True, slots=True)
class Contact:
    """`emails`, `pecs`: by how many batches it was written to or is going to be, certified ones together; `last_at` and
    `last_channel`: of the last that went out, None and "" for none; `bounced`: whether the last of all came back."""

    emails: int = 0
    pecs: int = 0
    last_at: dt.datetime | None = None
    last_channel: str = ""
    bounced: bool = False

    def columns(self) -> tuple[int, int, dt.datetime | None, str, bool]:
        """As they stand in `respondent`."""
        return self.emails, self.pecs, self.last_at, self.last_channel, self.bounced


def contacts_by_entity(edition_id: int) -> dict[int, Contact]:
    """Entity's id → what reminders did, of those that any is about."""
    found: dict[int, Contact] = {}
    back: dict[int, dt.datetime] = {}
    for reference, channel, batches, gone_out, came_back in db.session.connection().execute(_select(edition_id)):
        number = int(reference.removeprefix(_REFERENCE))
        known = found.get(number, Contact())
        later = gone_out is not None and (known.last_at is None or gone_out > known.last_at)
        found[number] = Contact(
            emails=known.emails + (batches if channel == "email" else 0),
            pecs=known.pecs + (0 if channel == "email" else batches),
            last_at=gone_out if later else known.last_at,
            last_channel=channel if later else known.last_channel,
        )
        if came_back is not None:
            back[number] = max(came_back, back.get(number, came_back))
    for number, at in back.items():
        one = found[number]
        if one.last_at is None or at >= one.last_at:
            found[number] = Contact(one.emails, one.pecs, one.last_at, one.last_channel, bounced=True)
    return found


def _select(edition_id: int) -> sa.Select[Any]:
    """(reference, channel, batches that reached, when the last went out, when the last came back)."""
    reached = sa.case((_ROW.state.not_in(_NOT_REACHED), _ROW.group_id))
    out = sa.func.max(sa.case((_ROW.state.in_(_GONE_OUT), _AT)), type_=UTCDateTime)
    back = sa.func.max(sa.case((_ROW.state == "bounced", _AT)), type_=UTCDateTime)
    query = sa.select(_ROW.reference, _batch.c.channel, sa.func.count(reached.distinct()), out, back)
    query = query.join_from(_batch, delivery_table, _ROW.group_id == _batch.c.group_id)
    asks = _batch.c.occasion.not_in(UNCOUNTED)
    query = query.where(_batch.c.edition_id == edition_id, asks, _ROW.reference.startswith(_REFERENCE))
    return query.group_by(_ROW.reference, _batch.c.channel).order_by(_ROW.reference, _batch.c.channel)
