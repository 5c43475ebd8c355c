"""A practice that was sent back, on its entity's side: what the desk says and proposes, taking it, confirming what stands.

Not for: sending back (`review.py`), storing answers (`responses.drafts` alone does).
Holds always: each function names the response, so that nobody reads or confirms another entity's; a correction that is taken is
an ordinary operation on the answer that the person saw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.practices.fields import MANY, ONE, Corrections
from app.practices.gate import public_sheets
from app.practices.history import Happened, select_with_sending_back, tell
from app.practices.models import SENT_BACK, WAITING, Practice
from app.practices.record import FIELDS, PublicRecord
from app.questionnaire.model import answer_key
from app.responses.document import Operation
from app.responses.drafts import Author
from app.responses.reading import OpenResponse
from app.responses.submission import has_unsent_changes

_ROW: Final = table_of(Practice).c
_INSIDE: Final = {"address": ("place", "address")} | {part: ("contact", part) for part in ("email", "phone", "url")}
"""Field → the field of the table of questions that holds it, and its part of the answer."""


class NotSentBackError(LookupError):
    """No practice of this sheet waits for its entity."""


class UnsentChangesError(Exception):
    """The response was changed since it was sent: it has to be sent, which also answers the desk."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """A practice that waits for its entity. `corrections`: what the desk proposes, by field."""

    id: int
    code: str
    item_id: str
    kind: str
    title: str
    note: str
    corrections: Corrections
    at: dt.datetime


def sent_back_of(response: OpenResponse, item: str | None = None) -> list[SentBack]:
    """Those of this response, or of this sheet of it, the one that waits longest first. One statement."""
    own = [_ROW.response_id == response.id, _ROW.state == SENT_BACK]
    own += [] if item is None else [_ROW.item_id == item]
    query = select_with_sending_back(_ROW.id, _ROW.code, _ROW.item_id, _ROW.kind, _ROW.title).where(*own)
    found = [(row, Happened(*row[5:])) for row in db.session.execute(query)]
    found.sort(key=lambda pair: (pair[1].at, pair[0].id))
    return [
        SentBack(one.id, one.code, one.item_id, one.kind, one.title, line.note, line.corrections, line.at)
        for one, line in found
    ]


def record_now(response: OpenResponse, item: str) -> PublicRecord | None:
    """What would be public of the sheet as it stands in the draft, None where it has no title or is gone."""
    sheets = public_sheets(response.questionnaire, response.document.values(), response.document.live_items())
    return next((one.record for one in sheets if one.item_id == item), None)


def open_corrections(response: OpenResponse, item: str, corrections: Corrections) -> Corrections:
    """The corrections that the draft does not have yet."""
    present = record_now(response, item)
    if present is None:
        return dict(corrections)
    return {name: value for name, value in corrections.items() if _held(present, name) != _plain(value)}


def _held(present: PublicRecord, name: str) -> Any:
    return _plain(getattr(present, name))


def _plain(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else value


def holders_of(response: OpenResponse, item: str) -> dict[str, tuple[str, str]]:
    """Field → the question of this sheet whose answer holds it, and its part of the answer, "" for the whole."""
    found = response.document.find_item(item)
    if found is None:
        return {}
    sheet = next((one.repeat.sheet for one in response.questionnaire.steps if one.code == found[0] and one.repeat), "")
    questions = {name: code for code, name in FIELDS.get(sheet, {}).items()}
    whole = {name: (code, "") for name, code in questions.items()}
    inside = {name: (questions[holder], part) for name, (holder, part) in _INSIDE.items() if holder in questions}
    return whole | inside


def revision_of(response: OpenResponse, item: str, code: str) -> int:
    """The revision of an answer of the sheet, 0 where it has none: the base of whoever sees it now."""
    known = response.document.answers.get(answer_key(code, item))
    return known.revision if known else 0


def operations_for(
    response: OpenResponse, item: str, corrections: Corrections, names: Collection[str], bases: Mapping[str, int]
) -> list[Operation]:
    """The operations that put these corrections into the sheet; fields of one answer are one operation.

    `bases`: question → the revision that the person saw; one that is not there counts as a blank that was seen.
    """
    holders = holders_of(response, item)
    values: dict[str, Any] = {}
    for name, proposed in corrections.items():
        if name not in names or name not in holders:
            continue
        code, part = holders[name]
        known = response.document.answers.get(answer_key(code, item))
        held = values.get(code, known.value if known else None)
        values[code] = _answer(name, part, proposed, held)
    return [Operation("set", item=item, question=code, value=value, base=bases.get(code, 0)) for code, value in values.items()]


def _answer(name: str, part: str, proposed: Any, held: Any) -> Any:
    """The answer that says what is proposed, None for a blank one."""
    before: Mapping[str, Any] = held if isinstance(held, dict) else {}
    if part:
        gone = {part, "latitude", "longitude"} if part == "address" else {part}
        kept = {key: value for key, value in before.items() if key not in gone} | ({part: proposed} if proposed else {})
        return kept or None
    if name in ONE:
        return {"code": proposed} if proposed else None
    if name in MANY:
        beside = {"text": before["text"]} if before.get("text") and "other" in proposed else {}
        return {"codes": list(proposed), **beside} if proposed else None
    return proposed or None


def confirm_as_it_is(response: OpenResponse, item: str, author: Author, now: dt.datetime) -> None:
    """Answer the desk that the sheet is right as it was sent. Commits. Raises NotSentBackError and UnsentChangesError."""
    own = (_ROW.response_id == response.id, _ROW.item_id == item)
    query = sa.select(_ROW.id, _ROW.code, _ROW.state).where(*own).with_for_update()
    row = db.session.execute(query).one_or_none()
    if row is None or row.state != SENT_BACK:
        db.session.rollback()
        raise NotSentBackError(item)
    if has_unsent_changes(response):
        db.session.rollback()
        raise UnsentChangesError(item)
    actor = f"operator:{author.operator_id}"
    values = {"state": WAITING, "revision": _ROW.revision + 1, "changed_at": now, "arrived_at": now}
    db.session.execute(sa.update(Practice).where(_ROW.id == row.id).values(values))
    tell([row.id], "confirmed", actor=actor, now=now)
    record("practice_confirmed", actor=actor, subject=f"practice:{row.code}", detail={}, now=now)
    db.session.commit()
