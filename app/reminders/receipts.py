"""Receipts of a batch that somebody uploads: kept until they are confirmed, judged, then taken in as those that come by mail.

Not for: what a receipt brings about (`app.mail.returns`), nor receipts that come into our own mailbox.
Holds always: a receipt is about a delivery of this batch only if it names its code, or its Message-ID, and its very recipient;
taking in the same file again changes nothing; what was uploaded is gone after a day; each deed has its audit entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.by_hand import KnownDelivery, known_deliveries
from app.mail.returns.certified import Receipt, read_receipt
from app.mail.returns.handling import digest_of, known_digests, take_return
from app.mail.returns.matching import BY_CODE, Matched
from app.mail.returns.reading import header, read_message
from app.mail.returns.uploads import Piece, pack, unpack
from app.reminders.batches import BatchRow
from app.reminders.models import ReceiptUpload
from app.reminders.reference_codes import code_of, codes_in

KEPT: Final = dt.timedelta(days=1)
FOUND, KNOWN, NO_RECEIPT, NO_CODE, OTHER_BATCH, OTHER_RECIPIENT = VERDICTS = (
    *("found", "known", "no_receipt", "no_code", "other_batch", "other_recipient"),
)
"""Known: it was taken in before. The last four are not taken in."""
_ROW: Final = table_of(ReceiptUpload).c


class UnknownUploadError(Exception):
    """No upload of this batch has this number, or its day is over."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One message of an upload. `verdict`: one of `VERDICTS`; `kind`: of the receipt, "" for none; `delivery`: whose it is."""

    name: str
    verdict: str
    kind: str = ""
    delivery: KnownDelivery | None = None


def keep_upload(batch: BatchRow, files: Iterable[tuple[str, IO[bytes]]], *, actor: str, now: dt.datetime) -> int:
    """Keep what somebody has uploaded; its number. Commits. Raises UnfitUploadError."""
    content = pack(files)
    db.session.execute(sa.delete(ReceiptUpload).where(_ROW.uploaded_at < now - KEPT))
    values = {"batch_id": batch.id, "uploaded_by": actor, "uploaded_at": now, "content": content}
    number: int = db.session.execute(sa.insert(ReceiptUpload).values(**values).returning(_ROW.id)).scalar_one()
    db.session.commit()
    return number


def judge_upload(batch: BatchRow, number: int, now: dt.datetime) -> list[Judged]:
    """What each message of an upload is, in its order. Raises `UnknownUploadError`."""
    return [judged for judged, _piece in _judged(batch, number, now)]


def take_upload(batch: BatchRow, number: int, *, actor: str, now: dt.datetime) -> int:
    """Take in the receipts that were found; how many. Commits after each, so that one that is ended goes on where it was.

    Raises `UnknownUploadError`.
    """
    found = [(judged, piece) for judged, piece in _judged(batch, number, now) if judged.verdict == FOUND]
    if not found:
        return 0
    record("receipts_uploaded", actor=actor, subject=f"batch:{batch.id}", detail={"receipts": len(found)}, now=now)
    db.session.commit()
    for judged, piece in found:
        if judged.delivery is not None:
            take_return(piece.raw, "upload", now, about=_matched(judged.delivery))
    return len(found)


def _judged(batch: BatchRow, number: int, now: dt.datetime) -> Iterator[tuple[Judged, Piece]]:
    content = db.session.execute(
        sa.select(_ROW.content).where(_ROW.id == number, _ROW.batch_id == batch.id, _ROW.uploaded_at >= now - KEPT)
    ).scalar_one_or_none()
    if content is None:
        raise UnknownUploadError(number)
    pieces = list(unpack(content))
    deliveries = known_deliveries(batch.group_id)
    codes = {code_of(one.dedupe_key): one for one in deliveries}
    message_ids = {one.message_id: one for one in deliveries}
    digests = [digest_of(piece.raw) for piece in pieces]
    taken = known_digests(digests)
    for piece, digest in zip(pieces, digests, strict=True):
        yield _judge(piece, digest in taken, codes, message_ids), piece


def _judge(piece: Piece, known: bool, codes: Mapping[str, KnownDelivery], message_ids: Mapping[str, KnownDelivery]) -> Judged:
    try:
        message = read_message(piece.raw)
        receipt, subject = read_receipt(message), header(message, "Subject")
    except Exception:  # noqa: BLE001 — a stranger's bytes may fail the parser in any way; it is said to be no receipt
        return Judged(piece.name, NO_RECEIPT)
    if receipt is None:
        return Judged(piece.name, NO_RECEIPT)
    named = codes_in(f"{receipt.subject} {subject}")
    about = [codes[one] for one in named if one in codes]
    about += [message_ids[one] for one in receipt.message_ids if one in message_ids]
    if not about:
        return Judged(piece.name, OTHER_BATCH if named else NO_CODE, receipt.kind)
    mine = [one for one in about if _names(receipt, one.recipient)]
    if not mine:
        return Judged(piece.name, OTHER_RECIPIENT, receipt.kind, about[0])
    return Judged(piece.name, KNOWN if known else FOUND, receipt.kind, mine[0])


def _names(receipt: Receipt, recipient: str) -> bool:
    """Whether a receipt speaks of this very address."""
    named = {one.recipient.lower() for one in receipt.findings if one.recipient}
    return recipient.lower() in named


def _matched(one: KnownDelivery) -> Matched:
    return Matched(one.id, one.kind, one.reference, one.recipient, one.state, one.created_at, BY_CODE)
