"""What an examination of the installation finds, and how it reads.

Not for: examining (`doctor.py`, `mail/domain`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.Enum):
    """How a finding reads. WRONG makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw, and, unless it is good, how to mend it."""

    what: str
    state: State
    saw: str
    mend: str = ""
