"""Resets of many logins: prepared as a list to be read, confirmed once, and worked off in slices that survive anything.

Not for: a reset itself (`resets.py`), whom a filter means (the caller hands over ids), or reading a file (`code_lists.py`).
Holds always: nothing of any login changes before a run is confirmed; a login is reset and its item settled in one transaction,
so that of two workers, or of a worker and its successor, each finds what the other has done and no login is reset twice; a run
that nobody works on waits where it was, and anybody may go on with it; a stopped run changes nothing more; its messages go out
at the pace of reminders, since the same people answer the telephone.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.links import RESET
from app.accounts.login_state import LoginRow, login_rows
from app.accounts.models import EntityAccount, LoginRun, LoginRunItem
from app.accounts.resets import end_login
from app.accounts.suspensions import is_suspended
from app.audit.chain import Scalar, record
from app.extensions import db, table_of
from app.mail.outbox import last_time
from app.registry.entities import entity_table, find_by_id, is_in_force, label
from app.registry.recipients import recipients_for

WAITING: Final = "waiting"
DONE: Final = "done"
NO_ADDRESS: Final = "no_address"
FAILED: Final = "failed"
ITEM_STATES: Final = (WAITING, DONE, NO_ADDRESS, FAILED)
SLICE: Final = 50
SLICE_SECONDS: Final = 2.0
TYPED_BEYOND: Final = 100
_AT_ONCE: Final = 500
_RUN, _ITEM, _ACCOUNT = table_of(LoginRun).c, table_of(LoginRunItem).c, table_of(EntityAccount).c


class UnknownRunError(Exception):
    """No run has this number."""


class WrongCountError(Exception):
    """The number that was typed to confirm is not that of the logins. `right`: how many there are."""

    def __init__(self, right: int) -> None:
        super().__init__(f"{right} logins")
        self.right = right


class EmptyRunError(Exception):
    """A run of no login."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. `counts`: logins by each of `ITEM_STATES`; `unknown`: (line, code) of the codes of nobody."""

    id: int
    source: str
    filter: str
    unknown: tuple[tuple[int, str], ...]
    prepared_by: str
    prepared_at: dt.datetime
    confirmed_by: str | None
    confirmed_at: dt.datetime | None
    stopped_by: str | None
    ended_at: dt.datetime | None
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """How many logins it holds."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """How many it has done with, well or badly."""
        return self.total - self.counts[WAITING]

    @property
    def state(self) -> str:
        """prepared, running, stopped or ended; discarded: stopped before it was confirmed."""
        if self.stopped_by is not None:
            return "discarded" if self.confirmed_at is None else "stopped"
        if self.ended_at is not None:
            return "ended"
        return "prepared" if self.confirmed_at is None else "running"

    @property
    def asks_for_count(self) -> bool:
        """Whether it is so large that the number of its logins must be typed to confirm it."""
        return self.total > TYPED_BEYOND


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One login of a run. `recipients`: where the link would go now; empty for nobody."""

    entity_code: str
    entity_label: str
    state: str
    reason: str
    addresses: int
    recipients: tuple[str, ...]
    login: LoginRow


def prepare_run(
    entity_ids: Collection[int],
    *,
    source: str,
    actor: str,
    now: dt.datetime,
    filter_text: str = "",
    unknown: Sequence[tuple[int, str]] = (),
) -> int:
    """Note down whose logins are to be reset, and give the run's number. Resets nothing. Raises `EmptyRunError`."""
    wanted = sorted(set(entity_ids))
    if not wanted:
        raise EmptyRunError
    values: dict[str, Any] = {"source": source, "filter": filter_text, "unknown": json.dumps([list(one) for one in unknown])}
    values |= {"prepared_by": actor, "prepared_at": now}
    run_id: int = db.session.execute(sa.insert(LoginRun).values(**values).returning(LoginRun.id)).scalar_one()
    rows = [_fresh_item(run_id, entity_id) for entity_id in wanted]
    for start in range(0, len(rows), _AT_ONCE):
        db.session.execute(sa.insert(LoginRunItem), rows[start : start + _AT_ONCE])
    detail: dict[str, Scalar] = {"logins": len(wanted), "source": source}
    record("login_run_prepared", actor=actor, subject=f"login_run:{run_id}", detail=detail, now=now)
    db.session.commit()
    return run_id


