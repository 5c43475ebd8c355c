"""How the outbox stands: what is due and since when, who sends, what stops it, and what is wrong, the most urgent first.

Not for: mending (`holding_commands.py`, the pages), or what became of one message (`deciding.py`).
Holds always: reads only; `problems` are words of `PROBLEMS`, in its order; a message is late only where it could have gone: not
of a paused or cancelled group, not outside of the working hours that its group keeps, not put off, not while all is held;
`outbox_alerts`, one statement for pages that are often asked for, says the same of its three words as `outbox_health`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.claims import PAUSE
from app.mail.groups import LATE, SERVER_SAYS
from app.mail.holds import HoldRow, holds
from app.mail.models import Delivery, DeliveryGroup, MailHold, MailWorker
from app.mail.outbox import counts_by_state
from app.mail.pace import OPENS, ROME, is_working_time
from app.mail.returns.space import MailboxRow, mailbox_space
from app.mail.workers import WorkerRow, workers

NO_WORKER, LATE_MAIL, HELD = "no_worker", "late", "held"
CLOCK_AHEAD, REFUSED, UNKNOWN, MAILBOX_FULL = "clock_ahead", "refused", "unknown", "mailbox_full"
PROBLEMS: Final = (NO_WORKER, LATE_MAIL, HELD, CLOCK_AHEAD, REFUSED, UNKNOWN, MAILBOX_FULL)
"""What can be wrong, the most urgent first."""
SOON: Final = dt.timedelta(hours=1)
ENDED_LATELY: Final = dt.timedelta(minutes=10)
"""A worker that has said goodbye is not missed for so long: a timer may start one now and then (`mail deliver --once`)."""
_SENT_SINCE: Final = dt.timedelta(days=7)
"""Of older ones only the states are counted: it keeps the count of what was sent today within an index."""
_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_SENT: Final = ("accepted", "delivered", "bounced")
_ROW: Final = table_of(Delivery).c
_GROUP: Final = table_of(DeliveryGroup).c
_WORKER: Final = table_of(MailWorker).c


@dataclass(frozen=True, slots=True)
class PausedGroup:
    """A paused group. `words`: the mail server's where it has caused the pause, else a person's."""

    id: int
    label: str
    since: dt.datetime
    words: str
    by_server: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Messages of no group that wait because the mail server takes nothing from us. `words`: what it said last."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """How the outbox stood at `at`. `counts`: by state, all named; `oldest_due`: since when the longest waiting message could
    have gone, None where none could; `due`: how many can go now, `soon`: more within the hour; `sent_hour`, `sent_day`: what
    the mail server has taken of what was due in the last seven days; `workers`: heard of in the last day; `living`: of them;
    `ended_lately`: whether one has said goodbye a moment ago."""

    at: dt.datetime
    counts: dict[str, int]
    oldest_due: dt.datetime | None
    due: int
    soon: int
    sent_hour: int
    sent_day: int
    workers: list[WorkerRow]
    holds: list[HoldRow]
    paused: list[PausedGroup]
    refusal: Refusal | None
    mailboxes: list[MailboxRow]

    @property
    def living(self) -> list[WorkerRow]:
        """Who sends now."""
        return [one for one in self.workers if one.lives(self.at)]

    @property
    def clocks_ahead(self) -> list[WorkerRow]:
        """Of those who send now or did a moment ago, whose machine's clock has jumped ahead."""
        return [one for one in self.workers if one.clock_ahead and _was_here(one, self.at)]

    @property
    def late_by(self) -> dt.timedelta:
        """For how long the longest waiting message could have gone."""
        return self.at - self.oldest_due if self.oldest_due is not None else dt.timedelta()

    @property
    def refused(self) -> list[PausedGroup]:
        """The groups that the mail server has paused."""
        return [one for one in self.paused if one.by_server]

    @property
    def full_mailboxes(self) -> list[MailboxRow]:
        """Our mailboxes in which somebody should make room."""
        return [one for one in self.mailboxes if one.is_alarming(self.at)]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, the most urgent first; empty for nothing."""
        wrong = {
            NO_WORKER: bool(self.due or self.soon) and not any(_was_here(one, self.at) for one in self.workers),
            LATE_MAIL: not self.holds and self.late_by >= LATE,
            HELD: bool(self.holds),
            CLOCK_AHEAD: bool(self.clocks_ahead),
            REFUSED: bool(self.refused or self.refusal),
            UNKNOWN: self.counts[UNKNOWN] > 0,
            MAILBOX_FULL: bool(self.full_mailboxes),
        }
        return tuple(word for word in PROBLEMS if wrong[word])


def outbox_health(now: dt.datetime) -> OutboxHealth:
    """All of it: two statements over the deliveries, and one each over what has few rows."""
    numbers = _numbers(now)
    return OutboxHealth(
        at=now,
        counts=counts_by_state(),
        oldest_due=_oldest(numbers.oldest_free, numbers.oldest_keeping, now),
        due=numbers.due or 0,
        soon=numbers.soon or 0,
        sent_hour=numbers.sent_hour or 0,
        sent_day=numbers.sent_day or 0,
        workers=workers(now),
        holds=holds(),
        paused=_paused(),
        refusal=_refusal(now),
        mailboxes=mailbox_space(),
    )


def outbox_alerts(now: dt.datetime) -> tuple[str, ...]:
    """Those of `NO_WORKER`, `LATE_MAIL` and `HELD` that hold. One statement."""
    wanted = _waiting(now, until=now + SOON, working=is_working_time(now) or is_working_time(now + SOON))
    late = _waiting(now, until=now - LATE, working=is_working_time(now) and is_working_time(now - LATE))
    about = sa.select(
        sa.exists().where(wanted).label("wanted"),
        sa.exists().where(late).label("late"),
        sa.exists().where(table_of(MailHold).c.reason.is_not(None)).label("held"),
    ).subquery()
    lately = sa.or_(_WORKER.seen_at > now - ENDED_LATELY, _WORKER.stopped_at > now - ENDED_LATELY)
    columns = [_WORKER[name] for name in WorkerRow.__slots__]
    rows = db.session.connection().execute(sa.select(about, *columns).outerjoin_from(about, table_of(MailWorker), lately)).all()
    heard = [WorkerRow(*row[3:]) for row in rows if row.id is not None]
    wrong = {
        NO_WORKER: rows[0].wanted and not any(_was_here(one, now) for one in heard),
        LATE_MAIL: rows[0].late and not rows[0].held,
        HELD: rows[0].held,
    }
    return tuple(word for word in PROBLEMS if wrong.get(word))


@dataclass(frozen=True, slots=True)
class Later:
    """What workers send later than at an instant, if nobody pauses it. `first`: when the first of it is due."""

    number: int
    first: dt.datetime | None


def planned_later(now: dt.datetime) -> Later:
    """What waits for its time: by the pace of a batch, or since a server put it off. One statement."""
    waiting = sa.and_(_waiting(now, until=dt.datetime.max.replace(tzinfo=dt.UTC), working=True), _ROW.not_before > now)
    return Later(*db.session.execute(sa.select(sa.func.count(), sa.func.min(_ROW.not_before)).where(waiting)).one())


def _was_here(worker: WorkerRow, now: dt.datetime) -> bool:
    ended = worker.stopped_at is not None and abs(now - worker.stopped_at) < ENDED_LATELY
    return ended or worker.lives(now)


def _waiting(now: dt.datetime, *, until: dt.datetime, working: bool) -> sa.ColumnElement[bool]:
    """What waits, is due until then and is of no group or of a live one; `working`: also of one that keeps working hours."""
    live = sa.select(_GROUP.id).where(_GROUP.paused_at.is_(None), _GROUP.cancelled_at.is_(None), _GROUP.by_hand.is_(False))
    if not working:
        live = live.where(_GROUP.working_hours.is_(False))
    due = sa.and_(_waits(now), _ROW.not_before <= until)
    return sa.and_(due, sa.or_(_ROW.group_id.is_(None), _ROW.group_id.in_(live)))


def _waits(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Also what a worker has taken that is gone."""
    left = sa.and_(_ROW.state == "claimed", _ROW.lease_until <= now)
    return sa.or_(_ROW.state.in_(("queued", "retry_wait")), left)


