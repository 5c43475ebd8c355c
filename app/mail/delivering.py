"""A run of sending: claim what is due, ask the hooks, speak to the sender, and note what became of each message.

Not for: the states themselves (`app.mail.claims`) or the conversation (`app.mail.smtp`).
Holds always:
- no transaction is open while the sender speaks; the data phase is committed before the sender's DATA, and what became of a
  message before the next one begins, so that a kill leaves at most one whose fate is unknown;
- whether a message is still wanted is asked after its claim was committed, and what its hook writes is committed before the
  sender is spoken to;
- a hook that fails costs its own message only; a sender that would fail at the next one as well ends the run, and where the
  mail server refuses us (a login, a MAIL) the message's group is paused and says why;
- what of a group is late because nobody sent for a while is spread again at the group's pace;
- once the sender has spoken its last word, a database that restarts is waited for, so that the word is not lost.
Logs hold ids, kinds and states.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from flask import current_app
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError, OperationalError

from app.config import settings
from app.extensions import db
from app.mail import claims
from app.mail.claims import Claim
from app.mail.groups import SERVER_SAYS, hold_group, spread_late
from app.mail.hooks import ClaimedDelivery, Filled, hook_of
from app.mail.messages import UnfitMessageError, message_bytes
from app.mail.senders import LONGEST_REASON, NotSent, NotSentError, Sender, one_line
from app.mail.suppressions import is_suppressed, suppress
from app.web.log import log_fault

Now = Callable[[], dt.datetime]
T = TypeVar("T")

MOST_BROKEN = 3
DATABASE_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0) + (15.0,) * 35  # seconds between tries to note a fate: nearly a lease
_OURS = __name__.partition(".")[0] + "."


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run did. `queued`: put back for later; `lost`: taken over by another worker.

    `stopped`: why the run ended before its time, empty if it did not.
    """

    accepted: int = 0
    retry_wait: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    queued: int = 0
    lost: int = 0
    stopped: str = ""

    @property
    def claimed(self) -> int:
        """How many deliveries the run had in hand."""
        return self.accepted + self.retry_wait + self.failed + self.unknown + self.cancelled + self.queued + self.lost


def deliver_due(now_fn: Now, sender: Sender, *, limit: int, stopping: Callable[[], bool] = lambda: False) -> Tally:
    """Send up to `limit` messages that are due, one after the other, and say what became of them. Commits at each step.

    `stopping` is asked before each message; what was claimed and not begun is then given back at once. Raises
    OperationalError where the database is away: leases give back what was claimed.
    """
    token = claims.new_token()
    states: Counter[str] = Counter()
    stopped, broken = "", 0
    try:
        claims.end_run_out_leases(now_fn())
        spread_late(now_fn())
        for delivery in claims.claim_due(token, limit, now_fn()):
            if stopping():
                break
            state, told = _deliver(delivery, Claim(delivery.id, token), sender, now_fn)
            structlog.get_logger().info("delivery", delivery=delivery.id, kind=delivery.kind, state=state or "lost")
            states[state or "lost"] += 1
            broken = broken + 1 if told is not None and told.broken else 0
            if told is not None and (told.stops or broken >= MOST_BROKEN):
                stopped = " – ".join(filter(None, (told.reason, told.reply))) or "the connection is lost again and again"
                break
        claims.release(token, now_fn())
    finally:
        db.session.rollback()  # after a failure the session would refuse whatever comes next
    return Tally(**states, stopped=stopped)


def _deliver(delivery: ClaimedDelivery, claim: Claim, sender: Sender, now_fn: Now) -> tuple[str, NotSent | None]:
    """One message from its hook to its fate: (its state, empty if the claim was lost; what the sender said against it)."""
    prepared = _prepare(delivery, claim, now_fn())
    if isinstance(prepared, str):
        return prepared, None
    after_data = False
    try:
        sender.offer(delivery.recipient)
        if not _surely(lambda: claims.enter_data(claim, now_fn())):
            return "", None
        after_data = True
        reply = sender.send(delivery.message_id, prepared)
    except NotSentError as error:
        told = error.told
        return _surely(lambda: _note(delivery, claim, told, now_fn(), after_data)), told
    return _surely(lambda: claims.settle(claim, "accepted", now_fn(), after_data=True, reply=reply)), None


def _note(delivery: ClaimedDelivery, claim: Claim, told: NotSent, now: dt.datetime, after_data: bool) -> str:
    """Write down what a sender's refusal means. Flushes only."""
    if told.state == "queued":
        if told.stops and delivery.group_id is not None:
            hold_group(delivery.group_id, f"{SERVER_SAYS}{told.reply or told.reason}", now)
        return claims.put_back(claim, now, reason=told.reason, reply=told.reply)
    if told.state == "retry_wait":
        tries = delivery.attempts + 1
        return claims.try_later(claim, tries, now, after_data=after_data, reason=told.reason, reply=told.reply)
    if told.bad_address:
        suppress(delivery.recipient, told.reply, now)
    return claims.settle(claim, told.state, now, after_data=after_data, reason=told.reason, reply=told.reply)


def _prepare(delivery: ClaimedDelivery, claim: Claim, now: dt.datetime) -> bytes | str:
    """The message, ready to go; or the state that the delivery is in instead (empty: the claim was lost). Commits.

    In an application context of its own, whose database session and catalogue are the recipient's and end with it.
    """
    with current_app.app_context():
        if not claims.renew(claim, now):
            return ""
        try:
            with force_locale(delivery.language):
                reason = _unwanted(delivery, now)
                content = b"" if reason is not None else message_bytes(delivery, _fill(delivery, now), settings(), now)
        except DBAPIError as error:
            if isinstance(error, OperationalError) or error.connection_invalidated:
                raise
            return _faulty(delivery, claim, error, now)
        except Exception as error:  # noqa: BLE001 — a hook may fail in any way; its message's state and the log tell of it
            return _faulty(delivery, claim, error, now)
        if reason is not None:
            return _committed(claims.settle(claim, "cancelled", now, after_data=False, reason=reason))
        return _committed(content)


def _unwanted(delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
    """Why a delivery is not sent, None if it is."""
    if is_suppressed(delivery.recipient):
        return "the address is known as bad"
    hook = hook_of(delivery.kind)
    reason = None if hook is None else hook.wanted(delivery, now)
    return None if reason is None else one_line(reason, LONGEST_REASON)


def _fill(delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
    hook = hook_of(delivery.kind)
    return Filled(delivery.subject, delivery.text, delivery.html) if hook is None else hook.fill(delivery, now)


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


def _committed(outcome: T) -> T:
    db.session.commit()
    return outcome


def _surely(write: Callable[[], T]) -> T:
    """Run `write` in a transaction of its own, again and again for some nine minutes while the database is away."""
    for wait in DATABASE_WAITS:
        try:
            return _committed(write())
        except OperationalError:
            db.session.rollback()
            time.sleep(wait)
    return _committed(write())
