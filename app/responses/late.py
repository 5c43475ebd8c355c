"""Work that arrives after an edition has closed: kept beside the response, brought in where it may be answered again.

Not for: reopening a response (`editions.extensions`), or sending one.
Holds always: what is kept is no part of the draft nor of what was sent, and nothing here sends anything; a save that comes
twice is kept once; bringing in goes through `drafts.apply` with the author and the bases that the save came with, so that a
colleague's answer is not overwritten; personal values stand in their own table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.questionnaire.model import Questionnaire
from app.responses import personal
from app.responses.continuing import Continuing
from app.responses.document import Operation, encoder
from app.responses.drafts import Author, EditionClosedError, TooLargeError, apply
from app.responses.models import LateSave, PersonalValue
from app.responses.reading import OpenResponse, response_by_id
from app.responses.replays import Reply, digest_of, known_reply
from app.responses.tables import response_table

MOST_CHARACTERS: Final = 2 * 1024 * 1024
WAITING: Final = "waiting"
_LATE: Final = table_of(LateSave).c
_decode: Final = msgspec.json.Decoder(tuple[Operation, ...]).decode
_OWN: Final = (_LATE.response_id == sa.bindparam("response"), _LATE.state == WAITING)
_WAITING: Final = (
    sa.select(_LATE.id, _LATE.operator_id, _LATE.session, _LATE.channel, _LATE.at, _LATE.operations)
    .where(*_OWN)
    .order_by(_LATE.id)
)


@dataclass(frozen=True, slots=True)
class LateWork:
    """A save that waits. `operations` with their personal values sealed."""

    id: int
    operator_id: int | None
    session: str
    channel: str
    at: dt.datetime
    operations: tuple[Operation, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The answers and sheets that it is about."""
        return tuple(dict.fromkeys(operation.key for operation in self.operations))


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What became of late work: operations that the draft has now, that wait for a decision, that it cannot take."""

    applied: int
    conflicts: int
    refused: int


def keep_late(
    response: OpenResponse,
    operations: Sequence[Operation],
    author: Author,
    now: dt.datetime,
    *,
    save_id: str,
    sent: bytes | None = None,
) -> Reply | None:
    """Keep a save that came too late; one that was stored in time, and comes again, gets its first reply and is not kept.

    Commits. `save_id`, `sent`: as in `drafts.apply`. Raises TooLargeError.
    """
    digest = digest_of(encoder.encode(operations) if sent is None else sent)
    first = known_reply(response.id, save_id, digest)
    if first is not None or not operations or is_kept(response.id, save_id, digest):
        db.session.rollback()
        return first
    values = {
        "response_id": response.id,
        "save_id": save_id,
        "digest": digest,
        "operator_id": author.operator_id,
        "session": author.session[:16],
        "channel": author.channel,
        "number": len(operations),
        "at": now,
        "state": WAITING,
    }
    try:
        sealed = [_sealed(response, operation) for operation in operations]
        text = encoder.encode(sealed).decode()
        _require_room(response.id, len(text))
        db.session.execute(sa.insert(LateSave).values(**values, operations=text))
    except sa.exc.IntegrityError:  # the same save came twice at once
        db.session.rollback()
        if not is_kept(response.id, save_id, digest):
            raise
    db.session.commit()
    return None


def is_kept(response_id: int, save_id: str, digest: str) -> bool:
    """Whether a save was kept as late work, whatever became of it since."""
    same = (_LATE.response_id == response_id, _LATE.save_id == save_id, _LATE.digest == digest)
    return db.session.connection().execute(sa.select(_LATE.id).where(*same)).first() is not None


def _require_room(response_id: int, characters: int) -> None:
    taken = sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(_LATE.operations)), 0)).where(*_OWN)
    waiting = db.session.execute(taken, {"response": response_id}).scalar_one()
    if waiting + characters > MOST_CHARACTERS:
        db.session.rollback()
        raise TooLargeError(f"{waiting + characters} characters of late work; {MOST_CHARACTERS} at most")


def _sealed(response: OpenResponse, operation: Operation) -> Operation:
    """A personal value goes to its table under a digest of its own, so that it can be erased without another's."""
    if not _is_personal(response.questionnaire, operation):
        return operation
    return msgspec.structs.replace(operation, value=personal.seal(response.id, operation.value, None))


def _is_personal(questionnaire: Questionnaire, operation: Operation) -> bool:
    try:
        return operation.question is not None and bool(questionnaire.question(operation.question).personal)
    except KeyError:
        return False


def late_work(response_id: int) -> list[LateWork]:
    """What waits of a response, in the order in which it came."""
    rows = db.session.connection().execute(_WAITING, {"response": response_id})
    return [LateWork(row.id, row.operator_id, row.session, row.channel, row.at, _decode(row.operations)) for row in rows]


# Settling ----------------------------------------------------------------------------------------------------------------