def confirm_run(run_id: int, *, typed: str, actor: str, now: dt.datetime) -> None:
    """Let the run begin; where it has begun or was stopped, nothing changes. Raises `UnknownRunError`, `WrongCountError`."""
    run = run_by_id(run_id)
    if run.state != "prepared":
        db.session.rollback()
        return
    if run.asks_for_count and typed.replace(".", "").replace(" ", "") != str(run.total):
        db.session.rollback()
        raise WrongCountError(run.total)
    open_run = sa.update(LoginRun).where(_RUN.id == run_id, _RUN.confirmed_at.is_(None), _RUN.ended_at.is_(None))
    confirmed = open_run.values(confirmed_at=now, confirmed_by=actor).returning(LoginRun.id)
    if db.session.execute(confirmed).scalar_one_or_none() is not None:
        detail = {"logins": run.total}
        record("login_run_confirmed", actor=actor, subject=f"login_run:{run_id}", detail=detail, now=now)
    db.session.commit()


def stop_run(run_id: int, *, actor: str, now: dt.datetime) -> None:
    """Reset none of those that still wait; a run that has ended stays as it is. Raises `UnknownRunError`."""
    run = run_by_id(run_id)
    open_run = sa.update(LoginRun).where(_RUN.id == run_id, _RUN.ended_at.is_(None))
    stopped = open_run.values(ended_at=now, stopped_by=actor).returning(LoginRun.id)
    if db.session.execute(stopped).scalar_one_or_none() is not None:
        detail = {"left": run.counts[WAITING]}
        record("login_run_stopped", actor=actor, subject=f"login_run:{run_id}", detail=detail, now=now)
    db.session.commit()


def work_off(run_id: int, clock: Callable[[], dt.datetime], *, most: int = SLICE, seconds: float = SLICE_SECONDS) -> int:
    """Reset some of the logins that wait, each in a transaction of its own, and say how many: 0 where nothing is left to do.

    Ends after `most` logins or so many seconds, whichever is first.
    """
    until, settled = time.monotonic() + seconds, 0
    while settled < most and (settled == 0 or time.monotonic() < until):
        if not _settle_next(run_id, clock()):
            break
        settled += 1
    return settled


def run_by_id(run_id: int) -> RunRow:
    """The run with this number. Raises `UnknownRunError`."""
    found = _rows(_select_runs().where(_RUN.id == run_id))
    if not found:
        raise UnknownRunError(run_id)
    return found[0]


def list_runs(limit: int = 50, offset: int = 0) -> list[RunRow]:
    """The runs, the last one first."""
    return _rows(_select_runs().order_by(_RUN.id.desc()).limit(limit).offset(offset))


def count_runs() -> int:
    """How many there are."""
    return db.session.execute(sa.select(sa.func.count(_RUN.id))).scalar_one()


def run_items(
    run_id: int, now: dt.datetime, *, states: Collection[str] = ITEM_STATES, limit: int, offset: int = 0
) -> list[ItemRow]:
    """The logins of a run in these states, by name."""
    entity = entity_table.c
    query = sa.select(
        *(_ITEM.entity_id, entity.code, entity.name.label("entity_name"), entity.province_sign),
        *(_ITEM.state, _ITEM.reason, _ITEM.addresses),
    ).join_from(table_of(LoginRunItem), entity_table, entity.id == _ITEM.entity_id)
    query = query.where(_ITEM.run_id == run_id, _ITEM.state.in_(states)).order_by(entity.search_name, entity.code)
    rows = db.session.execute(query.limit(limit).offset(offset)).all()
    ids = [row.entity_id for row in rows]
    recipients, logins = recipients_for(ids, "reset", now), login_rows(ids, now)
    return [
        ItemRow(
            entity_code=row.code,
            entity_label=label(row.entity_name, row.province_sign),
            state=row.state,
            reason=row.reason,
            addresses=row.addresses,
            recipients=tuple(recipients[row.entity_id]),
            login=logins[row.entity_id],
        )
        for row in rows
    ]


def without_address(run_id: int, now: dt.datetime) -> int:
    """How many logins of the run have no address to which a link could go now."""
    query = sa.select(_ITEM.entity_id).where(_ITEM.run_id == run_id).order_by(_ITEM.entity_id)
    ids = db.session.execute(query).scalars().all()
    found = 0
    for start in range(0, len(ids), _AT_ONCE):
        found += sum(not emails for emails in recipients_for(ids[start : start + _AT_ONCE], "reset", now).values())
    return found


