"""Whether a reminder is still wanted when its turn comes, and the link that is put into it then.

Not for: whom a batch is planned for (`audience.py`, whose rule is asked again here), or sending.
Holds always: who has submitted, or is covered, by the time its message is claimed gets none; the outbox holds no secret: the
link is made when the message goes, an entity's first password for whoever never had one, else the way to sign in: after a
reset the link for a new one goes to the addresses of resets alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.accounts.entity_accounts import activated_among
from app.accounts.links import ACTIVATION, add_links
from app.editions.current import EDITION, EditionView, edition_view, select_editions
from app.editions.extensions import own_ends
from app.extensions import db
from app.mail.groups import GroupRow, groups_by_id
from app.mail.hooks import PLACEHOLDER, ClaimedDelivery, Filled, register_hook
from app.registry.address_book import emails_in_use
from app.registry.entities import EntityRow, find_by_ids
from app.reminders.audience import KIND, reason_against
from app.reminders.batches import CANCELLED, editions_of_groups
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
}
"""Why a reminder is not wanted any more, as it stands in the outbox; the desk puts it into its own words."""
_REFERENCE: Final = "entity:"
_NOTHING: Final[tuple[str | None, MemberState]] = (None, MemberState(False, False, False, False))


@dataclass(frozen=True, slots=True)
class ReminderHook:
    """What the outbox asks about reminders, many at a time. `actor`: who makes the links, for the audit."""

    actor: str = "mail"

    def prepare(self, deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> dict[int, Filled | str]:
        """By id: the texts with a link in its place, or why it is not sent any more. Flushes only."""
        facts = _Facts.of(deliveries, now)
        outcome: dict[int, Filled | str] = {one.id: facts.reason(one) for one in deliveries}
        wanted = [one for one in deliveries if not outcome[one.id]]
        links = _links([facts.entity(one) for one in wanted], now, self.actor)
        for one, link in zip(wanted, links, strict=True):
            html = None if one.html is None else one.html.replace(PLACEHOLDER, link)
            outcome[one.id] = Filled(one.subject, one.text.replace(PLACEHOLDER, link), html)
        return outcome


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
        sent_as, state = _NOTHING
        if entity_id in self.told[edition.id]:
            standing = standing_of(entity_id, edition, self.now)
            claimed = bool(standing.claimed_by) and not standing.covered
            sent_as = standing.submitted_as
            state = MemberState(standing.answered, standing.covered, claimed, standing.declared)
        closes_at = edition.closes_for(self.ends[edition.id].get(entity_id))
        return WORDS.get(reason_against(sent_as, state, closes_at, self.now), "")


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
