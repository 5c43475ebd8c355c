"""Whether a reminder is still wanted when its turn comes, and the link that is put into it then.

Not for: whom a batch is planned for (`audience.py`, whose rule is asked again here), or sending.
Holds always: who has submitted, or is covered, by the time its message is claimed gets none; nobody gets a step of the plan
after a later one; on its patron's day an entity gets its message on the next working day, unless that is past its deadline; the
outbox holds no secret: the link is made when the message goes, an entity's first password for whoever never had one, else the
way to sign in: after a reset the link for a new one goes to the addresses of resets alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.accounts.entity_accounts import activated_among
from app.accounts.links import ACTIVATION, add_links
from app.editions.current import EDITION, EditionView, edition_view, select_editions
from app.editions.extensions import own_ends
from app.extensions import db
from app.mail.groups import GroupRow, groups_by_id
from app.mail.hooks import PLACEHOLDER, ClaimedDelivery, Filled, Later, register_hook
from app.mail.pace import OPENS, ROME
from app.mail.working_days import DAY, next_working_day
from app.registry.address_book import emails_in_use
from app.registry.entities import EntityRow, find_by_ids
from app.registry.patrons import closed_for_patron
from app.reminders.audience import KIND, reason_against
from app.reminders.batches import CANCELLED, editions_of_groups
from app.reminders.overtaking import overtaken_of
from app.responses.coverage import MemberState, standing_of, told_of
from app.web.site_address import site_address

ENTITY_GONE: Final = "the entity no longer exists"
ADDRESS_GONE: Final = "the address is no longer the entity's"
BATCH_GONE: Final = "the batch is not there any more"
WORDS: Final = {
    "submitted": "the entity has submitted",
    "covered": "another entity has submitted for it",
    "through_lead": "another entity answers for it",
    "deadline_passed": "its deadline has passed",
    "overtaken": "a later step of the plan has its turn",
}
"""Why a reminder is not wanted any more, as it stands in the outbox; the desk puts it into its own words."""
PATRON: Final = "the entity keeps its patron's day"
LAST_START: Final = dt.time(17)
"""No message is put off to a later hour of the next day: there it would be put off again."""
_REFERENCE: Final = "entity:"
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
        links = _links([facts.entity(one) for one in wanted], now, self.actor)
        for one, link in zip(wanted, links, strict=True):
            html = None if one.html is None else one.html.replace(PLACEHOLDER, link)
            outcome[one.id] = Filled(one.subject, one.text.replace(PLACEHOLDER, link), html)
        return outcome

    def _later(self, facts: _Facts, one: ClaimedDelivery) -> Later | str:
        return facts.later(one) if self.puts_off else ""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of some entities and batches at an instant, read in as many statements as for one of them."""

    now: dt.datetime
    entities: Mapping[int, EntityRow]
    emails: Mapping[int, set[str]]
    groups: Mapping[int, GroupRow]
    editions: Mapping[int, EditionView]
    told: Mapping[int, set[int]]
    ends: Mapping[int, Mapping[int, dt.datetime]]
    overtaken: Collection[tuple[int, str]]
    closed: Collection[int]

    @classmethod
    def of(cls, deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> _Facts:
        """Read it."""
        ids = {entity_id for one in deliveries if (entity_id := _entity_id(one)) is not None}
        group_ids = {one.group_id for one in deliveries if one.group_id is not None}
        of_group = editions_of_groups(group_ids)
        query = select_editions().where(EDITION.id.in_(of_group.values()))
        by_id = {view.id: view for view in map(edition_view, db.session.execute(query.order_by(EDITION.id)))}
        return cls(
            now=now,
            entities={row.id: row for row in find_by_ids(ids, in_force=True)},
            emails=emails_in_use(ids),
            groups=groups_by_id(group_ids),
            editions={group: by_id[edition_id] for group, edition_id in of_group.items() if edition_id in by_id},
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
        if delivery.recipient not in self.emails[entity_id]:
            return ADDRESS_GONE
        if (group.id, delivery.reference) in self.overtaken:
            return WORDS["overtaken"]
        sent_as, state = _NOTHING
        if entity_id in self.told[edition.id]:
            standing = standing_of(entity_id, edition, self.now)
            claimed = bool(standing.claimed_by) and not standing.covered
            sent_as = standing.submitted_as
            state = MemberState(standing.answered, standing.covered, claimed, standing.declared)
        return WORDS.get(reason_against(sent_as, state, self._closes_at(edition, entity_id), self.now), "")

    def later(self, delivery: ClaimedDelivery) -> Later | str:
        """When a delivery that is wanted goes instead of now, "" if it goes."""
        entity_id, group_id = _entity_id(delivery), delivery.group_id
        if entity_id is None or group_id is None or entity_id not in self.closed:
            return ""
        here = self.now.astimezone(ROME)
        day = next_working_day(here.date() + DAY)
        until = dt.datetime.combine(day, max(OPENS, min(here.time(), LAST_START)), ROME).astimezone(dt.UTC)
        in_time = until < self._closes_at(self.editions[group_id], entity_id)
        return Later(until, PATRON) if in_time else ""

    def _closes_at(self, edition: EditionView, entity_id: int) -> dt.datetime:
        return edition.closes_for(self.ends[edition.id].get(entity_id))


def sign_in_address(entity_code: str) -> str:
    """The page of signing in, with the entity filled in: no secret."""
    return site_address("access.sign_in", ente=entity_code)


def register_hooks() -> None:
    """Tell the outbox what a reminder needs. Called once by `create_app`; again does no harm."""
    register_hook(KIND, ReminderHook())


def _links(entities: Sequence[EntityRow], now: dt.datetime, actor: str) -> list[str]:
    """Of each, its first password's link if it never had one, else where it signs in."""
    activated = activated_among({one.id for one in entities})
    fresh = [one for one in entities if one.id not in activated]
    made = iter(add_links(fresh, ACTIVATION, now, actor=actor))
    return [sign_in_address(one.code) if one.id in activated else next(made) for one in entities]


def _entity_id(delivery: ClaimedDelivery) -> int | None:
    number = delivery.reference.removeprefix(_REFERENCE)
    return int(number) if number.isascii() and number.isdigit() else None
