"""Groups of deliveries: many queued at once, then paused, resumed, cancelled and counted together.

Not for: who gets what (the room that queues), or single messages (`outbox.py`).
Holds always:
- a group is queued in few statements, whatever its size, in the transaction of what it tells of;
- what a worker has in hand when a group is paused or cancelled goes back, unless its data phase has begun;
- what waits never goes out faster than the group's pace, however long nobody sent or the group was paused, nor earlier than it
  was planned, nor outside of working hours where the group keeps them;
- whoever changes a group holds its row first and its deliveries after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.config import settings
from app.extensions import db, table_of
from app.mail.messages import UnfitMessageError, check_recipient, check_subject, domain_of, mail_host, message_id_of_key
from app.mail.models import EMAIL, STATES, Delivery, DeliveryGroup
from app.mail.pace import spread
from app.mail.senders import LONGEST_REASON, one_line

LATE: Final = dt.timedelta(minutes=10)
SERVER_SAYS: Final = "server: "
"""How the reason of a pause begins that the mail server has caused; its own words follow."""
WAITING: Final = ("queued", "retry_wait")
AT_ONCE: Final = 1_000
_ROW: Final = table_of(Delivery).c
_GROUP: Final = table_of(DeliveryGroup).c


class GroupEndedError(Exception):
    """The group was cancelled: it can be neither paused nor resumed."""


@dataclass(frozen=True, slots=True)
class GroupMessage:
    """One message of a group. `dedupe_key`: opaque, and of no other message; `kind` and `language`: where they are others than
    those of the group."""

    reference: str
    recipient: str
    subject: str
    text: str
    html: str | None
    dedupe_key: str
    not_before: dt.datetime
    language: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group as others see it."""

    id: int
    label: str
    per_hour: int
    working_hours: bool
    by_hand: bool
    paused_at: dt.datetime | None
    pause_reason: str
    cancelled_at: dt.datetime | None
    created_at: dt.datetime
    files: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A delivery of which nobody can say that it arrived. `state`: failed, unknown or cancelled."""

    id: int
    reference: str
    recipient: str
    state: str
    reason: str
    reply: str
    changed_at: dt.datetime


def open_group(label: str, per_hour: int, now: dt.datetime, *, working_hours: bool, by_hand: bool = False) -> int:
    """Begin a group without any message; its id. Flushes only. `by_hand`: no worker sends any of it."""
    values = {"label": label, "per_hour": per_hour, "working_hours": working_hours, "pause_reason": "", "created_at": now}
    values["by_hand"] = by_hand
    group_id: int = db.session.execute(sa.insert(DeliveryGroup).values(**values).returning(_GROUP.id)).scalar_one()
    return group_id


def queue_into(
    group_id: int, kind: str, language: str, messages: Sequence[GroupMessage], now: dt.datetime, *, channel: str = EMAIL
) -> None:
    """Queue these messages in a group. Flushes only. One that cannot travel is written as failed, and stops no other.

    Raises IntegrityError for a `dedupe_key` that is known.
    """
    host = mail_host(settings())
    shared = {"group_id": group_id, "attempts": 0, "reply": ""}
    shared |= {"created_at": now, "changed_at": now, "channel": channel}
    rows: list[dict[str, Any]] = []
    for message in messages:
        problem = _problem(message)
        rows.append(
            {
                **shared,
                "kind": message.kind or kind,
                "language": message.language or language,
                "dedupe_key": message.dedupe_key,
                "reference": message.reference,
                "recipient": message.recipient,
                "domain": domain_of(message.recipient),
                "subject": message.subject[:300],
                "text": message.text,
                "html": message.html,
                "message_id": message_id_of_key(message.dedupe_key, now, host),
                "state": "failed" if problem else "queued",
                "reason": problem,
                "not_before": message.not_before,
            }
        )
    connection = db.session.connection()
    for first in range(0, len(rows), AT_ONCE):
        connection.execute(sa.insert(table_of(Delivery)), rows[first : first + AT_ONCE])


def group_by_id(group_id: int) -> GroupRow | None:
    """The group with this id."""
    return groups_by_id([group_id]).get(group_id)


def groups_by_id(group_ids: Collection[int]) -> dict[int, GroupRow]:
    """Id → group, for those that exist."""
    columns = [_GROUP[name] for name in GroupRow.__slots__]
    query = sa.select(*columns).where(_GROUP.id.in_(group_ids)).order_by(_GROUP.id)
    return {row.id: GroupRow(*row) for row in db.session.execute(query)}


def pause_group(group_id: int, reason: str, now: dt.datetime) -> bool:
    """Claim none of it from now on; whether it was not paused before. Flushes only. Raises `GroupEndedError`."""
    if _require_live(group_id).paused_at is not None:
        return False
    hold_group(group_id, reason, now)
    taken_back = {"state": "queued", "claim_token": None, "lease_until": None, "changed_at": now}
    mine = sa.and_(_ROW.group_id == group_id, _ROW.state == "claimed")
    db.session.execute(sa.update(Delivery).where(mine).values(**taken_back))
    return True


def hold_group(group_id: int, reason: str, now: dt.datetime) -> None:
    """The same for a worker, who gives back himself what he has in hand; nothing where it is paused or ended. Flushes only."""
    live = sa.and_(_GROUP.id == group_id, _GROUP.paused_at.is_(None), _GROUP.cancelled_at.is_(None))
    paused = {"paused_at": now, "pause_reason": one_line(reason, LONGEST_REASON)}
    db.session.execute(sa.update(DeliveryGroup).where(live).values(**paused))


def resume_group(group_id: int, now: dt.datetime) -> bool:
    """Go on at the group's pace, from now or from its first message's time; whether it was paused. Flushes only.

    Raises `GroupEndedError`.
    """
    group = _require_live(group_id)
    if group.paused_at is None:
        return False
    db.session.execute(sa.update(DeliveryGroup).where(_GROUP.id == group_id).values(paused_at=None, pause_reason=""))
    _spread_again(group, now)
    return True


def cancel_group(group_id: int, reason: str, now: dt.datetime) -> int | None:
    """Cancel for good what is still to be sent; how many there were, None where it was cancelled before. Flushes only."""
    group = _held(group_id)
    if group.cancelled_at is not None:
        return None
    ended = {"cancelled_at": now, "paused_at": None, "pause_reason": ""}
    db.session.execute(sa.update(DeliveryGroup).where(_GROUP.id == group_id).values(**ended))
    values = {"state": "cancelled", "reason": reason, "claim_token": None, "lease_until": None, "changed_at": now}
    waiting = sa.and_(_ROW.group_id == group_id, _ROW.state.in_((*WAITING, "claimed")))
    changed = db.session.execute(sa.update(Delivery).where(waiting).values(**values))
    return int(getattr(changed, "rowcount", 0))


def spread_late(now: dt.datetime) -> None:
    """Spread again what waits in each live group of which something is late, for want of a worker. Commits."""
    late = sa.and_(_ROW.state == "queued", _ROW.not_before <= now - LATE, _ROW.group_id.is_not(None))
    live = sa.select(_GROUP.id).where(_GROUP.paused_at.is_(None), _GROUP.cancelled_at.is_(None), _GROUP.by_hand.is_(False))
    query = sa.select(_ROW.group_id).where(late, _ROW.group_id.in_(live)).distinct().order_by(_ROW.group_id)
    for group_id in db.session.execute(query).scalars().all():
        group = _held(group_id) if group_id is not None else None
        if group is not None and group.paused_at is None and group.cancelled_at is None and _is_late(group.id, now):
            _spread_again(group, now)  # asked again: another worker may have been first
    db.session.commit()


def counts_of(group_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Group's id → how many deliveries are in each state, all states named. One query."""
    found = {group_id: dict.fromkeys(STATES, 0) for group_id in group_ids}
    query = sa.select(_ROW.group_id, _ROW.state, sa.func.count().label("number")).where(_ROW.group_id.in_(group_ids))
    for row in db.session.execute(query.group_by(_ROW.group_id, _ROW.state).order_by(_ROW.group_id, _ROW.state)):
        found[row.group_id][row.state] = row.number
    return found


