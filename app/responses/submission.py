"""Submission: sending a response, its numbered versions with their receipts, and what changed between two.

Not for: storing answers (`drafts.py`) or drawing the receipt (`fill`).
Holds always: a submitted version is never changed or deleted; only a response that is complete, without an open conflict and
within the deadline is sent; sending the same content twice gives the receipt of the first; the message with the receipt, or
with the copy to confirm of what was sent by telephone, is queued in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db
from app.questionnaire.model import Questionnaire, split_key
from app.questionnaire.review import Review
from app.responses.document import Document, read_document, write_document
from app.responses.drafts import Author, EditionClosedError
from app.responses.events import response_submitted
from app.responses.links import SUBMITTED, SubmittedAs, named_in, rewrite_links, submitted_as
from app.responses.messages import queue_receipt
from app.responses.models import Response, Submission
from app.responses.reading import OpenResponse, response_by_id
from app.responses.replies import take_back_replies
from app.responses.reviewing import review_response
from app.responses.telephone_copies import TELEPHONE, WEB
from app.responses.telephone_messages import ask_to_confirm, cancel_older

# Without 0/O, 1/I/L: a receipt is read out on the telephone.
RECEIPT_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
MOST_VERSIONS: Final = 2**31 - 1  # what the column can hold
_canonical = msgspec.json.Encoder(order="deterministic").encode


class IncompleteError(Exception):
    """The response cannot be sent yet; `review` says what is missing or wrong, `conflicts` which keys wait for a decision."""

    def __init__(self, found: Review, conflicts: tuple[str, ...]) -> None:
        super().__init__(f"{len(found.problems)} problems, {len(conflicts)} conflicts")
        self.review = found
        self.conflicts = conflicts


class ChangedMeanwhileError(Exception):
    """A colleague changed an answer after the person looked at the check page; look again before sending."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One submitted version. `number` counts from 1 within the response."""

    id: int
    number: int
    receipt: str
    version: int
    submitted_at: dt.datetime
    operator_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that differs between two versions; None where it was blank or not reached."""

    key: str
    before: Any
    after: Any


_COLUMNS: Final = (
    Submission.id,
    Submission.number,
    Submission.receipt,
    Submission.version,
    Submission.submitted_at,
    Submission.operator_id,
)


def ignored_codes(questionnaire: Questionnaire) -> frozenset[str]:
    """The questions asked after submission, which are no part of what is sent."""
    return frozenset(question.code for question in questionnaire.after_submission)


def content_digest(document: Document, questionnaire: Questionnaire) -> str:
    """SHA-256 of what would be sent."""
    return hashlib.sha256(_canonical(document.content(ignored_codes(questionnaire)))).hexdigest()


def has_unsent_changes(response: OpenResponse) -> bool:
    """Whether a response that was sent has been changed since, or its last version withdrawn."""
    if response.submitted_content is None:
        return response.submissions > 0
    return content_digest(response.document, response.questionnaire) != response.submitted_content


def is_withdrawn(response: OpenResponse) -> bool:
    """Whether the version sent last was taken back, so that what was sent no longer counts."""
    return response.submissions > 0 and response.submitted_content is None


def submit_response(response: OpenResponse, author: Author, now: dt.datetime, *, seen_version: int) -> Receipt:
    """Send the response as it is and return its receipt. Commits.

    `seen_version`: the version on the check page. Raises EditionClosedError, ChangedMeanwhileError and IncompleteError.
    """
    current = response if response.locked else _lock(response)
    if not current.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(current.edition.code)
    digest = content_digest(current.document, current.questionnaire)
    if current.submitted_content == digest:
        db.session.rollback()
        return list_receipts(current.id)[0]
    if seen_version != current.version:
        db.session.rollback()
        raise ChangedMeanwhileError(current.id)
    found = review_response(current)
    if not found.complete or found.problems or current.open_conflicts:
        db.session.rollback()
        raise IncompleteError(found, current.open_conflicts)
    receipt = _write_submission(current, author, now, digest, _write_links(current, found))
    db.session.commit()
    return receipt


def _lock(response: OpenResponse) -> OpenResponse:
    db.session.rollback()
    current = response_by_id(response.id, lock=True)
    if current is None:
        raise LookupError(f"response {response.id} is gone")
    return current


def _write_links(current: OpenResponse, found: Review) -> SubmittedAs:
    """Whom the version names that is being sent, and what it thereby is. Naming a lead takes back an earlier "no" to it."""
    named = named_in(current.questionnaire, current.document, found.reached)
    known = rewrite_links(current.id, SUBMITTED, named)
    leads = {known[code] for code in named.declares if code in known} - {current.entity_id}
    take_back_replies(current.edition.id, current.entity_id, leads, agreeing=False)
    return submitted_as(current.questionnaire, found.reached, declares_others=bool(leads))


def _write_submission(current: OpenResponse, author: Author, now: dt.datetime, digest: str, kind: SubmittedAs) -> Receipt:
    number = current.submissions + 1
    tail = "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(5))
    values: dict[str, Any] = {
        "response_id": current.id,
        "number": number,
        "receipt": f"{current.edition.code}-{current.entity_code}-{number:02d}-{tail}",
        "version": current.version,
        "definition_id": current.edition.definition_id,
        "document": write_document(current.document),
        "operator_id": author.operator_id,
        "submitted_at": now,
        "staff_id": author.staff_id,
    }
    cancel_older(current.entity_id, now)
    row = db.session.execute(sa.insert(Submission).values(**values).returning(*_COLUMNS)).one()
    receipt = Receipt(*row)
    mode = WEB if author.staff_id is None else TELEPHONE
    columns = {"status": "submitted", "submitted_at": now, "submissions": number, "submitted_content": digest}
    columns |= {"submitted_as": kind, "submitted_mode": mode, "progress": 100}
    db.session.execute(sa.update(Response).where(Response.id == current.id).values(columns))
    _tell(current, receipt, by_phone=mode == TELEPHONE)
    response_submitted(current, number, now)
    record(
        "response_submitted",
        actor=f"operator:{author.operator_id}",
        subject=f"response:{current.id}",
        detail={"number": number, "version": current.version, "content": digest, "as": kind, "mode": mode},
        now=now,
    )
    return receipt


def _tell(current: OpenResponse, receipt: Receipt, *, by_phone: bool) -> None:
    """Queue the receipt, or the copy to confirm of what staff sent by telephone."""
    if by_phone:
        ask_to_confirm(current, receipt.id, receipt.receipt, receipt.number, receipt.submitted_at)
    else:
        queue_receipt(current, receipt.receipt, receipt.number, receipt.operator_id, receipt.submitted_at)


def list_receipts(response_id: int) -> list[Receipt]:
    """The submitted versions, latest first."""
    query = sa.select(*_COLUMNS).where(Submission.response_id == response_id).order_by(Submission.number.desc())
    return [Receipt(*row) for row in db.session.execute(query)]


def submitted_document(response_id: int, number: int) -> Document | None:
    """The document of a submitted version, personal answers sealed."""
    if not 0 < number <= MOST_VERSIONS:  # an address may say any number, and a database refuses one that it cannot hold
        return None
    query = sa.select(Submission.document).where(Submission.response_id == response_id, Submission.number == number)
    text = db.session.execute(query).scalar_one_or_none()
    return None if text is None else read_document(text)


def compare_documents(before: Document, after: Document, questionnaire: Questionnaire) -> tuple[Change, ...]:
    """The answers that differ, in the order of the questionnaire and, for sheets, of the later version."""
    ignored = ignored_codes(questionnaire)
    old, new = before.values(), after.values()
    keys = {key for key in (*old, *new) if split_key(key)[1] not in ignored and old.get(key) != new.get(key)}
    return tuple(Change(key, old.get(key), new.get(key)) for key in sorted(keys, key=_place(before, after, questionnaire)))


def _place(before: Document, after: Document, questionnaire: Questionnaire) -> Any:
    codes = {question.code: index for index, question in enumerate(questionnaire.questions)}
    items: Mapping[str, int] = {
        item.id: index for document in (before, after) for step in document.items.values() for index, item in enumerate(step)
    }
    steps = {question.code: index for index, step in enumerate(questionnaire.steps) for question in step.questions}

    def place(key: str) -> tuple[int, int, int]:
        item, code = split_key(key)
        return steps.get(code, 99), items.get(item or "", -1), codes.get(code, 999)

    return place
