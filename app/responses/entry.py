"""Session, operator, edition and response in one query: with what every page of the entity begins.

With them comes whether the desk asks about an answer and waits: most entities have no such query, and no page asks for it.

Not for: pages that need no response (they ask `accounts.sessions` or `editions.current`).
Holds always: the response is that of the session's own entity in the current edition; `lock` takes its row for the writing
transaction that has begun, so that what is read here is what the save is judged by.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.identity import Identity
from app.accounts.sessions import LIVE_SESSION, identity_from, live_session_parameters
from app.editions.current import CURRENT_ID
from app.extensions import db, table_of
from app.prepared import Prepared
from app.registry.entities import entity_table
from app.responses.models import Response
from app.responses.reading import OWN_COLUMNS, OpenResponse, join_edition, response_from

_RESPONSE: Final = table_of(Response).c
_SESSION_COLUMNS: Final = len(LIVE_SESSION.selected_columns)
# The threads are this room's neighbour's: neither imports the other, and only what tells a query apart is read here.
_thread = sa.table("thread", *map(sa.column, ("entity_id", "edition_id", "state", "opened_by", "question")))
_QUERIED: Final = (
    sa.exists()
    .where(
        _thread.c.entity_id == _RESPONSE.entity_id,
        _thread.c.edition_id == _RESPONSE.edition_id,
        _thread.c.state == "entity",
        _thread.c.opened_by == "desk",
        _thread.c.question != "",
    )
    .correlate(table_of(Response))
)
_QUERY: Final = join_edition(
    LIVE_SESSION.add_columns(*OWN_COLUMNS, _QUERIED.label("queried")).join(
        table_of(Response),
        sa.and_(_RESPONSE.entity_id == entity_table.c.id, _RESPONSE.edition_id == CURRENT_ID),
    )
)
_LOCKED_ENTRY: Final = Prepared(_QUERY.with_for_update(of=table_of(Response)))
_ENTRY: Final = Prepared(_QUERY)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who asks, and the response that they ask about. `queried`: the desk asks about one of its answers, and waits."""

    identity: Identity
    response: OpenResponse
    queried: bool


def find_entry(token: str, now: dt.datetime, *, lock: bool) -> Entry | None:
    """What the live session with this id may write in; None without a live session and before the first look."""
    parameters = live_session_parameters(token, now)
    if parameters is None:
        return None
    if lock:
        row = _LOCKED_ENTRY.row(db.session.connection(), parameters)
    else:  # beside the session, which costs as much as the query: most pages ask nothing more
        row = _ENTRY.row_alone(db.engine, parameters)
    if row is None:
        return None
    return Entry(identity_from(row), response_from(row[_SESSION_COLUMNS:-1], locked=lock), bool(row[-1]))
