"""Approving what a demonstration has made up, so that its map is not empty.

Not for: practices of real entities, which people decide on (`review.py`).
Holds always: only practices of synthetic responses are approved, and only those that may be public.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.practices.history import tell
from app.practices.models import APPROVED, WAITING, Practice
from app.practices.publishing import AT_ONCE
from app.responses.tables import response_table

PARTS: Final = 10
_ROW: Final = table_of(Practice).c


def approve_synthetic(share: float, *, actor: str, now: dt.datetime) -> int:
    """Approve so large a share (in tenths) of the synthetic practices that wait; how many. Commits."""
    made_up = sa.select(response_table.c.id).where(response_table.c.synthetic)
    wanted = (_ROW.state == WAITING, _ROW.consent, _ROW.present, _ROW.response_id.in_(made_up))
    ids = db.session.execute(sa.select(_ROW.id).where(*wanted).order_by(_ROW.id)).scalars().all()
    chosen = [one for place, one in enumerate(ids) if place % PARTS < round(share * PARTS)]
    for start in range(0, len(chosen), AT_ONCE):
        part = chosen[start : start + AT_ONCE]
        values = {"state": APPROVED, "approved": _ROW.content, "approved_digest": _ROW.digest, "changed_at": now}
        db.session.execute(sa.update(Practice).where(_ROW.id.in_(part)).values(**values, revision=_ROW.revision + 1))
        tell(part, "approved", actor=actor, now=now)
    if chosen:
        detail = {"practices": len(chosen)}
        record("synthetic_practices_approved", actor=actor, subject="practices:synthetic", detail=detail, now=now)
    db.session.commit()
    return len(chosen)
