"""The list of respondents: filtered, sorted and paged rows, with the last message, the last call and whom to call.

Not for: what a filter means (`filters.py`), files (`export.py`) or one entity (`record.py`).
Holds always: rows are of one edition, and of one Region where whoever asks may see that one only; the order is total, so no
row stands on two pages; four queries, whatever the number of rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.contacts import ContactRow, contacts_of
from app.chasing.calls import LastCall, last_calls
from app.chasing.filters import STATES, Filter, conditions, in_state
from app.chasing.respondents import respondent_table
from app.extensions import db
from app.mail.tables import LastMessage, last_messages
from app.registry.entities import entity_table

PAGE: Final = 50
_ROW: Final = respondent_table.c
_ENTITY: Final = entity_table.c
_STATE_RANK: Final = sa.case(*((in_state(state), number) for number, state in enumerate(STATES)), else_=len(STATES))
SORTS: Final[dict[str, tuple[sa.ColumnElement[Any], ...]]] = {
    "nome": (_ENTITY.search_name,),
    "codice": (_ENTITY.code,),
    "provincia": (_ROW.province_sign,),
    "stato": (_STATE_RANK, _ROW.progress),
    "attivita": (_ROW.last_activity,),
    "scadenza": (_ROW.closes_at,),
    "residenti": (_ROW.population,),
}
"""By what a list can be sorted, as its address says it; the unknown comes last either way, then by name and code."""


@dataclass(frozen=True, slots=True)
class Order:
    """By which of `SORTS`, and whether backwards."""

    by: str = "nome"
    descending: bool = False

    @classmethod
    def from_text(cls, text: str) -> Order:
        """ "attivita", or "-attivita" for backwards; by name for what it does not know."""
        name = text.removeprefix("-")
        return cls(name, text.startswith("-")) if name in SORTS else cls()

    def __str__(self) -> str:
        return f"-{self.by}" if self.descending else self.by

    def clauses(self) -> list[sa.ColumnElement[Any]]:
        """What to order by."""
        found: list[sa.ColumnElement[Any]] = []
        for column in SORTS[self.by]:
            if getattr(column, "nullable", False):
                found.append(sa.case((column.is_(None), 1), else_=0))
            found.append(column.desc() if self.descending else column)
        return [*found, _ENTITY.search_name, _ENTITY.code]


@dataclass(frozen=True, slots=True)
class ListRow:
    """One respondent. `state`: one of `filters.STATES`.

    `closes_at`: the end of its own extension. `by_phone`: what counts was sent by telephone. `language`: in which it is written
    to. Personal: `contact`.
    """

    entity_id: int
    code: str
    name: str
    province_sign: str | None
    kind: str
    region: str | None
    region_code: str | None
    population: int | None
    size_class: int
    state: str
    submitted_as: str | None
    progress: int
    answered: bool
    covered: bool
    claimed: bool
    declared: bool
    doubly_claimed: bool
    is_lead: bool
    has_address: bool
    last_activity: dt.datetime | None
    submitted_at: dt.datetime | None
    closes_at: dt.datetime | None
    by_phone: bool
    language: str
    message: LastMessage | None
    call: LastCall | None
    contact: ContactRow | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list. `total`: of all pages; pages count from 1."""

    rows: list[ListRow]
    total: int
    page: int
    pages: int


_SHOWN: Final = (
    *(_ROW.entity_id, _ENTITY.code, _ENTITY.name, _ROW.province_sign, _ROW.kind, _ENTITY.region, _ROW.region_code),
    *(_ROW.population, _ROW.size_class, _ROW.state, _ROW.submitted_as, _ROW.progress, _ROW.answered, _ROW.covered),
    *(_ROW.claimed, _ROW.declared, _ROW.doubly_claimed, _ROW.is_lead, _ROW.has_address),
    *(_ROW.last_activity, _ROW.submitted_at, _ROW.closes_at, _ROW.by_phone, _ROW.language),
)
_STATE_AT: Final = 9
_COVERED_AT: Final = 13


def list_page(
    edition_id: int, wanted: Filter, order: Order, page: int, today: dt.date, *, region: str | None = None, size: int = PAGE
) -> Listing:
    """The rows of a page of `size`; the first one where there are not so many. `today`: in Rome."""
    narrowed = [_ROW.edition_id == edition_id, *conditions(wanted, today, region=region)]
    number = sa.select(sa.func.count()).select_from(respondent_table).where(*narrowed).scalar_subquery()
    # The ids of the page are found in narrow rows, and only these are read whole.
    joined = sa.select(_ROW.entity_id).join_from(respondent_table, entity_table, _ENTITY.id == _ROW.entity_id)
    ids = joined.where(*narrowed).order_by(*order.clauses()).limit(size).offset((page - 1) * size)
    query = sa.select(*_SHOWN, number).join_from(respondent_table, entity_table, _ENTITY.id == _ROW.entity_id)
    query = query.where(_ROW.edition_id == edition_id, _ROW.entity_id.in_(ids.correlate(None))).order_by(*order.clauses())
    found = db.session.connection().execute(query).all()
    if not found:
        first = page == 1
        return Listing([], 0, 1, 1) if first else list_page(edition_id, wanted, order, 1, today, region=region, size=size)
    total = found[0][-1]
    return Listing(_dressed(edition_id, found), total, page, -(-total // size))


def count_matching(edition_id: int, wanted: Filter, today: dt.date, *, region: str | None = None) -> int:
    """How many a filter finds."""
    narrowed = [_ROW.edition_id == edition_id, *conditions(wanted, today, region=region)]
    return db.session.execute(sa.select(sa.func.count()).select_from(respondent_table).where(*narrowed)).scalar_one()


def all_rows(
    edition_id: int, wanted: Filter, today: dt.date, *, region: str | None = None, slice_of: int = 500
) -> Iterator[list[ListRow]]:
    """Every row of a filter by code, in slices, each with its messages, calls and contacts: memory is that of one slice.

    Each slice is a transaction of its own, which is ended: nothing of the caller's may be waiting for its commit.
    """
    narrowed = [_ROW.edition_id == edition_id, *conditions(wanted, today, region=region)]
    query = sa.select(*_SHOWN).join_from(respondent_table, entity_table, _ENTITY.id == _ROW.entity_id).where(*narrowed)
    after = ""
    while True:
        part = query.where(_ENTITY.code > after).order_by(_ENTITY.code).limit(slice_of)
        found = db.session.connection().execute(part).all()
        if not found:
            return
        rows = _dressed(edition_id, found)
        db.session.rollback()
        yield rows
        after = found[-1].code


def _dressed(edition_id: int, found: Sequence[Any]) -> list[ListRow]:
    """The rows with their last message, last call and contact: three queries."""
    ids = [row[0] for row in found]
    messages = last_messages([f"entity:{entity_id}" for entity_id in ids])
    calls, contacts = last_calls(edition_id, ids), contacts_of(ids)
    rows = []
    for row in found:
        beside = (messages.get(f"entity:{row[0]}"), calls.get(row[0]), contacts.get(row[0]))
        rows.append(ListRow(*[*_stated(row), *beside]))
    return rows


def _stated(row: Any) -> list[Any]:
    """The columns of `_SHOWN`, with the one of `STATES` in place of the stored state."""
    values = list(row[: len(_SHOWN)])
    if values[_COVERED_AT] and values[_STATE_AT] != "submitted":
        values[_STATE_AT] = "covered"
    return values