def ends_of(group_ids: Collection[int]) -> dict[int, dt.datetime]:
    """Group's id → when the last of what waits in it is due; without those of which nothing waits."""
    waiting = sa.and_(_ROW.group_id.in_(group_ids), _ROW.state.in_(WAITING))
    last = sa.func.max(_ROW.not_before).label("last")
    query = sa.select(_ROW.group_id, last).where(waiting).group_by(_ROW.group_id).order_by(_ROW.group_id)
    return {row.group_id: row.last for row in db.session.execute(query)}


def troubles_of(group_id: int, states: Collection[str], *, limit: int | None = None, offset: int = 0) -> list[Trouble]:
    """The deliveries of a group in these states, by recipient."""
    query = sa.select(*(_ROW[name] for name in Trouble.__slots__)).where(_ROW.group_id == group_id, _ROW.state.in_(states))
    return [Trouble(*row) for row in db.session.execute(query.order_by(_ROW.recipient, _ROW.id).limit(limit).offset(offset))]


def reasons_of(group_id: int, state: str) -> list[tuple[str, int]]:
    """(reason, number) of the deliveries of a group in this state, the most frequent first."""
    number = sa.func.count().label("number")
    query = sa.select(_ROW.reason, number).where(_ROW.group_id == group_id, _ROW.state == state).group_by(_ROW.reason)
    return [(row.reason, row.number) for row in db.session.execute(query.order_by(number.desc(), _ROW.reason))]