def _numbers(now: dt.datetime) -> Any:
    """One row: what waits and what was sent lately, in one look."""
    by_worker = sa.or_(_GROUP.id.is_(None), _GROUP.by_hand.is_(False))
    live = sa.and_(_waits(now), _GROUP.paused_at.is_(None), _GROUP.cancelled_at.is_(None), by_worker)
    keeping = sa.and_(live, _GROUP.working_hours.is_(True))
    free = sa.and_(live, sa.or_(_GROUP.id.is_(None), _GROUP.working_hours.is_(False)))
    due, within = _ROW.not_before <= now, _ROW.not_before <= now + SOON
    goes = sa.and_(due, live if is_working_time(now) else free)
    will_go = sa.and_(within, live if is_working_time(now) or is_working_time(now + SOON) else free)
    sent = sa.and_(_ROW.state.in_(_SENT), _ROW.not_before > now - _SENT_SINCE)
    query = (
        sa.select(
            sa.func.min(sa.case((sa.and_(free, due), _ROW.not_before))).label("oldest_free"),
            sa.func.min(sa.case((sa.and_(keeping, due), _ROW.not_before))).label("oldest_keeping"),
            _count(goes).label("due"),
            (_count(will_go) - _count(goes)).label("soon"),
            _count(sent, _ROW.claimed_at > now - _HOUR).label("sent_hour"),
            _count(sent, _ROW.claimed_at > now - _DAY).label("sent_day"),
        )
        .select_from(table_of(Delivery).outerjoin(table_of(DeliveryGroup)))
        .where(sa.or_(_waits(now), sent))
    )
    return db.session.execute(query).one()


