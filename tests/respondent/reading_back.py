"""What the database holds of a respondent: document, journal, columns, sheets, submitted versions, personal values apart.

Not for: what pages show (`visits.py`).
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from app.editions.current import current_edition
from app.extensions import db
from app.registry.entities import find_by_code
from app.responses import personal
from app.responses.document import Document
from app.responses.journal import folded_document
from app.responses.models import JournalEntry, Response, ResponseItem, Submission
from app.responses.reading import OpenResponse, find_response
from app.responses.submission import submitted_document
from tests.respondent.model import Model
from tests.respondent.municipality import MARK
from tests.respondent.reference import NAMED_BY
from tests.respondent.visits import Guest


def read_back(guest: Guest) -> None:
    """Compare all that is stored with what was typed. Wants an application context."""
    tally, model = guest.tally, guest.model
    entity, edition = find_by_code(guest.town.code), current_edition()
    response = find_response(entity.id, edition.id) if entity and edition else None
    tally.check(response is not None, f"{guest.town.label}: no response is stored")
    if response is None:
        return
    _compare(guest, response, response.document, model, "document")
    folded = folded_document(response.id)
    tally.equal(msgspec.to_builtins(folded), msgspec.to_builtins(response.document), f"{guest.town.label}: folded journal")
    _columns(guest, response)
    _items(guest, response)
    _journal(guest, response)
    tally.equal(response.submissions, len(guest.sent), f"{guest.town.label}: submissions")
    for number, sent in enumerate(guest.sent, 1):
        _submission(guest, response, number, sent.receipt, sent.said)
    db.session.rollback()


def _compare(guest: Guest, response: OpenResponse, document: Document, model: Model, what: str) -> None:
    """Every answer of a document and the order of its sheets."""
    stored = {key: answer.value for key, answer in document.answers.items() if answer.value is not None}
    where = f"{guest.town.label} {what}"
    guest.tally.equal_entries(personal.unseal(response.id, stored), model.stored(), where)
    items = {step: [(item.id, item.removed is not None) for item in items] for step, items in document.items.items()}
    expected = {step: [(item, item in model.removed) for item in items] for step, items in model.items.items()}
    guest.tally.equal_entries(items, expected, f"{where} sheets")
    guest.tally.equal(document.conflicts, {}, f"{where} conflicts")


def _columns(guest: Guest, response: OpenResponse) -> None:
    submitted = bool(guest.sent)
    where = guest.town.label
    guest.tally.equal(response.status, "submitted" if submitted else "draft", f"{where}: status")
    guest.tally.equal(response.progress, guest.model.progress(), f"{where}: progress")
    guest.tally.equal(response.submitted_at is not None, submitted, f"{where}: submitted_at")
    guest.tally.check(response.opened_at <= response.last_activity, f"{where}: last_activity")
    guest.tally.check(not response.synthetic, f"{where}: synthetic")
    waiting = db.session.execute(sa.select(Response.open_conflicts).where(Response.id == response.id)).scalar_one()
    guest.tally.equal(waiting, 0, f"{where}: open_conflicts")


def _items(guest: Guest, response: OpenResponse) -> None:
    """The rows by which others filter the sheets."""
    columns = (ResponseItem.step, ResponseItem.position, ResponseItem.item_id, ResponseItem.label, ResponseItem.removed)
    query = (
        sa.select(*columns).where(ResponseItem.response_id == response.id).order_by(ResponseItem.step, ResponseItem.position)
    )
    model = guest.model
    expected = []
    for step, items in sorted(model.items.items()):
        for position, item in enumerate(items):
            named = model.answers.get(f"{item}/{NAMED_BY[step]}")
            label = named.value if named is not None and isinstance(named.value, str) else ""
            expected.append((step, position, item, label, item in model.removed))
    found = [tuple(row) for row in db.session.execute(query)]
    guest.tally.equal_lists(found, expected, f"{guest.town.label}: item rows")


def _journal(guest: Guest, response: OpenResponse) -> None:
    """One line a version, nobody else's words in it, and no personal ones."""
    query = sa.select(JournalEntry.version, JournalEntry.line).where(JournalEntry.response_id == response.id)
    rows = db.session.execute(query.order_by(JournalEntry.version)).all()
    where = guest.town.label
    guest.tally.equal([row.version for row in rows], list(range(1, response.version + 1)), f"{where}: journal versions")
    kept = db.session.execute(sa.select(Response.document).where(Response.id == response.id)).scalar_one()
    text = kept + "".join(row.line for row in rows)
    marks = set(MARK.findall(text))
    guest.tally.check(marks <= {guest.mark}, f"{where}: the journal holds {marks}")
    for words in (guest.operator["name"], guest.operator["email"], "Responsabile "):
        guest.tally.check(words not in text, f"{where}: {words} stands outside the personal values")


def _submission(guest: Guest, response: OpenResponse, number: int, receipt: str, said: Model) -> None:
    row = db.session.execute(
        sa.select(Submission.receipt, Submission.operator_id).where(
            Submission.response_id == response.id, Submission.number == number
        )
    ).one_or_none()
    where = f"{guest.town.label} version {number}"
    guest.tally.check(row is not None and row.receipt == receipt, f"{where}: receipt {row} is not {receipt}")
    document = submitted_document(response.id, number)
    guest.tally.check(document is not None, f"{where}: no document")
    if document is not None:
        _compare(guest, response, document, said, f"version {number}")
