"""The queue of review: which practices somebody asks for, a page of them, how many there are, the next and the one before.

Not for: deciding on them (`review.py`).
Holds always: whoever has waited longest stands first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.tables import staff_table
from app.extensions import db, table_of
from app.practices.models import APPROVED, KINDS, STATES, WAITING, Practice
from app.practices.publishing import waiting_to_be_published
from app.registry.entities import entity_table, label, select_matching
from app.registry.folding import fold

CHANGED, TO_PUBLISH, ALL, MINE, NOBODYS, UNFIT = VIEWS = ("changed", "to_publish", "all", "mine", "nobodys", "unfit")
"""Besides the states: changed by its entity since it was approved, approved and not yet public so, all, assigned to whoever
asks or to nobody and waiting, not to be published whatever the desk decides: without consent or no longer sent."""
_ROW: Final = table_of(Practice).c
_ENTITY: Final = entity_table.c
_STAFF: Final = staff_table.c
_FIT: Final = sa.and_(_ROW.consent, _ROW.present)
_WAITS: Final = sa.and_(_ROW.state == WAITING, _FIT)
_BY_STATE: Final[dict[str, sa.ColumnElement[bool]]] = {state: _ROW.state == state for state in STATES} | {
    WAITING: _WAITS,
    CHANGED: sa.and_(_WAITS, _ROW.approved_digest.is_not(None), _ROW.approved_digest != _ROW.digest),
    NOBODYS: sa.and_(_WAITS, _ROW.assigned_id.is_(None)),
    UNFIT: sa.not_(_FIT),
    ALL: sa.true(),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty: whatever. `view`: one of `STATES` or `VIEWS`; `staff_id`: who asks."""

    staff_id: int
    view: str = WAITING
    kind: str = ""
    year: int = 0
    area: str = ""
    region: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A practice in the queue. `changed`: its entity has changed it since it was approved; `fit`: it may be published."""

    id: int
    code: str
    kind: str
    title: str
    area: str
    state: str
    year: int
    entity_code: str
    entity_label: str
    assigned_id: int | None
    assigned: str
    arrived_at: dt.datetime
    revision: int
    changed: bool
    consent: bool
    present: bool
    public: bool

    @property
    def fit(self) -> bool:
        return self.consent and self.present


@dataclass(frozen=True, slots=True)
class Counts:
    """How many practices each view has, by its name, and the years of which there are any, the last first."""

    views: dict[str, int]
    years: tuple[int, ...]


def queue_page(wanted: Wanted, *, limit: int, offset: int = 0) -> list[QueueRow]:
    """A page of what is wanted."""
    query = _select().where(*_matching(wanted)).order_by(_ROW.arrived_at, _ROW.id).limit(limit).offset(offset)
    return [_row(row) for row in db.session.execute(query)]


def count_queue(wanted: Wanted) -> int:
    """How many there are."""
    query = sa.select(sa.func.count(_ROW.id)).join(entity_table, _ENTITY.id == _ROW.entity_id).where(*_matching(wanted))
    return db.session.execute(query).scalar_one()


def rows_of_codes(codes: Sequence[str]) -> list[QueueRow]:
    """These practices, in the order of the queue."""
    query = _select().where(_ROW.code.in_(codes)).order_by(_ROW.arrived_at, _ROW.id)
    return [_row(row) for row in db.session.execute(query)] if codes else []


def queue_counts(staff_id: int) -> Counts:
    """All views counted in one statement, whatever else is filtered."""
    views = _BY_STATE | {MINE: sa.and_(_WAITS, _ROW.assigned_id == staff_id)}
    sums = [sa.func.sum(sa.case((condition, 1), else_=0)).label(name) for name, condition in views.items()]
    sums.append(_to_publish().scalar_subquery().label(TO_PUBLISH))
    found = db.session.execute(sa.select(_ROW.year, *sums).group_by(_ROW.year).order_by(_ROW.year.desc())).all()
    counted = {name: sum(getattr(row, name) for row in found) for name in views}
    to_publish = getattr(found[0], TO_PUBLISH) if found else 0
    return Counts(counted | {TO_PUBLISH: to_publish}, tuple(row.year for row in found))


def select_waits(region: str | None = None) -> tuple[sa.ScalarSelect[int], sa.ScalarSelect[int]]:
    """How many wait for a decision and how many for a publication, in a Region or everywhere, for a statement of others."""
    waits = sa.select(sa.func.count(_ROW.id)).join(entity_table, _ENTITY.id == _ROW.entity_id).where(_WAITS)
    ready = waiting_to_be_published().with_only_columns(sa.func.count(_ROW.id)).order_by(None)
    if region is not None:
        waits, ready = waits.where(_ENTITY.region_code == region), ready.where(_ENTITY.region_code == region)
    return waits.scalar_subquery(), ready.scalar_subquery()


def queue_waits(region: str | None = None) -> tuple[int, int]:
    """The same, counted. One statement."""
    waits, ready = db.session.execute(sa.select(*select_waits(region))).one()
    return waits, ready


def _to_publish() -> sa.Select[int]:
    """How many approved practices differ from what is public."""
    ids = waiting_to_be_published().with_only_columns(_ROW.id).subquery()
    return sa.select(sa.func.count()).select_from(ids)


def neighbours(wanted: Wanted, row: Any) -> tuple[str | None, str | None]:
    """The codes of the practice before and after this one in what is wanted. `row`: has `arrived_at` and `id`."""
    here = sa.tuple_(_ROW.arrived_at, _ROW.id)
    now = sa.tuple_(sa.bindparam("at", row.arrived_at, type_=_ROW.arrived_at.type), sa.bindparam("id", row.id))
    own = sa.select(_ROW.code).join(entity_table, _ENTITY.id == _ROW.entity_id).where(*_matching(wanted)).limit(1)
    before = own.where(here < now).order_by(_ROW.arrived_at.desc(), _ROW.id.desc())
    after = own.where(here > now).order_by(_ROW.arrived_at, _ROW.id)
    return db.session.execute(before).scalar_one_or_none(), db.session.execute(after).scalar_one_or_none()


def _select() -> sa.Select[Any]:
    columns = (
        *(_ROW.id, _ROW.code, _ROW.kind, _ROW.title, _ROW.area, _ROW.state, _ROW.year, _ENTITY.code.label("entity_code")),
        *(_ENTITY.name, _ENTITY.province_sign, _ROW.assigned_id, _STAFF.name.label("assigned"), _ROW.arrived_at),
        *(_ROW.revision, _ROW.approved_digest, _ROW.digest, _ROW.consent, _ROW.present),
        _ROW.published.is_not(None).label("public"),
    )
    joined = table_of(Practice).join(entity_table, _ENTITY.id == _ROW.entity_id)
    return sa.select(*columns).select_from(joined.outerjoin(staff_table, _STAFF.id == _ROW.assigned_id))


def _row(row: Any) -> QueueRow:
    return QueueRow(
        id=row.id,
        code=row.code,
        kind=row.kind,
        title=row.title,
        area=row.area,
        state=row.state,
        year=row.year,
        entity_code=row.entity_code,
        entity_label=label(row.name, row.province_sign),
        assigned_id=row.assigned_id,
        assigned=row.assigned or "",
        arrived_at=row.arrived_at,
        revision=row.revision,
        changed=row.state == WAITING and row.approved_digest is not None and row.approved_digest != row.digest,
        consent=bool(row.consent),
        present=bool(row.present),
        public=bool(row.public),
    )


def _matching(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    views = _BY_STATE | {
        MINE: sa.and_(_WAITS, _ROW.assigned_id == wanted.staff_id),
        TO_PUBLISH: sa.and_(
            _ROW.state == APPROVED, _ROW.id.in_(waiting_to_be_published().with_only_columns(_ROW.id).order_by(None))
        ),
    }
    conditions = [views.get(wanted.view, sa.true())]
    if wanted.kind in KINDS:
        conditions.append(_ROW.kind == wanted.kind)
    if wanted.year:
        conditions.append(_ROW.year == wanted.year)
    if wanted.area:
        conditions.append(_ROW.area == wanted.area)
    if wanted.region:
        conditions.append(_ENTITY.region_code == wanted.region)
    if wanted.text:
        titled = sa.func.lower(_ROW.title).contains(wanted.text.lower(), autoescape=True)
        named = [_ROW.entity_id.in_(select_matching(wanted.text))] if fold(wanted.text) else []  # of "%" nobody is named
        conditions.append(sa.or_(titled, _ROW.code == wanted.text.upper(), *named))
    return conditions
