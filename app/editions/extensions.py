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
from app.editions.current import EditionView, current_edition, edition_by_code, edition_table, extension_table
from app.editions.messages import tell_of_extension
from app.editions.reopenings import close_reopening
from app.extensions import db
from app.registry.entities import find_by_code, is_in_force

MINUTE = dt.timedelta(minutes=1)
REFUSALS = ("no_edition", "not_open", "edition_over", "no_entity", "no_reason", "past", "earlier", "same", "not_over", "over")
"""Why one is refused: no such edition; it is a draft or a pilot; another one is on; no such entity in force; no reason, or a
long one; an instant that has passed; the edition's own is later; it has that one; its time is not over; its time is over."""
Refusal = tuple[str, str]
LONGEST_REASON = 500
_OWN = extension_table.c


class ExtensionRefusedError(Exception):
    """An extension or a reopening cannot be granted; the text says why and what to do. Nothing was changed.

    `reason`: one of `REFUSALS`, for a page that says it in its own words.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def extend(
    edition_code: str,
    entity_code: str,
    closes_at: dt.datetime,
    reason: str,
    *,
    actor: str,
    now: dt.datetime,
    reopened: bool = False,
    tell: bool = True,
) -> None:
    """Let an entity answer until `closes_at`, the first instant that no longer counts. Commits, and queues its message.

    `reopened`: its time is over and begins again; `tell`: whether there is a message. Raises ExtensionRefusedError.
    """
    grant(edition_code, entity_code, closes_at, reason, actor=actor, now=now, reopened=reopened, tell=tell)
    db.session.commit()


def grant(
    edition_code: str,
    entity_code: str,
    closes_at: dt.datetime,
    reason: str,
    *,
    actor: str,
    now: dt.datetime,
    reopened: bool = False,
    tell: bool = True,
) -> None:
    """`extend` as a part of a larger deed: flushes only. Where it raises ExtensionRefusedError all of the transaction is
    undone."""
    edition = edition_by_code(edition_code)
    entity = find_by_code(entity_code)
    if edition is None:
        raise _refused(("no_edition", f"there is no edition {edition_code}: `edition list` shows them"))
    if problem := _not_on(edition) or _wrong_words(closes_at, reason.strip(), now):
        raise _refused(problem)
    hold_granting(edition)
    if entity is None or not is_in_force(entity.id):
        raise _refused(("no_entity", f"no entity in force has the code {entity_code}; codes are text, as in 001001"))
    before = own_closes_at(edition, entity.id)
    if problem := wrong_time(edition, before, closes_at, now, reopened=reopened):
        raise _refused((problem[0], f"{entity.label}: {problem[1]}"))
    granted = {"closes_at": closes_at, "reason": reason.strip(), "reopened": reopened, "granted_by": actor, "granted_at": now}
    _write(edition.id, entity.id, granted, known=before is not None)
    close_reopening(edition.id, entity.id, "granted", closed_by=actor, now=now)
    if tell:
        tell_of_extension(edition, entity, closes_at - MINUTE, now, reopened=reopened)
    detail = {
        "edition": edition_code,
        "before": before.isoformat() if before else None,
        "after": closes_at.astimezone(dt.UTC).isoformat(),
    }
    action = "response_reopened" if reopened else "deadline_extended"
    record(action, actor=actor, subject=f"entity:{entity.code}", detail=detail, now=now)


def hold_granting(edition: EditionView) -> None:
    """From here to the end of the transaction nobody else grants deadlines in the edition: of two who press at once the second
    sees what the first has granted. Whoever opens a response, whose row refers to the edition's, is not held up."""
    row = edition_table.c.id
    db.session.execute(sa.select(row).where(row == edition.id).with_for_update(key_share=True)).one()


def check_granting(edition: EditionView, closes_at: dt.datetime, reason: str, now: dt.datetime) -> None:
    """Raises ExtensionRefusedError where nobody may get this deadline in this edition, whoever it is."""
    if problem := _not_on(edition) or _wrong_words(closes_at, reason, now):
        raise _refused(problem)
    if edition.state == "open" and closes_at < edition.closes_at:
        raise _refused(("earlier", "the edition's own deadline is later: an extension takes no time away"))


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


def _refused(problem: Refusal) -> ExtensionRefusedError:
    db.session.rollback()
    return ExtensionRefusedError(*problem)


def _not_on(edition: EditionView) -> Refusal | None:
    """Why nobody has a deadline of its own in this edition, None where somebody may have one."""
    if edition.state in {"draft", "pilot"}:
        opening = f"open it first (`edition move {edition.code} open`)"
        return "not_open", f"edition {edition.code} is {edition.state}: {opening}"
    current = current_edition()
    if current is None or current.id != edition.id:
        return "edition_over", f"edition {edition.code} is over: the pages show another one, and nobody could answer it"
    return None


def _wrong_words(closes_at: dt.datetime, reason: str, now: dt.datetime) -> Refusal | None:
    if not 0 < len(reason) <= LONGEST_REASON:
        return "no_reason", f"a reason of 1 to {LONGEST_REASON} characters: whoever looks back later should know why"
    return None if closes_at > now else ("past", "the new deadline has passed already")


def wrong_time(
    edition: EditionView, own: dt.datetime | None, closes_at: dt.datetime, now: dt.datetime, *, reopened: bool
) -> Refusal | None:
    """Why an entity with this deadline of its own may not get that one, None where it may."""
    if edition.state == "open" and closes_at < edition.closes_at:
        return "earlier", "the edition's own deadline is later: an extension takes no time away"
    if own == closes_at and now < own:
        return "same", "it may answer until then already"
    over = is_over(edition, own, now)
    if reopened and not over:
        return "not_over", "its time is not over: use `edition extend`"
    if not reopened and over:
        return "over", "its time is over: use `edition reopen`"
    return None


def is_over(edition: EditionView, own: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the time of an entity with this deadline of its own is over, so that only a reopening lets it answer."""
    return now >= edition.opens_at and not edition.takes_answers(now, own_closes_at=own)
