"""How many responses each edition has.

Not for: who has answered (`chasing`). Holds always: one query for all editions, whatever their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db, table_of
from app.responses.models import Response

_RESPONSE = table_of(Response).c


@dataclass(frozen=True, slots=True)
class Tally:
    """Responses of an edition: begun (seen at least) and, of these, sent."""

    begun: int = 0
    sent: int = 0


def tallies() -> dict[int, Tally]:
    """Edition's id → its responses, for the editions that have some."""
    sent = sa.func.sum(sa.case((_RESPONSE.status == "submitted", 1), else_=0))
    query = sa.select(_RESPONSE.edition_id, sa.func.count(_RESPONSE.id), sent).group_by(_RESPONSE.edition_id)
    return {edition_id: Tally(begun, int(done)) for edition_id, begun, done in db.session.execute(query)}
