"""Practices arrive: when a response is sent, its sheets become practices that wait for review, or change those that are there.

Not for: deciding on them (`review.py`), files of earlier editions (`importing/`).
Holds always: a sheet has one practice for ever, whatever is sent again; what is sent again unchanged stays approved; what the
entity no longer lets be published, or no longer sends, is out of the public in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import record_all
from app.editions.current import EditionView
from app.extensions import db, table_of
from app.practices.gate import Passed, public_sheets
from app.practices.history import PROGRAM, SENT_AGAIN, tell
from app.practices.models import (
    ANSWER,
    APPROVED,
    INITIATIVE,
    PRACTICE,
    SENT_BACK,
    WAITING,
    Practice,
    PublishedPractice,
)
from app.practices.publishing import retract
from app.practices.record import PublicRecord, digest_of, read_record, write_record
from app.registry.entities import entity_table
from app.responses.document import Document
from app.responses.events import on_submitted, on_withdrawn
from app.responses.reading import OpenResponse, response_by_id
from app.responses.submission import RECEIPT_ALPHABET, submitted_document
from app.responses.tables import response_table

CODE_LENGTH: Final = 8
LONGEST_TITLE: Final = 300
REGION: Final = "region"
RESERVABLE: Final = ("address", "latitude", "longitude", "email", "phone", "url", "beneficiaries")
"""The fields whose absence may be a wish: what they held is taken out of every version."""
_ROW: Final = table_of(Practice).c
_ENTRY: Final = table_of(PublishedPractice).c
_RESPONSE: Final = response_table.c


def listen() -> None:
    """Be told of what is sent and taken back."""
    on_submitted("practices", take_in)
    on_withdrawn("practices", take_back)


def new_code() -> str:
    """An address for ever: eight characters without those that are mistaken for others. 31⁸ of them: two never meet."""
    return "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(CODE_LENGTH))


def year_of(edition: EditionView) -> int:
    """The year by which an edition's practices are found: that in which its period of reference ends."""
    return edition.period_to.year


def take_in(response: OpenResponse, number: int, now: dt.datetime) -> None:
    """Bring the practices of a response to the version that was just sent. Flushes."""
    _bring(response, response.document, number, now)


def take_back(response: OpenResponse, now: dt.datetime) -> None:
    """What was sent no longer counts: nothing of it stays public. Flushes."""
    gone = _remove([row for row in _known(response.id).values() if row.present], now)
    _take_out(gone, now)


def take_in_all(edition: EditionView, *, actor: str, now: dt.datetime) -> int:
    """Take in what was sent before there was a queue; how many responses. Commits after each, so that it may be stopped."""
    sent = (_RESPONSE.edition_id == edition.id, _RESPONSE.status == "submitted", _RESPONSE.submissions > 0)
    never = ~sa.exists().where(_ROW.response_id == _RESPONSE.id)
    ids = db.session.execute(sa.select(_RESPONSE.id).where(*sent, never).order_by(_RESPONSE.id)).scalars().all()
    db.session.rollback()
    for response_id in ids:
        response = response_by_id(response_id, lock=True)
        document = submitted_document(response_id, response.submissions) if response else None
        if response is not None and document is not None:
            brought = _bring(response, document, response.submissions, now)
            detail = {"number": response.submissions, "practices": brought}
            told = (f"response:{response_id}", detail)
            record_all("practices_taken_in", actor=actor, told=[told], now=now)
        db.session.commit()
    return len(ids)


def _bring(response: OpenResponse, document: Document, number: int, now: dt.datetime) -> int:
    """Make its practices what this document says; how many it has."""
    sheets = {one.item_id: one for one in public_sheets(response.questionnaire, document.values(), document.live_items())}
    known = _known(response.id)
    if not sheets and not known:
        return 0
    region = _is_region(response.entity_id)
    for item, passed in sheets.items():
        if item in known:
            _update(known[item], passed, number, now)
        else:
            _add(response, passed, INITIATIVE if region and passed.sheet == PRACTICE else passed.sheet, number, now)
    gone = _remove([row for item, row in known.items() if item not in sheets and row.present], now)
    kept = {row.id: sheets[item] for item, row in known.items() if item in sheets}
    hidden = _hidden({practice_id: passed.record for practice_id, passed in kept.items() if passed.consent})
    _take_out([*gone, *(one for one, passed in kept.items() if not passed.consent), *hidden], now)
    return len(sheets)


