"""What reminders did with each entity: counted by batch and channel, the last that went out, and whether it came back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.chasing.contacted import Contact, contacts_by_entity
from app.editions.current import EditionView
from app.extensions import db
from app.mail.groups import GroupMessage, open_group, queue_into
from app.mail.models import Delivery
from app.reminders.models import Batch
from tests.conftest import START

DAY = dt.timedelta(days=1)
LETTERS = iter(f"key{number}" for number in range(1_000))


def batch(edition: EditionView, channel: str, states: dict[int, str], at: dt.datetime) -> None:
    """A batch whose messages, an entity each, are in these states since an instant."""
    group_id = open_group("Promemoria", 400, at, working_hours=False)
    key = next(LETTERS)
    values = {"edition_id": edition.id, "group_id": group_id, "key": key, "name": key, "channel": channel, "filter": "{}"}
    values |= {"excluded": "{}", "respondents": len(states), "deliveries": len(states), "starts_at": at, "ends_at": at}
    db.session.execute(sa.insert(Batch).values(**values, created_by="test", created_at=at))
    for entity_id, state in states.items():
        message = GroupMessage(f"entity:{entity_id}", f"u{entity_id}@example.org", "s", "t", None, next(LETTERS), at)
        queue_into(group_id, "reminder", "it", [message], at)
        own = sa.update(Delivery).where(Delivery.dedupe_key == message.dedupe_key)
        db.session.execute(own.values(state=state, changed_at=at, claimed_at=None if state == "queued" else at))
    db.session.commit()


def test_what_went_out_is_counted_by_batch_and_what_did_not_is_not(edition: EditionView) -> None:
    batch(edition, "email", {1: "accepted", 2: "queued", 3: "failed", 4: "cancelled", 5: "bounced"}, START)
    batch(edition, "pec", {1: "delivered", 2: "accepted"}, START + DAY)
    batch(edition, "hand", {1: "queued", 5: "accepted"}, START + 2 * DAY)
    assert contacts_by_entity(edition.id) == {
        1: Contact(emails=1, pecs=2, last_at=START + DAY, last_channel="pec"),
        2: Contact(emails=1, pecs=1, last_at=START + DAY, last_channel="pec"),
        3: Contact(),
        4: Contact(),
        5: Contact(emails=0, pecs=1, last_at=START + 2 * DAY, last_channel="hand"),
    }
    assert contacts_by_entity(edition.id + 1) == {}


def test_it_came_back_if_nothing_has_gone_out_since(edition: EditionView) -> None:
    batch(edition, "email", {1: "accepted", 2: "bounced", 3: "bounced"}, START)
    batch(edition, "email", {1: "bounced", 2: "accepted", 3: "queued"}, START + DAY)
    found = contacts_by_entity(edition.id)
    assert {entity_id: one.bounced for entity_id, one in found.items()} == {1: True, 2: False, 3: True}
    assert (found[1].emails, found[1].last_at) == (1, START)
