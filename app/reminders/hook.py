"""Whether a reminder is still wanted when its turn comes, and the link that is put into it then.

Not for: whom a batch is planned for (`audience.py`, whose rule is asked again here), or sending.
Holds always: who has submitted, or is covered, by the time its message is claimed gets none; the outbox holds no secret: the
link is made when the message goes, an entity's first password for whoever never had one, else the way to sign in: after a
reset the link for a new one goes to the addresses of resets alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from app.accounts.entity_accounts import stored_hash, was_emptied
from app.accounts.links import ACTIVATION, add_link
from app.editions.current import EDITION, EditionView, edition_view, select_editions
from app.editions.extensions import own_closes_at
from app.extensions import db
from app.mail.groups import group_by_id
from app.mail.hooks import PLACEHOLDER, ClaimedDelivery, Filled, register_hook
from app.registry.addresses import addresses_of
from app.registry.entities import EntityRow, find_by_id, is_in_force
from app.reminders.audience import KIND, reason_against
from app.reminders.batches import CANCELLED, edition_of_group
from app.responses.coverage import MemberState, standing_of
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


@dataclass(frozen=True, slots=True)
class ReminderHook:
    """What the outbox asks about each reminder."""

    def wanted(self, delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
        """None, or why it is not sent any more."""
        entity, edition = _entity_of(delivery), _edition_of(delivery)
        if edition is None or delivery.group_id is None:
            return BATCH_GONE
        group = group_by_id(delivery.group_id)
        if group is None or group.cancelled_at is not None:
            return CANCELLED
        if entity is None or not is_in_force(entity.id):
            return ENTITY_GONE
        if delivery.recipient not in {address.email for address in addresses_of(entity.id)}:
            return ADDRESS_GONE
        standing = standing_of(entity.id, edition, now)
        claimed = bool(standing.claimed_by) and not standing.covered
        state = MemberState(standing.answered, standing.covered, claimed, standing.declared)
        closes_at = edition.closes_for(own_closes_at(edition, entity.id))
        return WORDS.get(reason_against(standing.submitted_as, state, closes_at, now))

    def fill(self, delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
        """The texts with a link in its place. Flushes only."""
        entity = _entity_of(delivery)
        if entity is None:
            raise LookupError(f"no entity for {delivery.reference}")
        link = _link(entity, now)
        html = None if delivery.html is None else delivery.html.replace(PLACEHOLDER, link)
        return Filled(delivery.subject, delivery.text.replace(PLACEHOLDER, link), html)


def sign_in_address(entity_code: str) -> str:
    """The page of signing in, with the entity filled in: no secret."""
    return site_address("access.sign_in", ente=entity_code)


def register_hooks() -> None:
    """Tell the outbox what a reminder needs. Called once by `create_app`; again does no harm."""
    register_hook(KIND, ReminderHook())


def _link(entity: EntityRow, now: dt.datetime) -> str:
    if stored_hash(entity.id) is None and not was_emptied(entity.id):
        return add_link(entity, ACTIVATION, now, actor="mail")
    return sign_in_address(entity.code)


def _entity_of(delivery: ClaimedDelivery) -> EntityRow | None:
    number = delivery.reference.removeprefix(_REFERENCE)
    return find_by_id(int(number)) if number.isascii() and number.isdigit() else None


def _edition_of(delivery: ClaimedDelivery) -> EditionView | None:
    edition_id = None if delivery.group_id is None else edition_of_group(delivery.group_id)
    if edition_id is None:
        return None
    row = db.session.execute(select_editions().where(EDITION.id == edition_id)).first()
    return None if row is None else edition_view(row)
