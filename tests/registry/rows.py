"""Entities, associations and addresses for tests of this room, and the whole registry as it stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from app.extensions import db, table_of
from app.registry.folding import search_name
from app.registry.models import Association, ContactAddress, Entity, Membership, Variation
from tests.conftest import START

TABLES = tuple(map(table_of, (Entity, Association, Membership, ContactAddress, Variation)))


def add_entity(code: str, name: str, kind: str = "municipality", **columns: Any) -> int:
    values = {"code": code, "kind": kind, "name": name, "search_name": search_name(name, None), **columns}
    added = db.session.execute(sa.insert(Entity).values(**values).returning(Entity.id)).scalar_one()
    db.session.commit()
    return added


def add_association(code: str, lead_id: int | None, *members: int, kind: str = "ambito", **columns: Any) -> int:
    values = {"code": code, "kind": kind, "name": f"Ambito {code}", "lead_id": lead_id, **columns}
    added = db.session.execute(sa.insert(Association).values(**values).returning(Association.id)).scalar_one()
    for member in members:
        add_membership(added, member)
    db.session.commit()
    return added


def add_membership(association_id: int, entity_id: int, start: dt.date | None = None, end: dt.date | None = None) -> None:
    values = {"association_id": association_id, "entity_id": entity_id, "valid_from": start, "valid_to": end}
    db.session.execute(sa.insert(Membership).values(**values))
    db.session.commit()


def add_contact(entity_id: int, purpose: str, email: str, *, source: str = "csv", ended: bool = False) -> int:
    values = {"entity_id": entity_id, "purpose": purpose, "email": email, "source": source, "created_at": START}
    insert = sa.insert(ContactAddress).values(**values, ended_at=START if ended else None)
    added = db.session.execute(insert.returning(ContactAddress.id)).scalar_one()
    db.session.commit()
    return added


def end_entity(entity_id: int, day: dt.date, successor_id: int | None) -> None:
    values = {"valid_to": day, "successor_id": successor_id}
    db.session.execute(sa.update(Entity).where(Entity.id == entity_id).values(**values))
    db.session.commit()


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the room's tables."""
    db.session.rollback()
    return {
        table.name: [tuple(row) for row in db.session.execute(sa.select(*table.columns).order_by(table.c.id))]
        for table in TABLES
    }


def entity(code: str) -> Any:
    """One entity with all its columns."""
    return db.session.execute(sa.select(*table_of(Entity).columns).where(Entity.code == code)).one()
