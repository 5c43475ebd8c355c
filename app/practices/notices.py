"""The e-mail that says that a practice was sent back: that there is something to look at, and where.

Not for: what the desk wrote, which no e-mail holds, nor sending.
Holds always: it is queued in the transaction of the decision; one that was answered, undone or sent back anew before it left is
not sent.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa
from flask_babel import force_locale, format_datetime, to_user_timezone
from flask_babel import gettext as _

from app.accounts.tokens import keyed_hash
from app.editions.messages import message_text
from app.extensions import db, table_of
from app.mail.hooks import Filled, register_hook
from app.mail.notices import QueuedNotice, as_queued, queue_notice
from app.practices.models import CENTRE, PRACTICE, SENT_BACK, Practice
from app.registry.recipients import recipients_of
from app.responses.reading import response_by_id
from app.web.language import SOURCE_LANGUAGE
from app.web.site_address import site_address

KIND: Final = "practice_sent_back"
SHEETS: Final = {PRACTICE: "pratiche", CENTRE: "centri"}
"""How the address of a sheet calls its kind; a Region's initiatives are sheets of practices."""
_ROW: Final = table_of(Practice).c


def tell_sent_back(practice_id: int, now: dt.datetime) -> None:
    """Queue the notice to the addresses of the practice's entity. Flushes only."""
    query = sa.select(_ROW.response_id, _ROW.item_id, _ROW.entity_id, _ROW.revision, _ROW.kind).where(_ROW.id == practice_id)
    row = db.session.execute(query).one()
    response = response_by_id(row.response_id)
    if response is None:
        return
    with force_locale(SOURCE_LANGUAGE):
        subject = _("La segreteria chiede di rivedere una vostra scheda")
        happened = _(
            "La segreteria della rilevazione «%(edition)s» ha letto una vostra scheda e vi chiede di riguardarla.",
            edition=response.edition.title,
        )
        address = site_address("fill.sheet", sheet=SHEETS.get(row.kind, SHEETS[PRACTICE]), item=row.item_id)
        where = _("Che cosa chiede e che cosa propone si legge qui, dopo l'accesso: %(address)s", address=address)
        until = format_datetime(to_user_timezone(response.deadline), "d MMMM y, HH:mm", rebase=False)
        when = _("Potete correggere la scheda o confermarla com'è fino al %(deadline)s.", deadline=until)
        text = message_text((happened, where, when), response.edition)
    for email in recipients_of(row.entity_id, KIND):
        key = f"{KIND}/{practice_id}/{row.revision}/{keyed_hash(f'notice|{email.lower()}')[:16]}"
        queue_notice(KIND, f"entity:{row.entity_id}", email, (subject, text), key, language=SOURCE_LANGUAGE, now=now)


class SentBackHook:
    """What a notice does when it is claimed: see whether the practice still waits for its entity, by this decision."""

    def wanted(self, delivery: QueuedNotice, now: dt.datetime) -> str | None:
        """None, or why it need not be sent."""
        _kind, practice, revision, _who = delivery.dedupe_key.split("/")
        query = sa.select(_ROW.state, _ROW.revision).where(_ROW.id == int(practice))
        row = db.session.execute(query).one_or_none()
        if row is None or row.state != SENT_BACK:
            return "no longer asked"
        return None if row.revision == int(revision) else "asked anew"

    def fill(self, delivery: QueuedNotice, now: dt.datetime) -> Filled:
        """As it was queued."""
        return as_queued(delivery)


def register_hooks() -> None:
    """Tell the outbox what a notice needs. Called once by `create_app`; again does no harm."""
    register_hook(KIND, SentBackHook())
