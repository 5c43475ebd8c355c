"""What every way of sending has in common: two steps, because the outbox commits between them, and one way to say no.

Not for: the ways themselves (`app.mail.smtp`, `app.mail.files`).
Holds always: `offer` has sent no word of the message when it ends, well or badly; `send` ends well only if the message was
taken, and badly with the state that the delivery is in then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

LONGEST_REPLY = 500
LONGEST_REASON = 200
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def nothing() -> None:
    """What there is to do meanwhile, if nothing is said."""


class Sender(Protocol):
    """A way to send: over SMTP, or into files."""

    def offer(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Be ready to send to this address; an offer before it that was not followed by `send` is taken back.

        `return_path`: where reports about the message come back; `eight_bit`: whether it is not ASCII throughout. Raises
        NotSentError.
        """

    def announce(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """A hint: this message will be offered after the next `send`. Whoever offers another one takes it back."""

    def has_named(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> bool:
        """Whether the other side has been told of this message already, behind the one before it: an offer has only to
        read what it says to that."""

    def send(self, message_id: str, content: bytes, meanwhile: Callable[[], None] = nothing) -> str:
        """Send the message and give what the other side replied. Raises NotSentError.

        `meanwhile`: what is to be done while the other side has it in hand; it raises nothing.
        """

    def close(self) -> None:
        """Say goodbye; the next offer begins anew. Never raises."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Why a message was not sent, or may not have been.

    `state`: what the delivery becomes: `queued` (not its own fault), `retry_wait`, `failed`, `unknown`.
    `reply`: what the server said, with its code; `reason`: what we say ourselves.
    `bad_address`: the server calls the address itself bad. `broken`: the connection was lost.
    `stops`: trying the next message now would meet with the same.
    """

    state: str
    reply: str = ""
    reason: str = ""
    bad_address: bool = False
    broken: bool = False
    stops: bool = False


class NotSentError(Exception):
    """A message was not sent; `told` says what follows."""

    def __init__(self, told: NotSent) -> None:
        super().__init__(told.state)
        self.told = told


def one_line(text: str, longest: int) -> str:
    """Foreign text as it may stand in a column: printable, on one line, not longer than that."""
    return _UNSEEN.sub(" ", text).strip()[:longest]
