"""Decisions on practices: assigned, approved, sent back, rejected, withdrawn, undone.

Not for: finding them (`queue.py`), publishing what is approved (`publishing.py`), what the entity does about one that was sent
back (`sent_back.py`).
Holds always: a decision names the revision that its page showed, and is refused with who did what since; each is one
transaction with its line of history and its audit entry; nothing is approved without the entity's consent or after it took its
sheet out; whatever is withdrawn is out of the public, of every version, at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.staff import COORDINATOR, REVIEWER, StaffRow, list_staff, staff_by_id
from app.audit.chain import Scalar, record, record_all
from app.editions.current import EditionView
from app.editions.extensions import grant
from app.extensions import db, table_of
from app.practices.fields import Corrections, corrected
from app.practices.history import PROGRAM, UNDONE, Happened, last_of, tell
from app.practices.models import APPROVED, REJECTED, SENT_BACK, WAITING, WITHDRAWN, Practice
from app.practices.notices import tell_sent_back
from app.practices.publishing import TAKEN_BACK, retract
from app.practices.record import read_record, write_record
from app.registry.entities import EntityRow, entity_table

LONGEST_NOTE: Final = 2000
MOST_DAYS: Final = 60
_ROW: Final = table_of(Practice).c
DECISIONS: Final = frozenset({"approved", "sent_back", "rejected"})
"""The decisions that can be undone while nothing has followed them."""
_BESIDE: Final = ("assigned", "note")


class UnknownPracticeError(LookupError):
    """There is no practice of this code."""


class ChangedMeanwhileError(Exception):
    """Somebody has done something with the practice since the page was drawn; nothing was changed. `action`, `actor`, `at`: of
    the last that happened."""

    def __init__(self, action: str, actor: str, at: dt.datetime) -> None:
        super().__init__(f"{action} by {actor}")
        self.action, self.actor, self.at = action, actor, at


class DecisionRefusedError(Exception):
    """The practice is such that this decision cannot be; nothing was changed. `reason`: no_consent, gone, no_note, long_note,
    no_response, state, nobody, same; days: no number of days that an extension may have."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Seen:
    """Which practice a decision is about, as whoever decides saw it."""

    code: str
    revision: int


@dataclass(frozen=True, slots=True)
class MoreTime:
    """How long an entity may answer that could not any more: until `closes_at`, the first instant that no longer counts."""

    edition: EditionView
    entity: EntityRow
    closes_at: dt.datetime
    reason: str
    reopened: bool


def reviewers() -> list[StaffRow]:
    """Who may be given a practice, by name."""
    return [one for one in list_staff() if one.disabled_at is None and one.role in {COORDINATOR, REVIEWER}]


def assign(seen: Seen, staff_id: int | None, *, actor: str, now: dt.datetime) -> None:
    """Give a practice to a member of staff; None: to nobody. Commits. Raises the three errors."""
    row = _held(seen)
    if staff_id is not None:
        member = staff_by_id(staff_id)
        if member is None or member.disabled_at is not None or member.role not in {COORDINATOR, REVIEWER}:
            raise _refused("nobody")
    if row.assigned_id == staff_id:
        raise _refused("same")
    _decide(row, "assigned", {"assigned_id": staff_id}, actor, now, told={"member_of_staff": staff_id})


def approve(seen: Seen, corrections: Corrections, *, note: str = "", actor: str, now: dt.datetime) -> None:
    """Approve it, as it is or with corrections of the desk. Commits. Raises the three errors."""
    row = _held(seen)
    _refuse_approval(row, note)
    values = _approval(row, corrections)
    if row.state == APPROVED and values["approved"] == row.approved:
        raise _refused("same")
    told = {"corrected": ", ".join(sorted(corrections))}
    _decide(row, "approved", values, actor, now, note=note, detail={"corrections": corrections}, told=told)


