"""All rows of other rooms about one entity, in one statement: addresses, people, requests, saves, messages, calls, deeds.

A page that asks nine tables one after another pays for each question more than for its answer; they are asked together.
Not for: what the rows mean (`record.py`).
Holds always: reads only; each part names its entity, is newest first and ends at `MOST`, the one that is asked for whole at
`MOST_WHOLE`; of what is left out it is known that there is more.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.tables import access_request_table, operator_table, staff_table
from app.audit.about import entry_table
from app.chasing.calls import call_table
from app.chasing.notes import note_table
from app.database import UTCDateTime
from app.editions.reopenings import reopening_table
from app.extensions import db
from app.mail.tables import delivery_table, suppression_table
from app.registry.addresses import address_table
from app.responses.tables import journal_table, late_save_table, response_table, submission_table

MOST: Final = 50
MOST_WHOLE: Final = 5_000
_TEXTS: Final = ("a", "b", "c", "d", "e", "f", "g", "h")
_ENTITY_ID: Final = sa.bindparam("entity", type_=sa.Integer)
_EDITION_ID: Final = sa.bindparam("edition", type_=sa.Integer)
_SUBJECT: Final = sa.bindparam("subject", type_=sa.String)
_REFERENCE: Final = sa.bindparam("reference", type_=sa.String)
_STAFF: Final = staff_table.c
Part = tuple[str, sa.Select[Any]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Part → its rows, for each of `PARTS`. `more`: those of which there are older rows than these."""

    rows: dict[str, list[Any]]
    more: frozenset[str]


def _part(name: str, source: Any, key: Any, at: Any, texts: Sequence[Any], *where: Any) -> Part:
    """(part, id, at, a … h) of the rows of a table, newest first; texts that it has not are NULL."""
    told = [sa.cast(text, sa.Text) for text in texts] + [sa.cast(sa.null(), sa.Text)] * (len(_TEXTS) - len(texts))
    labelled = [text.label(letter) for letter, text in zip(_TEXTS, told, strict=True)]
    inner = sa.select(sa.literal(name, sa.Text).label("part"), key.label("id"), at.label("at"), *labelled)
    return name, inner.select_from(source).where(*where).order_by(at.desc(), key.desc())


def _newest(part: Part, whole: str) -> sa.Select[Any]:
    """As many of its rows as are shown, and one by which it is known that there are more."""
    name, rows = part
    newest = rows.limit(_most(name, whole) + 1).subquery()
    return sa.select(*newest.c)


def _most(name: str, whole: str) -> int:
    return MOST_WHOLE if name == whole else MOST


def _people(name: str, table: sa.Table, text: Any, *where: Any) -> Part:
    row = table.c
    return _part(name, table, row.id, row.created_at, (row.name, row.office, row.email, row.phone, text), *where)


def _written(name: str, table: sa.Table, texts: Sequence[Any], *where: Any) -> Part:
    """What somebody of the desk wrote; who it was stands first."""
    joined = table.outerjoin(staff_table, _STAFF.id == table.c.staff_id)
    return _part(name, joined, table.c.id, table.c.at, (table.c.staff_id, _STAFF.name, *texts), *where)


def _whom_to_reach() -> list[Part]:
    """Addresses, operators, and who asks for access or for a reopening."""
    address, operator = address_table.c, operator_table.c
    access, reopening = access_request_table.c, reopening_table.c
    bad = sa.select(suppression_table.c.reply).where(suppression_table.c.email == address.email).scalar_subquery()
    return [
        _part(
            *("address", address_table, address.id, address.created_at, (address.purpose, address.email, bad)),
            *(address.entity_id == _ENTITY_ID, address.ended_at.is_(None)),
        ),
        _part(
            *("operator", operator_table.outerjoin(staff_table, _STAFF.id == operator.staff_id), operator.id),
            operator.created_at,
            (operator.name, operator.office, operator.email, operator.phone, operator.verified_at, _STAFF.name),
            *(operator.entity_id == _ENTITY_ID, operator.removed_at.is_(None)),
        ),
        _people(
            *("access", access_request_table, access.note, access.entity_id == _ENTITY_ID),
            access.handled_at.is_(None),
        ),
        _people(
            *("reopening", reopening_table, reopening.reason, reopening.entity_id == _ENTITY_ID),
            *(reopening.edition_id == _EDITION_ID, reopening.closed_at.is_(None)),
        ),
    ]


