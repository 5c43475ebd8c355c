"""Whom a batch reaches: exactly, by the rules as they are at that moment, and who is left out for which reason.

Not for: writing or queueing messages (`batches.py`), or whether one is still wanted when its turn comes (`hook.py`).
Holds always: the copy by which the desk lists narrows the choice and decides nothing else; whoever has submitted, is covered,
or has nobody to write to is never in an audience, whatever the filter says; each entity stands in it once, each address once
for an entity; everything is read in a number of statements that does not grow with the entities.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.reminded import people_to_remind
from app.chasing.filters import Filter, conditions
from app.chasing.respondents import ANSWERED, respondent_table
from app.editions.current import EditionView
from app.editions.extensions import own_ends
from app.extensions import db, table_of
from app.mail.groups import groups_that_reached, recipients_in
from app.mail.pace import ROME
from app.registry.entities import entity_table, find_by_ids, label, own_label, resolve, select_matching
from app.registry.languages import ITALIAN, language_of
from app.registry.recipients import recipients_for, select_with_address
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC
from app.reminders.channels import CERTIFIED as CERTIFIED_CHANNELS
from app.reminders.models import Batch
from app.reminders.occasions import AFTERWARDS, EXTENSION, OCCASIONS, REMINDER, RESULTS, UNCOUNTED
from app.responses.coverage import MemberState, states
from app.responses.overview import ResponseState, response_states
from app.responses.waiting import members_waiting

KIND: Final = "reminder"
KINDS: Final = {occasion: occasion if occasion in AFTERWARDS else KIND for occasion in OCCASIONS}
"""Occasion → what its messages are called in the outbox."""
CERTIFIED: Final = "reminder_pec"
TO_PERSON: Final = "reminder_person"
"""The reminder of a draft to somebody who works on it, at the own address."""
MOST_MESSAGES: Final = {BY_EMAIL: 3, BY_PEC: 2, BY_HAND: 2}
"""As many reminders an entity gets in an edition by each channel, unless whoever sends says otherwise; certified ones count
together, whoever sends them."""
MEMBERS_FROM: Final = dt.timedelta(days=7)
"""So long before its deadline a member is reminded itself, if the entity that should answer for it is silent."""
REASONS: Final = (
    *("by_hand", "submitted", "covered", "through_lead", "deadline_passed"),
    *("not_answered", "invited", "enough_messages", "no_address", "no_pec_address", "bad_address"),
)
_ROW: Final = respondent_table.c
_ENTITY: Final = entity_table.c
_NOTHING: Final = MemberState(answered=False, covered=False, claimed=False, declared=False)
_UNSEEN: Final = ResponseState("never", None, 0, dt.datetime.min.replace(tzinfo=dt.UTC), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom somebody wants to remind. `without`: codes left out by hand; `beyond_limit`: also who had enough messages;
    `unless_in`: nobody whom one of these groups of deliveries reaches, as the second wave of an invitation."""

    filter: Filter = field(default_factory=Filter)
    without: tuple[str, ...] = ()
    beyond_limit: bool = False
    unless_in: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """One entity that is written to. `audience`: which text it gets; `members`: how many count on its answer; `language`: in
    which it is written to, with `own_label` as its name there; `leads`: who should answer for it, where known; `people`: own
    addresses of who works on its draft."""

    entity_id: int
    code: str
    label: str
    audience: str
    progress: int
    members: int
    closes_at: dt.datetime
    emails: tuple[str, ...]
    language: str = ITALIAN
    own_label: str = ""
    leads: str = ""
    people: tuple[str, ...] = ()

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """All that get a message: the offices' addresses, then people's own."""
        return (*self.emails, *self.people)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One entity that the filter finds and that is not reminded. `reason`: one of `REASONS`."""

    code: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is reminded and who is not, both by code."""

    recipients: tuple[Recipient, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def messages(self) -> int:
        """How many messages that makes."""
        return sum(len(one.mailboxes) for one in self.recipients)

    @property
    def to_people(self) -> int:
        """How many of them go to people at their own addresses."""
        return sum(len(one.people) for one in self.recipients)

    def by_text(self) -> dict[str, int]:
        """How many entities get which text."""
        return dict(Counter(one.audience for one in self.recipients))

    def by_reason(self) -> dict[str, int]:
        """How many are left out for which reason, in the order of `REASONS`."""
        counted = Counter(one.reason for one in self.left_out)
        return {reason: counted[reason] for reason in REASONS if counted[reason]}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rules say of all entities of an edition."""

    edition: EditionView
    at: dt.datetime
    responses: Mapping[int, ResponseState]
    standing: Mapping[int, MemberState]
    ends: Mapping[int, dt.datetime]
    reached: Mapping[str, int]
    emails: Mapping[int, list[str]]
    bad: Collection[int]
    channel: str
    occasion: str
    groups: Collection[int]

    def reason(self, entity_id: int, *, beyond_limit: bool) -> str:
        """Why this entity is not reminded, "" if it is."""
        response, state = self.responses.get(entity_id, _UNSEEN), self.standing.get(entity_id, _NOTHING)
        closes_at = self.edition.closes_for(self.ends.get(entity_id))
        unwanted = reason_for(self.occasion, response.submitted_as, state, closes_at, self.at)
        if unwanted:
            return unwanted
        most = 1 if self.occasion in AFTERWARDS else MOST_MESSAGES[self.channel]
        if not beyond_limit and self.occasion != EXTENSION and self.reached.get(f"entity:{entity_id}", 0) >= most:
            return "enough_messages"
        if not self.emails.get(entity_id):
            without = "no_address" if self.channel == BY_EMAIL else "no_pec_address"
            return "bad_address" if entity_id in self.bad else without
        return ""


def reason_against(submitted_as: str | None, state: MemberState, closes_at: dt.datetime, at: dt.datetime) -> str:
    """Why an entity in this state is not reminded at an instant, "" if it may be: the rule of planning and of sending alike."""
    if submitted_as in ANSWERED:
        return "submitted"
    if state.covered:
        return "covered"
    if (state.claimed or state.declared) and at < closes_at - MEMBERS_FROM:
        return "through_lead"
    return "deadline_passed" if closes_at <= at else ""


def reason_for(occasion: str, submitted_as: str | None, state: MemberState, closes_at: dt.datetime, at: dt.datetime) -> str:
    """The same for any occasion: what thanks goes to who has answered, results to who is covered as well, at any time."""
    if occasion not in AFTERWARDS:
        return reason_against(submitted_as, state, closes_at, at)
    if submitted_as in ANSWERED or (occasion == RESULTS and state.covered):
        return ""
    return "not_answered"


def find_audience(
    edition: EditionView,
    choice: Choice,
    at: dt.datetime,
    now: dt.datetime,
    *,
    region: str | None = None,
    channel: str = BY_EMAIL,
    occasion: str = REMINDER,
) -> Audience:
    """Whom a batch that begins at `at` would reach by a channel. `region`: the only one that whoever asks may see; `occasion`:
    what it is for, which decides whether it goes to who has not answered or to who has.

    Reads what is there now; call `app.chasing.respondents.fresh_respondents` before, so that the filter finds all.
    """
    found = _found(edition, choice.filter, now, region)
    facts = _read_facts(edition, [row.id for row in found], at, now, channel, occasion)
    waiting = members_waiting(edition.id, now)
    leads = _Leads(waiting)
    recipients: list[Recipient] = []
    left_out: list[LeftOut] = []
    by_hand = set(choice.without)
    invited = groups_that_reached(choice.unless_in) if choice.unless_in else {}
    for row in found:
        name = label(row.name, row.province_sign)
        reason = "by_hand" if row.code in by_hand else facts.reason(row.id, beyond_limit=choice.beyond_limit)
        reason = reason or ("invited" if f"entity:{row.id}" in invited else "")
        if reason:
            left_out.append(LeftOut(row.code, name, reason))
            continue
        response, members = facts.responses.get(row.id, _UNSEEN), len(waiting.get(row.id, ()))
        audience = _reader(occasion, response, facts.standing.get(row.id, _NOTHING), members)
        closes_at = edition.closes_for(facts.ends.get(row.id))
        emails = tuple(facts.emails[row.id] if channel == BY_EMAIL else _one_certified(facts.emails[row.id]))
        one = Recipient(row.id, row.code, name, audience, response.progress, members, closes_at, emails)
        named = leads.of(row.id) if audience == "member" else ""
        recipients.append(replace(one, language=_language(row), own_label=own_label(row), leads=named))
    if channel == BY_EMAIL and occasion not in AFTERWARDS:
        recipients = _with_people(edition, recipients, facts)
    return Audience(tuple(recipients), tuple(left_out))


def _with_people(edition: EditionView, recipients: list[Recipient], facts: _Facts) -> list[Recipient]:
    """With the own addresses of who works on a draft, each once in an edition, and none that its office has as well."""
    drafts = {one.entity_id for one in recipients if one.audience == "draft"}
    found = people_to_remind(drafts, since=edition.opens_at)
    if not found:
        return recipients
    known = recipients_in(facts.groups, TO_PERSON)
    people: dict[int, list[str]] = {}
    for person in found:
        offices = {email.lower() for email in facts.emails[person.entity_id]}
        if (f"entity:{person.entity_id}", person.email) not in known and person.email not in offices:
            people.setdefault(person.entity_id, []).append(person.email)
    return [replace(one, people=tuple(people.get(one.entity_id, ()))) for one in recipients]


def _reader(occasion: str, response: ResponseState, state: MemberState, members: int) -> str:
    """Which text somebody gets."""
    if occasion in AFTERWARDS:
        return "answered"
    if members:
        return "lead"
    if state.claimed or state.declared:
        return "member"
    return "not_started" if response.status in ("never", "opened") else "draft"


def _language(row: sa.Row[Any]) -> str:
    return language_of(row.region_code, row.province_sign, row.name_other_language, row.language)


class _Leads:
    """Who should answer for whom, by name; read at the first question."""

    def __init__(self, waiting: Mapping[int, Collection[int]]) -> None:
        self._waiting = waiting
        self._names: dict[int, list[str]] | None = None

    def of(self, member_id: int) -> str:
        """The leads of a member, empty where none is known."""
        if self._names is None:
            self._names = {}
            for lead in find_by_ids(self._waiting.keys()):
                for member in self._waiting[lead.id]:
                    self._names.setdefault(member, []).append(lead.label)
        return ", ".join(self._names.get(member_id, ()))


def find_recipients(audience: Audience, text: str) -> list[Recipient]:
    """Those of the recipients whom a person may mean: by code, by the whole name, else by a part of it; in their order."""
    exact = {row.id for row in resolve(text)}
    found = [one for one in audience.recipients if one.entity_id in exact or one.code == text]
    if found or exact:
        return found
    matching = set(db.session.execute(select_matching(text)).scalars())
    return [one for one in audience.recipients if one.entity_id in matching]


def why_left_out(audience: Audience, text: str) -> LeftOut | None:
    """The one entity of this code or name that the filter finds and that is not reminded."""
    codes = {row.code for row in resolve(text)} | {text}
    found = [one for one in audience.left_out if one.code in codes]
    return found[0] if len(found) == 1 else None


def regions_of(edition_id: int) -> list[tuple[str, str]]:
    """(code, name) of each Region that has a respondent, by name."""
    query = sa.select(_ENTITY.region_code, sa.func.min(_ENTITY.region).label("name")).group_by(_ENTITY.region_code)
    query = query.join(respondent_table, _ROW.entity_id == _ENTITY.id).where(_ROW.edition_id == edition_id)
    query = query.where(_ENTITY.region_code.is_not(None), _ENTITY.region.is_not(None))
    return [(row.region_code, row.name) for row in db.session.execute(query.order_by(sa.literal_column("name")))]


def _found(edition: EditionView, wanted: Filter, now: dt.datetime, region: str | None) -> list[sa.Row[Any]]:
    today = now.astimezone(ROME).date()
    query = sa.select(_ENTITY.id, _ENTITY.code, _ENTITY.name, _ENTITY.province_sign)
    query = query.add_columns(_ENTITY.region_code, _ENTITY.name_other_language, _ENTITY.language)
    query = query.join(respondent_table, _ROW.entity_id == _ENTITY.id)
    query = query.where(_ROW.edition_id == edition.id, *conditions(wanted, today, region=region), *in_force(today))
    return list(db.session.execute(query.order_by(_ENTITY.code)))


def in_force(today: dt.date) -> tuple[sa.ColumnElement[bool], ...]:
    """That an entity exists on a day."""
    begun = sa.or_(_ENTITY.valid_from.is_(None), _ENTITY.valid_from <= today)
    return begun, sa.or_(_ENTITY.valid_to.is_(None), _ENTITY.valid_to > today)


def _one_certified(emails: Sequence[str]) -> list[str]:
    """An entity gets one certified message of a batch: at its registry office, which files it, where an address says so."""
    return sorted(emails, key=lambda email: ("protocollo" not in email.partition("@")[0], email))[:1]


def _read_facts(
    edition: EditionView, entity_ids: Collection[int], at: dt.datetime, now: dt.datetime, channel: str, occasion: str
) -> _Facts:
    batch, by_email = table_of(Batch).c, channel == BY_EMAIL
    same = batch.channel == BY_EMAIL if by_email else batch.channel.in_(CERTIFIED_CHANNELS)
    alike = batch.occasion == occasion if occasion in AFTERWARDS else batch.occasion.not_in(UNCOUNTED)
    groups = sa.select(batch.group_id).where(batch.edition_id == edition.id, same, alike).order_by(batch.group_id)
    group_ids = list(db.session.execute(groups).scalars())
    known_bad = select_with_address(bad=True, purpose=None if by_email else "pec")
    return _Facts(
        edition=edition,
        at=at,
        responses=response_states(edition.id),
        standing=states(edition.id, now),
        ends=own_ends(edition),
        reached=groups_that_reached(group_ids) if group_ids else {},
        emails=recipients_for(entity_ids, KIND if by_email else CERTIFIED) if entity_ids else {},
        bad=set(db.session.execute(known_bad).scalars()),
        channel=channel,
        occasion=occasion,
        groups=group_ids,
    )
