"""The steps of an edition's plan as they are stored: read, added, changed, paused, skipped, approved, taken out, put back.

Not for: when they are due (`resolving.py`), what is wrong (`checks.py`), whom they reach (`previews.py`), doing them
(`running.py`).
Holds always: every query names the edition; a change names the version that its author saw and is refused if another came
between, or if the step has become a batch; whatever is changed of a step withdraws its approval; each deed leaves its audit
entry in its own transaction. Each function commits, or raises and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from app.audit.chain import Scalar, record
from app.chasing.filters import Filter
from app.editions.current import EditionView, edition_table
from app.extensions import db, table_of
from app.reminders.channels import PAPER
from app.reminders.models import STEP_KINDS, Batch, PlanStep
from app.reminders.plans.resolving import Due, Frame, Timing, resolve

KINDS: Final = STEP_KINDS
LONGEST_NOTE: Final = 300
_ROW: Final = table_of(PlanStep).c
_BATCH: Final = table_of(Batch).c
_STEADY: Final = ("planned", "paused", "skipped")
"""States in which a step can be changed."""


class UnknownStepError(Exception):
    """No step of the edition's plan has this id."""


class ChangedStepError(Exception):
    """Somebody has changed the step since it was read, or it has become a batch. Nothing was changed."""


class PlanExistsError(Exception):
    """The edition has a plan already."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a step says: who, what, when and how. `minute`: of the day, in Rome; `days`: see `app.reminders.models.PlanStep`."""

    kind: str
    name: str
    channel: str
    template_id: int
    filter: Filter
    days: int
    minute: int
    per_hour: int
    moved_to: dt.date | None = None
    beyond_why: str = ""

    @property
    def timing(self) -> Timing:
        """When it is meant to go."""
        return Timing(self.kind, self.days, self.minute, self.moved_to)


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is stored. `batch_id`: what it became; `group_id`: that batch's deliveries; `went_at`: when those begin."""

    id: int
    content: Content
    state: str
    note: str
    key: str
    version: int
    approved_by: str | None
    approved_at: dt.datetime | None
    approved_mark: str
    beyond_by: str | None
    changed_by: str
    changed_at: dt.datetime
    removed_at: dt.datetime | None
    batch_id: int | None
    group_id: int | None
    went_at: dt.datetime | None

    @property
    def is_done(self) -> bool:
        """Whether it went: nothing of it changes any more."""
        return self.state == "done"

    def due(self, frame: Frame) -> Due:
        """When it is due in an edition with these dates; of one that went, when it did."""
        due = resolve(self.content.timing, frame)
        return replace(due, at=self.went_at or self.changed_at) if self.is_done else due


@dataclass(frozen=True, slots=True)
class Deed:
    """Who changes which step of which edition, and when. `seen`: its version as they have read it."""

    edition_id: int
    step_id: int
    seen: int
    actor: str
    now: dt.datetime


def frame_of(edition: EditionView) -> Frame:
    """The dates of an edition."""
    return Frame(edition.opens_at, edition.closes_at)


def list_steps(edition_id: int, *, removed: bool = False) -> list[Step]:
    """The steps of an edition, in the order in which they were made. `removed`: also those that were taken out."""
    query = _select().where(_ROW.edition_id == edition_id)
    query = query if removed else query.where(_ROW.removed_at.is_(None))
    return [_step(row) for row in db.session.execute(query.order_by(_ROW.id))]


def step_of(edition_id: int, step_id: int) -> Step:
    """One step, also one that was taken out. Raises `UnknownStepError`."""
    row = db.session.execute(_select().where(_ROW.edition_id == edition_id, _ROW.id == step_id)).one_or_none()
    if row is None:
        raise UnknownStepError(step_id)
    return _step(row)


def step_of_batch(edition_id: int, batch_id: int) -> Step | None:
    """The step that became this batch."""
    row = db.session.execute(_select().where(_ROW.edition_id == edition_id, _BATCH.id == batch_id)).one_or_none()
    return None if row is None else _step(row)


def editions_with_steps() -> list[int]:
    """The ids of the editions in whose plan something is still to do."""
    query = sa.select(_ROW.edition_id).where(_ROW.state == "planned", _ROW.removed_at.is_(None)).distinct()
    return list(db.session.execute(query.order_by(_ROW.edition_id)).scalars())


def store_plan(edition_id: int, steps: Sequence[Content], *, actor: str, now: dt.datetime) -> None:
    """Give an edition without a plan these steps. Raises `PlanExistsError`, also where somebody else was first."""
    edition = edition_table.c.id
    db.session.execute(sa.select(edition).where(edition == edition_id).with_for_update(key_share=True)).one()
    if list_steps(edition_id):
        db.session.rollback()
        raise PlanExistsError(edition_id)
    db.session.connection().execute(sa.insert(table_of(PlanStep)), [_new(edition_id, one, actor, now) for one in steps])
    record("plan_proposed", actor=actor, subject=f"plan:{edition_id}", detail={"steps": len(steps)}, now=now)
    db.session.commit()


def add_step(edition_id: int, content: Content, *, actor: str, now: dt.datetime) -> int:
    """Add a step; its id."""
    added = sa.insert(PlanStep).values(**_new(edition_id, content, actor, now)).returning(_ROW.id)
    step_id: int = db.session.execute(added).scalar_one()
    _told("plan_step_added", step_id, actor, now, kind=content.kind)
    return step_id


