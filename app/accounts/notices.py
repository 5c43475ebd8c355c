"""A message of a heading and some paragraphs, without a button: how it is made, for entities and for staff.

Not for: what one says, who gets it and when, or messages with a link that signs somebody in (`messages.py`).
Holds always: it is rendered without the context of pages, which is that of whoever asks and not of whoever reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import current_app

from app.mail.outbox import Message

_TEMPLATE: Final = "mail/notice.html"


@dataclass(frozen=True, slots=True)
class Notice:
    """What such a message says, all of it in one language."""

    language: str
    subject: str
    heading: str
    paragraphs: Sequence[str]

    def to(self, recipient: str, *, kind: str, reference: str, dedupe_key: str) -> Message:
        """The message to one address."""
        html = current_app.jinja_env.get_template(_TEMPLATE).render(
            language=self.language, subject=self.subject, heading=self.heading, paragraphs=self.paragraphs
        )
        return Message(
            kind=kind,
            reference=reference,
            recipient=recipient,
            language=self.language,
            subject=self.subject,
            text="\n\n".join(self.paragraphs) + "\n",
            html=html,
            dedupe_key=dedupe_key,
        )
