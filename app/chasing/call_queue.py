"""Whom to call next and why: the respondents worth a call, in order, each with its first reason.

The first reason that holds decides (`REASONS`, in this order); within one, the order is:

    call_back      a promised call whose time has come: the earliest first, a day without a time before its times
    contested      what was sent by telephone is not right, says the entity
    silent_lead    leads an association and has not sent: most entities that count on its answer first
    draft          a draft from `NEARLY` percent, or untouched for `STALLED`: the most complete first
    unreachable    the last message came back, or there is no address
    before         answered in the edition before
    large          20,000 residents or more
    reminded       the last message went out `PATIENCE` ago or earlier and nothing was done since: the longest silent first

Then, and where nothing else is said, by residents, the most first (unknown last), and by code.

Nobody is called who has sent or for whom a lead has answered (but who contests a telephone copy), who says that a lead answers
or of whom a lead says so, whose last call came to a refusal, a merger or an answer through a lead, who was called today (since
midnight, whatever came of it) or promised an answer in the last `TRUST`, who was promised a call later, or who cannot answer
now, unless a call was promised.

Not for: who has taken whom (`claims.py`), or all respondents (`listing.py`).
Holds always: rows are of one edition, and of one Region where whoever asks may see that one only; the order is total; calls are
read as they are now, the rest as the copy holds it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.contacts import ContactRow, contacts_of
from app.accounts.tables import staff_table
from app.chasing.calls import call_table
from app.chasing.claims import claim_table
from app.chasing.respondents import respondent_table
from app.editions.current import EditionView
from app.editions.files import ROME
from app.extensions import db
from app.registry.entities import entity_table
from app.responses.telephone_copies import select_contested

REASONS: Final = ("call_back", "contested", "silent_lead", "draft", "unreachable", "before", "large", "reminded")
NEARLY: Final = 70
"""Percent of a draft that is near its end."""
STALLED: Final = dt.timedelta(days=7)
PATIENCE: Final = dt.timedelta(days=5)
TRUST: Final = dt.timedelta(days=3)
LARGE: Final = 4
"""Size class from which an entity is large: 20,000 residents."""
NEVER_AGAIN: Final = ("refused", "merged", "through_lead")
"""Outcomes after which nobody calls."""
PAGE: Final = 50
_ROW: Final = respondent_table.c
_ENTITY: Final = entity_table.c
_CALL: Final = call_table.c
_CLAIM: Final = claim_table.c
Clause = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the queue. `reason`: of `REASONS`; `region`: two digits; `language`: of a respondent; "" asks nothing."""

    reason: str = ""
    region: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class ToCall:
    """An entity to call. `reason`: of `REASONS`. `call_back_time`: HH:MM in Rome or "". Personal: `contact`.

    `holder_id`, `holder`, `held_until`: who has taken it, None for nobody; `called_at`, `outcome`: of the last call.
    """

    entity_id: int
    code: str
    name: str
    province_sign: str | None
    reason: str
    state: str
    progress: int
    is_lead: bool
    waiting_members: int
    population: int | None
    has_address: bool
    last_activity: dt.datetime | None
    last_message_at: dt.datetime | None
    call_back_on: dt.date | None
    call_back_time: str
    called_at: dt.datetime | None
    outcome: str | None
    holder_id: int | None
    holder: str | None
    held_until: dt.datetime | None
    contact: ContactRow | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A page. `total`: of all pages; pages count from 1."""

    rows: list[ToCall]
    total: int
    page: int
    pages: int


def wall_time(now: dt.datetime) -> tuple[dt.date, str]:
    """The day in Rome and the latest time of it a clock has shown, HH:MM: an hour that comes twice has come once before."""
    local = now.astimezone(ROME)
    return local.date(), "02:59" if local.fold and local.hour == 2 else f"{local:%H:%M}"


def queue_page(edition: EditionView, wanted: Wanted, page: int, now: dt.datetime, *, region: str | None = None) -> Queue:
    """`PAGE` rows; the first of them where there are not so many pages. `region`: the only one seen. Two queries."""
    found = _rows(edition, wanted, now, region, PAGE, (page - 1) * PAGE)
    if not found:
        return Queue([], 0, 1, 1) if page == 1 else queue_page(edition, wanted, 1, now, region=region)
    contacts = contacts_of([row.entity_id for row in found])
    rows = [_to_call(row, contacts.get(row.entity_id)) for row in found]
    return Queue(rows, found[0].total, page, -(-found[0].total // PAGE))


def next_free(
    edition: EditionView, wanted: Wanted, now: dt.datetime, *, region: str | None, most: int
) -> list[tuple[int, str]]:
    """(id, code) of the first entities that nobody has taken, in the order of the queue. One query."""
    found = _rows(edition, wanted, now, region, most, 0, _CLAIM.staff_id.is_(None))
    return [(row.entity_id, row.code) for row in found]


def due_calls(edition: EditionView, now: dt.datetime, *, region: str | None = None) -> int:
    """How many were promised a call whose time has come. One query."""
    return db.session.connection().execute(sa.select(select_due_calls(edition.id, now, region))).scalar_one()


def select_due_calls(edition_id: int, now: dt.datetime, region: str | None = None) -> sa.ScalarSelect[int]:
    """The same number for a statement that asks for more: whose place in the queue is the first, as `_rank` gives it."""
    last = _last_calls(edition_id)
    due = sa.select(sa.func.count()).join_from(last, respondent_table, _ROW.entity_id == last.c.entity_id)
    due = due.where(_ROW.edition_id == edition_id, _is_due(last.c, now), ~_is_nobodys(last.c, edition_id))
    return (due if region is None else due.where(_ROW.region_code == region)).scalar_subquery()


def _to_call(row: Any, contact: ContactRow | None) -> ToCall:
    values = {name: getattr(row, name) for name in ToCall.__slots__ if name not in ("reason", "call_back_time", "contact")}
    return ToCall(**values, reason=REASONS[row.rank], call_back_time=row.call_back_time or "", contact=contact)


def _rows(
    edition: EditionView, wanted: Wanted, now: dt.datetime, region: str | None, most: int, offset: int, *where: Clause
) -> Sequence[Any]:
    inner = _ranked(edition, wanted, now, region)
    held = sa.and_(_CLAIM.edition_id == edition.id, _CLAIM.entity_id == inner.c.entity_id, _CLAIM.until > now)
    joined = sa.join(inner, respondent_table, _ROW.entity_id == inner.c.entity_id)
    joined = joined.join(entity_table, _ENTITY.id == inner.c.entity_id).outerjoin(claim_table, held)
    joined = joined.outerjoin(staff_table, staff_table.c.id == _CLAIM.staff_id)
    query = sa.select(*_shown(inner.c)).select_from(joined)
    query = query.where(_ROW.edition_id == edition.id, inner.c.rank.is_not(None), *where)
    if wanted.reason:
        query = query.where(inner.c.rank == REASONS.index(wanted.reason))
    return db.session.connection().execute(query.order_by(*_order(inner.c)).limit(most).offset(offset)).all()


def _ranked(edition: EditionView, wanted: Wanted, now: dt.datetime, region: str | None = None) -> sa.Subquery:
    """All respondents that may be seen, each with its place in `REASONS` and its last call."""
    last = _last_calls(edition.id)
    single = ((region, _ROW.region_code), (wanted.region or None, _ROW.region_code), (wanted.language or None, _ROW.language))
    narrowed = [column == value for value, column in single if value is not None]
    ranked = sa.select(_ROW.entity_id, _rank(edition, last.c, now).label("rank"), *_last_columns(last.c))
    ranked = ranked.outerjoin_from(respondent_table, last, last.c.entity_id == _ROW.entity_id)
    return ranked.where(_ROW.edition_id == edition.id, *narrowed).subquery()


def _last_calls(edition_id: int) -> sa.Subquery:
    """Entity's id → its latest call that stands."""
    own = (_CALL.edition_id == edition_id, _CALL.removed_at.is_(None))
    latest = sa.select(sa.func.max(_CALL.id).label("id")).where(*own).group_by(_CALL.entity_id).subquery()
    columns = (_CALL.entity_id, _CALL.at, _CALL.outcome, _CALL.call_back_on, _CALL.call_back_time)
    # Joined, and not asked with IN: for each respondent SQLite would go through all the calls of the edition.
    return sa.select(*columns).join_from(call_table, latest, _CALL.id == latest.c.id).subquery()


