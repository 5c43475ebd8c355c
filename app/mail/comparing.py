"""The send journal against the database: a database that was brought back from a backup must not send again what it has
forgotten that it sent.

Not for: writing the journal (`journal.py`), or what stops the sending (`holds.py`).
Holds always: what is compared moves on only where both agree; where they do not, all sending is held until a person has seen
the difference and confirmed, and then the database learns what the journal knows; an outbox that has never sent is not held.
They disagree where the journal knows
- a message that the database does not have, or a try of it that the database has not counted;
- a message as sent that the database still wants to send;
- and where the journal is not the one that the database knows, or parts of it are missing: another machine's, or a copy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db, table_of
from app.mail.holds import RESTORED, hold, lift_hold
from app.mail.journal import Journal, Line, Position
from app.mail.models import Delivery, MailJournal

FROM_JOURNAL: Final = "known from the send journal"
_AT_ONCE: Final = 500
_SENT: Final = "accepted"
_WANTED: Final = frozenset({"queued", "retry_wait", "claimed", "data"})
_ROW: Final = table_of(Delivery).c
_KNOWN: Final = table_of(MailJournal)
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Difference:
    """A message of which the journal knows more. `state`: what became of it by the journal, empty where it does not tell;
    `stands`: its state in the database, empty where it is not there."""

    line: Line
    state: str
    stands: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the two disagree about. `strange`: the journal is not the one that the database knows, or not whole."""

    end: Position
    strange: bool = False
    differences: list[Difference] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether sending may go on."""
        return not self.strange and not self.differences


def compare(journal: Journal) -> Comparison:
    """What the journal knows since the last comparison and the database does not. Reads only. Raises JournalError."""
    end = journal.end()
    rows = db.session.execute(sa.select(_KNOWN.c.id, _KNOWN.c.position).order_by(_KNOWN.c.id))
    known = {row.id: row.position for row in rows}
    mark = Position.read(known.get(journal.id, ""))
    if journal.id in known and journal.is_whole(mark):
        return Comparison(end, differences=list(_differences(journal.lines(mark))))
    return Comparison(end, strange=bool(known), differences=list(_differences(journal.lines(Position()))))


def check(journal: Journal, now: dt.datetime) -> bool:
    """Whether sending may go on; else it is held from now on. Commits. Raises JournalError."""
    found = compare(journal)
    if found.agrees:
        move_mark(journal.id, found.end, now)
    else:
        hold(RESTORED, _in_words(found), now)
    db.session.commit()
    return found.agrees


def has_gone_back(journal: Journal, seen: Position) -> bool:
    """Whether the database has forgotten what it knew when this worker last asked: it was replaced under it."""
    mark = db.session.execute(sa.select(_KNOWN.c.position).where(_KNOWN.c.id == journal.id)).scalar_one_or_none()
    return mark is None or Position.read(mark) < seen


def move_mark(journal_id: str, position: Position, now: dt.datetime) -> None:
    """Up to here both agree. Flushes only."""
    connection = db.session.connection()
    values = {"position": str(position), "at": now}
    insert = _INSERTS[connection.dialect.name](_KNOWN).values(id=journal_id, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))


def confirm(journal: Journal, *, actor: str, now: dt.datetime) -> int:
    """A person has compared: have the database learn what the journal knows, and let sending go on. How many messages it
    learnt of. Commits. Raises JournalError."""
    found = compare(journal)
    learnt = [difference for difference in found.differences if _learn(difference, now)]
    move_mark(journal.id, found.end, now)
    lift_hold(RESTORED, actor=actor, now=now)
    db.session.commit()
    return len(learnt)


def _differences(lines: Iterator[Line]) -> Iterator[Difference]:
    """Of each message that the journal speaks of, the last try and what became of it, where the database knows less."""
    last: dict[str, tuple[Line, str]] = {}
    for line in lines:
        if not line.state:
            last[line.message_id] = (line, "")
        elif line.message_id in last and last[line.message_id][0].tries == line.tries:
            last[line.message_id] = (last[line.message_id][0], line.state)
    tries = iter(last.values())
    while some := list(islice(tries, _AT_ONCE)):
        stored = _stored(line.message_id for line, _ in some)
        for line, state in some:
            noted, stands = stored.get(line.message_id, (-1, ""))
            if noted < line.tries or (noted == line.tries and state == _SENT and stands in _WANTED):
                yield Difference(line, state, stands)


def _stored(message_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    query = sa.select(_ROW.message_id, _ROW.tries_noted, _ROW.state).where(_ROW.message_id.in_(list(message_ids)))
    return {str(row.message_id): (row.tries_noted, row.state) for row in db.session.execute(query.order_by(_ROW.id))}


def _learn(difference: Difference, now: dt.datetime) -> bool:
    """Have the database know this try, so that it is not made again by itself."""
    line, state = difference.line, difference.state or "unknown"
    tries = max(line.tries, 1)
    values: dict[str, Any] = {"tries_noted": tries, "changed_at": now}
    if not difference.stands:
        return _insert(line, state if state in ("accepted", "failed") else "unknown", tries, now)
    if difference.stands in _WANTED and state not in ("retry_wait", "queued"):
        values |= {"state": state, "reason": FROM_JOURNAL, "claim_token": None, "lease_until": None}
    stored = sa.update(Delivery).where(_ROW.message_id == line.message_id).values(**values)
    return bool(getattr(db.session.execute(stored), "rowcount", 0))


def _insert(line: Line, state: str, tries: int, now: dt.datetime) -> bool:
    """A message that the database had forgotten, without address and texts: what is known by its key is not queued again."""
    connection = db.session.connection()
    empty = {"recipient": "", "language": "it", "subject": "", "text": "", "reply": "", "attempts": tries}
    row = {"kind": line.kind, "reference": line.reference, "dedupe_key": line.dedupe_key, "message_id": line.message_id}
    told = {"state": state, "reason": FROM_JOURNAL, "tries_noted": tries}
    times = {"not_before": line.at, "created_at": line.at, "changed_at": now}
    insert = _INSERTS[connection.dialect.name](table_of(Delivery)).values(**empty, **row, **told, **times)
    return bool(connection.execute(insert.on_conflict_do_nothing()).rowcount)


def _in_words(found: Comparison) -> str:
    """What a person reads first."""
    unknown = sum(not one.stands for one in found.differences)
    parts = [
        "the send journal of this machine is not the one that the database knows" if found.strange else "",
        f"{unknown} messages of the journal are not in the database" if unknown else "",
        f"{len(found.differences) - unknown} were tried or sent and the database does not know" if found.differences else "",
    ]
    return "; ".join(filter(None, parts))