def _saved() -> list[Part]:
    """When the draft was saved, and what came too late and waits: neither what was written nor by whom."""
    save, late, response = journal_table.c, late_save_table.c, response_table.c
    own = (response.entity_id == _ENTITY_ID, response.edition_id == _EDITION_ID)
    saves = journal_table.join(response_table, sa.and_(response.id == save.response_id, *own))
    too_late = late_save_table.join(response_table, sa.and_(response.id == late.response_id, *own))
    return [
        _part("save", saves, save.version, save.at, ()),
        _part("late", too_late, late.id, late.at, (late.number,), late.state == "waiting"),
    ]


def _what_happened() -> list[Part]:
    """Versions that were sent, messages, calls, notes, and the record of deeds."""
    sent, response, delivery = submission_table.c, response_table.c, delivery_table.c
    call, note, entry = call_table.c, note_table.c, entry_table.c
    actor = sa.literal("staff:", sa.String) + sa.cast(_STAFF.id, sa.String)
    who = sa.func.coalesce(_STAFF.name, entry.actor)
    own_response = (response.id == sent.response_id, response.entity_id == _ENTITY_ID, response.edition_id == _EDITION_ID)
    return [
        _part(
            *("receipt", submission_table.join(response_table, sa.and_(*own_response)), sent.number, sent.submitted_at),
            (sent.receipt,),
        ),
        _part(
            *("delivery", delivery_table, delivery.id, delivery.created_at),
            (delivery.kind, delivery.recipient, delivery.subject, delivery.state, delivery.reply, delivery.reason),
            delivery.reference == _REFERENCE,
        ),
        _written(
            *("call", call_table, _told(call)),
            *(call.entity_id == _ENTITY_ID, call.edition_id == _EDITION_ID),
        ),
        _written("note", note_table, (note.text, note.removed_at), note.entity_id == _ENTITY_ID),
        _part(
            *("deed", entry_table.outerjoin(staff_table, actor == entry.actor), entry.number, entry.at),
            *((entry.action, who, entry.detail), entry.subject.in_(_own_subjects())),
        ),
    ]


def _told(call: Any) -> Sequence[Any]:
    back = (call.call_back_on, call.removed_at, call.call_back_time)
    return (call.outcome, call.spoke_with, call.note, *back)


def _own_subjects() -> sa.CompoundSelect[Any]:
    """What the record calls the entity and its responses, of all editions."""
    response = response_table.c
    number = sa.cast(response.id, sa.String)
    responses = sa.select(sa.literal("response:", sa.String) + number).where(response.entity_id == _ENTITY_ID)
    return sa.union_all(sa.select(_SUBJECT), responses)


@functools.cache
def _statement(whole: str = "") -> sa.Select[Any]:
    """`whole`: one of `PARTS` of which all is wanted."""
    all_parts = (
        sa.union_all(*(_newest(one, whole) for one in (*_whom_to_reach(), *_saved(), *_what_happened()))).subquery("dossier").c
    )
    at = sa.type_coerce(all_parts.at, UTCDateTime)
    shown = (all_parts.part, all_parts.id, at.label("at"), *(all_parts[letter] for letter in _TEXTS))
    return sa.select(*shown).order_by(all_parts.part, all_parts.at.desc(), all_parts.id.desc())


PARTS: Final = ("address", "operator", "access", "reopening", "save", "late", "receipt", "delivery", "call", "note", "deed")


def read_dossier(entity_id: int, code: str, edition_id: int | None, whole: str = "") -> Dossier:
    """What there is. `edition_id`: None finds nothing that belongs to an edition; `whole`: one of `PARTS`, of which all is
    read."""
    asked = {"entity": entity_id, "edition": edition_id, "subject": f"entity:{code}", "reference": f"entity:{entity_id}"}
    found: dict[str, list[Any]] = {part: [] for part in PARTS}
    for row in db.session.connection().execute(_statement(whole), asked):
        found[row.part].append(row)
    more = frozenset(part for part, rows in found.items() if len(rows) > _most(part, whole))
    return Dossier({part: rows[: _most(part, whole)] for part, rows in found.items()}, more)
