"""The returned messages of which the program should make the right thing, each a description with what is expected of it.

Not for: how they are written (`writing.py`).
Holds always: written by us after the published formats of servers and providers, nobody's mail; all addresses under example
domains.
"""

from __future__ import annotations

from tests.mail.returns.answer_cases import AUTOMATIC, CHALLENGES, OTHERS
from tests.mail.returns.cases import Case
from tests.mail.returns.certified_cases import CERTIFIED
from tests.mail.returns.older_cases import OLDER
from tests.mail.returns.standard_cases import STANDARD

__all__ = ["CORPUS", "HARMLESS", "Case"]

CORPUS = (*STANDARD, *OLDER, *AUTOMATIC, *CHALLENGES, *CERTIFIED, *OTHERS)
HARMLESS = frozenset({"auto_reply", "challenge", "soft", "delayed"})
"""Kinds that never hold an address back."""