def _last_columns(last: Any) -> tuple[Any, ...]:
    return last.at.label("called_at"), last.outcome, last.call_back_on, last.call_back_time


def _shown(inner: Any) -> tuple[Any, ...]:
    return (
        *(inner.entity_id, _ENTITY.code, _ENTITY.name, _ROW.province_sign, inner.rank, _ROW.state, _ROW.progress),
        *(_ROW.is_lead, _ROW.waiting_members, _ROW.population, _ROW.has_address, _ROW.last_activity, _ROW.last_message_at),
        *(inner.call_back_on, inner.call_back_time, inner.called_at, inner.outcome, _CLAIM.staff_id.label("holder_id")),
        *(staff_table.c.name.label("holder"), _CLAIM.until.label("held_until"), sa.func.count().over().label("total")),
    )


def _order(inner: Any) -> tuple[Any, ...]:
    def of(reason: str, column: Any) -> Any:
        """A column where the reason is this one; all others are alike."""
        return sa.case((inner.rank == REASONS.index(reason), column))

    known = sa.func.coalesce(_ROW.population, -1)
    promised = (of("call_back", inner.call_back_on), of("call_back", inner.call_back_time))
    leads, drafts = of("silent_lead", _ROW.waiting_members).desc(), of("draft", _ROW.progress).desc()
    return inner.rank, *promised, leads, drafts, of("reminded", _ROW.last_message_at), known.desc(), _ENTITY.code


