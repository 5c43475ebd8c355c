"""People who fill in and get the reminder of their draft at their own address too, and how one of them ends that.

Not for: the office's addresses (`app.registry.addresses`), or what a reminder says.
Holds always: only an address that its owner has shown to read is ever written to; what is ended is ended for the address, in
every entity for which the person fills in; the way to end it is signed and never stored, opens nothing else, and is dead once
the person is erased or has another address; a question changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.accounts.models import Operator, WebSession
from app.accounts.tokens import keyed_hash
from app.among import among
from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.reminder_addresses import remind_everywhere

_ROW: Final = table_of(Operator).c
_SESSION: Final = table_of(WebSession).c
_TOKEN: Final = re.compile(r"([0-9]{1,9})-([0-9a-f]{43})\Z")
_MAC: Final = 43
_IS_THERE: Final = (_ROW.removed_at.is_(None), _ROW.erased_at.is_(None), _ROW.verified_at.is_not(None), _ROW.email != "")


class DeadStopError(Exception):
    """The address of the page means nobody, or nobody any more: which of these is nobody's business."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody who fills in, as far as a reminder needs it. Personal data."""

    operator_id: int
    entity_id: int
    email: str


@dataclass(frozen=True, slots=True)
class StopState:
    """What the page shows. `stopped_at`: since when the person gets no reminders."""

    operator_id: int
    entity_id: int
    email: str
    stopped_at: dt.datetime | None


def people_to_remind(entity_ids: Collection[int], since: dt.datetime | None = None) -> list[PersonRow]:
    """Those of these entities who may be written to, by id; one for each address of an entity. `since`: only who has worked
    there from then on. One statement."""
    if not entity_ids:
        return []
    ended = sa.select(sa.func.lower(_ROW.email)).where(_ROW.no_reminders_at.is_not(None))
    wanted = (among(_ROW.entity_id, entity_ids), *_IS_THERE, _ROW.staff_id.is_(None), sa.func.lower(_ROW.email).not_in(ended))
    query = sa.select(_ROW.id, _ROW.entity_id, sa.func.lower(_ROW.email)).where(*wanted)
    if since is not None:
        seen = sa.exists().where(_SESSION.operator_id == _ROW.id, _SESSION.last_seen_at >= since)
        query = query.where(sa.or_(_ROW.created_at >= since, _ROW.last_seen_at >= since, seen))
    found: dict[tuple[int, str], PersonRow] = {}
    for row in db.session.execute(query.order_by(_ROW.id)):
        found.setdefault((row[1], row[2]), PersonRow(*row))
    return list(found.values())


def stop_token(operator_id: int, email: str) -> str:
    """What stands in the address of a person's own page: nobody can make it without the installation's secret."""
    return f"{operator_id}-{_mac(operator_id, email)}"


def find_stop(token: str) -> StopState:
    """Whose page it is. Raises `DeadStopError`."""
    shape = _TOKEN.match(token)
    row = None
    if shape is not None:
        query = sa.select(_ROW.id, _ROW.entity_id, _ROW.email, _ROW.no_reminders_at)
        row = db.session.execute(query.where(_ROW.id == int(shape.group(1)), *_IS_THERE)).one_or_none()
    if shape is None or row is None or not hmac.compare_digest(_mac(row.id, row.email), shape.group(2)):
        raise DeadStopError
    return StopState(*row)


def set_reminders(operator_id: int, *, wanted: bool, now: dt.datetime) -> bool:
    """End the reminders to a person's own address, also where an entity has registered it among its others, or begin again;
    whether anything changed. Commits. Raises `DeadStopError`
    where the address was never verified."""
    email = db.session.execute(sa.select(_ROW.email).where(_ROW.id == operator_id, *_IS_THERE)).scalar_one_or_none()
    if email is None:
        db.session.rollback()
        raise DeadStopError
    other = _ROW.no_reminders_at.is_not(None) if wanted else _ROW.no_reminders_at.is_(None)
    same = sa.and_(sa.func.lower(_ROW.email) == email.lower(), *_IS_THERE, other)
    changed = sa.update(Operator).where(same).values(no_reminders_at=None if wanted else now).returning(_ROW.id)
    numbers = sorted(db.session.execute(changed).scalars())
    action = "person_reminders_resumed" if wanted else "person_reminders_stopped"
    for number in numbers:
        record(action, actor=f"operator:{operator_id}", subject=f"operator:{number}", detail={}, now=now)
    remind_everywhere(email, wanted=wanted, actor=f"operator:{operator_id}", now=now)
    db.session.commit()
    return bool(numbers)


def _mac(operator_id: int, email: str) -> str:
    return keyed_hash(f"stop reminders|{operator_id}|{email.lower()}")[:_MAC]
