"""A deadline of an entity's own: an extension while the edition is open for it, a reopening afterwards.

Not for: moving the edition's deadline for all (`edition load`), or judging an answer (`EditionView.takes_answers`).
Holds always: one row an entity and edition, the last word counts; it never takes time away; it ends by itself; each change
leaves an audit entry and tells the entity, in its own transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa

from app.audit.chain import record
from app.editions.current import EditionView, current_edition, edition_by_code, extension_table
from app.editions.messages import tell_of_extension
from app.editions.reopenings import close_reopening
from app.extensions import db
from app.registry.entities import EntityRow, find_by_code, is_in_force

MINUTE = dt.timedelta(minutes=1)
LONGEST_REASON = 500
_OWN = extension_table.c


class ExtensionRefusedError(Exception):
    """An extension or a reopening cannot be granted; the text says why and what to do. Nothing was changed."""


def extend(
    edition_code: str,
    entity_code: str,
    closes_at: dt.datetime,
    reason: str,
    *,
    actor: str,
    now: dt.datetime,
    reopened: bool = False,
) -> None:
    """Let an entity answer until `closes_at`, the first instant that no longer counts. Commits, and queues its message.

    `reopened`: its time is over and begins again. Raises ExtensionRefusedError.
    """
    edition = edition_by_code(edition_code)
    entity = find_by_code(entity_code)
    problem = _problem(edition, entity, entity_code) or _wrong_words(closes_at, reason.strip(), now)
    if problem or edition is None or entity is None:
        db.session.rollback()
        raise ExtensionRefusedError(problem or f"there is no edition {edition_code}: `edition list` shows them")
    before = own_closes_at(edition, entity.id)
    if problem := _wrong_time(edition, before, closes_at, now, reopened=reopened):
        db.session.rollback()
        raise ExtensionRefusedError(f"{entity.label}: {problem}")
    granted = {"closes_at": closes_at, "reason": reason.strip(), "reopened": reopened, "granted_by": actor, "granted_at": now}
    _write(edition.id, entity.id, granted, known=before is not None)
    close_reopening(edition.id, entity.id, "granted", closed_by=actor, now=now)
    tell_of_extension(edition, entity, closes_at - MINUTE, now, reopened=reopened)
    detail = {
        "edition": edition_code,
        "before": before.isoformat() if before else None,
        "after": closes_at.astimezone(dt.UTC).isoformat(),
    }
    action = "response_reopened" if reopened else "deadline_extended"
    record(action, actor=actor, subject=f"entity:{entity.code}", detail=detail, now=now)
    db.session.commit()


def own_closes_at(edition: EditionView, entity_id: int) -> dt.datetime | None:
    """The end of the entity's extension in this edition, None without one."""
    query = sa.select(_OWN.closes_at).where(_OWN.edition_id == edition.id, _OWN.entity_id == entity_id)
    return db.session.execute(query).scalar_one_or_none()


def own_ends(edition: EditionView) -> dict[int, dt.datetime]:
    """Entity's id → the end of its extension, for all that have one in this edition."""
    query = sa.select(_OWN.entity_id, _OWN.closes_at).where(_OWN.edition_id == edition.id).order_by(_OWN.entity_id)
    return {row.entity_id: row.closes_at for row in db.session.execute(query)}


def edition_for(edition: EditionView, entity_id: int) -> EditionView:
    """The edition as it is for this entity: `closes_at` and `deadline` are its own."""
    return replace(edition, closes_at=edition.closes_for(own_closes_at(edition, entity_id)))


def deadline_for(edition: EditionView, entity_id: int) -> dt.datetime:
    """The last minute in which answers of this entity are taken: what people are told, as `EditionView.deadline`."""
    return edition.closes_for(own_closes_at(edition, entity_id)) - MINUTE


def _write(edition_id: int, entity_id: int, granted: dict[str, object], *, known: bool) -> None:
    if known:
        mine = (_OWN.edition_id == edition_id, _OWN.entity_id == entity_id)
        db.session.execute(sa.update(extension_table).where(*mine).values(granted))
    else:
        values = {"edition_id": edition_id, "entity_id": entity_id, **granted}
        db.session.execute(sa.insert(extension_table).values(values))


def _problem(edition: EditionView | None, entity: EntityRow | None, entity_code: str) -> str:
    """Why this edition or entity has no deadline of its own, "" where it may have one."""
    if edition is None:
        return ""
    if edition.state in {"draft", "pilot"}:
        return f"edition {edition.code} is {edition.state}: open it first (`edition move {edition.code} open`)"
    current = current_edition()
    if current is None or current.id != edition.id:
        return f"edition {edition.code} is over: the pages show another one, and nobody could answer it"
    if entity is None or not is_in_force(entity.id):
        return f"no entity in force has the code {entity_code}; codes are text, as in 001001"
    return ""


def _wrong_words(closes_at: dt.datetime, reason: str, now: dt.datetime) -> str:
    if not 0 < len(reason) <= LONGEST_REASON:
        return f"a reason of 1 to {LONGEST_REASON} characters: whoever looks back later should know why"
    return "" if closes_at > now else "the new deadline has passed already"


def _wrong_time(
    edition: EditionView, own: dt.datetime | None, closes_at: dt.datetime, now: dt.datetime, *, reopened: bool
) -> str:
    if edition.state == "open" and closes_at < edition.closes_at:
        return "the edition's own deadline is later: an extension takes no time away"
    if own == closes_at and now < own:
        return "it may answer until then already"
    over = now >= edition.opens_at and not edition.takes_answers(now, own_closes_at=own)
    if reopened and not over:
        return "its time is not over: use `edition extend`"
    if not reopened and over:
        return "its time is over: use `edition reopen`"
    return ""
