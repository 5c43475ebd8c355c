"""Operators: who fills in for an entity. Remembered under the entity, as declared.

Not for: sign-in (the entity signs in) or for telling whether an address is really that person's.
Holds always: every query names the entity; an operator of another entity is as if it did not exist.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Operator
from app.audit.chain import record
from app.extensions import db
from app.registry.entities import entity_table


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """One operator. Personal data: show it to its own entity only."""

    id: int
    entity_id: int
    name: str
    office: str
    email: str
    phone: str


_COLUMNS = (Operator.id, Operator.entity_id, Operator.name, Operator.office, Operator.email, Operator.phone)


def list_operators(entity_id: int) -> list[OperatorRow]:
    """The entity's operators by name."""
    query = sa.select(*_COLUMNS).where(Operator.entity_id == entity_id).order_by(sa.func.lower(Operator.name), Operator.id)
    return [OperatorRow(*row) for row in db.session.execute(query)]


def get_operator(entity_id: int, operator_id: int) -> OperatorRow | None:
    """The operator, if it is one of this entity."""
    query = sa.select(*_COLUMNS).where(Operator.entity_id == entity_id, Operator.id == operator_id)
    row = db.session.execute(query).one_or_none()
    return None if row is None else OperatorRow(*row)


def add_operator(entity_id: int, *, name: str, office: str, email: str, phone: str, now: dt.datetime) -> int:
    """Remember an operator and return its id. The same name and e-mail again is the same operator, with office and telephone
    as they are now: a form sent twice makes one."""
    same = (Operator.entity_id == entity_id, sa.func.lower(Operator.email) == email.lower(), Operator.name == name)
    known = db.session.execute(sa.select(Operator.id).where(*same).order_by(Operator.id)).scalars().first()
    if known is not None:
        db.session.execute(sa.update(Operator).where(Operator.id == known).values(office=office, phone=phone))
        db.session.commit()
        return known
    values = {"entity_id": entity_id, "name": name, "office": office, "email": email, "phone": phone, "created_at": now}
    operator_id = db.session.execute(sa.insert(Operator).values(**values).returning(Operator.id)).scalar_one()
    code = db.session.execute(sa.select(entity_table.c.code).where(entity_table.c.id == entity_id)).scalar_one()
    record("operator_added", actor=f"entity:{code}", subject=f"operator:{operator_id}", detail={}, now=now)
    db.session.commit()
    return operator_id