def _hidden(sent: Mapping[int, PublicRecord]) -> list[int]:
    """Those of these practices of which some version shows what their entity shows no longer: a seat that is reserved now, an
    address that was taken out, a number that became small. A correction is no such thing."""
    columns = (_ENTRY.practice_id, _ENTRY.record)
    shown = sa.select(*columns).where(_ENTRY.practice_id.in_(sent), _ENTRY.redacted_at.is_(None)).order_by(_ENTRY.id)
    rows = db.session.execute(shown).all() if sent else []
    return sorted({row.practice_id for row in rows if _shows_more(read_record(row.record), sent[row.practice_id])})


def _shows_more(public: PublicRecord, sent: PublicRecord) -> bool:
    blank = ("", None)
    return any(getattr(public, name) not in blank and getattr(sent, name) in blank for name in RESERVABLE)


def _known(response_id: int) -> dict[str, sa.Row[Any]]:
    """Item → its practice, locked."""
    columns = (_ROW.id, _ROW.item_id, _ROW.state, _ROW.digest, _ROW.approved_digest, _ROW.consent, _ROW.present)
    query = sa.select(*columns).where(_ROW.response_id == response_id).order_by(_ROW.id).with_for_update()
    rows: Any = db.session.execute(query)
    return {row.item_id: row for row in rows}


def _is_region(entity_id: int) -> bool:
    kind: str = db.session.execute(sa.select(entity_table.c.kind).where(entity_table.c.id == entity_id)).scalar_one()
    return kind == REGION


def _content(passed: Passed) -> dict[str, Any]:
    text = write_record(passed.record)
    title, area = passed.record.title[:LONGEST_TITLE], passed.record.area
    return {
        "title": title,
        "area": area,
        "content": text,
        "digest": digest_of(text),
        "consent": passed.consent,
        "present": True,
    }


def _add(response: OpenResponse, passed: Passed, kind: str, number: int, now: dt.datetime) -> None:
    edition = response.edition
    values = {
        "code": new_code(),
        "kind": kind,
        "source": ANSWER,
        "edition_id": edition.id,
        "edition_label": edition.code,
        "year": year_of(edition),
        "entity_id": response.entity_id,
        "response_id": response.id,
        "item_id": passed.item_id,
        "submission": number,
        "state": WAITING,
        "arrived_at": now,
        "changed_at": now,
        **_content(passed),
    }
    added = db.session.execute(sa.insert(Practice).values(values).returning(_ROW.id)).scalar_one()
    tell([added], "arrived", actor=PROGRAM, now=now, detail={"submission": number})


def _update(row: sa.Row[Any], passed: Passed, number: int, now: dt.datetime) -> None:
    values = _content(passed)
    same = values["digest"] == row.digest and row.consent == passed.consent and row.present
    if same and row.state != SENT_BACK:
        return
    back = values["digest"] == row.approved_digest and row.state == APPROVED
    values |= {"state": row.state if back else WAITING, "submission": number, "changed_at": now, "revision": _ROW.revision + 1}
    if row.state != WAITING and not back:
        values["arrived_at"] = now
    db.session.execute(sa.update(Practice).where(_ROW.id == row.id).values(values))
    tell([row.id], SENT_AGAIN, actor=PROGRAM, now=now, detail={"submission": number})


def _remove(rows: list[sa.Row[Any]], now: dt.datetime) -> list[int]:
    """Those are sent no longer; their ids."""
    ids = [row.id for row in rows]
    if ids:
        values = {"present": False, "changed_at": now, "revision": _ROW.revision + 1}
        db.session.execute(sa.update(Practice).where(_ROW.id.in_(ids)).values(values))
        tell(ids, "taken_out", actor=PROGRAM, now=now)
    return ids


def _take_out(practice_ids: list[int], now: dt.datetime) -> None:
    """Out of the public with these, and an audit entry for each that was in some version. Last in what this room writes: it
    holds the end of the chain."""
    taken = retract(practice_ids, actor=PROGRAM, now=now)
    record_all("practice_retracted", actor=PROGRAM, told=[(f"practice:{code}", {}) for code in taken], now=now)
