"""The copy of a version that staff sent by telephone: what the entity says of it, and what becomes of a "something is wrong".

Not for: the message that asks (`telephone_messages.py`), its page (`app.access`), or who may fill in by telephone (`accounts`).
Holds always: a version sent by telephone has one copy; what the entity says is said once, by a link of 256 random bits of which
only the hash is stored, and one UPDATE decides; a copy counts while its version is the last one sent and stands; a version that
nobody confirms counts as sent all the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.links import DeadLinkError
from app.accounts.operators import shown_name
from app.accounts.suspensions import select_suspended
from app.accounts.tables import operator_table, staff_table
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.audit.chain import record
from app.editions.current import edition_table
from app.extensions import db, table_of
from app.registry.entities import entity_table, label
from app.responses.models import Response, Submission, TelephoneCopy, TelephoneLink
from app.web.site_address import site_address

LINK_DAYS: Final = 30
"""An office that files mail first hands it on days later."""
FLAGGED_AFTER: Final = dt.timedelta(days=10)
LONGEST_NOTE: Final = 2_000
WEB, TELEPHONE = "web", "telephone"
"""How a response was filled in when it was sent."""
_COPY, _LINK = table_of(TelephoneCopy).c, table_of(TelephoneLink).c
_SENT, _RESPONSE = table_of(Submission).c, table_of(Response).c
_ENTITY: Final = entity_table.c


class UnknownCopyError(Exception):
    """No contested copy with this id of this entity waits for the desk."""


@dataclass(frozen=True, slots=True)
class CopyState:
    """A copy and what it is of. `staff`: who filled in; `person`: who was on the line, as they said, and said to be so.

    `at`: when the version was sent; `addresses`: how many were asked to confirm. Personal data: for the entity and the desk.
    """

    id: int
    entity_code: str
    entity_label: str
    edition_title: str
    receipt: str
    number: int
    at: dt.datetime
    staff: str
    person: str
    addresses: int
    confirmed_at: dt.datetime | None
    contested_at: dt.datetime | None
    note: str
    handled_at: dt.datetime | None

    @property
    def waits(self) -> bool:
        """Whether the entity has not said anything yet."""
        return self.confirmed_at is None and self.contested_at is None

    def is_flagged(self, now: dt.datetime) -> bool:
        """Whether it has waited for so long that the desk should know."""
        return self.waits and now - self.at >= FLAGGED_AFTER


_SHOWN: Final = (
    *(_COPY.id, _ENTITY.code, _ENTITY.name, _ENTITY.province_sign, edition_table.c.title, _SENT.receipt, _SENT.number),
    *(_SENT.submitted_at, staff_table.c.name, operator_table.c.name, _COPY.addresses, _COPY.confirmed_at),
    *(_COPY.contested_at, _COPY.note, _COPY.handled_at),
)
_STANDS: Final = (_SENT.number == _RESPONSE.submissions, _RESPONSE.status == "submitted")


def _select() -> sa.Select[Any]:
    """The copies whose version is the last one sent, and stands."""
    joined = table_of(TelephoneCopy).join(table_of(Submission), _SENT.id == _COPY.submission_id)
    joined = joined.join(table_of(Response), _RESPONSE.id == _COPY.response_id)
    joined = joined.join(entity_table, _ENTITY.id == _RESPONSE.entity_id)
    joined = joined.join(edition_table, edition_table.c.id == _RESPONSE.edition_id)
    joined = joined.outerjoin(staff_table, staff_table.c.id == _SENT.staff_id)
    joined = joined.outerjoin(operator_table, operator_table.c.id == _SENT.operator_id)
    return sa.select(*_SHOWN).select_from(joined).where(*_STANDS)


def _state(row: Any) -> CopyState:
    named = (row[0], row[1], label(row[2], row[3]), row[4], row[5], row[6], row[7])
    person = shown_name(row[9] or "", verified=False)
    return CopyState(*named, row[8] or "", person, row[10], row[11], row[12], row[13], row[14])


def add_copy(response_id: int, submission_id: int, addresses: int, now: dt.datetime) -> None:
    """Note that a version was sent by telephone and how many addresses are asked to confirm it. Flushes only."""
    values = {"submission_id": submission_id, "response_id": response_id, "created_at": now, "addresses": addresses, "note": ""}
    db.session.execute(sa.insert(TelephoneCopy).values(**values))


def copy_of(response_id: int) -> CopyState | None:
    """The copy of the version that counts; None where that was not sent by telephone."""
    row = db.session.execute(_select().where(_COPY.response_id == response_id)).one_or_none()
    return None if row is None else _state(row)


def copy_made_at(entity_id: int, at: dt.datetime) -> tuple[int, int] | None:
    """(id of the copy, of its response) for which a message was queued at this instant; None where the entity has answered, or
    the version is not the last one sent or stands no more."""
    query = sa.select(_COPY.id, _COPY.response_id).join(table_of(Submission), _SENT.id == _COPY.submission_id)
    query = query.join(table_of(Response), _RESPONSE.id == _COPY.response_id)
    own = (_RESPONSE.entity_id == entity_id, _COPY.created_at == at, *_unanswered(), *_STANDS)
    row = db.session.execute(query.where(*own)).one_or_none()
    return None if row is None else (row[0], row[1])


def add_link(copy_id: int, now: dt.datetime) -> str:
    """Make a link beside those that there are, and return its address: the only time that it can be read. Flushes only."""
    token = new_token()
    values = {"token_hash": token_hash(token), "copy_id": copy_id, "created_at": now}
    db.session.execute(sa.insert(TelephoneLink).values(**values, expires_at=now + dt.timedelta(days=LINK_DAYS)))
    return site_address("access.confirm_copy", token=token)


def copy_of_link(token: str, now: dt.datetime) -> CopyState:
    """What a live link is for. Changes nothing. Raises `DeadLinkError`."""
    if not has_token_shape(token):
        raise DeadLinkError
    row = db.session.execute(_select().where(*_live(token, now))).one_or_none()
    if row is None:
        raise DeadLinkError
    return _state(row)


def answer_copy(token: str, now: dt.datetime, *, agrees: bool, note: str = "") -> CopyState:
    """Use a link up: the entity confirms the version, or says with a note that something is wrong. Commits.

    It ends the copy's other links as well. Raises `DeadLinkError`, and ValueError for a note that is too long or missing.
    """
    if not agrees and not 0 < len(note) <= LONGEST_NOTE:
        raise ValueError(f"a note has 1 to {LONGEST_NOTE} characters")
    found = copy_of_link(token, now)
    said = {"confirmed_at": now} if agrees else {"contested_at": now, "note": note}
    version = sa.exists().where(_SENT.id == _COPY.submission_id, _RESPONSE.id == _SENT.response_id, *_STANDS)
    use = sa.update(TelephoneCopy).where(_COPY.id == found.id, *_unanswered(), version).values(**said)
    response_id = db.session.execute(use.returning(_COPY.response_id)).scalar_one_or_none()
    if response_id is None:
        db.session.rollback()
        raise DeadLinkError
    action = "telephone_copy_confirmed" if agrees else "telephone_copy_contested"
    actor, subject = f"entity:{found.entity_code}", f"response:{response_id}"
    record(action, actor=actor, subject=subject, detail={"number": found.number}, now=now)
    db.session.commit()
    return found


def see_to(copy_id: int, entity: tuple[int, str], *, actor: str, now: dt.datetime) -> None:
    """Note that the desk has seen to what an entity contested. `entity`: its id and code. Commits. Raises UnknownCopyError."""
    own = sa.exists().where(_RESPONSE.id == _COPY.response_id, _RESPONSE.entity_id == entity[0])
    waiting = (_COPY.id == copy_id, _COPY.contested_at.is_not(None), _COPY.handled_at.is_(None), own)
    seen = sa.update(TelephoneCopy).where(*waiting).values(handled_at=now, handled_by=actor)
    if db.session.execute(seen.returning(_COPY.id)).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownCopyError(copy_id)
    record("telephone_copy_handled", actor=actor, subject=f"entity:{entity[1]}", detail={}, now=now)
    db.session.commit()


def select_contested(edition_id: sa.ColumnElement[int]) -> sa.Select[int]:
    """The ids of the entities that have contested a copy which counts, and to which the desk has not seen yet."""
    query = sa.select(_RESPONSE.entity_id).select_from(table_of(Response))
    query = query.join(table_of(TelephoneCopy), _COPY.response_id == _RESPONSE.id)
    query = query.join(table_of(Submission), _SENT.id == _COPY.submission_id)
    return query.where(_RESPONSE.edition_id == edition_id, *_contested(), *_STANDS)


def is_contested(edition_id: sa.ColumnElement[int], entity_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether an entity is one of those, both columns of the caller's query."""
    return _exists(edition_id, entity_id, *_contested())


