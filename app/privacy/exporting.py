"""All that is kept of one person who filled in, for that person and for whoever must answer a request for it.

Not for: the entity's answers, which are the entity's and have their own copy and history.
Holds always: reads only; one operator, named with its entity; no secret (hash, key) stands in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.operator_messages import invitation_reference
from app.accounts.tables import access_request_table, invitation_table, operator_table, session_table
from app.audit.about import entry_table
from app.chasing.calls import call_table
from app.editions.reopenings import reopening_table
from app.extensions import db, table_of
from app.mail.tables import delivery_table
from app.privacy.models import Acceptance
from app.registry.entities import entity_table
from app.responses.tables import coverage_reply_table, draft_consent_table, late_save_table, submission_table
from app.threads.reading import file_table, message_table

_OPERATOR: Final = operator_table.c
_ASKER: Final = ("name", "office", "email", "phone", "created_at")
_PERSON: Final = (
    "id",
    "entity_code",
    "entity_name",
    "name",
    "office",
    "email",
    "phone",
    "created_at",
    "verified_at",
    "no_reminders_at",
)
Rows = list[dict[str, Any]]


class UnknownPersonError(Exception):
    """There is no such operator, or it is another entity's, or it was erased."""


def person_data(operator_id: int, entity_id: int | None = None) -> dict[str, Rows]:
    """Section → rows, each name → value. `entity_id`: whose operator it must be. Raises UnknownPersonError."""
    entity = entity_table.c
    query = sa.select(*_OPERATOR, entity.code.label("entity_code"), entity.name.label("entity_name"))
    query = query.join(entity_table, entity.id == _OPERATOR.entity_id)
    query = query.where(_OPERATOR.id == operator_id, _OPERATOR.erased_at.is_(None))
    if entity_id is not None:
        query = query.where(_OPERATOR.entity_id == entity_id)
    row = db.session.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownPersonError(operator_id)
    own = {name: _plain(row[name]) for name in _PERSON} | {"by_phone": row["staff_id"] is not None}
    return {"person": [own], **_elsewhere(operator_id, row["entity_id"], row["email"])}


def _elsewhere(operator_id: int, entity_id: int, email: str) -> dict[str, Rows]:
    session, sent, late, reply = session_table.c, submission_table.c, late_save_table.c, coverage_reply_table.c
    asked, reopening, message = access_request_table.c, reopening_table.c, delivery_table.c
    call = call_table.c
    accepted, entry, consent = table_of(Acceptance).c, entry_table.c, draft_consent_table.c
    invited = _invitations(operator_id, entity_id, email)
    about = [f"entity:{entity_id}", *(invitation_reference(row["id"]) for row in invited)]
    name = f"operator:{operator_id}"
    return {
        "notices_accepted": _rows([accepted.version, accepted.at], [accepted.operator_id == operator_id], accepted.at),
        "sessions": _rows(
            [session.created_at, session.last_seen_at, session.ended_at],
            [session.operator_id == operator_id],
            session.created_at,
        ),
        "sent": _rows([sent.receipt, sent.number, sent.submitted_at], [sent.operator_id == operator_id], sent.id),
        "invitations": invited,
        "consents": _rows([consent.given_at, consent.until], [consent.operator_id == operator_id], consent.id),
        "late_work": _rows([late.at, late.number, late.state], [late.operator_id == operator_id], late.id),
        "said_of_coverage": _rows([reply.at, reply.said_by, reply.agrees], [reply.operator_id == operator_id], reply.at),
        "requests_for_access": _rows(
            [asked[name] for name in (*_ASKER, "note")], [asked.entity_id == entity_id, _same(asked.email, email)], asked.id
        ),
        "requests_for_a_reopening": _rows(
            [reopening[name] for name in (*_ASKER, "reason")],
            [reopening.entity_id == entity_id, _same(reopening.email, email)],
            reopening.id,
        ),
        "calls": _rows([call.at, call.outcome, call.spoke_with, call.note], [call.operator_id == operator_id], call.id),
        **_written(operator_id),
        "messages": _rows(
            [message.created_at, message.kind, message.recipient, message.subject, message.state],
            [message.reference.in_(about), _same(message.recipient, email)],
            message.id,
        ),
        "log": _rows(
            [entry.number, entry.at, entry.action], [sa.or_(entry.actor == name, entry.subject == name)], entry.number
        ),
    }


def _written(operator_id: int) -> dict[str, Rows]:
    """What the person wrote to the desk, and the names of the files that came with it."""
    message, file = message_table.c, file_table.c
    own = sa.select(message.id).where(message.operator_id == operator_id)
    texts = _rows([message.thread_id, message.at, message.text], [message.operator_id == operator_id], message.id)
    kept = [file.message_id.in_(own), file.content.is_not(None)]
    return {
        "written_to_the_desk": texts,
        "files_sent_to_the_desk": _rows([file.message_id, file.name, file.size], kept, file.id),
    }


def _invitations(operator_id: int, entity_id: int, email: str) -> Rows:
    """Those of the person's own address, and those that the person sent: without the addresses of others."""
    row = invitation_table.c
    own = sa.or_(row.operator_id == operator_id, _same(row.email, email))
    address = sa.case((own, row.email), else_="").label("email")
    columns = [row.id, row.purpose, address, row.created_at, row.ended_at, row.outcome]
    return _rows(columns, [row.entity_id == entity_id, sa.or_(own, row.invited_by == operator_id)], row.id)


def _same(column: sa.ColumnElement[str], email: str) -> sa.ColumnElement[bool]:
    return sa.and_(sa.func.lower(column) == email.lower(), column != "")


def _rows(columns: Sequence[Any], wanted: Sequence[sa.ColumnElement[bool]], order: Any) -> Rows:
    rows = db.session.execute(sa.select(*columns).where(*wanted).order_by(order)).mappings()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, dt.datetime) else value
