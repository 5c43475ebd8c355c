"""A run of sending: claim what is due, have it prepared, speak to the sender, and note what became of each message.

Not for: the states themselves (`claims.py`), what a message says (`preparing.py`) or the conversation (`smtp.py`).
Holds always:
- no transaction is open while the sender speaks; the data phase is committed, and the send journal is on the disk, before the
  sender's DATA; that a message was taken is committed with the next one's data phase or before, so that a kill leaves at most
  one whose fate is unknown;
- whether a message is still wanted was asked after its claim was committed, and less than a minute ago;
- a sender that would fail at the next message as well ends the run, and where the mail server refuses us (a login, a MAIL) the
  message's group is paused and says why;
- what of a group is late because nobody sent for a while is spread again at the group's pace;
- certified mail whose data phase has begun is never sent again by itself, and what went wrong there pauses its group;
- once the sender has spoken its last word, a database that restarts is waited for, so that the word is not lost.
Logs hold ids, kinds and states.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import OperationalError

from app.config import settings
from app.extensions import db
from app.mail import claims
from app.mail.claiming import claim_due, end_run_out_leases, release
from app.mail.claims import Claim
from app.mail.comparing import check, has_gone_back, move_mark
from app.mail.groups import SERVER_SAYS, hold_group, spread_late
from app.mail.holds import is_held
from app.mail.hooks import ClaimedDelivery
from app.mail.journal import Journal, JournalError, folder_of
from app.mail.messages import Outgoing, certified_sender
from app.mail.models import EMAIL, PEC
from app.mail.preparing import Prepared, is_for_many, prepare, prepare_many
from app.mail.returns.addresses import return_path
from app.mail.senders import NotSent, NotSentError, Sender
from app.mail.suppressions import suppress

Now = Callable[[], dt.datetime]
T = TypeVar("T")

MOST_BROKEN: Final = 3
DATABASE_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0) + (15.0,) * 35  # seconds between tries to note a fate: nearly a lease
FRESH_SECONDS: Final = 60.0
PUT_OFF: Final = "put off after DATA; certified mail is not sent again by itself"
HELD: Final = "all sending is held until somebody has compared the database with the send journal: flask mail compare"


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


def deliver_due(
    now_fn: Now,
    sender: Sender,
    *,
    limit: int,
    stopping: Callable[[], bool] = lambda: False,
    journal: Journal | None = None,
    due_by: Now | None = None,
    channel: str = EMAIL,
) -> Tally:
    """Send up to `limit` messages that are due, one after the other, and say what became of them. Commits at each step.

    `stopping` is asked before each message; what was claimed and not begun is then given back at once. `journal`: this
    machine's, opened for this run if none is given; `due_by`: the instant that has come for certain (`steady.py`). Raises
    OperationalError where the database is away: leases give back what was claimed.
    """
    try:
        if journal is None:
            with closing(Journal(folder_of(settings()))) as own:
                return _Run(now_fn, sender, own, due_by or now_fn, channel).over_what_is_due(limit, stopping)
        return _Run(now_fn, sender, journal, due_by or now_fn, channel).over_what_is_due(limit, stopping)
    except JournalError as error:
        return Tally(stopped=str(error))


@dataclass(slots=True)
class _Taken:
    """A message that the sender has taken, which is not noted yet."""

    delivery: ClaimedDelivery
    claim: Claim
    reply: str


@dataclass(slots=True)
class _Run:
    """One run. `taken`: the message that was sent last; `noted`: one whose acceptance is committed and not told of yet;
    `ready`: what is prepared and not sent."""

    now_fn: Now
    sender: Sender
    journal: Journal
    due_by: Now
    channel: str
    token: str = field(default_factory=claims.new_token)
    states: Counter[str] = field(default_factory=Counter)
    taken: _Taken | None = None
    noted: ClaimedDelivery | None = None
    ready: dict[int, Prepared] = field(default_factory=dict)
    ready_at: float = 0.0

    def over_what_is_due(self, limit: int, stopping: Callable[[], bool]) -> Tally:
        try:
            if not self._may_begin():
                return Tally(stopped=HELD)
            claimed = claim_due(self.token, limit, self.now_fn(), due_by=self.due_by(), channel=self.channel)
            if not claimed and is_held():
                return Tally(stopped=HELD)
            try:
                stopped = self._send_all(claimed, stopping)
            finally:
                self._settle_taken()
            self._end(bool(claimed))
        finally:
            db.session.rollback()  # after a failure the session would refuse whatever comes next
        return Tally(**self.states, stopped=stopped)

    def _may_begin(self) -> bool:
        """Whether the database knows what this machine has sent; and put in order what was left lying."""
        journal = self.journal
        if (journal.seen is None or has_gone_back(journal, journal.seen)) and not check(journal, self.now_fn()):
            journal.seen = None
            return False
        end_run_out_leases(self.now_fn())
        spread_late(self.due_by())
        return True

    def _end(self, any_claimed: bool) -> None:
        if any_claimed:
            self.journal.flush(self.now_fn())
            end = self.journal.end()
            move_mark(self.journal.id, end, self.now_fn())
            release(self.token, self.now_fn())
            self.journal.seen = end
        db.session.commit()

    def _send_all(self, claimed: list[ClaimedDelivery], stopping: Callable[[], bool]) -> str:
        """Send these; why it ended before the last of them, empty if it did not."""
        broken = 0
        for place, delivery in enumerate(claimed):
            if stopping():
                break
            told = self._deliver(delivery, claimed[place:])
            broken = broken + 1 if told is not None and told.broken else 0
            if told is not None and (told.stops or broken >= MOST_BROKEN):
                return " – ".join(filter(None, (told.reason, told.reply))) or "the connection is lost again and again"
        return ""

    def _deliver(self, delivery: ClaimedDelivery, rest: list[ClaimedDelivery]) -> NotSent | None:
        """One message from its hook to its fate; what the sender said against it."""
        claim = Claim(delivery.id, self.token)
        content = self._prepared(delivery, claim, rest)
        if isinstance(content, str):
            self._tell(delivery, content)
            return None
        entered = after_data = False
        to = delivery.recipient, _envelope_sender(delivery)
        try:
            if self.channel != PEC and self.sender.has_named(*to, eight_bit=content.is_eight_bit):
                # The other side reads its MAIL and RCPT: meanwhile the database writes what must be written before DATA.
                entered = self._enter_data(claim)
                if not entered:
                    self._tell(delivery, "")
                    return None
            self.sender.offer(*to, eight_bit=content.is_eight_bit)
            if not entered and not self._enter_data(claim):
                self._tell(delivery, "")
                return None
            entered = after_data = True
            following = self._announce(rest)
            reply = self.sender.send(delivery.message_id, content.whole(), lambda: self._meanwhile(following))
        except NotSentError as error:
            told = _for_certified(error.told) if after_data and self.channel == PEC else error.told
            self._settle_taken()
            self._tell(delivery, surely(lambda: _note(delivery, claim, told, self.now_fn(), entered)), noted=entered)
            return told
        self.taken = _Taken(delivery, claim, reply)
        return None

    def _announce(self, rest: list[ClaimedDelivery]) -> Outgoing | None:
        """Tell the sender of the next message, if it is ready to go; it is given."""
        content = self.ready.get(rest[1].id) if len(rest) > 1 and not self._is_stale() else None
        if not isinstance(content, Outgoing):
            return None
        self.sender.announce(rest[1].recipient, return_path(settings(), rest[1].id), eight_bit=content.is_eight_bit)
        return content

    def _meanwhile(self, following: Outgoing | None) -> None:
        """What needs neither the other side nor the database."""
        self._tell_noted()
        if following is not None:
            _is_made(following)

    def _is_stale(self) -> bool:
        return time.monotonic() - self.ready_at >= FRESH_SECONDS

    def _prepared(self, delivery: ClaimedDelivery, claim: Claim, rest: list[ClaimedDelivery]) -> Prepared:
        """The message, from those that were prepared together a moment ago; noted in the journal."""
        if not self._is_stale() and (found := self._popped(delivery)) is not None:
            return found
        self._settle_taken()
        if is_for_many(delivery):
            some = [one for one in rest if is_for_many(one)]
            self.ready = prepare_many(some, self.token, self.now_fn())
            self.ready_at = time.monotonic()
            ready = [one for one in some if isinstance(self.ready.get(one.id), Outgoing)]
            if ready:
                self.journal.note_tries(ready, self.now_fn())
            if (found := self._popped(delivery)) is not None:
                return found
        content = prepare(delivery, claim, self.now_fn())
        if not isinstance(content, str):
            self.journal.note_tries([delivery], self.now_fn())
        return content

    def _popped(self, delivery: ClaimedDelivery) -> Prepared | None:
        """What is prepared of it, put together; None where there is nothing, or a defect, which it meets again alone."""
        found = self.ready.pop(delivery.id, None)
        return None if isinstance(found, Outgoing) and not _is_made(found) else found

    def _enter_data(self, claim: Claim) -> bool:
        """Commit that this message's data phase begins, and what became of the one before it."""
        before = self.taken
        if before is not None and surely(
            lambda: claims.pass_on(before.claim, before.reply, claim, self.now_fn()), commits=True
        ):
            self.taken, self.noted = None, before.delivery
            return True
        self._settle_taken()
        return surely(lambda: claims.enter_data(claim, self.now_fn()))

    def _settle_taken(self) -> None:
        """Commit what became of the last message, if nobody has done it yet."""
        self._tell_noted()
        last, self.taken = self.taken, None
        if last is not None:
            state = surely(lambda: claims.settle(last.claim, "accepted", self.now_fn(), after_data=True, reply=last.reply))
            self._tell(last.delivery, state, noted=True)

    def _tell_noted(self) -> None:
        """Tell of the message whose acceptance was committed with the next one's data phase."""
        before, self.noted = self.noted, None
        if before is not None:
            self._tell(before, "accepted", noted=True)

    def _tell(self, delivery: ClaimedDelivery, state: str, *, noted: bool = False) -> None:
        """Count and log what was committed; `noted`: the journal knows of the try."""
        state = state or "lost"
        if noted and state != "lost":
            self.journal.note_end(delivery, state, self.now_fn())
        structlog.get_logger().info("delivery", delivery=delivery.id, kind=delivery.kind, state=state)
        self.states[state] += 1


