"""One hook a kind of message: is it still wanted when its turn comes, and what does it say then.

Not for: sending, or the states of a delivery (`app.mail.outbox`).
Holds always: a room registers its hooks when the program starts, since the workers that send are other processes; a kind
without a hook is sent as it was queued; what a hook fills in is never stored nor logged, because it holds links.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from app.mail.models import EMAIL

PLACEHOLDER = "{link}"
"""Stands in a queued text where the link goes. A message that still holds it is not sent."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery whose turn has come, as it was queued. `attempts`: how often it was tried before; `group_id`: its group;
    `tries`: how often a worker has taken it in hand, this time included; `channel`: email or pec."""

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
    dedupe_key: str = ""
    tries: int = 1
    channel: str = EMAIL


@dataclass(frozen=True, slots=True, repr=False)
class Filled:
    """What goes out. Its `repr` says nothing, so that no log can quote a link. `raw`: exactly this, in place of the texts.
    `files`: attachments, as `app.mail.attachments` makes them; `stop`: the address at which one click ends such messages to
    this recipient (RFC 8058), for messages to a person only."""

    subject: str
    text: str
    html: str | None = None
    raw: bytes | None = None
    files: tuple[bytes, ...] = ()
    stop: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """It is still wanted, but not now: back into the queue, not before this instant. `reason`: why, for whoever looks."""

    not_before: dt.datetime
    reason: str


class Hook(Protocol):
    """What a kind of message asks of the room that queues it.

    Both are called in an application context of their own, with the recipient's language forced, in a transaction that
    commits before the mail server is spoken to: they flush, they never commit nor roll back.
    """

    def wanted(self, delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
        """None while the message is still wanted, else a short reason why it is cancelled."""

    def fill(self, delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
        """The texts to send. An exception of the program's own makes the delivery `failed`, any other is tried again."""


@runtime_checkable
class HookForMany(Protocol):
    """The same for kinds of which many are claimed together, in as many statements as for one.

    Equal hooks of several kinds are asked once for all. The deliveries are in any language, and none is forced.
    """

    def prepare(self, deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> dict[int, Filled | str | Later]:
        """By id, of each of these: the texts to send, the short reason why it is cancelled, or when it is to go instead.

        Fails as `Hook.fill` does: then they are prepared one by one, so that it costs one message only.
        """


_hooks: dict[str, Hook | HookForMany] = {}


def register_hook(kind: str, hook: Hook | HookForMany) -> None:
    """Have `hook` asked for every delivery of `kind` from now on; it replaces an earlier one."""
    _hooks[kind] = hook


def hook_of(kind: str) -> Hook | HookForMany | None:
    """The hook of a kind, None for a kind that is sent as it is."""
    return _hooks.get(kind)
