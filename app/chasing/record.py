"""One entity in an edition as the desk sees it: where it stands, and all that was said, sent and done about it.

Not for: the answers themselves, or changing anything (`calls.py`, `notes.py`, `app.editions.extensions`).
Holds always: two queries of its own whatever there is, beside those of who answers for whom; lists are newest first and end at
`dossier.MOST` of each, and it is known of which there is more; an entity of another Region than the one that may be seen is as
if it did not exist. Personal data: for those who follow entities.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.operators import shown_name
from app.accounts.tables import account_table, staff_table, suspension_table
from app.audit.chain import Scalar
from app.chasing.claims import Claim, claim_table
from app.chasing.dossier import read_dossier
from app.chasing.respondents import respondent_table
from app.editions.current import EditionView, extension_table
from app.extensions import db
from app.registry.entities import entity_table, label
from app.registry.entity_languages import LanguageState, language_state
from app.responses.standing import Standing, standing_of
from app.responses.tables import response_table
from app.web.incoming import NUL

_ENTITY: Final = entity_table.c
_RESPONSE: Final = response_table.c
_OWN: Final = extension_table.c
_ROW: Final = respondent_table.c


@dataclass(frozen=True, slots=True)
class Head:
    """The entity and its response. `status`: None if never opened. `extended_until`: the end of its own extension.

    `asked`: whether the edition asks it. `valid_to`: the first day on which it no longer exists. `submitted_mode`: web or
    telephone.
    """

    entity_id: int
    code: str
    kind: str
    name: str
    name_other_language: str | None
    province_sign: str | None
    province: str | None
    region: str | None
    population: int | None
    valid_to: dt.date | None
    is_lead: bool | None
    lead_id: int | None
    status: str | None
    progress: int | None
    opened_at: dt.datetime | None
    last_activity: dt.datetime | None
    submitted_at: dt.datetime | None
    submissions: int | None
    submitted_as: str | None
    open_conflicts: int | None
    extended_until: dt.datetime | None
    extension_reason: str | None
    reopened: bool | None
    activated_at: dt.datetime | None
    suspended_at: dt.datetime | None
    response_id: int | None
    submitted_mode: str | None
    region_code: str | None
    chosen_language: str | None
    claimed_by: int | None
    claimed_by_name: str | None
    claimed_until: dt.datetime | None

    @property
    def label(self) -> str:
        """Name and province's sign."""
        return label(self.name, self.province_sign)

    @property
    def language(self) -> LanguageState:
        """In which it is written to, and what was chosen."""
        return language_state(self.region_code, self.province_sign, self.name_other_language, self.chosen_language)

    def claim(self, now: dt.datetime) -> Claim | None:
        """Who has taken it to call it."""
        if self.claimed_by is None or self.claimed_until is None or self.claimed_until <= now:
            return None
        return Claim(self.claimed_by, self.claimed_by_name or "", self.claimed_until)

    @property
    def asked(self) -> bool:
        """Whether the edition asks this entity."""
        return self.is_lead is not None


@dataclass(frozen=True, slots=True)
class AddressLine:
    """An address in use. `refused`: what a server said of it, None where nothing is wrong."""

    purpose: str
    email: str
    refused: str | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody to call: an operator, or who asks for access or for a reopening. `text`: what was asked."""

    id: int
    at: dt.datetime
    name: str
    office: str
    email: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A version that was sent."""

    number: int
    at: dt.datetime
    receipt: str


@dataclass(frozen=True, slots=True)
class SaveLine:
    """A save of the draft: its version and when. What was written, and who wrote it, is the entity's own."""

    version: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class LateLine:
    """A save that came after the deadline and waits: when, and how many changes it holds."""

    at: dt.datetime
    number: int


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A message: its kind, state and the server's last word."""

    kind: str
    at: dt.datetime
    recipient: str
    subject: str
    state: str
    reply: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call. `staff_id`: who wrote it down; `removed`: by that person, for the undo; `call_back_time`: HH:MM
    of the day in Rome, "" for any.
    """

    id: int
    at: dt.datetime
    staff_id: int
    staff: str
    outcome: str
    spoke_with: str
    note: str
    call_back_on: dt.date | None
    removed: bool
    call_back_time: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note of the desk."""

    id: int
    at: dt.datetime
    staff_id: int
    staff: str
    text: str
    removed: bool


