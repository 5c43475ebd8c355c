"""One hook a kind of message: is it still wanted when its turn comes, and what does it say then.

Not for: sending, or the states of a delivery (`app.mail.outbox`).
Holds always: a room registers its hooks when the program starts, since the workers that send are other processes; a kind
without a hook is sent as it was queued; what a hook fills in is never stored nor logged, because it holds links.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

PLACEHOLDER = "{link}"
"""Stands in a queued text where the link goes. A message that still holds it is not sent."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery whose turn has come, as it was queued. `attempts`: how often it was tried before; `group_id`: its group."""

    id: int
    kind: str
    reference: str
    recipient: str
    language: str
    subject: str
    text: str
    html: str | None
    message_id: str
    attempts: int
    created_at: dt.datetime
    group_id: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Filled:
    """What goes out. Its `repr` says nothing, so that no log can quote a link. `raw`: send exactly this content."""

    subject: str
    text: str
    html: str | None = None
    raw: bytes | None = None


class Hook(Protocol):
    """What a kind of message asks of the room that queues it.

    Both are called in an application context of their own, with the recipient's language forced, in a transaction that
    commits before the mail server is spoken to: they flush, they never commit nor roll back.
    """

    def wanted(self, delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
        """None while the message is still wanted, else a short reason why it is cancelled."""

    def fill(self, delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
        """The texts to send. An exception of the program's own makes the delivery `failed`, any other is tried again."""


_hooks: dict[str, Hook] = {}


def register_hook(kind: str, hook: Hook) -> None:
    """Have `hook` asked for every delivery of `kind` from now on; it replaces an earlier one."""
    _hooks[kind] = hook


def hook_of(kind: str) -> Hook | None:
    """The hook of a kind, None for a kind that is sent as it is."""
    return _hooks.get(kind)
