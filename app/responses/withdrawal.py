"""Taking back a short path that was sent by mistake: "another entity answers for us", or "nothing to report".

Not for: correcting an answer, which is sent again as a new version (`submission`).
Holds always: the version that was sent stays in the history with its receipt; what it said counts no longer from the moment
in which it is withdrawn, a yes to the lead that it named included: whoever claims the entity is confirmed or denied anew; the
next one sent gets the next number.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db
from app.responses.claims import LINK, RESPONSE, parameters, select_named
from app.responses.drafts import Author, EditionClosedError
from app.responses.events import response_withdrawn
from app.responses.links import DECLARES, SUBMITTED
from app.responses.models import Response, ResponseLink
from app.responses.reading import OpenResponse, response_by_id
from app.responses.replies import take_back_replies

SHORT = ("declaration", "nothing")


class NothingToWithdrawError(Exception):
    """The last version sent is an answer, or nothing was sent, or it has been withdrawn already; nothing changed."""


def withdraw_declaration(response: OpenResponse, author: Author, now: dt.datetime) -> OpenResponse:
    """Take back the short path that was sent last; the response is a draft again, and given as it is now. Commits.

    Raises EditionClosedError and NothingToWithdrawError.
    """
    if not response.locked:
        db.session.rollback()
    current = response if response.locked else response_by_id(response.id, lock=True)
    if current is None:
        raise LookupError(f"response {response.id} is gone")
    if not current.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(current.edition.code)
    kind = db.session.execute(sa.select(Response.submitted_as).where(Response.id == current.id)).scalar_one()
    if kind not in SHORT:
        db.session.rollback()
        raise NothingToWithdrawError(current.id)
    _reopen(current, now)
    response_withdrawn(current, now)
    record(
        "declaration_withdrawn",
        actor=f"operator:{author.operator_id}",
        subject=f"response:{current.id}",
        detail={"number": current.submissions, "as": kind},
        now=now,
    )
    db.session.commit()
    reopened = response_by_id(current.id)
    if reopened is None:
        raise LookupError(f"response {current.id} is gone")
    return reopened


def _reopen(current: OpenResponse, now: dt.datetime) -> None:
    sent = select_named(RESPONSE.id == current.id, LINK.relation == DECLARES, LINK.stage == SUBMITTED)
    leads = {row.other for row in db.session.execute(sent, parameters(current.edition.id, now))}
    take_back_replies(current.edition.id, current.entity_id, leads, agreeing=True)
    db.session.execute(
        sa.update(Response)
        .where(Response.id == current.id)
        .values(status="draft", submitted_at=None, submitted_content=None, submitted_as=None, submitted_mode=None)
    )
    db.session.execute(sa.delete(ResponseLink).where(ResponseLink.response_id == current.id, ResponseLink.stage == SUBMITTED))