def bring_in(response: OpenResponse, settled_by: int | None, now: dt.datetime) -> BroughtIn:
    """Bring what waits into the draft, save by save. Commits each; broken off, it goes on where it was.

    What the draft cannot take (a sheet too many, a question that is no more) stays waiting. Raises EditionClosedError.
    """
    if not response.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(response.edition.code)
    devices: dict[tuple[int | None, str], Continuing] = {}
    applied = conflicts = refused = 0
    for work in late_work(response.id):
        device = devices.setdefault((work.operator_id, work.session), Continuing())
        stored, disputed, left = _bring_in(response.id, work, device, now)
        _settle(work, "taken", left, settled_by, now)
        applied, conflicts, refused = applied + stored, conflicts + disputed, refused + len(left)
    detail = {"applied": applied, "conflicts": conflicts, "left": refused}
    _note("late_work_taken", response, settled_by, detail, now)
    return BroughtIn(applied, conflicts, refused)


def _bring_in(response_id: int, work: LateWork, device: Continuing, now: dt.datetime) -> tuple[int, int, list[Operation]]:
    """(operations stored, in conflict, those that were refused) of one save."""
    db.session.rollback()
    current = response_by_id(response_id, lock=True)
    if current is None:
        raise LookupError(f"response {response_id} is gone")
    sealed = {str(place): operation.value for place, operation in enumerate(work.operations)}
    clear = personal.unseal(response_id, sealed)
    operations, originals = [], []
    for place, operation in enumerate(work.operations):
        value = clear[str(place)]
        if value == personal.ERASED:
            continue
        base = device.base_of(operation, current.document)
        operations.append(msgspec.structs.replace(operation, base=base, value=value))
        originals.append(operation)
    author = Author(work.operator_id, work.session, work.channel)
    sent = encoder.encode(work.operations)
    try:
        reply, saved = apply(current, operations, author, now, save_id=f"late-{work.id}", sent=sent)
    except TooLargeError:
        return 0, 0, originals
    device.note(originals, reply, saved.document if saved.version == reply.version else None)
    return len(reply.applied), len(reply.conflicts), [originals[one.index] for one in reply.refused]


def discard_late(response: OpenResponse, settled_by: int | None, now: dt.datetime) -> int:
    """Discard what waits and say how many saves there were. Commits."""
    waiting = late_work(response.id)
    for work in waiting:
        _settle(work, "discarded", (), settled_by, now)
    _note("late_work_discarded", response, settled_by, {"saves": len(waiting)}, now)
    return len(waiting)


def _settle(work: LateWork, state: str, left: Sequence[Operation], settled_by: int | None, now: dt.datetime) -> None:
    """Note what became of a save and forget its content, but for what is `left`, which waits on."""
    kept = {digest for one in left for digest in _digests(one.value)}
    gone = {digest for one in work.operations for digest in _digests(one.value)} - kept
    response_id = sa.select(_LATE.response_id).where(_LATE.id == work.id).scalar_subquery()
    if gone:
        own = (PersonalValue.response_id == response_id, PersonalValue.digest.in_(sorted(gone)))
        db.session.execute(sa.update(PersonalValue).where(*own).values(value=None, erased_at=now))
    values: dict[str, Any] = {"operations": encoder.encode(left).decode()}
    if not left:
        values |= {"state": state, "settled_at": now, "settled_by": settled_by}
    db.session.execute(sa.update(LateSave).where(_LATE.id == work.id).values(**values))
    db.session.commit()


def personal_digests(operations: str) -> list[str]:
    """Of the personal values that the stored operations of late work hold."""
    return sorted({digest for one in _decode(operations) for digest in _digests(one.value)})


def _digests(value: Any) -> tuple[str, ...]:
    return (value[personal.SEAL],) if personal.is_sealed(value) else ()


def _note(action: str, response: OpenResponse, operator_id: int | None, detail: dict[str, Any], now: dt.datetime) -> None:
    actor = f"operator:{operator_id}" if operator_id is not None else f"entity:{response.entity_code}"
    told = detail | {"edition": response.edition.code}
    record(action, actor=actor, subject=f"entity:{response.entity_code}", detail=told, now=now)
    db.session.commit()


# For the desk ------------------------------------------------------------------------------------------------------------


def select_late_entities(edition_id: Any) -> sa.Select[int]:
    """The ids of the entities whose late work waits in an edition (an id or a parameter)."""
    response = response_table.c
    own = sa.select(_LATE.response_id).where(_LATE.state == WAITING)
    return sa.select(response.entity_id).where(response.edition_id == edition_id, response.id.in_(own))


def has_late_work(edition_id: sa.ColumnElement[int], entity_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether late work of an entity waits in an edition, both columns of the caller's query."""
    response = response_table.c
    own = (response.edition_id == edition_id, response.entity_id == entity_id)
    return sa.exists().where(*own, _LATE.response_id == response.id, _LATE.state == WAITING)