def approve_many(seen: Collection[Seen], *, actor: str, now: dt.datetime) -> tuple[list[str], list[str]]:
    """Approve those that wait, may be published and are as they were shown; the codes of those, and of the others. Commits.

    What was approved before, perhaps with corrections, and has changed since is to be looked at by itself.
    """
    wanted = {one.code: one.revision for one in seen}
    query = _select().where(_ROW.code.in_(sorted(wanted))).order_by(_ROW.id).with_for_update(of=table_of(Practice))
    fit = [
        row
        for row in db.session.execute(query).all()
        if row.state == WAITING and row.consent and row.present and not row.approved and row.revision == wanted[row.code]
    ]
    for row in fit:
        _write(row, "approved", _approval(row, {}), actor, now, detail={"corrections": {}, "together": True})
    if fit:
        told = [(f"practice:{row.code}", {"corrected": ""}) for row in fit]
        record_all("practice_approved", actor=actor, told=told, now=now)
    db.session.commit()
    done = [row.code for row in fit]
    return done, [code for code in wanted if code not in done]


def assign_many(seen: Collection[Seen], staff_id: int, *, actor: str, now: dt.datetime) -> tuple[list[str], list[str]]:
    """Give those that are as they were shown to a member of staff; the codes of those, and of the others. Commits.

    Raises DecisionRefusedError.
    """
    if staff_id not in {one.id for one in reviewers()}:
        raise _refused("nobody")
    wanted = {one.code: one.revision for one in seen}
    query = _select().where(_ROW.code.in_(sorted(wanted))).order_by(_ROW.id).with_for_update(of=table_of(Practice))
    fit = [row for row in db.session.execute(query).all() if row.revision == wanted[row.code]]
    for row in fit:
        _write(row, "assigned", {"assigned_id": staff_id}, actor, now, detail={"together": True})
    if fit:
        told = [(f"practice:{row.code}", {"member_of_staff": staff_id}) for row in fit]
        record_all("practice_assigned", actor=actor, told=told, now=now)
    db.session.commit()
    done = [row.code for row in fit]
    return done, [code for code in wanted if code not in done]


def send_back(
    seen: Seen,
    corrections: Corrections,
    *,
    note: str,
    actor: str,
    now: dt.datetime,
    more_time: MoreTime | None = None,
) -> None:
    """Ask the entity to look at it again, with a note and proposed corrections. Commits, and queues the notice.

    `more_time`: where its time is over. Raises the three errors and ExtensionRefusedError.
    """
    row = _held(seen)
    if row.response_id is None:
        raise _refused("no_response")
    _refuse_unless(row.present, "gone")
    _refuse_unless(row.state in {WAITING, APPROVED, REJECTED}, "state")
    _refuse_note(note, needed=True)
    if more_time is not None:
        grant(
            more_time.edition.code,
            more_time.entity.code,
            more_time.closes_at,
            more_time.reason,
            actor=actor,
            now=now,
            reopened=more_time.reopened,
            tell=False,
        )
    detail = {"corrections": corrections, "until": more_time.closes_at.isoformat() if more_time else None}
    _write(row, "sent_back", {"state": SENT_BACK}, actor, now, note=note, detail=detail)
    tell_sent_back(row.id, now)
    told = {"proposed": ", ".join(sorted(corrections))}
    record("practice_sent_back", actor=actor, subject=f"practice:{row.code}", detail=told, now=now)
    db.session.commit()


def reject(seen: Seen, *, note: str, actor: str, now: dt.datetime) -> None:
    """Do not publish it, and say why. One that is public has to be withdrawn. Commits. Raises the three errors."""
    row = _held(seen)
    _refuse_unless(row.published is None and row.state in {WAITING, SENT_BACK, APPROVED}, "state")
    _refuse_note(note, needed=True)
    _decide(row, "rejected", {"state": REJECTED, "approved": None, "approved_digest": None}, actor, now, note=note)


def withdraw(seen: Seen, *, note: str, actor: str, now: dt.datetime) -> None:
    """Take it out of the public, of the earlier versions too, and keep it out. Commits. Raises the three errors."""
    row = _held(seen)
    _refuse_unless(row.state != WITHDRAWN, "state")
    _refuse_note(note, needed=True)
    _write(row, "withdrawn", dict(TAKEN_BACK), actor, now, note=note)
    retract([row.id], actor=actor, now=now)
    record("practice_withdrawn", actor=actor, subject=f"practice:{row.code}", detail={}, now=now)
    db.session.commit()


