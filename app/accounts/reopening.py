"""A request to answer again after the deadline, by an operator who has signed in. It waits beside the requests for access.

Not for: granting it (`app.editions.extensions`), or for whoever has not signed in (`requests.py`).
Holds always: a row of `access_request` whose note begins with the mark of its edition, so that the desk tells one kind from the
other; one an entity and edition waits at a time: asking again changes its reason; personal values stand in the row alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import AccessRequest
from app.accounts.operators import OperatorRow
from app.audit.chain import Scalar, record
from app.extensions import db, table_of

MARK: Final = "[riapertura %s] "
LONGEST_REASON: Final = 500
_REQUEST: Final = table_of(AccessRequest).c


def ask_reopening(operator: OperatorRow, edition_code: str, reason: str, now: dt.datetime) -> int:
    """Put the request before the desk and return its id. Commits. Raises ValueError for a reason of another length."""
    if not 0 < len(reason) <= LONGEST_REASON:
        raise ValueError(f"a reason has 1 to {LONGEST_REASON} characters")
    values = {name: getattr(operator, name) for name in ("name", "office", "email", "phone")}
    values["note"] = MARK % edition_code + reason
    known = db.session.execute(_waiting(operator.entity_id, edition_code, _REQUEST.id)).scalars().first()
    request_id: int
    if known is not None:
        db.session.execute(sa.update(AccessRequest).where(_REQUEST.id == known).values(**values))
        request_id = known
    else:
        added = sa.insert(AccessRequest).values(**values, entity_id=operator.entity_id, created_at=now)
        request_id = db.session.execute(added.returning(AccessRequest.id)).scalar_one()
    detail: dict[str, Scalar] = {"edition": edition_code, "again": known is not None}
    subject = f"access_request:{request_id}"
    record("reopening_requested", actor=f"operator:{operator.id}", subject=subject, detail=detail, now=now)
    db.session.commit()
    return request_id


def asked_at(entity_id: int, edition_code: str) -> dt.datetime | None:
    """Since when the entity's request for this edition waits; None where none does."""
    return db.session.execute(_waiting(entity_id, edition_code, _REQUEST.created_at)).scalars().first()


def _waiting(entity_id: int, edition_code: str, column: sa.ColumnElement[Any]) -> sa.Select[Any]:
    begins = _REQUEST.note.startswith(MARK % edition_code, autoescape=True)
    query = sa.select(column).where(_REQUEST.entity_id == entity_id, _REQUEST.handled_at.is_(None), begins)
    return query.order_by(_REQUEST.id)
