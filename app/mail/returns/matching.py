"""Which delivery a returned message is about.

Not for: what it says of it (`reports.py`).
Holds always: a delivery is found by its envelope address with its mark, else by its whole Message-ID, never by a recipient, a
subject or a time: who guesses finds nothing. Reads only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.config import Settings
from app.extensions import db, table_of
from app.mail.models import Delivery
from app.mail.returns.addresses import delivery_id_of
from app.mail.returns.kinds import Finding, Report

BY_ADDRESS, BY_MESSAGE, BY_ANSWER, BY_CODE = "address", "message_id", "reference", "code"
LARGEST_ID: Final = 2**31 - 1
MOST_ASKED: Final = 50
_ROW: Final = table_of(Delivery).c


@dataclass(frozen=True, slots=True)
class Matched:
    """The delivery. `by`: how it was found: by its envelope address, by its Message-ID, because the message answers
    it, or because a person has uploaded it, by the code in its subject."""

    id: int
    kind: str
    reference: str
    recipient: str
    state: str
    created_at: dt.datetime
    by: str


def find_delivery(report: Report, envelope: Sequence[str], read: Settings) -> Matched | None:
    """The delivery that a report is about. `envelope`: to which addresses it came, as its source knows them."""
    for address in (*envelope, *report.envelope):
        number = delivery_id_of(address, read)
        found = _one(_ROW.id == number, BY_ADDRESS) if number is not None and number <= LARGEST_ID else None
        if found is not None:
            return found
    for ids, by in ((report.message_ids, BY_MESSAGE), (report.references, BY_ANSWER)):
        found = _one(_ROW.message_id.in_(ids[:MOST_ASKED]), by) if ids else None
        if found is not None:
            return found
    return None


def finding_for(report: Report, recipient: str) -> tuple[Finding | None, bool]:
    """(what the report says of this recipient, else the worst that it says; whether it names this very recipient).

    Named is who the reporting server knows by this address; where it knows him by another, because the mail was sent on, it is
    that other mailbox of which it speaks.
    """
    wanted = recipient.lower()
    for finding in report.findings:
        if (finding.recipient or finding.original).lower() == wanted:
            return finding, True
    ranked = [finding for finding in report.findings if finding.kind == report.kind] or list(report.findings)
    return (ranked[0] if ranked else None), False


def _one(condition: sa.ColumnElement[bool], by: str) -> Matched | None:
    columns = (_ROW.id, _ROW.kind, _ROW.reference, _ROW.recipient, _ROW.state, _ROW.created_at)
    row = db.session.execute(sa.select(*columns).where(condition).order_by(_ROW.id.desc()).limit(1)).one_or_none()
    return None if row is None else Matched(*row, by)
