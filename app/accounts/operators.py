"""Operators: who fills in for an entity. Remembered under the entity, as declared.

Not for: sign-in (the entity signs in) or for having an address verified (`invitations.py`).
Holds always: every query names the entity; an operator of another entity is as if it did not exist. A removed one is offered
to nobody and keeps its name beside what it wrote; no session and no device goes on as that person. A name whose address nobody
has verified is shown as such, wherever it is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import has_request_context
from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.models import KnownPlace, Operator, StaffMember, WebSession
from app.audit.chain import record
from app.extensions import db
from app.registry.entities import entity_table
from app.web.language import SOURCE_LANGUAGE


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """One operator. Personal data: show it to its own entity only. `no_reminders_at`: since when no reminder goes to the own
    address. `staff`: who of the staff fills in with this person on the
    line; None for who fills in by themselves."""

    id: int
    entity_id: int
    name: str
    office: str
    email: str
    phone: str
    verified_at: dt.datetime | None = None
    no_reminders_at: dt.datetime | None = None
    staff: str | None = None

    @property
    def shown_name(self) -> str:
        """The name, said to be unverified where it is."""
        return shown_name(self.name, verified=self.verified_at is not None, staff=self.staff)


STAFF_NAME = sa.select(StaffMember.name).where(StaffMember.id == Operator.staff_id).correlate(Operator).scalar_subquery()
"""Who of the staff fills in with an operator on the line, for a query on operators; NULL for who fills in by themselves."""
_COLUMNS = (
    *(Operator.id, Operator.entity_id, Operator.name, Operator.office, Operator.email, Operator.phone),
    *(Operator.verified_at, Operator.no_reminders_at, STAFF_NAME.label("staff")),
)


_BY_NAME = (sa.func.lower(Operator.name), Operator.id)


class UnknownOperatorError(Exception):
    """The operator is not one of this entity (or does not exist: the two are told apart nowhere)."""


class OperatorAtWorkError(Exception):
    """The operator who would be removed is the one who asks for it. Nothing was changed."""


def shown_name(name: str, *, verified: bool, staff: str | None = None) -> str:
    """A declared name as its entity and the desk read it: said to be unverified until its address was verified, or to have been
    on the telephone with `staff`.

    Outside of a request there is no reader whose language is known: then it is the source's.
    """
    if has_request_context():
        return _said(name, verified, staff)
    with force_locale(SOURCE_LANGUAGE):
        return _said(name, verified, staff)


def _said(name: str, verified: bool, staff: str | None) -> str:
    if staff is not None:
        return str(_("%(name)s (al telefono, con %(staff)s)", name=name, staff=staff))
    return name if verified else str(_("%(name)s (non verificato)", name=name))


def list_operators(entity_id: int) -> list[OperatorRow]:
    """The entity's operators by name, without those who were removed and those who were on the telephone with staff."""
    return _list(entity_id, Operator.removed_at.is_(None), Operator.staff_id.is_(None))


def telephone_operators(entity_id: int) -> list[OperatorRow]:
    """Those who were on the line while staff filled in, by name, without those who were removed."""
    return _list(entity_id, Operator.removed_at.is_(None), Operator.staff_id.is_not(None))


def _list(entity_id: int, *which: sa.ColumnElement[bool]) -> list[OperatorRow]:
    query = sa.select(*_COLUMNS).where(Operator.entity_id == entity_id, *which).order_by(*_BY_NAME)
    return [OperatorRow(*row) for row in db.session.execute(query)]


def removed_operators(entity_id: int) -> list[OperatorRow]:
    """Those who were removed and may come back, by name."""
    return _list(entity_id, Operator.removed_at.is_not(None), Operator.erased_at.is_(None))


def operator_names(entity_id: int) -> dict[int, str]:
    """Id → name as it is shown, of everybody who ever filled in for the entity, removed or not: who wrote what stays known."""
    query = sa.select(Operator.id, Operator.name, Operator.verified_at, Operator.erased_at, STAFF_NAME.label("staff"))
    rows = db.session.execute(query.where(Operator.entity_id == entity_id).order_by(Operator.id))
    return {row.id: _name_of_row(row) for row in rows}


def get_operator(entity_id: int, operator_id: int) -> OperatorRow | None:
    """The operator, if it is one of this entity and was not removed."""
    own = (Operator.entity_id == entity_id, Operator.id == operator_id, Operator.removed_at.is_(None))
    row = db.session.execute(sa.select(*_COLUMNS).where(*own)).one_or_none()
    return None if row is None else OperatorRow(*row)


