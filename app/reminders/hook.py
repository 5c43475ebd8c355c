"""Whether a reminder is still wanted when its turn comes, and the link that is put into it then.

Not for: whom a batch is planned for (`audience.py`, whose rule for its occasion is asked again here), or sending.
Holds always: who has submitted, or is covered, by the time its message is claimed gets no reminder, and who has not answered no
thanks; nobody gets a step of the plan after a later one; on its patron's day an entity gets its message on the next working
day, unless that is past its deadline; the outbox holds no secret: the link is made when the message goes, an entity's first
password for whoever never had one, else the way to sign in: after a reset the link for a new one goes to the addresses of
resets alone. A person gets the way to sign in and never a password's link. What is left of a draft is read at that moment, for
all of them in one statement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.accounts.entity_accounts import activated_among
from app.accounts.links import ACTIVATION, add_links
from app.accounts.reminded import PersonRow, people_to_remind, stop_token
from app.editions.current import EDITION, EditionView, edition_view, select_editions
from app.editions.extensions import own_ends
from app.extensions import db
from app.mail.attachments import parts_of_groups
from app.mail.groups import GroupRow, groups_by_id
from app.mail.hooks import PLACEHOLDER, ClaimedDelivery, Filled, Later, register_hook
from app.mail.pace import OPENS, ROME
from app.mail.working_days import DAY, next_working_day
from app.registry.address_book import emails_for_reminders
from app.registry.entities import EntityRow, find_by_ids
from app.registry.patrons import closed_for_patron
from app.reminders.audience import KINDS, TO_PERSON, reason_for
from app.reminders.batches import CANCELLED, batches_of_groups
from app.reminders.effort import LEAST, Left, left_of_drafts
from app.reminders.library import words
from app.reminders.occasions import AFTERWARDS, REMINDER, RESULTS
from app.reminders.overtaking import overtaken_of
from app.reminders.wording import MINUTES, MISSING, STOP, fill_late
from app.reminders.writing import late_values
from app.responses.coverage import MemberState, standing_of, told_of
from app.web.site_address import site_address

ENTITY_GONE: Final = "the entity no longer exists"
ADDRESS_GONE: Final = "the address is no longer the entity's"
PERSON_GONE: Final = "the person does not fill in any more, or wants no reminders"
BATCH_GONE: Final = "the batch is not there any more"
WORDS: Final = {
    "submitted": "the entity has submitted",
    "covered": "another entity has submitted for it",
    "through_lead": "another entity answers for it",
    "deadline_passed": "its deadline has passed",
    "not_answered": "the entity has not answered",
    "overtaken": "a later step of the plan has its turn",
}
"""Why a reminder is not wanted any more, as it stands in the outbox; the desk puts it into its own words."""
PATRON: Final = "the entity keeps its patron's day"
OUTCOME: Final = "fill.outcome"
"""The page that news of results leads to: what became of one's own answers."""
LAST_START: Final = dt.time(17)
"""No message is put off to a later hour of the next day: there it would be put off again."""
_REFERENCE: Final = "entity:"
_ASKING: Final = (f"{{{MISSING}}}", f"{{{MINUTES}}}")
_NOTHING: Final[tuple[str | None, MemberState]] = (None, MemberState(False, False, False, False))


