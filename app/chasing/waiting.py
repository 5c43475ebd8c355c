"""What waits for a person at the desk today, as numbers: requests, proposals, late work, uncertain deliveries, calls.

Not for: what the kept numbers know (`figures.Part`: claimed twice, bad addresses), or the things themselves.
Holds always: one statement, which is never older than the page; a territory's person counts its own Region's alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.requests import select_open_requests
from app.chasing.call_queue import select_due_calls
from app.editions.reopenings import select_waiting_reopenings
from app.extensions import db
from app.mail.uncertain import select_corrections, select_unknown, select_waiting_returns
from app.registry.addresses import select_waiting_changes
from app.registry.entities import entity_table
from app.responses.late import select_late_entities
from app.responses.telephone_copies import select_contested
from app.threads.reading import select_waiting_threads

_ENTITY: Final = entity_table.c
_EDITION: Final = sa.bindparam("edition", type_=sa.Integer)
_REGION: Final = sa.bindparam("region", type_=sa.String)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of each wait. `calls`: entities that were promised a call whose time has come; `late_work`: entities
    whose answers came after the deadline and wait to be brought in or discarded; `contested`: those that said that
    something is wrong with what was sent by telephone; `threads`: conversations in which the desk has to write.
    """

    access_requests: int = 0
    reopenings: int = 0
    address_changes: int = 0
    unknown_deliveries: int = 0
    late_work: int = 0
    corrections: int = 0
    returns: int = 0
    contested: int = 0
    threads: int = 0
    calls: int = 0
    more: tuple[int, ...] = ()


def waiting_today(
    edition_id: int, now: dt.datetime, region_code: str | None = None, more: Sequence[sa.ScalarSelect[int]] = ()
) -> Waiting:
    """The numbers of the country, or of the entities of a Region. One query. `more`: counts of other rooms, in it as well."""
    parameters = {"edition": edition_id, **({} if region_code is None else {"region": region_code})}
    query = _counting(region_code is not None).add_columns(select_due_calls(edition_id, now, region_code).label("calls"))
    query = query.add_columns(*(one.label(f"more_{at}") for at, one in enumerate(more)))
    row: Any = db.session.connection().execute(query, parameters).one()
    plain = len(row) - len(more)
    return replace(Waiting(*row[:plain]), more=tuple(row[plain:]))


@lru_cache(maxsize=2)
def _counting(of_a_region: bool) -> sa.Select[Any]:
    """Made once: to build the statement takes as long as to run it."""
    about = (
        select_open_requests(),
        select_waiting_reopenings(_EDITION),
        select_waiting_changes(),
        select_unknown(),
        select_late_entities(_EDITION),
        select_corrections(),
        select_waiting_returns(),
        select_contested(_EDITION),
        select_waiting_threads(_EDITION),
    )
    numbers: list[Any] = [_number(waiting, of_a_region).label(f"number_{at}") for at, waiting in enumerate(about)]
    return sa.select(*numbers)


def _number(waiting: sa.Select[Any], of_a_region: bool) -> sa.ScalarSelect[int]:
    """How many rows; of the Region's entities alone, if one is given. A delivery names its entity by a reference."""
    found = waiting.subquery()
    query = sa.select(sa.func.count()).select_from(found)
    if not of_a_region:
        return query.scalar_subquery()
    about = next(iter(found.c))
    if about.name == "reference":
        own = about == sa.literal("entity:") + sa.cast(_ENTITY.id, sa.String)
    else:
        own = about == _ENTITY.id
    return query.where(sa.exists().where(own, _ENTITY.region_code == _REGION)).scalar_subquery()