def add_operator(entity_id: int, *, name: str, office: str, email: str, phone: str, now: dt.datetime) -> int:
    """Remember an operator and return its id. The same name and e-mail again is the same operator, with office and telephone
    as they are now: a form sent twice makes one, and whoever was removed is back. Commits."""
    operator_id = remember_declared(entity_id, name=name, office=office, email=email, phone=phone, now=now)
    db.session.commit()
    return operator_id


def remember_declared(
    entity_id: int, *, name: str, office: str, email: str, phone: str, now: dt.datetime, staff_id: int | None = None
) -> int:
    """As `add_operator`, within its caller's transaction. Flushes only.

    `staff_id`: who of the staff writes down what somebody says on the telephone: never the same as who fills in alone.
    """
    same = (Operator.entity_id == entity_id, sa.func.lower(Operator.email) == email.lower(), Operator.name == name)
    found = sa.select(Operator.id).where(*same, Operator.staff_id == staff_id).order_by(Operator.id)
    known = db.session.execute(found).scalars().first()
    if known is not None:
        db.session.execute(sa.update(Operator).where(Operator.id == known).values(office=office, phone=phone, removed_at=None))
        return known
    values: dict[str, Any] = {"entity_id": entity_id, "name": name, "office": office, "email": email, "phone": phone}
    values |= {"created_at": now, "staff_id": staff_id}
    operator_id = db.session.execute(sa.insert(Operator).values(**values).returning(Operator.id)).scalar_one()
    _note("operator_added", entity_id, operator_id, now, actor=None if staff_id is None else f"staff:{staff_id}")
    return operator_id


def mark_verified(entity_id: int, operator_id: int, now: dt.datetime) -> None:
    """Note that the operator's address is read by whoever declared it. Verified before stays so. Flushes only."""
    own = (Operator.entity_id == entity_id, Operator.id == operator_id, Operator.verified_at.is_(None))
    fresh = sa.update(Operator).where(*own).values(verified_at=now).returning(Operator.id)
    if db.session.execute(fresh).scalar_one_or_none() is not None:
        _note("operator_verified", entity_id, operator_id, now)


def remove_operator(entity_id: int, operator_id: int, *, by: int | None, now: dt.datetime) -> str:
    """Take an operator from the list and return its name: sessions and devices where it was chosen ask again who fills in.

    `by`: the operator who asks. Removing a removed one changes nothing. Commits. Raises UnknownOperatorError and
    OperatorAtWorkError.
    """
    if operator_id == by:
        raise OperatorAtWorkError(operator_id)
    name = take_away(entity_id, operator_id, now)
    _note("operator_removed", entity_id, operator_id, now)
    db.session.commit()
    return name


def take_away(entity_id: int, operator_id: int, now: dt.datetime) -> str:
    """As `remove_operator`, within its caller's transaction, which leaves the entry. Flushes only."""
    name = _set_removed(entity_id, operator_id, now)
    for table in (WebSession, KnownPlace):
        chosen = sa.update(table).where(table.entity_id == entity_id, table.operator_id == operator_id)
        db.session.execute(chosen.values(operator_id=None))
    return name


def restore_operator(entity_id: int, operator_id: int, now: dt.datetime) -> str:
    """Undo a removal and return the operator's name. Commits. Raises UnknownOperatorError."""
    name = _set_removed(entity_id, operator_id, None)
    _note("operator_restored", entity_id, operator_id, now)
    db.session.commit()
    return name


def _name_of_row(row: Any) -> str:
    name = row.name if row.erased_at is None else _erased_name(row.name)
    return shown_name(name, verified=row.verified_at is not None or row.erased_at is not None, staff=row.staff)


def _erased_name(stored: str) -> str:
    if not has_request_context():
        return stored
    return str(_("persona rimossa n. %(number)s", number=stored.rpartition(" ")[2]))


def _set_removed(entity_id: int, operator_id: int, at: dt.datetime | None) -> str:
    there = (Operator.entity_id == entity_id, Operator.id == operator_id, Operator.erased_at.is_(None))
    own = sa.update(Operator).where(*there)
    name = db.session.execute(own.values(removed_at=at).returning(Operator.name)).scalar_one_or_none()
    if name is None:
        db.session.rollback()
        raise UnknownOperatorError(operator_id)
    return name


def _note(action: str, entity_id: int, operator_id: int, now: dt.datetime, *, actor: str | None = None) -> None:
    code = db.session.execute(sa.select(entity_table.c.code).where(entity_table.c.id == entity_id)).scalar_one()
    record(action, actor=actor or f"entity:{code}", subject=f"operator:{operator_id}", detail={}, now=now)