def is_unconfirmed(
    edition_id: sa.ColumnElement[int], entity_id: sa.ColumnElement[int], sent_before: dt.datetime
) -> sa.ColumnElement[bool]:
    """Whether what an entity sent by telephone before an instant counts and nobody has confirmed or contested it."""
    return _exists(edition_id, entity_id, *_unanswered(), _COPY.created_at <= sent_before)


def _exists(edition_id: Any, entity_id: Any, *which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    own = (_RESPONSE.edition_id == edition_id, _RESPONSE.entity_id == entity_id, _COPY.response_id == _RESPONSE.id)
    return sa.exists().where(*own, _SENT.id == _COPY.submission_id, *_STANDS, *which)


def _contested() -> tuple[sa.ColumnElement[bool], ...]:
    return (_COPY.contested_at.is_not(None), _COPY.handled_at.is_(None))


def _unanswered() -> tuple[sa.ColumnElement[bool], ...]:
    return (_COPY.confirmed_at.is_(None), _COPY.contested_at.is_(None))


def _live(token: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    link = sa.exists().where(_LINK.copy_id == _COPY.id, _LINK.token_hash == token_hash(token), _LINK.expires_at > now)
    return (link, *_unanswered(), _ENTITY.valid_to.is_(None), _ENTITY.id.not_in(select_suspended()))
