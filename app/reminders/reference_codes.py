"""The short code in the subject of what somebody sends by hand, by which a receipt is known again: `[Rif. 7K2M5QXA]`.

Not for: matching receipts (`receipts.py`), which asks for the recipient as well.
Holds always: pure; the code is made of the delivery's own key, so it is the same each time, and tells nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from app.reminders.wording import WHOLE_SUBJECT

LENGTH: Final = 8
_CODE: Final = re.compile(r"\[\s*Rif\.?\s*([A-Z2-7]{8})\s*\]", re.IGNORECASE)


def code_of(dedupe_key: str) -> str:
    """The code of a delivery: letters and the digits 2 to 7, as people can read out."""
    return base64.b32encode(hashlib.sha256(f"reference|{dedupe_key}".encode()).digest()).decode()[:LENGTH]


def with_code(subject: str, dedupe_key: str) -> str:
    """A subject with the code at its end, never cut."""
    tail = f" [Rif. {code_of(dedupe_key)}]"
    return f"{subject[: WHOLE_SUBJECT - len(tail)]}{tail}"


def codes_in(text: str) -> list[str]:
    """The codes in the subject of a receipt, each once."""
    return list(dict.fromkeys(match.group(1).upper() for match in _CODE.finditer(text)))
