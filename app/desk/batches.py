"""`/gestione/promemoria`: the plan of the edition on a line of time, and its batches with how far each has come.

Not for: planning one (`planning.py`) or one batch (`batch_pages.py`).
Holds always: a number of queries that does not grow with the batches.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import abort, g, render_template
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.desk import blueprint
from app.desk.mail_status import mail_alerts
from app.desk.reminder_words import CHANNEL_WORDS, STATE_WORDS, standing_in_words
from app.editions.current import EditionView, current_edition
from app.mail.groups import counts_of, ends_of, groups_by_id
from app.reminders.batches import BatchRow, UnknownBatchError, batch_of, list_batches


@dataclass(frozen=True, slots=True)
class ListedBatch:
    """A batch with where it stands. `standing`: (kind of tag, word); `ends_at`: when the last of it goes or went out."""

    row: BatchRow
    counts: dict[str, int]
    standing: tuple[str, str]
    ends_at: dt.datetime

    @property
    def sent(self) -> int:
        """How many the mail server has taken."""
        return sum(self.counts[state] for state in ("accepted", "delivered", "bounced"))

    @property
    def to_look_at(self) -> int:
        """How many somebody should look at."""
        return sum(self.counts[state] for state in ("failed", "bounced", "unknown"))

    @property
    def waiting(self) -> int:
        """How many are still to go."""
        return sum(self.counts[state] for state in ("queued", "retry_wait", "claimed", "data"))


def the_edition() -> EditionView:
    """The current edition, read once for a request; no such page where there is none."""
    edition = g.edition = current_edition()
    if edition is None:
        abort(404)
    return edition


def asked_batch(batch_id: int) -> BatchRow:
    """A batch of the current edition; no such page where there is none."""
    try:
        return batch_of(the_edition().id, batch_id)
    except UnknownBatchError:
        abort(404)


@blueprint.get("/promemoria")
def batches() -> str:
    """The list."""
    edition = g.edition = current_edition()
    rows = list_batches(edition.id) if edition else []
    groups = [row.group_id for row in rows]
    counts, ends, known = counts_of(groups), ends_of(groups), groups_by_id(groups)
    listed = [
        ListedBatch(
            row,
            counts[row.group_id],
            standing_in_words(known.get(row.group_id), counts[row.group_id]),
            ends.get(row.group_id, row.ends_at),
        )
        for row in rows
    ]
    return render_template(
        "desk/batches.html",
        batches=listed,
        states=STATE_WORDS,
        channel_words=CHANNEL_WORDS,
        moments=_moments(edition, listed) if edition else [],
        mail_alerts=mail_alerts(required_staff()),
    )


def _moments(edition: EditionView, listed: list[ListedBatch]) -> list[tuple[dt.datetime, str, int | None]]:
    """(when, what, which batch) in the order of time: opening, batches, deadline."""
    found: list[tuple[dt.datetime, str, int | None]] = [(edition.opens_at, _("Apertura della rilevazione"), None)]
    found += [(one.row.starts_at, one.row.name, one.row.id) for one in listed]
    found.append((edition.deadline, _("Scadenza per rispondere"), None))
    return sorted(found, key=lambda moment: moment[0])