def _is_made(message: Outgoing) -> bool:
    """Whether it could be put together."""
    try:
        message.make()
    except Exception:  # noqa: BLE001 — its turn comes, it fails again alone, and is told of there
        return False
    return True


def surely(write: Callable[[], T], *, commits: bool = False) -> T:
    """Run `write` in a transaction of its own, again and again for some nine minutes while the database is away.

    `commits`: it has committed when it comes back.
    """
    for wait in (*DATABASE_WAITS, None):
        try:
            outcome = write()
            if not commits:
                db.session.commit()
            return outcome
        except OperationalError:
            db.session.rollback()
            if wait is None:
                raise
            time.sleep(wait)
    raise AssertionError("the last try ends the loop")


def _envelope_sender(delivery: ClaimedDelivery) -> str:
    """Where reports come back; of certified mail the mailbox itself, since its providers take no other sender."""
    read = settings()
    return certified_sender(read) if delivery.channel == PEC else return_path(read, delivery.id)


def _for_certified(told: NotSent) -> NotSent:
    """What a fault after DATA means for certified mail: nothing that is tried again by itself.

    A 5xx is the server's word that it took nothing: failed. After a 4xx a filter before the server may have given up while the
    server went on, and a second certified message to a public office is worse than none: unknown, for a person to decide.
    Either would meet the next message too (a quota that is used up, most often), so the run stops and the group is paused.
    """
    if told.broken:
        return told
    if told.state != "retry_wait":
        return replace(told, stops=True)
    return replace(told, state="unknown", reason=told.reason or PUT_OFF, stops=True)


def _note(delivery: ClaimedDelivery, claim: Claim, told: NotSent, now: dt.datetime, after_data: bool) -> str:
    """Write down what a sender's refusal means. `after_data`: the delivery's data phase was committed. Flushes only."""
    if told.state == "queued":
        if told.stops and delivery.group_id is not None:
            hold_group(delivery.group_id, f"{SERVER_SAYS}{told.reply or told.reason}", now)
        return claims.put_back(claim, now, after_data=after_data, reason=told.reason, reply=told.reply)
    if told.state == "retry_wait":
        tries = delivery.attempts + 1
        return claims.try_later(claim, tries, now, after_data=after_data, reason=told.reason, reply=told.reply)
    if after_data and told.stops and delivery.group_id is not None:
        hold_group(delivery.group_id, f"{SERVER_SAYS}{told.reply or told.reason}", now)
    if told.bad_address:
        suppress(delivery.recipient, told.reply, now)
    return claims.settle(claim, told.state, now, after_data=after_data, reason=told.reason, reply=told.reply)
