"""What each kind of message asks before it is sent. A stand-in with the agreed names until the mail room is here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Filled:
    """The texts as they are sent."""

    subject: str
    text: str
    html: str | None


class Hook(Protocol):
    """Whether a delivery is still wanted, and its texts with the links in place."""

    def wanted(self, delivery: Any, now: dt.datetime) -> str | None: ...

    def fill(self, delivery: Any, now: dt.datetime) -> Filled: ...


HOOKS: dict[str, Hook] = {}


def register_hook(kind: str, hook: Hook) -> None:
    """The hook of this kind from now on."""
    HOOKS[kind] = hook