def last_message_at(now: dt.datetime) -> dt.datetime | None:
    """When the last message of the resets goes out, of this run or of another; None where none waits."""
    last = last_time(RESET, now)
    return last if last is not None and last > now else None


def never_activated(run_id: int) -> int:
    """How many logins of the run have never had a password."""
    has_row = sa.exists().where(_ACCOUNT.entity_id == _ITEM.entity_id)
    return db.session.execute(sa.select(sa.func.count(_ITEM.entity_id)).where(_ITEM.run_id == run_id, ~has_row)).scalar_one()


def _settle_next(run_id: int, now: dt.datetime) -> bool:
    """Reset the next login that waits, and say whether there was one. Commits; the run ends with its last one."""
    run = sa.select(_RUN.confirmed_by).where(_RUN.id == run_id, _RUN.confirmed_at.is_not(None), _RUN.ended_at.is_(None))
    actor = db.session.execute(run).scalar_one_or_none()
    if actor is None:
        db.session.rollback()
        return False
    mine = sa.select(_ITEM.entity_id).where(_ITEM.run_id == run_id, _ITEM.state == WAITING).order_by(_ITEM.entity_id)
    entity_id = db.session.execute(mine.limit(1).with_for_update(skip_locked=True)).scalar_one_or_none()
    if entity_id is None:
        _end_if_settled(run_id, now)
        return False
    values: dict[str, Any] = {"settled_at": now}
    entity = find_by_id(entity_id) if is_in_force(entity_id) else None
    if entity is None:
        values |= {"state": FAILED, "reason": "not_in_force"}
    else:
        addresses = len(end_login(entity, actor=actor, now=now, run_id=run_id))
        values |= {"state": DONE if addresses else NO_ADDRESS, "addresses": addresses}
        if is_suspended(entity.id):
            values["reason"] = "suspended"
    settled = sa.update(LoginRunItem).where(_ITEM.run_id == run_id, _ITEM.entity_id == entity_id)
    db.session.execute(settled.values(**values))
    db.session.commit()
    return True


def _end_if_settled(run_id: int, now: dt.datetime) -> None:
    """End the run where no login waits, also none that another worker has in hand."""
    waiting = sa.exists().where(_ITEM.run_id == run_id, _ITEM.state == WAITING)
    ended = sa.update(LoginRun).where(_RUN.id == run_id, _RUN.ended_at.is_(None), ~waiting).values(ended_at=now)
    if db.session.execute(ended.returning(LoginRun.id)).scalar_one_or_none() is not None:
        counts = run_by_id(run_id).counts
        detail: dict[str, Scalar] = {state: counts[state] for state in (DONE, NO_ADDRESS, FAILED)}
        record("login_run_ended", actor="login_run", subject=f"login_run:{run_id}", detail=detail, now=now)
    db.session.commit()


def _fresh_item(run_id: int, entity_id: int) -> dict[str, Any]:
    return {"run_id": run_id, "entity_id": entity_id, "state": WAITING, "reason": "", "addresses": 0}


def _select_runs() -> sa.Select[Any]:
    return sa.select(
        *(_RUN.id, _RUN.source, _RUN.filter, _RUN.unknown, _RUN.prepared_by, _RUN.prepared_at),
        *(_RUN.confirmed_by, _RUN.confirmed_at, _RUN.stopped_by, _RUN.ended_at),
    )


def _rows(query: sa.Select[Any]) -> list[RunRow]:
    rows = db.session.execute(query).all()
    counts: dict[int, dict[str, int]] = {row.id: dict.fromkeys(ITEM_STATES, 0) for row in rows}
    counted = sa.select(_ITEM.run_id, _ITEM.state, sa.func.count().label("number")).where(_ITEM.run_id.in_(list(counts)))
    for row in db.session.execute(counted.group_by(_ITEM.run_id, _ITEM.state).order_by(_ITEM.run_id, _ITEM.state)):
        counts[row.run_id][row.state] = row.number
    return [_run_row(row, counts[row.id]) for row in rows]


def _run_row(row: Any, counts: dict[str, int]) -> RunRow:
    values = [*row, counts]
    values[3] = tuple((int(line), str(code)) for line, code in json.loads(row.unknown))
    return RunRow(*values)