@dataclass(frozen=True, slots=True)
class ReminderHook:
    """What the outbox asks about reminders, many at a time. `actor`: who makes the links, for the audit; `puts_off`: not where
    somebody sends by hand, who chooses the day."""

    actor: str = "mail"
    puts_off: bool = True

    def prepare(self, deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> dict[int, Filled | str | Later]:
        """By id: the texts with a link in its place, when it goes instead, or why it is not sent any more. Flushes only."""
        facts = _Facts.of(deliveries, now)
        outcome: dict[int, Filled | str | Later] = {one.id: facts.reason(one) or self._later(facts, one) for one in deliveries}
        wanted = [one for one in deliveries if not outcome[one.id]]
        links, left = facts.links(wanted, self.actor), facts.left(wanted)
        files = parts_of_groups([group for group in facts.groups.values() if group.files])
        for one in wanted:
            outcome[one.id] = facts.filled(one, links[one.id], left.get(one.id, {}), files.get(one.group_id or 0, ()))
        return outcome

    def _later(self, facts: _Facts, one: ClaimedDelivery) -> Later | str:
        return facts.later(one) if self.puts_off else ""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of some entities and batches at an instant, read in as many statements as for one of them."""

    now: dt.datetime
    entities: Mapping[int, EntityRow]
    emails: Mapping[int, set[str]]
    people: Mapping[tuple[int, str], PersonRow]
    groups: Mapping[int, GroupRow]
    editions: Mapping[int, EditionView]
    occasions: Mapping[int, str]
    told: Mapping[int, set[int]]
    ends: Mapping[int, Mapping[int, dt.datetime]]
    overtaken: Collection[tuple[int, str]]
    closed: Collection[int]

    @classmethod
    def of(cls, deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> _Facts:
        """Read it."""
        ids = {entity_id for one in deliveries if (entity_id := _entity_id(one)) is not None}
        group_ids = {one.group_id for one in deliveries if one.group_id is not None}
        of_group = batches_of_groups(group_ids)
        with_people = {_entity_id(one) or 0 for one in deliveries if one.kind == TO_PERSON}
        query = select_editions().where(EDITION.id.in_({edition_id for edition_id, _occasion in of_group.values()}))
        by_id = {view.id: view for view in map(edition_view, db.session.execute(query.order_by(EDITION.id)))}
        return cls(
            now=now,
            entities={row.id: row for row in find_by_ids(ids, in_force=True)},
            emails=emails_for_reminders(ids),
            people={(one.entity_id, one.email): one for one in people_to_remind(with_people)},
            groups=groups_by_id(group_ids),
            editions={group: by_id[edition_id] for group, (edition_id, _occasion) in of_group.items() if edition_id in by_id},
            occasions={group: occasion for group, (_edition_id, occasion) in of_group.items()},
            told={edition_id: told_of(ids, view) for edition_id, view in by_id.items()},
            ends={edition_id: own_ends(view) for edition_id, view in by_id.items()},
            overtaken=overtaken_of(group_ids, {one.reference for one in deliveries}),
            closed=closed_for_patron(ids, now.astimezone(ROME).date()),
        )

    def entity(self, delivery: ClaimedDelivery) -> EntityRow:
        """The entity of a delivery that is wanted."""
        entity_id = _entity_id(delivery)
        if entity_id is None:
            raise LookupError(f"no entity for {delivery.reference}")
        return self.entities[entity_id]

    def reason(self, delivery: ClaimedDelivery) -> str:
        """Why it is not sent any more, "" if it is."""
        entity_id, group_id = _entity_id(delivery), delivery.group_id
        edition = None if group_id is None else self.editions.get(group_id)
        group = None if group_id is None else self.groups.get(group_id)
        if edition is None:
            return BATCH_GONE
        if group is None or group.cancelled_at is not None:
            return CANCELLED
        if entity_id is None or entity_id not in self.entities:
            return ENTITY_GONE
        if (group.id, delivery.reference) in self.overtaken:
            return WORDS["overtaken"]
        return self._unreadable(delivery, entity_id) or self._unwanted(delivery, edition, entity_id)

    def _unreadable(self, delivery: ClaimedDelivery, entity_id: int) -> str:
        """Why the address is no longer to be written to, "" if it is."""
        if delivery.kind == TO_PERSON:
            return PERSON_GONE if self.person(delivery) is None else ""
        return "" if delivery.recipient in self.emails[entity_id] else ADDRESS_GONE

    def _unwanted(self, delivery: ClaimedDelivery, edition: EditionView, entity_id: int) -> str:
        sent_as, state = _NOTHING
        if entity_id in self.told[edition.id]:
            standing = standing_of(entity_id, edition, self.now)
            claimed = bool(standing.claimed_by) and not standing.covered
            sent_as = standing.submitted_as
            state = MemberState(standing.answered, standing.covered, claimed, standing.declared)
        return WORDS.get(reason_for(self.occasion(delivery), sent_as, state, self._closes_at(edition, entity_id), self.now), "")

    def later(self, delivery: ClaimedDelivery) -> Later | str:
        """When a delivery that is wanted goes instead of now, "" if it goes."""
        entity_id, group_id = _entity_id(delivery), delivery.group_id
        if entity_id is None or group_id is None or entity_id not in self.closed:
            return ""
        here = self.now.astimezone(ROME)
        day = next_working_day(here.date() + DAY)
        until = dt.datetime.combine(day, max(OPENS, min(here.time(), LAST_START)), ROME).astimezone(dt.UTC)
        afterwards = self.occasion(delivery) in AFTERWARDS
        in_time = afterwards or until < self._closes_at(self.editions[group_id], entity_id)
        return Later(until, PATRON) if in_time else ""

    def _closes_at(self, edition: EditionView, entity_id: int) -> dt.datetime:
        return edition.closes_for(self.ends[edition.id].get(entity_id))

    def occasion(self, delivery: ClaimedDelivery) -> str:
        """What its batch is for."""
        return self.occasions.get(delivery.group_id or 0, REMINDER)

    def person(self, delivery: ClaimedDelivery) -> PersonRow | None:
        """Who of the entity is meant, as long as that person may be written to."""
        return self.people.get((_entity_id(delivery) or 0, delivery.recipient.lower()))

    def links(self, wanted: Sequence[ClaimedDelivery], actor: str) -> dict[int, str]:
        """By id, where each leads: an entity's first password for a reminder to one that never had any, else where it signs in;
        what became of its answers where the results are published."""
        entities = {one.id: self.entity(one) for one in wanted}
        activated = activated_among({entity.id for entity in entities.values()})
        fresh = [one for one in wanted if entities[one.id].id not in activated and self._may_activate(one)]
        made = add_links([entities[one.id] for one in fresh], ACTIVATION, self.now, actor=actor)
        links = {one.id: self._page(one, entities[one.id].code) for one in wanted}
        return links | {one.id: link for one, link in zip(fresh, made, strict=True)}

    def _may_activate(self, delivery: ClaimedDelivery) -> bool:
        return delivery.kind != TO_PERSON and self.occasion(delivery) not in AFTERWARDS

    def _page(self, delivery: ClaimedDelivery, entity_code: str) -> str:
        return site_address(OUTCOME) if self.occasion(delivery) == RESULTS else sign_in_address(entity_code)

    def left(self, wanted: Sequence[ClaimedDelivery]) -> dict[int, Mapping[str, str]]:
        """By id, of those whose text asks for it: what is left of the draft, in the message's language."""
        found: dict[int, Mapping[str, str]] = {}
        asking = [one for one in wanted if any(place in one.text for place in _ASKING)]
        for edition in {self.editions[one.group_id or 0].id: self.editions[one.group_id or 0] for one in asking}.values():
            own = [one for one in asking if self.editions[one.group_id or 0].id == edition.id]
            read = left_of_drafts(edition, {(_entity_id(one) or 0, one.language) for one in own})
            for one in own:
                left = read.get((_entity_id(one) or 0, one.language), Left((), LEAST))
                found[one.id] = late_values(left, words(one.language))
        return found

    def filled(self, one: ClaimedDelivery, link: str, late: Mapping[str, str], files: tuple[bytes, ...]) -> Filled:
        """A message with all that the moment tells in its place."""
        person = self.person(one) if one.kind == TO_PERSON else None
        stop = "" if person is None else stop_address(person)
        late = {**late, STOP: stop} if stop else late
        text, html = one.text.replace(PLACEHOLDER, link), one.html
        if html is not None:
            html = fill_late(html.replace(PLACEHOLDER, link), late, html=True)
        return Filled(one.subject, fill_late(text, late, html=False) if late else text, html, files=files, stop=stop)


def sign_in_address(entity_code: str) -> str:
    """The page of signing in, with the entity filled in: no secret."""
    return site_address("access.sign_in", ente=entity_code)


def stop_address(person: PersonRow) -> str:
    """Where a person ends the reminders to the own address."""
    return site_address("access.stop_reminders", token=stop_token(person.operator_id, person.email))


def register_hooks() -> None:
    """Tell the outbox what these messages need. Called once by `create_app`; again does no harm."""
    for kind in {*KINDS.values(), TO_PERSON}:
        register_hook(kind, ReminderHook())


def _entity_id(delivery: ClaimedDelivery) -> int | None:
    number = delivery.reference.removeprefix(_REFERENCE)
    return int(number) if number.isascii() and number.isdigit() else None
