"""The entity's login: whether it has been activated, and its password's hash.

Not for: links, sessions or staff. Holds always: a password is set here alone, and setting one ends every session before it;
so does emptying it. An emptied password stays as a row with an empty hash, so that who tries it is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import EntityAccount
from app.accounts.sessions import end_all_sessions
from app.among import among
from app.extensions import db, table_of
from app.registry.entities import entity_table, label


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An entity and whether it has a password. `activated_at`: when it was last set, in UTC; None: it has none."""

    code: str
    label: str
    activated_at: dt.datetime | None


def stored_hash(entity_id: int) -> str | None:
    """The hash of the entity's password; None if it has none: never activated, or emptied since."""
    query = sa.select(EntityAccount.password_hash).where(EntityAccount.entity_id == entity_id)
    return db.session.execute(query).scalar_one_or_none() or None


def was_emptied(entity_id: int) -> bool:
    """Whether the entity had a password that a reset has ended, and none since."""
    query = sa.select(EntityAccount.entity_id).where(EntityAccount.entity_id == entity_id, EntityAccount.password_hash == "")
    return db.session.execute(query).scalar_one_or_none() is not None


def was_activated(entity_id: int) -> bool:
    """Whether the entity has ever had a password: then there is something that a stranger could want."""
    query = sa.select(EntityAccount.entity_id).where(EntityAccount.entity_id == entity_id)
    return db.session.execute(query).scalar_one_or_none() is not None


def activated_among(entity_ids: Collection[int]) -> set[int]:
    """Which of these entities have ever had a password."""
    query = sa.select(EntityAccount.entity_id).where(among(table_of(EntityAccount).c.entity_id, entity_ids))
    return set(db.session.execute(query.order_by(EntityAccount.entity_id)).scalars())


def set_password_hash(entity_id: int, password_hash: str, now: dt.datetime) -> None:
    """Set or replace the password and end all sessions of the entity. Flushes only."""
    values = {"password_hash": password_hash, "password_set_at": now}
    account = sa.select(EntityAccount.entity_id).where(EntityAccount.entity_id == entity_id).with_for_update()
    if db.session.execute(account).scalar_one_or_none() is None:
        try:
            with db.session.begin_nested():
                db.session.execute(sa.insert(EntityAccount).values(entity_id=entity_id, **values))
        except IntegrityError:
            _replace(entity_id, values)  # another transaction activated it in between
    else:
        _replace(entity_id, values)
    end_all_sessions(entity_id, now)


def empty_password(entity_id: int, now: dt.datetime) -> None:
    """End the password and all sessions of the entity, whose drafts stay. Flushes only."""
    _replace(entity_id, {"password_hash": "", "password_set_at": now})
    end_all_sessions(entity_id, now)


def upgrade_hash(entity_id: int, before: str, after: str) -> None:
    """Put a hash of the same password made with today's parameters in place of an older one. Flushes only."""
    account = sa.and_(EntityAccount.entity_id == entity_id, EntityAccount.password_hash == before)
    db.session.execute(sa.update(EntityAccount).where(account).values(password_hash=after))


def list_accounts(*, activated_only: bool = False) -> list[AccountRow]:
    """Entities in force by code, with the state of their login."""
    entity, account = entity_table.c, table_of(EntityAccount).c
    query = sa.select(entity.code, entity.name, entity.province_sign, account.password_set_at)
    has_password = sa.and_(account.entity_id == entity.id, account.password_hash != "")
    query = query.join_from(entity_table, table_of(EntityAccount), has_password, isouter=not activated_only)
    rows = db.session.execute(query.where(entity.valid_to.is_(None)).order_by(entity.code))
    return [AccountRow(row.code, label(row.name, row.province_sign), row.password_set_at) for row in rows]


def _replace(entity_id: int, values: dict[str, object]) -> None:
    db.session.execute(sa.update(EntityAccount).where(EntityAccount.entity_id == entity_id).values(**values))