def groups_that_reached(group_ids: Collection[int]) -> dict[str, int]:
    """Reference → by how many of these groups it was written to, or is going to be."""
    reached = sa.and_(_ROW.group_id.in_(group_ids), _ROW.state.not_in(("failed", "bounced", "cancelled")))
    number = sa.func.count(_ROW.group_id.distinct()).label("number")
    query = sa.select(_ROW.reference, number).where(reached).group_by(_ROW.reference).order_by(_ROW.reference)
    return {row.reference: row.number for row in db.session.execute(query)}


def recipients_in(group_ids: Collection[int], kind: str) -> set[tuple[str, str]]:
    """(reference, address in small letters) of whom these groups have written to with messages of a kind, or are going to."""
    if not group_ids:
        return set()
    reached = sa.and_(_ROW.group_id.in_(group_ids), _ROW.kind == kind, _ROW.state.not_in(("failed", "bounced", "cancelled")))
    query = sa.select(_ROW.reference, sa.func.lower(_ROW.recipient)).where(reached).order_by(_ROW.reference)
    return {(row[0], row[1]) for row in db.session.execute(query)}


def _problem(message: GroupMessage) -> str:
    try:
        check_recipient(message.recipient)
        check_subject(message.subject)
    except UnfitMessageError as error:
        return one_line(str(error), LONGEST_REASON)
    return ""


def _held(group_id: int) -> GroupRow:
    """The group, held until the transaction ends. Raises LookupError."""
    columns = [_GROUP[name] for name in GroupRow.__slots__]
    row = db.session.execute(sa.select(*columns).where(_GROUP.id == group_id).with_for_update()).one_or_none()
    if row is None:
        raise LookupError(f"no group of deliveries {group_id}")
    return GroupRow(*row)


def _require_live(group_id: int) -> GroupRow:
    group = _held(group_id)
    if group.cancelled_at is not None:
        raise GroupEndedError(group_id)
    return group


def _is_late(group_id: int, now: dt.datetime) -> bool:
    late = sa.and_(_ROW.group_id == group_id, _ROW.state == "queued", _ROW.not_before <= now - LATE)
    return db.session.execute(sa.select(_ROW.id).where(late).order_by(_ROW.id).limit(1)).scalar_one_or_none() is not None


def _spread_again(group: GroupRow, now: dt.datetime) -> None:
    """What waits keeps its order, and goes out at the group's pace from now on: nothing earlier than it was planned."""
    waiting = sa.and_(_ROW.group_id == group.id, _ROW.state.in_(WAITING))
    query = sa.select(_ROW.id, _ROW.not_before).where(waiting).order_by(_ROW.not_before, _ROW.id)
    rows = db.session.execute(query.with_for_update(skip_locked=True)).all()
    if not rows:
        return
    start = max(now, rows[0].not_before)
    times = spread(start, len(rows), group.per_hour, working_hours=group.working_hours)
    moved = [
        {"own_id": row.id, "due": max(time, row.not_before)}
        for row, time in zip(rows, times, strict=True)
        if time > row.not_before
    ]
    if moved:
        update = sa.update(table_of(Delivery)).where(_ROW.id == sa.bindparam("own_id"))
        db.session.connection().execute(update.values(not_before=sa.bindparam("due", type_=_ROW.not_before.type)), moved)
