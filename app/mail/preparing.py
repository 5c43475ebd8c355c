"""From a claimed delivery to the message that travels: is it still wanted, and what does it say.

Not for: sending (`delivering.py`), or what a kind of message wants (its hook).
Holds always: asked after the claim was committed; what hooks write is committed before anybody is spoken to; a hook that fails
costs its own message only; each is asked in an application context of its own, whose database session and catalogue end
with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

from flask import current_app
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError, OperationalError

from app.config import settings
from app.extensions import db
from app.mail import claims
from app.mail.claims import Claim
from app.mail.hooks import ClaimedDelivery, Filled, HookForMany, Later, hook_of
from app.mail.messages import Outgoing, UnfitMessageError
from app.mail.senders import LONGEST_REASON, one_line
from app.mail.suppressions import suppressed_of
from app.web.log import log_fault

Prepared = Outgoing | str
"""The message, ready to go; or the state that the delivery is in instead, empty where the claim was lost."""
BAD_ADDRESS = "the address is known as bad"
T = TypeVar("T")
_OURS = __name__.partition(".")[0] + "."


def is_for_many(delivery: ClaimedDelivery) -> bool:
    """Whether deliveries of this kind are prepared together."""
    hook = hook_of(delivery.kind)
    return hook is None or isinstance(hook, HookForMany)


def prepare_many(deliveries: Sequence[ClaimedDelivery], token: str, now: dt.datetime) -> dict[int, Prepared]:
    """By id, of all of these, whose kinds are prepared together; of none where one of them makes it fail: then one by one.
    Commits. Raises OperationalError where the database is away."""
    if not deliveries:
        return {}
    with current_app.app_context():
        try:
            return _committed(_prepared(deliveries, token, now))
        except Exception as error:  # noqa: BLE001 — whichever of them it was, it fails again alone, and is told of there
            _raise_if_away(error)
            db.session.rollback()
            return {}


def prepare(delivery: ClaimedDelivery, claim: Claim, now: dt.datetime) -> Prepared:
    """The same of one. Commits."""
    with current_app.app_context():
        if not claims.renew(claim, now):
            return ""
        try:
            found = _prepared([delivery], claim.token, now)[delivery.id]
            if isinstance(found, Outgoing):
                found.make()
            return _committed(found)
        except Exception as error:  # noqa: BLE001 — a hook may fail in any way; its message's state and the log tell of it
            _raise_if_away(error)
            return _faulty(delivery, claim, error, now)


def _prepared(deliveries: Sequence[ClaimedDelivery], token: str, now: dt.datetime) -> dict[int, Prepared]:
    bad = suppressed_of({one.recipient for one in deliveries})
    outcome: dict[int, Filled | str | Later] = {one.id: BAD_ADDRESS for one in deliveries if one.recipient.lower() in bad}
    outcome |= _asked([one for one in deliveries if one.id not in outcome], now)
    prepared: dict[int, Prepared] = {}
    read = settings()
    for one in deliveries:
        told = outcome[one.id]
        if isinstance(told, str):
            reason = one_line(told, LONGEST_REASON)
            prepared[one.id] = claims.settle(Claim(one.id, token), "cancelled", now, after_data=False, reason=reason)
        elif isinstance(told, Later):
            prepared[one.id] = claims.put_back(Claim(one.id, token), now, reason=told.reason, until=told.not_before)
        else:
            prepared[one.id] = Outgoing(one, told, read, now)
    return prepared


def _asked(deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> dict[int, Filled | str | Later]:
    """What their hooks say: one that is for many is asked once for all of them, whichever kinds it stands for."""
    outcome: dict[int, Filled | str | Later] = {}
    for_many: dict[HookForMany, list[ClaimedDelivery]] = {}
    for one in deliveries:
        hook = hook_of(one.kind)
        if hook is None:
            outcome[one.id] = Filled(one.subject, one.text, one.html)
        elif isinstance(hook, HookForMany):
            for_many.setdefault(hook, []).append(one)
        else:
            with force_locale(one.language):
                reason = hook.wanted(one, now)
                outcome[one.id] = hook.fill(one, now) if reason is None else reason
    for many, asked in for_many.items():
        outcome |= many.prepare(asked, now)
    return outcome


def _faulty(delivery: ClaimedDelivery, claim: Claim, error: Exception, now: dt.datetime) -> str:
    """A refusal of the program's own ends the delivery; a defect is logged and may be mended before the next try."""
    db.session.rollback()
    kind = type(error)
    if isinstance(error, UnfitMessageError) or kind.__module__.startswith(_OURS):
        reason = str(error) if isinstance(error, UnfitMessageError) else f"{kind.__name__}: {error}"
        reason = one_line(reason, LONGEST_REASON)
        return _committed(claims.settle(claim, "failed", now, after_data=False, reason=reason))
    log_fault(error, f"delivery {delivery.id}")
    reason = f"a defect of the program: {kind.__name__}"
    return _committed(claims.try_later(claim, delivery.attempts + 1, now, after_data=False, reason=reason))


def _raise_if_away(error: Exception) -> None:
    """Where it is the database that fails, it is nobody's message."""
    if isinstance(error, DBAPIError) and (isinstance(error, OperationalError) or error.connection_invalidated):
        raise error


def _committed(outcome: T) -> T:
    db.session.commit()
    return outcome