def change_step(deed: Deed, content: Content) -> None:
    """Store other contents in its place; who lets it go beyond the limits is whoever does it first. Raises `UnknownStepError`,
    `ChangedStepError`."""
    before = step_of(deed.edition_id, deed.step_id)
    values = _columns(content) | {"kind": before.content.kind}
    decided = before.beyond_by if before.content.beyond_why == content.beyond_why else None
    values["beyond_by"] = (decided or deed.actor) if content.beyond_why else None
    changed = [name for name, value in values.items() if name != "beyond_by" and _columns(before.content)[name] != value]
    _change(deed, _STEADY, values, "plan_step_changed", changed=" ".join(changed), beyond=bool(content.beyond_why))


def pause_step(deed: Deed, why: str) -> None:
    """Do not do it until it is resumed. Raises as `change_step`."""
    _change(deed, ("planned",), {"state": "paused", "note": why[:LONGEST_NOTE]}, "plan_step_paused")


def resume_step(deed: Deed) -> None:
    """Do it when it is due, once it is approved. Raises as `change_step`."""
    _change(deed, ("paused",), {"state": "planned", "note": ""}, "plan_step_resumed")


def skip_step(deed: Deed, why: str) -> None:
    """Do not do it at all. Raises as `change_step`."""
    _change(deed, ("planned", "paused"), {"state": "skipped", "note": why[:LONGEST_NOTE]}, "plan_step_skipped", why="by hand")


def unskip_step(deed: Deed) -> None:
    """Plan it again. Raises as `change_step`."""
    _change(deed, ("skipped",), {"state": "planned", "note": ""}, "plan_step_planned_again")


def remove_step(deed: Deed) -> None:
    """Take it out of the plan. Raises as `change_step`."""
    _change(deed, _STEADY, {"removed_at": deed.now}, "plan_step_removed")


def restore_step(deed: Deed) -> None:
    """Put it back. Raises as `change_step`."""
    _change(deed, _STEADY, {"removed_at": None}, "plan_step_restored", removed=True)


def mark_letters_sent(deed: Deed) -> None:
    """Somebody has printed and sent the letters of a step on paper. Raises as `change_step`."""
    if step_of(deed.edition_id, deed.step_id).content.channel != PAPER:
        raise ChangedStepError(deed.step_id)
    _change(deed, ("planned", "paused"), {"state": "done", "note": ""}, "plan_step_done")


def approve_step(deed: Deed, mark: str) -> None:
    """Let it go by itself when it is due. `mark`: of exactly what was seen (`marks.py`). Raises as `change_step`."""
    approved = {"approved_by": deed.actor, "approved_at": deed.now, "approved_mark": mark}
    _change(deed, ("planned", "paused"), approved, "plan_step_approved")


def withdraw_approval(deed: Deed) -> None:
    """Let it wait for an approval. Raises as `change_step`."""
    _change(deed, ("planned", "paused"), {}, "plan_step_approval_withdrawn")


def _change(
    deed: Deed,
    states: Sequence[str],
    values: Mapping[str, Any],
    action: str,
    *,
    removed: bool | None = None,
    **detail: Scalar,
) -> None:
    own = sa.and_(_ROW.edition_id == deed.edition_id, _ROW.id == deed.step_id, _ROW.version == deed.seen)
    there = _ROW.removed_at.is_not(None) if removed else _ROW.removed_at.is_(None)
    unapproved: dict[str, Any] = {"approved_by": None, "approved_at": None, "approved_mark": ""}
    stamped = {"version": _ROW.version + 1, "changed_by": deed.actor, "changed_at": deed.now}
    held = sa.update(PlanStep).where(own, there, _ROW.state.in_(states))
    if db.session.execute(held.values(**(unapproved | stamped | dict(values))).returning(_ROW.id)).scalar_one_or_none() is None:
        db.session.rollback()
        step_of(deed.edition_id, deed.step_id)
        raise ChangedStepError(deed.step_id)
    _told(action, deed.step_id, deed.actor, deed.now, **detail)


def _told(action: str, step_id: int, actor: str, now: dt.datetime, **detail: Scalar) -> None:
    record(action, actor=actor, subject=f"plan-step:{step_id}", detail=detail, now=now)
    db.session.commit()


def filter_of(text: str) -> Filter:
    """The filter as it stands in an address."""
    return Filter.from_args(MultiDict(parse_qsl(text)))


def _columns(content: Content) -> dict[str, Any]:
    names = ("kind", "name", "channel", "template_id", "days", "minute", "moved_to", "per_hour", "beyond_why")
    return {name: getattr(content, name) for name in names} | {"audience": urlencode(content.filter.to_args())}


def _new(edition_id: int, content: Content, actor: str, now: dt.datetime) -> dict[str, Any]:
    stamped = {"edition_id": edition_id, "state": "planned", "note": "", "version": 1, "approved_mark": ""}
    stamped |= {"key": secrets.token_hex(16), "changed_by": actor, "changed_at": now}
    return _columns(content) | stamped | {"beyond_by": actor if content.beyond_why else None}


def _select() -> sa.Select[Any]:
    batch = (_BATCH.id.label("batch_id"), _BATCH.group_id, _BATCH.starts_at.label("went_at"))
    return sa.select(table_of(PlanStep), *batch).outerjoin(table_of(Batch), _BATCH.key == _ROW.key)


def _step(row: sa.Row[Any]) -> Step:
    values = dict(row._mapping)
    names = ("kind", "name", "channel", "template_id", "days", "minute", "per_hour", "moved_to", "beyond_why")
    content = Content(filter=filter_of(values["audience"]), **{name: values[name] for name in names})
    return Step(content=content, **{name: values[name] for name in Step.__slots__ if name != "content"})