def _count(*which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*which), 1), else_=0)), 0)


def _oldest(free: dt.datetime | None, keeping: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """The first of both; what keeps working hours has waited since they began today at most, outside of them not at all."""
    found = [] if free is None else [free]
    if keeping is not None and is_working_time(now):
        opened = dt.datetime.combine(now.astimezone(ROME).date(), OPENS, ROME).astimezone(dt.UTC)
        found.append(max(keeping, opened))
    return min(found, default=None)


def _paused() -> list[PausedGroup]:
    columns = (_GROUP.id, _GROUP.label, _GROUP.paused_at, _GROUP.pause_reason)
    paused = sa.and_(_GROUP.paused_at.is_not(None), _GROUP.cancelled_at.is_(None))
    query = sa.select(*columns).where(paused).order_by(_GROUP.paused_at, _GROUP.id)
    return [
        PausedGroup(row.id, row.label, row.paused_at, row.pause_reason.removeprefix(SERVER_SAYS), _by_server(row.pause_reason))
        for row in db.session.execute(query)
    ]


def _by_server(reason: str) -> bool:
    return reason.startswith(SERVER_SAYS)


def _refusal(now: dt.datetime) -> Refusal | None:
    """Messages of no group are put back for a little, again and again, where the mail server refuses us."""
    put_back = sa.and_(_ROW.state == "queued", _ROW.not_before > now, _ROW.not_before <= now + PAUSE, _ROW.group_id.is_(None))
    refused = sa.or_(_ROW.reply.like("5%"), _ROW.reason.like("the server %"))
    number = sa.func.count().over().label("number")
    query = sa.select(number, _ROW.reply, _ROW.reason).where(put_back, refused)
    row = db.session.execute(query.order_by(_ROW.changed_at.desc(), _ROW.id).limit(1)).one_or_none()
    return None if row is None else Refusal(row.number, row.reply or row.reason)
