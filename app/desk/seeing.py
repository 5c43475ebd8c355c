"""`/gestione/enti/<code>/vista`: open an entity's pages to read them as the entity does.

Not for: the pages themselves (`app.fill.seen`).
Holds always: one audit entry for each opening, written before anything is shown; it is good for this member of staff, this
entity and an hour; no session of the entity is made.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts.permissions import required_staff
from app.audit.chain import record
from app.clock import now
from app.desk import blueprint
from app.desk.entity import seen_head
from app.extensions import db

OPENED: Final = "seen"  # as app.fill.seen reads it: surfaces do not import each other, a test compares the two
LASTS: Final = dt.timedelta(hours=1)


@blueprint.post("/enti/<code>/vista")
def open_entity_pages(code: str) -> ResponseReturnValue:
    """Write the opening down and go to the entity's pages."""
    head, staff, at = seen_head(code), required_staff(), now()
    record("entity_pages_opened", actor=staff.actor, subject=f"entity:{head.code}", detail={}, now=at)
    db.session.commit()
    session[OPENED] = [head.code, staff.staff_id, (at + LASTS).astimezone(dt.UTC).isoformat()]
    return redirect(url_for("fill.seen_overview", code=head.code), 303)
