"""What a returned message does to its delivery and to the address.

Not for: the returned message's own row (`handling.py`).
Holds always: flushes only; a state is changed by one UPDATE that names the states it may come from; no change leads to a state
that sends; a worker that has the delivery in hand loses its claim, and says nothing after the world has spoken.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.models import Delivery
from app.mail.returns.corrections import (
    BAD_ADDRESS,
    BOUNCED,
    FORWARDED,
    OFTEN,
    SOFT_DAYS,
    note_correction,
    soft_days,
)
from app.mail.returns.kinds import (
    DELAYED,
    DELIVERED,
    HARD,
    PEC_ACCEPTED,
    PEC_DELIVERED,
    PEC_NOT_ACCEPTED,
    PEC_NOT_DELIVERED,
    SOFT,
    Finding,
)
from app.mail.returns.matching import BY_CODE, Matched
from app.mail.returns.redirecting import KIND as REDIRECTED
from app.mail.suppressions import suppress

REFUSED: Final = (HARD, SOFT, PEC_NOT_ACCEPTED, PEC_NOT_DELIVERED)
ARRIVED: Final = (DELIVERED, PEC_DELIVERED)
LEFT: Final = "something came back from where it went"
_ROW: Final = table_of(Delivery).c
_ON_THE_WAY: Final = ("queued", "claimed", "data", "accepted", "retry_wait", "unknown")
_LONGEST_LEAD: Final = dt.timedelta(hours=1)


def apply(
    match: Matched, kind: str, finding: Finding | None, words: str, *, own: bool, at: dt.datetime | None, now: dt.datetime
) -> None:
    """All that this message changes. `own`: it speaks of the delivery's own address; `at`: the instant that a receipt names."""
    told = finding or Finding(kind)
    _note_receipt(match, kind, told, words, _plausible(at, match, now))
    named = own or (kind in (PEC_DELIVERED, PEC_NOT_ACCEPTED) and not told.recipient)
    if named and kind in ARRIVED:
        _settle(match, "delivered", (*_ON_THE_WAY,), {"reason": ""}, now)
    elif named and kind in REFUSED and told.final:
        _settle(match, "bounced", (*_ON_THE_WAY, "delivered"), {"reason": "", "reply": _reply(told, words)}, now)
    else:
        before = (
            ("unknown", "queued") if match.by == BY_CODE else ("unknown",)
        )  # sent by hand, it is queued until somebody says so
        _settle(match, "accepted", before, {"reason": "" if match.by == BY_CODE else LEFT}, now)
    if match.kind != REDIRECTED:  # that goes to our own mailbox, which is nobody's contact
        _note_address(match, kind, told, words, own=own, now=now)


def _note_address(match: Matched, kind: str, told: Finding, words: str, *, own: bool, now: dt.datetime) -> None:
    """Hold the address back where it is bad, and list what somebody should correct."""
    reason = ""
    if kind in (HARD, PEC_NOT_DELIVERED) and told.final:
        reason = FORWARDED if not own else BAD_ADDRESS if told.bad_address else BOUNCED
    elif own and kind in (SOFT, DELAYED) and soft_days(match.recipient, now) >= SOFT_DAYS:
        reason = OFTEN
    if reason == BAD_ADDRESS:
        suppress(match.recipient, _reply(told, words), now)
    if reason and match.recipient:
        said = f"{told.recipient}: {words}" if reason == FORWARDED and told.recipient else words
        note_correction(match.recipient, reason, match.reference, told.status[:16], said[:500], now)


def _note_receipt(match: Matched, kind: str, told: Finding, words: str, at: dt.datetime) -> None:
    """When the receipts of certified mail came; the first one of a sort stands."""
    column = {PEC_ACCEPTED: "pec_accepted_at", PEC_DELIVERED: "pec_delivered_at"}.get(kind)
    if kind in (PEC_NOT_ACCEPTED, PEC_NOT_DELIVERED):
        column = "pec_failed_at"
    if column is None:
        return
    values: dict[str, object] = {column: at}
    if column == "pec_failed_at":
        values["pec_error"] = (words or told.status or kind)[:200]
    first = sa.and_(_ROW.id == match.id, _ROW[column].is_(None))
    db.session.execute(sa.update(Delivery).where(first).values(**values))


def _settle(match: Matched, state: str, before: tuple[str, ...], values: dict[str, object], now: dt.datetime) -> None:
    ended = {"state": state, "claim_token": None, "lease_until": None, "changed_at": now}
    mine = sa.and_(_ROW.id == match.id, _ROW.state.in_(before))
    db.session.execute(sa.update(Delivery).where(mine).values(**ended, **values))


def _plausible(at: dt.datetime | None, match: Matched, now: dt.datetime) -> dt.datetime:
    """The instant of a receipt, where it lies between the message and now; else now."""
    if at is None or not match.created_at - _LONGEST_LEAD <= at <= now + _LONGEST_LEAD:
        return now
    return at


def _reply(told: Finding, words: str) -> str:
    said = words if told.status and words.find(told.status) >= 0 else f"{told.status} {words}"
    return said.strip()[:500]
