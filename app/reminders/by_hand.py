"""A batch that somebody sends by hand as certified mail: handed out with its links filled in, marked as sent.

Not for: the file's form (`hand_files.py`) or its receipts (`receipts.py`).
Holds always: who is not to be reminded any more is left out of each export, and its message is cancelled; the links are made
when the export is taken, and never stored; each export and the word that it was sent have their audit entry in their own
transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.audit.chain import Scalar, record
from app.config import settings
from app.extensions import db
from app.mail.by_hand import HandedOut, cancel_unwanted, hand_out, how_far, mark_sent_by_hand, waiting_by_hand
from app.mail.groups import GroupEndedError, group_by_id
from app.mail.hooks import Filled, Later
from app.mail.preparing import BAD_ADDRESS
from app.mail.suppressions import suppressed_of
from app.registry.entities import find_by_ids
from app.reminders.batches import BatchRow, batch_of
from app.reminders.channels import BY_HAND
from app.reminders.hook import ReminderHook
from app.reminders.reference_codes import code_of


class NotByHandError(Exception):
    """The program sends this batch itself."""


class NothingToSendError(Exception):
    """Nobody is left to write to, or nothing was handed out yet."""


@dataclass(frozen=True, slots=True, repr=False)
class HandMessage:
    """One message as somebody sends it; its text holds a link, hence no `repr`. `reference`: the code in its subject;
    `language`: of its text; `files`: its attachments, as parts of a message."""

    entity_code: str
    label: str
    recipient: str
    subject: str
    text: str
    reference: str
    message_id: str
    language: str
    files: tuple[bytes, ...] = ()


def links_until(now: dt.datetime) -> dt.datetime:
    """Until when the links are good that an export of this instant holds, of entities that never had a password."""
    return now + dt.timedelta(days=settings().activation_days)


def progress_of(batch: BatchRow) -> HandedOut:
    """How far it is."""
    return how_far(batch.group_id)


def hand_out_batch(edition_id: int, batch_id: int, form: str, *, actor: str, now: dt.datetime) -> list[HandMessage]:
    """What is still to be sent, by recipient. `form`: of the file, for the audit. Commits.

    Raises `UnknownBatchError`, `NotByHandError`, `GroupEndedError` where it was cancelled, `NothingToSendError`.
    """
    batch = _by_hand(edition_id, batch_id)
    waiting = waiting_by_hand(batch.group_id)
    bad = suppressed_of({one.recipient for one in waiting})
    outcome: dict[int, Filled | str | Later] = {one.id: BAD_ADDRESS for one in waiting if one.recipient.lower() in bad}
    outcome |= ReminderHook(actor, puts_off=False).prepare([one for one in waiting if one.id not in outcome], now)
    cancel_unwanted({number: told for number, told in outcome.items() if isinstance(told, str)}, now)
    filled = {number: told for number, told in outcome.items() if isinstance(told, Filled)}
    hand_out(list(filled), now)
    entities = {f"entity:{row.id}": row for row in find_by_ids({int(one.reference.partition(":")[2]) for one in waiting})}
    taken = [
        HandMessage(
            entities[one.reference].code,
            entities[one.reference].label,
            one.recipient,
            one.subject,
            filled[one.id].text,
            code_of(one.dedupe_key),
            one.message_id,
            one.language,
            filled[one.id].files,
        )
        for one in waiting
        if one.id in filled
    ]
    if taken:
        detail: dict[str, Scalar] = {"messages": len(taken), "format": form}
        record("batch_handed_out", actor=actor, subject=f"batch:{batch.id}", detail=detail, now=now)
    db.session.commit()
    if not taken:
        raise NothingToSendError
    return taken


def mark_batch_sent(edition_id: int, batch_id: int, *, actor: str, now: dt.datetime) -> int:
    """Somebody has sent what was handed out; how many messages. Commits. Raises as `hand_out_batch`."""
    batch = _by_hand(edition_id, batch_id)
    number = mark_sent_by_hand(batch.group_id, now)
    if not number:
        db.session.rollback()
        raise NothingToSendError
    record("batch_sent_by_hand", actor=actor, subject=f"batch:{batch.id}", detail={"messages": number}, now=now)
    db.session.commit()
    return number


def _by_hand(edition_id: int, batch_id: int) -> BatchRow:
    batch = batch_of(edition_id, batch_id)
    if batch.channel != BY_HAND:
        raise NotByHandError(batch_id)
    group = group_by_id(batch.group_id)
    if group is None or group.cancelled_at is not None:
        raise GroupEndedError(batch.group_id)
    return batch
