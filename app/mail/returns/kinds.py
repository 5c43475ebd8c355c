"""What a returned message can be, and what is read in one: pure values, no database.

Not for: how a kind is recognised (`reports.py`) or what it brings about (`handling.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

DELIVERED, RELAYED, DELAYED, HARD, SOFT = "delivered", "relayed", "delayed", "hard", "soft"
AUTO_REPLY, CHALLENGE, PERSON, OTHER, SPACE = "auto_reply", "challenge", "person", "other", "space"
PEC_ACCEPTED, PEC_NOT_ACCEPTED, PEC_TAKEN_OVER = "pec_accepted", "pec_not_accepted", "pec_taken_over"
PEC_DELIVERED, PEC_NOT_DELIVERED, PEC_ANOMALY = "pec_delivered", "pec_not_delivered", "pec_anomaly"
REPORTS: Final = (DELIVERED, RELAYED, DELAYED, HARD, SOFT)
RECEIPTS: Final = (PEC_ACCEPTED, PEC_NOT_ACCEPTED, PEC_TAKEN_OVER, PEC_DELIVERED, PEC_NOT_DELIVERED)
KINDS: Final = (*REPORTS, AUTO_REPLY, CHALLENGE, *RECEIPTS, PEC_ANOMALY, PERSON, SPACE, OTHER)
"""RELAYED: gone on to a server that reports no delivery. DELAYED: still being tried. HARD: refused for good; SOFT: refused for
a reason that is not the address (full, policy, spam, for the moment). SPACE: our own mailbox is getting full. PEC_ANOMALY:
ordinary mail that came into a certified mailbox, and is a person's."""

MOST_BYTES: Final = 10 * 1024 * 1024
"""As much of a message is taken from its source; what is longer is cut, and said to be."""


class UnreadableReturnError(Exception):
    """A message in which nothing can be recognised: it is damaged, or made to do damage."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a report says of one recipient.

    `recipient`: of whom, as the reporting server knows it; `original`: as we had addressed it; both may be empty. `status`: an
    enhanced code (RFC 3463), or empty. `final`: it is not tried any more. `bad_address`: the address itself is called bad.
    """

    kind: str
    recipient: str = ""
    original: str = ""
    status: str = ""
    diagnostic: str = ""
    final: bool = True
    bad_address: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A returned message as it was understood.

    `findings`: what it says of recipients, empty where it says nothing of any. `message_ids`: of the message that it is about,
    the surest first; `references`: of those that it answers. `envelope`: addresses to which it came. `sender`, `subject`: as
    written in it. `marks`: Message-IDs and names by which whoever sent it on has marked it. `at`: the instant that a receipt
    names.
    """

    kind: str
    findings: tuple[Finding, ...] = ()
    message_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    envelope: tuple[str, ...] = ()
    sender: str = ""
    subject: str = ""
    marks: tuple[str, ...] = ()
    at: dt.datetime | None = None
