"""Which municipalities count on a lead that has not answered yet, for all leads of an edition at once.

Not for: one entity's view of it (`standing.py`) or the counts (`coverage.py`, whose words these are).
Holds always: reads only, one statement; what either side has denied is left out, as is who is covered by anybody.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db
from app.responses.claims import denied, parameters, select_named
from app.responses.links import CLAIMS, DECLARES, SUBMITTED


def _waiting() -> sa.Select[Any]:
    """(lead, member, whether the lead has sent it)."""
    named = select_named().cte("named")
    claims = sa.select(named.c.owner.label("lead"), named.c.other.label("member"), named.c.stage == SUBMITTED)
    claims = claims.where(named.c.relation == CLAIMS, ~denied(named.c.owner, named.c.other, "member"))
    declares = sa.select(named.c.other, named.c.owner, sa.false())
    declares = declares.where(
        named.c.relation == DECLARES, named.c.stage == SUBMITTED, ~denied(named.c.other, named.c.owner, "member", "lead")
    )
    pairs = sa.union_all(claims, declares).subquery("pair").c
    return sa.select(*pairs).order_by(pairs[0], pairs[1])


_WAITING: Final = _waiting()


def members_waiting(edition_id: int, now: dt.datetime) -> dict[int, set[int]]:
    """Lead's id → the ids of those that it claims in its draft or that have declared it, and that nobody covers."""
    rows = db.session.connection().execute(_WAITING, parameters(edition_id, now)).all()
    covered = {member for _lead, member, sent in rows if sent}
    found: dict[int, set[int]] = {}
    for lead, member, _sent in rows:
        if member not in covered:
            found.setdefault(lead, set()).add(member)
    return found
