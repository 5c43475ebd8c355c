"""A notice: a short message that says that there is something to look at; queued with its words and sent as it was queued.

Not for: whether it is still wanted when its turn comes, which the hook of its room says (`hooks.py`).
Holds always: an address that no message can go to is passed over, so that it does not undo the deed that is told of.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Protocol

from app.mail.hooks import Filled
from app.mail.messages import UnfitMessageError
from app.mail.outbox import Message, queue_message


class QueuedNotice(Protocol):
    """What a hook reads of a delivery."""

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def dedupe_key(self) -> str: ...


def queue_notice(
    kind: str, reference: str, email: str, words: tuple[str, str], key: str, *, language: str, now: dt.datetime
) -> None:
    """Queue it in this transaction, once for its key. `reference`: "kind:id" of what it is about; `words`: subject and text."""
    subject, text = words
    message = Message(
        kind=kind, reference=reference, recipient=email, language=language, subject=subject, text=text, dedupe_key=key
    )
    with suppress(UnfitMessageError):
        queue_message(message, now)


def as_queued(delivery: QueuedNotice) -> Filled:
    """What goes out of a notice: what was queued."""
    return Filled(delivery.subject, delivery.text)
