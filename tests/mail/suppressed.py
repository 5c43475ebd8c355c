"""Whether messages to an address are held back."""

from __future__ import annotations

from app.mail.suppressions import suppressed_of


def is_suppressed(email: str) -> bool:
    return bool(suppressed_of([email]))
