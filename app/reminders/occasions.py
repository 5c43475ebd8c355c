"""What a message is for, who reads it, and whether it asks for an answer or follows one.

Not for: the words (`library.py`, `templates.py`) or the rule of who gets it (`audience.py`).
Holds always: pure; no reminder's rule lets through what follows an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ADVANCE, INVITATION, REMINDER, LAST, EXTENSION, THANKS, RESULTS = OCCASIONS = (
    *("advance", "invitation", "reminder", "last", "extension"),
    *("thanks", "results"),
)
"""Advance letter, invitation, reminder, last reminder before the deadline, more time; thanks, results published."""
AFTERWARDS: Final = frozenset({THANKS, RESULTS})
"""What goes to who has answered; all others go to who has not."""
UNCOUNTED: Final = AFTERWARDS | {EXTENSION}
"""What counts in no limit of reminders: the news of a later deadline is none."""
AUDIENCES: Final = ("not_started", "draft", "lead", "member", "answered")
"""Who reads a text: nothing written yet; a draft that was not sent; a lead on whose answer members count; a member of a lead
that stays silent; who has answered."""
_ALL: Final = ("not_started", "draft", "lead", "member")
READERS: Final[Mapping[str, tuple[str, ...]]] = {
    ADVANCE: ("not_started", "lead"),
    INVITATION: ("not_started", "lead"),
    REMINDER: _ALL,
    LAST: _ALL,
    EXTENSION: _ALL,
    THANKS: ("answered",),
    RESULTS: ("answered",),
}
"""For whom an occasion has a text of its own; the others read that for who has not started."""
OPTIONAL: Final = frozenset({"member"})
"""Without a text of its own such a reader gets that for who has not started, also in Italian."""
FALLBACK: Final = "not_started"
