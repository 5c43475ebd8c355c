"""The news of a later deadline for all, to whoever has not answered: a batch with a text of its own.

Not for: a deadline of one entity or of some (`app.editions`), whose news goes with it.
Holds always: it is no reminder and counts in no limit; the same deadline is announced once, whoever asks again.
"""

from __future__ import annotations

import datetime as dt

from flask_babel import force_locale
from flask_babel import gettext as _

from app.config import settings
from app.editions.current import EditionView
from app.reminders.audience import Choice
from app.reminders.batches import EmptyBatchError, Plan, queue_batch
from app.reminders.occasions import EXTENSION
from app.reminders.schedule import Schedule
from app.reminders.templates import shipped_for
from app.web.language import SOURCE_LANGUAGE


def announce_deadline(edition: EditionView, *, actor: str, now: dt.datetime) -> int | None:
    """Queue the news of the edition's deadline as it is now; the batch's id, None where nobody would get it. Commits."""
    with force_locale(SOURCE_LANGUAGE):
        name = _("Scadenza prorogata")
    schedule = Schedule(now, settings().reminders_per_hour)
    plan = Plan(name, Choice(beyond_limit=True), shipped_for(EXTENSION), schedule)
    key = f"extension-{edition.id}-{edition.closes_at.astimezone(dt.UTC):%Y%m%dT%H%M}"
    try:
        return queue_batch(edition, plan, key=key, actor=actor, now=now)
    except EmptyBatchError:
        return None