@dataclass(frozen=True, slots=True)
class DeedLine:
    """An entry of the audit. `who`: a member of staff's name, else the actor as it is."""

    at: dt.datetime
    action: str
    who: str
    detail: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """All of it."""

    head: Head
    standing: Standing | None
    addresses: list[AddressLine]
    operators: list[PersonLine]
    access_requests: list[PersonLine]
    reopening_requests: list[PersonLine]
    receipts: list[ReceiptLine]
    saves: list[SaveLine]
    late: list[LateLine]
    deliveries: list[DeliveryLine]
    calls: list[CallLine]
    notes: list[NoteLine]
    deeds: list[DeedLine]
    more: frozenset[str]


_SHOWN: Final = (
    *(_ENTITY.id, _ENTITY.code, _ENTITY.kind, _ENTITY.name, _ENTITY.name_other_language, _ENTITY.province_sign),
    *(_ENTITY.province, _ENTITY.region, _ENTITY.population, _ENTITY.valid_to, _ROW.is_lead, _ROW.lead_id),
    *(_RESPONSE.status, _RESPONSE.progress, _RESPONSE.opened_at, _RESPONSE.last_activity, _RESPONSE.submitted_at),
    *(_RESPONSE.submissions, _RESPONSE.submitted_as, _RESPONSE.open_conflicts),
    *(_OWN.closes_at, _OWN.reason, _OWN.reopened, account_table.c.password_set_at),
    *(suspension_table.c.suspended_at, _RESPONSE.id, _RESPONSE.submitted_mode),
    *(_ENTITY.region_code, _ENTITY.language, claim_table.c.staff_id, staff_table.c.name, claim_table.c.until),
)


def find_head(code: str, edition_id: int | None, *, region: str | None = None) -> Head | None:
    """The entity of this code with its response; None where there is none in the Region that may be seen. One query."""
    if NUL in code:  # from a path; PostgreSQL refuses it
        return None
    query = sa.select(*_SHOWN).select_from(entity_table).where(_ENTITY.code == code)
    for table in (response_table, extension_table, respondent_table, claim_table):
        own = sa.and_(table.c.entity_id == _ENTITY.id, table.c.edition_id == edition_id)
        query = query.outerjoin(table, own)
    query = query.outerjoin(staff_table, staff_table.c.id == claim_table.c.staff_id)
    query = query.outerjoin(account_table, account_table.c.entity_id == _ENTITY.id)
    held = sa.and_(suspension_table.c.entity_id == _ENTITY.id, suspension_table.c.lifted_at.is_(None))
    query = query.outerjoin(suspension_table, held)
    if region is not None:
        query = query.where(_ENTITY.region_code == region)
    row = db.session.connection().execute(query).one_or_none()
    return None if row is None else Head(*tuple(row))


def entity_record(head: Head, edition: EditionView | None, now: dt.datetime, whole: str = "") -> EntityRecord:
    """All that belongs to an entity. `whole`: one of `dossier.PARTS`, which is not cut short."""
    dossier = read_dossier(head.entity_id, head.code, edition.id if edition else None, whole)
    parts = dossier.rows
    standing = standing_of(head.entity_id, edition, now, sent_as=(head.submitted_as,)) if edition else None
    return EntityRecord(
        head=head,
        standing=standing,
        addresses=[AddressLine(row.a, row.b, row.c) for row in parts["address"]],
        operators=[_operator(row) for row in parts["operator"]],
        access_requests=[_person(row) for row in parts["access"]],
        reopening_requests=[_person(row) for row in parts["reopening"]],
        receipts=[ReceiptLine(row.id, row.at, row.a) for row in parts["receipt"]],
        saves=[SaveLine(row.id, row.at) for row in parts["save"]],
        late=[LateLine(row.at, int(row.a)) for row in parts["late"]],
        deliveries=[DeliveryLine(row.a, row.at, row.b, row.c, row.d, row.e, row.f) for row in parts["delivery"]],
        calls=[_call(row) for row in parts["call"]],
        notes=[NoteLine(row.id, row.at, int(row.a), row.b, row.c, row.d is not None) for row in parts["note"]],
        deeds=[DeedLine(row.at, row.a, row.b, json.loads(row.c)) for row in parts["deed"]],
        more=dossier.more,
    )


def _person(row: Any) -> PersonLine:
    return PersonLine(row.id, row.at, row.a, row.b, row.c, row.d, row.e or "")


def _operator(row: Any) -> PersonLine:
    """`e` is since when the address is verified, `f` who of the staff filled in with this person on the line."""
    return PersonLine(row.id, row.at, shown_name(row.a, verified=row.e is not None, staff=row.f), row.b, row.c, row.d, "")


def _call(row: Any) -> CallLine:
    back = dt.date.fromisoformat(row.f) if row.f else None
    return CallLine(row.id, row.at, int(row.a), row.b, row.c, row.d, row.e, back, row.g is not None, row.h or "")
