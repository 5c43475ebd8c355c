"""How many a batch would reach, how many not and why, and a page of either: for whoever is still choosing.

Not for: queueing (`audience.py` asks the rules anew, of every entity, and a batch that has grown since is not queued).
Holds always: read from the copy by which the desk lists, so it is as old as that (`fresh_respondents`, a minute at most); the
reasons are those of `audience.py` in the same order, an entity has one; two statements, whatever the number of entities.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.chasing.filters import conditions
from app.chasing.respondents import ANSWERED, respondent_table
from app.database import UTCDateTime
from app.editions.current import STILL_RUNNING, EditionView
from app.extensions import db, table_of
from app.mail.pace import ROME
from app.mail.tables import delivery_table
from app.registry.entities import entity_table, label
from app.registry.recipients import select_with_address
from app.reminders.audience import MEMBERS_FROM, MOST_MESSAGES, REASONS, Audience, Choice, LeftOut
from app.reminders.channels import BY_EMAIL, CERTIFIED
from app.reminders.models import Batch
from app.reminders.occasions import AFTERWARDS, EXTENSION, REMINDER, RESULTS

PAGE: Final = 50
_ROW: Final = respondent_table.c
_ENTITY: Final = entity_table.c
_REACHED: Final = ""
NOT_REACHED: Final = ("failed", "bounced", "cancelled")


@dataclass(frozen=True, slots=True)
class Numbers:
    """`recipients`: entities; `messages`: to all their addresses, with `to_people` at people's own,
    which only the rules know; `texts`: audience → entities; `reasons`: reason → entities,
    in the order of `REASONS`, those with any."""

    recipients: int
    messages: int
    texts: dict[str, int]
    reasons: dict[str, int]
    to_people: int = 0

    @property
    def found(self) -> int:
        """How many the filter finds."""
        return self.recipients + sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class Reached:
    """One entity that would be reminded. `audience`: which text it gets."""

    code: str
    label: str
    audience: str
    progress: int
    messages: int


@dataclass(frozen=True, slots=True)
class Question:
    """Whose numbers: the choice, when the batch would begin, by which channel, for which of `OCCASIONS`. `region`: the only one
    that is seen."""

    edition: EditionView
    choice: Choice
    at: dt.datetime
    now: dt.datetime
    channel: str = BY_EMAIL
    region: str | None = None
    occasion: str = REMINDER


def count_audience(asked: Question) -> Numbers:
    """The numbers. One statement."""
    reason, text = _reason(asked).label("reason"), _text(asked.occasion).label("text")
    narrow = _narrow(asked, reason, text, _mailboxes(asked.channel).label("mailboxes")).subquery("narrow").c
    query = sa.select(narrow.reason, narrow.text, sa.func.count(), sa.func.sum(narrow.mailboxes))
    rows = (
        db.session.connection().execute(query.group_by(narrow.reason, narrow.text).order_by(narrow.reason, narrow.text)).all()
    )
    texts = {row[1]: row[2] for row in rows if row[0] == _REACHED}
    left_out = {reason: sum(row[2] for row in rows if row[0] == reason) for reason in REASONS}
    return Numbers(
        recipients=sum(texts.values()),
        messages=sum(int(row[3]) for row in rows if row[0] == _REACHED),
        texts=texts,
        reasons={reason: number for reason, number in left_out.items() if number},
    )


def numbers_of(audience: Audience) -> Numbers:
    """The same of an audience that the rules have found."""
    return Numbers(len(audience.recipients), audience.messages, audience.by_text(), audience.by_reason(), audience.to_people)


def list_reached(asked: Question, page: int = 1, size: int = PAGE) -> list[Reached]:
    """A page of those that would be reminded, in the registry's order. One statement."""
    names = (_ENTITY.code, _ENTITY.name, _ENTITY.province_sign)
    query = _page(
        asked, _reason(asked) == _REACHED, page, size, *names, _text(asked.occasion), _ROW.progress, _mailboxes(asked.channel)
    )
    return [Reached(row[0], label(row[1], row[2]), *row[3:]) for row in db.session.connection().execute(query)]


def list_left_out(asked: Question, page: int = 1, size: int = PAGE) -> list[LeftOut]:
    """A page of those that the filter finds and that would not be reminded, in the registry's order. One statement."""
    reason = _reason(asked)
    query = _page(asked, reason != _REACHED, page, size, _ENTITY.code, _ENTITY.name, _ENTITY.province_sign, reason)
    return [LeftOut(row[0], label(row[1], row[2]), row[3]) for row in db.session.connection().execute(query)]


def count_each(edition: EditionView, choices: Collection[Choice], now: dt.datetime, *, region: str | None = None) -> list[int]:
    """How many entities each of these choices finds, whatever became of them. One statement."""
    if not choices:
        return []
    today = now.astimezone(ROME).date()
    sums = [
        sa.func.sum(sa.case((sa.and_(sa.true(), *conditions(choice.filter, today, region=region)), 1), else_=0))
        for choice in choices
    ]
    query = sa.select(*sums).where(_ROW.edition_id == edition.id)
    return [int(number or 0) for number in db.session.connection().execute(query).one()]