def _rank(edition: EditionView, last: Any, now: dt.datetime) -> sa.Case[Any]:
    """The place in `REASONS` of the first that holds; NULL for whom nobody calls."""
    today, _time = wall_time(now)
    midnight = dt.datetime.combine(today, dt.time(), ROME).astimezone(dt.UTC)
    promised, contested = last.call_back_on.is_not(None), _contested(edition.id)
    spoken = sa.or_(last.at >= midnight, sa.and_(last.outcome == "will_answer", last.at > now - TRUST))
    reasons = _reasons(now)
    return sa.case(
        (_is_nobodys(last, edition.id), sa.null()),
        (_is_due(last, now), 0),
        (sa.or_(promised, sa.func.coalesce(spoken, sa.false())), sa.null()),
        (contested, 1),
        (~_can_answer(edition, now), sa.null()),
        *((holds, REASONS.index(reason)) for reason, holds in reasons),
    )


def _is_due(last: Any, now: dt.datetime) -> Clause:
    """Whether a call was promised and its time has come."""
    today, time = wall_time(now)
    come = sa.or_(last.call_back_on < today, sa.and_(last.call_back_on == today, last.call_back_time <= time))
    return sa.and_(last.call_back_on.is_not(None), come)


def _contested(edition_id: int) -> Clause:
    """Whether it contests a telephone copy: of a list that the database makes once, and not for each respondent."""
    return _ROW.entity_id.in_(select_contested(sa.literal(edition_id)))


def _is_nobodys(last: Any, edition_id: int) -> Clause:
    """Whether nobody calls it any more: it has said so, or it is answered for and has nothing to say against that."""
    settled = sa.or_(_ROW.covered, _ROW.claimed, _ROW.declared, _ROW.state == "submitted")
    never = sa.func.coalesce(last.outcome, "").in_(NEVER_AGAIN)
    return sa.or_(never, sa.and_(settled, ~_contested(edition_id)))


def _can_answer(edition: EditionView, now: dt.datetime) -> Clause:
    """Whether its answer could be stored now: within everybody's time or its own."""
    pilot = edition.state == "pilot"
    if edition.takes_answers(now, pilot=pilot):
        return sa.true()
    longest = dt.datetime.max.replace(tzinfo=dt.UTC)
    own = edition.takes_answers(now, pilot=pilot, own_closes_at=longest)
    return sa.and_(_ROW.closes_at.is_not(None), _ROW.closes_at > now) if own else sa.false()


def _reasons(now: dt.datetime) -> tuple[tuple[str, Clause], ...]:
    silent_since = sa.or_(_ROW.last_activity.is_(None), _ROW.last_activity < _ROW.last_message_at)
    return (
        ("silent_lead", sa.and_(_ROW.is_lead, _ROW.waiting_members > 0)),
        ("draft", sa.and_(_ROW.state == "draft", sa.or_(_ROW.progress >= NEARLY, _ROW.last_activity <= now - STALLED))),
        ("unreachable", sa.or_(_ROW.bounced, ~_ROW.has_address)),
        ("before", _ROW.answered_before.is_(True)),
        ("large", _ROW.size_class >= LARGE),
        ("reminded", sa.and_(_ROW.last_message_at <= now - PATIENCE, silent_since)),
    )
