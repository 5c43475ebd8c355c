"""What happens with a response, told to the rooms above in the transaction in which it happens.

Not for: what this room does itself. Holds always: a listener flushes only, and what it raises undoes the deed; a listener is
known by its name, so that a second application of the process takes the place of the first one's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from app.responses.reading import OpenResponse

Submitted = Callable[[OpenResponse, int, dt.datetime], None]
Withdrawn = Callable[[OpenResponse, dt.datetime], None]
_submitted: Final[dict[str, Submitted]] = {}
_withdrawn: Final[dict[str, Withdrawn]] = {}


def on_submitted(name: str, listener: Submitted) -> None:
    """Call `listener(response, number of the version, now)` whenever a version is sent, the response as it was sent."""
    _submitted[name] = listener


def on_withdrawn(name: str, listener: Withdrawn) -> None:
    """Call `listener(response, now)` whenever what was sent is taken back."""
    _withdrawn[name] = listener


def response_submitted(response: OpenResponse, number: int, now: dt.datetime) -> None:
    """Tell the listeners. Flushes."""
    for listener in _submitted.values():
        listener(response, number, now)


def response_withdrawn(response: OpenResponse, now: dt.datetime) -> None:
    """Tell the listeners. Flushes."""
    for listener in _withdrawn.values():
        listener(response, now)