def _narrow(asked: Question, *columns: Any) -> sa.Select[Any]:
    today = asked.now.astimezone(ROME).date()
    own = (_ROW.edition_id == asked.edition.id, *conditions(asked.choice.filter, today, region=asked.region))
    return sa.select(*columns).where(*own)


def _page(asked: Question, wanted: sa.ColumnElement[bool], page: int, size: int, *columns: Any) -> sa.Select[Any]:
    """The ids of a page are found in the order of the key, so that the database stops there; only these are named."""
    ids = _narrow(asked, _ROW.entity_id).where(wanted).order_by(_ROW.entity_id).limit(size).offset((page - 1) * size)
    query = sa.select(*columns).join_from(respondent_table, entity_table, _ENTITY.id == _ROW.entity_id)
    query = query.where(_ROW.edition_id == asked.edition.id, _ROW.entity_id.in_(ids.correlate(None)))
    return query.order_by(_ROW.entity_id)


def _reason(asked: Question) -> sa.ColumnElement[str]:
    """The rule of `audience.py` over the copy: why an entity is not reminded, "" if it is."""
    by_email = asked.channel == BY_EMAIL
    counted = _ROW.emails if by_email else _ROW.pecs
    nowhere = _ROW.mailboxes == 0 if by_email else ~_ROW.has_pec
    refused = _ROW.entity_id.in_(select_with_address(bad=True, purpose=None if by_email else "pec"))
    found: list[tuple[Any, Any]] = []
    if asked.choice.without:
        by_hand = sa.select(_ENTITY.id).where(_ENTITY.code.in_(asked.choice.without))
        found.append((_ROW.entity_id.in_(by_hand), "by_hand"))
    found += _unwanted(asked)
    if not asked.choice.beyond_limit and asked.occasion != EXTENSION:
        enough = _told(asked) if asked.occasion in AFTERWARDS else counted >= MOST_MESSAGES[asked.channel]
        found.append((enough, "enough_messages"))
    found += [(sa.and_(nowhere, refused), "bad_address"), (nowhere, "no_address" if by_email else "no_pec_address")]
    if asked.choice.unless_in:
        found.append((_reached_by(delivery_table.c.group_id.in_(asked.choice.unless_in)), "invited"))
    return sa.case(*found, else_=_REACHED)


def _unwanted(asked: Question) -> list[tuple[Any, Any]]:
    """`reason_for` over the copy."""
    answered = _ROW.submitted_as.in_(ANSWERED)
    if asked.occasion in AFTERWARDS:
        meant = sa.or_(answered, _ROW.covered) if asked.occasion == RESULTS else answered
        return [(sa.func.coalesce(~meant, sa.true()), "not_answered")]
    closes_at = _closes_at(asked.edition)
    through_lead = sa.and_(sa.or_(_ROW.claimed, _ROW.declared), closes_at > asked.at + MEMBERS_FROM)
    return [
        *((answered, "submitted"), (_ROW.covered, "covered")),
        *((through_lead, "through_lead"), (closes_at <= asked.at, "deadline_passed")),
    ]


def _told(asked: Question) -> sa.ColumnElement[bool]:
    """Whether the entity has had this message that follows an answer, or is going to have it."""
    batch = table_of(Batch).c
    same = batch.channel == BY_EMAIL if asked.channel == BY_EMAIL else batch.channel.in_(CERTIFIED)
    groups = sa.select(batch.group_id).where(batch.edition_id == asked.edition.id, batch.occasion == asked.occasion, same)
    return _reached_by(delivery_table.c.group_id.in_(groups))


def _reached_by(in_groups: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a delivery of these groups is about the entity, and was not in vain."""
    reached = sa.select(delivery_table.c.reference).where(in_groups, delivery_table.c.state.not_in(NOT_REACHED))
    return (sa.literal("entity:") + sa.cast(_ROW.entity_id, sa.String)).in_(reached)


def _closes_at(edition: EditionView) -> sa.ColumnElement[dt.datetime]:
    """Until when it takes an entity's answers, as `EditionView.closes_for` says it."""
    ends = sa.literal(edition.closes_at, UTCDateTime)
    if edition.state in STILL_RUNNING:
        return sa.case((_ROW.closes_at > ends, _ROW.closes_at), else_=ends)
    return sa.func.coalesce(_ROW.closes_at, ends, type_=UTCDateTime)


def _text(occasion: str) -> sa.ColumnElement[str]:
    """Which text an entity gets, one of `AUDIENCES`."""
    if occasion in AFTERWARDS:
        return sa.literal("answered")
    unwritten = _ROW.state.in_(("never", "opened"))
    waits = sa.or_(_ROW.claimed, _ROW.declared)
    return sa.case((_ROW.waiting_members > 0, "lead"), (waits, "member"), (unwritten, "not_started"), else_="draft")


def _mailboxes(channel: str) -> sa.ColumnElement[int]:
    """How many messages an entity gets: one, if certified."""
    return _ROW.mailboxes if channel == BY_EMAIL else sa.literal(1)
