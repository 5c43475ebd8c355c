"""A trial of a reminder, sent to the member of staff who asks for it: marked as one, with a link that opens nothing but a page.

Not for: anything that an entity gets. It is in the entity's language, as far as the text is; attachments do not go with it.
Holds always: it goes to the member's own address only, ten times an hour at most; it holds no secret, and is audited.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from app.accounts.rations import Ration, take
from app.accounts.staff_sessions import StaffIdentity
from app.accounts.tokens import keyed_hash
from app.audit.chain import record
from app.editions.current import EditionView
from app.extensions import db
from app.mail.hooks import PLACEHOLDER
from app.mail.messages import LONGEST_SUBJECT
from app.mail.outbox import Message, queue_message
from app.reminders.audience import Recipient
from app.reminders.hook import sign_in_address
from app.reminders.templates import TemplateRow
from app.reminders.writing import write_for

KIND: Final = "reminder_trial"
MARK: Final = "PROVA"
MOST_AN_HOUR: Final = 10
PAUSE: Final = dt.timedelta(seconds=5)


def send_trial(edition: EditionView, template: TemplateRow, one: Recipient, staff: StaffIdentity, now: dt.datetime) -> None:
    """Queue what this entity would get, for whoever asks. Commits. Raises `AskedTooOftenError` (app.accounts.rations)."""
    take(Ration(f"{KIND}|{staff.staff_id}", MOST_AN_HOUR, dt.timedelta(hours=1), PAUSE), now)
    shown, link = write_for(edition, template, one, now), sign_in_address(one.code)
    written = shown.written
    message = Message(
        kind=KIND,
        reference=staff.actor,
        recipient=staff.email,
        language=shown.language,
        subject=f"{MARK} – {written.subject}"[:LONGEST_SUBJECT],
        text=f"{MARK}\n\n{written.text.replace(PLACEHOLDER, link)}",
        html=written.html.replace(PLACEHOLDER, link).replace("<main>", f"<main>\n<p><b>{MARK}</b></p>", 1),
        dedupe_key=keyed_hash(f"{KIND}|{staff.staff_id}|{now.isoformat()}"),
    )
    queue_message(message, now)
    subject, detail = f"template:{template.id}", {"edition": edition.code, "entity": one.code}
    record("reminder_tried", actor=staff.actor, subject=subject, detail=detail, now=now)
    db.session.commit()
