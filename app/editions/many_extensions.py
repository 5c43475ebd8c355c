"""A deadline of their own for many entities at once: judged first, granted then in one transaction.

Not for: choosing the entities (`app.chasing.extending`), or one of them (`extensions.py`).
Holds always: the rules are those of one extension, and besides nobody whose own deadline is as late already is touched: so the
same again changes nothing and tells nobody twice, also when two people confirm at once; an audit entry and the messages of
each entity are in the transaction that grants it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.dialects import postgresql, sqlite

from app.audit.chain import Scalar, record_all
from app.editions.current import EditionView, extension_table
from app.editions.extensions import MINUTE, check_granting, hold_granting, is_over, own_ends, wrong_time
from app.editions.messages import tell_all_of_extension
from app.editions.reopenings import close_reopening, waiting_entities
from app.extensions import db
from app.registry.entities import EntityRow, find_by_ids

PACE: Final = dt.timedelta(seconds=9)
"""Between two messages of an extension for many, 400 an hour: three people answer the telephones."""
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_OWN: Final = extension_table.c
_GRANTED: Final = ("closes_at", "reason", "reopened", "granted_by", "granted_at")


@dataclass(frozen=True, slots=True)
class Judged:
    """What an extension would do to each of some entities, by id. `later`: may answer until then or longer already;
    `over`: their time is over and stays so; `extended` and `reopened`: get it."""

    extended: frozenset[int]
    reopened: frozenset[int]
    later: frozenset[int]
    over: frozenset[int]

    @property
    def granted(self) -> frozenset[int]:
        """All who get it."""
        return self.extended | self.reopened


@dataclass(frozen=True, slots=True)
class Granted:
    """What was done: so many entities, so many messages queued."""

    entities: int
    messages: int


def finishes_at(messages: int, now: dt.datetime) -> dt.datetime:
    """When the last of so many messages leaves."""
    return now + (max(messages, 1) - 1) * PACE


def judge_extensions(
    edition: EditionView, entity_ids: Collection[int], closes_at: dt.datetime, now: dt.datetime, *, reopening: bool
) -> Judged:
    """What would become of each. `reopening`: whose time is over may answer again. Reads only."""
    ends = own_ends(edition)
    groups: dict[str, set[int]] = {"extended": set(), "reopened": set(), "later": set(), "over": set()}
    for entity_id in entity_ids:
        groups[_fate(edition, ends, entity_id, closes_at, now, reopening=reopening)].add(entity_id)
    return Judged(**{name: frozenset(ids) for name, ids in groups.items()})


def extend_many(
    edition: EditionView,
    entity_ids: Collection[int],
    closes_at: dt.datetime,
    reason: str,
    *,
    actor: str,
    now: dt.datetime,
    reopening: bool = False,
    tell: bool = True,
) -> Granted:
    """Let these entities answer until `closes_at`, all but those that `judge_extensions` leaves out. Commits.

    `tell`: whether they get a message. Raises ExtensionRefusedError where nobody could get it.
    """
    check_granting(edition, closes_at, reason.strip(), now)
    hold_granting(edition)
    judged = judge_extensions(edition, entity_ids, closes_at, now, reopening=reopening)
    before = own_ends(edition)
    entities = find_by_ids(judged.granted)
    granted = {"closes_at": closes_at, "reason": reason.strip(), "granted_by": actor, "granted_at": now}
    _write(edition.id, judged, granted)
    for entity_id in sorted(waiting_entities(edition.id) & judged.granted):
        close_reopening(edition.id, entity_id, "granted", closed_by=actor, now=now)
    messages, times = 0, (now + number * PACE for number in itertools.count())
    for ids, reopened in ((judged.extended, False), (judged.reopened, True)):
        told = [entity for entity in entities if entity.id in ids and tell]
        messages += tell_all_of_extension(edition, told, closes_at - MINUTE, now, times, reopened=reopened)
    for ids, action in ((judged.extended, "deadline_extended"), (judged.reopened, "response_reopened")):
        told = [entity for entity in entities if entity.id in ids]
        record_all(action, actor=actor, told=_entries(edition, told, before, closes_at), now=now)
    db.session.commit()
    return Granted(len(entities), messages)


def _fate(
    edition: EditionView,
    ends: Mapping[int, dt.datetime],
    entity_id: int,
    closes_at: dt.datetime,
    now: dt.datetime,
    *,
    reopening: bool,
) -> str:
    own = ends.get(entity_id)
    over = is_over(edition, own, now)
    if not over and edition.closes_for(own) >= closes_at:
        return "later"
    if over and not reopening:
        return "over"
    if wrong_time(edition, own, closes_at, now, reopened=over):
        return "later"
    return "reopened" if over else "extended"


def _write(edition_id: int, judged: Judged, granted: Mapping[str, Any]) -> None:
    rows = [
        {"edition_id": edition_id, "entity_id": entity_id, **granted, "reopened": entity_id in judged.reopened}
        for entity_id in sorted(judged.granted)
    ]
    if rows:
        connection = db.session.connection()
        insert = _INSERTS[connection.dialect.name](extension_table)
        changed = {name: insert.excluded[name] for name in _GRANTED}
        connection.execute(insert.on_conflict_do_update(index_elements=[_OWN.edition_id, _OWN.entity_id], set_=changed), rows)


def _entries(
    edition: EditionView, entities: Collection[EntityRow], before: Mapping[int, dt.datetime], closes_at: dt.datetime
) -> list[tuple[str, Mapping[str, Scalar]]]:
    after = closes_at.astimezone(dt.UTC).isoformat()
    return [
        (
            f"entity:{entity.code}",
            {
                "edition": edition.code,
                "before": before[entity.id].isoformat() if entity.id in before else None,
                "after": after,
            },
        )
        for entity in entities
    ]