def reopen(seen: Seen, *, actor: str, now: dt.datetime) -> None:
    """Put one that was rejected or withdrawn into the queue again. Commits. Raises the three errors."""
    row = _held(seen)
    _refuse_unless(row.state in {REJECTED, WITHDRAWN}, "state")
    _decide(row, "reopened", {"state": WAITING, "arrived_at": now}, actor, now)


def undo(seen: Seen, *, actor: str, now: dt.datetime) -> None:
    """Take the last decision back, while nothing has followed it: no publication, nothing of the entity's. Commits.

    Raises the three errors.
    """
    row = _held(seen)
    last = last_decision(row.id)
    if last is None:
        raise _refused("state")
    _decide(row, UNDONE, last.kept["before"], actor, now, told={"undone": last.action})


def last_decision(practice_id: int) -> Happened | None:
    """The decision that can be undone: the last that happened with a practice, assignments aside.

    None too where it keeps nothing of before: an import that came in approved, which is undone as a whole or withdrawn.
    """
    last = last_of(practice_id, without=_BESIDE)
    return last if last is not None and last.action in DECISIONS and "before" in last.kept else None


def _select() -> sa.Select[Any]:
    joined = table_of(Practice).join(entity_table, entity_table.c.id == _ROW.entity_id)
    return sa.select(table_of(Practice), entity_table.c.code.label("entity_code")).select_from(joined)


def _held(seen: Seen) -> sa.Row[Any]:
    """The practice, locked until the commit. Raises UnknownPracticeError or ChangedMeanwhileError."""
    query = _select().where(_ROW.code == seen.code).with_for_update(of=table_of(Practice))
    row: Any = db.session.execute(query).one_or_none()
    if row is None:
        db.session.rollback()
        raise UnknownPracticeError(seen.code)
    if row.revision != seen.revision:
        last = last_of(row.id)
        db.session.rollback()
        raise ChangedMeanwhileError(*((last.action, last.actor, last.at) if last else ("changed", PROGRAM, row.changed_at)))
    found: sa.Row[Any] = row
    return found


def _approval(row: Any, corrections: Corrections) -> dict[str, Any]:
    approved = write_record(corrected(read_record(row.content), corrections)) if corrections else row.content
    return {"state": APPROVED, "approved": approved, "approved_digest": row.digest}


def _refuse_approval(row: Any, note: str) -> None:
    _refuse_unless(row.consent, "no_consent")
    _refuse_unless(row.present, "gone")
    _refuse_unless(row.state != WITHDRAWN, "state")
    _refuse_note(note, needed=False)


def _refuse_unless(holds: Any, reason: str) -> None:
    if not holds:
        raise _refused(reason)


def _refuse_note(note: str, *, needed: bool) -> None:
    _refuse_unless(note or not needed, "no_note")
    _refuse_unless(len(note) <= LONGEST_NOTE and "\x00" not in note, "long_note")


def _refused(reason: str) -> DecisionRefusedError:
    db.session.rollback()
    return DecisionRefusedError(reason)


def _decide(
    row: Any,
    action: str,
    values: Mapping[str, Any],
    actor: str,
    now: dt.datetime,
    *,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
    told: Mapping[str, Scalar] | None = None,
) -> None:
    """Write it, tell it, commit."""
    _write(row, action, values, actor, now, note=note, detail=detail)
    record(f"practice_{action}", actor=actor, subject=f"practice:{row.code}", detail=told or {}, now=now)
    db.session.commit()


def _write(
    row: Any,
    action: str,
    values: Mapping[str, Any],
    actor: str,
    now: dt.datetime,
    *,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """The columns and the line of history, which keeps what an undoing needs. Flushes."""
    own = {"revision": row.revision + 1, "changed_at": now, **values}
    db.session.execute(sa.update(Practice).where(_ROW.id == row.id).values(own))
    kept = dict(detail or {})
    if action in DECISIONS:
        kept["before"] = {name: getattr(row, name) for name in ("state", "approved", "approved_digest")}
    tell([row.id], action, actor=actor, now=now, note=note, detail=kept)
