"""How an entity's login stands, for the desk: password, last sign-in, links and codes that are alive, sessions, waiting.

Not for: changing any of it (`resets.py`), or what the entity itself sees (`session_list.py`).
Holds always: reads only; no secret is shown, nor anything from which one could be had: counts and instants.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.links import RESET
from app.accounts.models import ActivationCode, ActivationLink, EntityAccount, SignInLink, WebSession
from app.accounts.suspensions import Suspension, select_suspended, suspensions_of
from app.accounts.throttle import waits_of
from app.extensions import db
from app.registry.entities import entity_table

NEVER: Final = "never"
ACTIVE: Final = "active"
EMPTIED: Final = "emptied"
STATES: Final = (NEVER, ACTIVE, EMPTIED)
SUSPENDED: Final = "suspended"
LISTED: Final = (SUSPENDED, *STATES)
"""By what logins can be listed."""


@dataclass(frozen=True, slots=True)
class LoginRow:
    """A login in a list. `state`: never (no password yet), active, emptied (by a reset, and none since), `since` when;
    `waits_until`: until when somebody who tries its password must wait; `suspension`: by staff, None where it is not."""

    state: str
    since: dt.datetime | None
    waits_until: dt.datetime | None
    suspension: Suspension | None = None


@dataclass(frozen=True, slots=True)
class LoginState:
    """A login in full. `reset_links` and `activation_links` set a password, `sign_in_links` let in once without one; each
    counts those that still work. `code`: none, issued, used or withdrawn, in the edition that was asked about."""

    row: LoginRow
    last_entered_at: dt.datetime | None
    activation_links: int
    reset_links: int
    sign_in_links: int
    links_end_at: dt.datetime | None
    code: str
    code_issued_at: dt.datetime | None


def login_rows(entity_ids: Collection[int], now: dt.datetime) -> dict[int, LoginRow]:
    """Entity's id → how its login stands, for all of these."""
    query = sa.select(EntityAccount.entity_id, EntityAccount.password_hash, EntityAccount.password_set_at)
    query = query.where(EntityAccount.entity_id.in_(entity_ids)).order_by(EntityAccount.entity_id)
    known = {row.entity_id: row for row in db.session.execute(query)}
    waits = waits_of(entity_ids, now)
    suspended = suspensions_of(entity_ids)
    rows = {}
    for entity_id in entity_ids:
        row = known.get(entity_id)
        state = NEVER if row is None else ACTIVE if row.password_hash else EMPTIED
        since = row.password_set_at if row is not None else None
        rows[entity_id] = LoginRow(state, since, waits.get(entity_id), suspended.get(entity_id))
    return rows


def select_in_state(state: str) -> sa.Select[int]:
    """The ids of the entities whose login stands so: one of `LISTED`. For a query of another room."""
    row = EntityAccount
    if state == SUSPENDED:
        return select_suspended()
    if state == NEVER:
        entity = entity_table.c
        return sa.select(entity.id).where(entity.id.not_in(sa.select(row.entity_id)))
    return sa.select(row.entity_id).where((row.password_hash != "") if state == ACTIVE else (row.password_hash == ""))


def login_state(entity_id: int, edition_id: int | None, now: dt.datetime) -> LoginState:
    """How the login of this entity stands, its letter's code in this edition included."""
    entered = sa.select(sa.func.max(WebSession.created_at)).where(WebSession.entity_id == entity_id)
    by_purpose, ends = _password_links(entity_id, now)
    live = (SignInLink.entity_id == entity_id, SignInLink.ended_at.is_(None), SignInLink.expires_at > now)
    sign_in_links = db.session.execute(sa.select(sa.func.count()).select_from(SignInLink).where(*live)).scalar_one()
    code, issued_at = _code(entity_id, edition_id)
    return LoginState(
        row=login_rows([entity_id], now)[entity_id],
        last_entered_at=db.session.execute(entered).scalar_one_or_none(),
        activation_links=sum(number for purpose, number in by_purpose.items() if purpose != RESET),
        reset_links=by_purpose.get(RESET, 0),
        sign_in_links=sign_in_links,
        links_end_at=ends,
        code=code,
        code_issued_at=issued_at,
    )


def _password_links(entity_id: int, now: dt.datetime) -> tuple[dict[str, int], dt.datetime | None]:
    """How many links of each purpose work, and when the last of them ends."""
    link = ActivationLink
    query = sa.select(link.purpose, sa.func.count().label("number"), sa.func.max(link.expires_at).label("ends"))
    query = query.where(link.entity_id == entity_id, link.ended_at.is_(None), link.expires_at > now)
    rows = db.session.execute(query.group_by(link.purpose).order_by(link.purpose)).all()
    return {row.purpose: row.number for row in rows}, max((row.ends for row in rows), default=None)


def _code(entity_id: int, edition_id: int | None) -> tuple[str, dt.datetime | None]:
    code = ActivationCode
    query = sa.select(code.issued_at, code.used_at, code.ended_at)
    row = db.session.execute(query.where(code.entity_id == entity_id, code.edition_id == edition_id)).one_or_none()
    if row is None:
        return "none", None
    return ("used" if row.used_at else "withdrawn" if row.ended_at else "issued"), row.issued_at
