"""Extensions for many at once: who gets one, who does not, and that the same again does nothing."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.audit.chain import first_broken_entry
from app.editions.current import EditionView
from app.editions.extensions import ExtensionRefusedError, extend, own_ends
from app.editions.many_extensions import Granted, extend_many, judge_extensions
from app.editions.reopenings import waiting_entities
from app.extensions import db
from app.mail.models import Delivery
from app.registry.addresses import add_address
from app.registry.entities import EntityRow, entities_in_force
from tests.conftest import START
from tests.open_edition import edition

__all__ = ["edition"]

ENDS = dt.datetime(2026, 5, 15, 22, 0, tzinfo=dt.UTC)
REASON = "Elezioni comunali"


@pytest.fixture
def asked(edition: EditionView) -> list[EntityRow]:
    """The five municipalities, each with an address."""
    rows = entities_in_force()
    for row in rows:
        add_address(row.id, purpose="mayor", email=f"sindaco@{row.code}.example.org", source="csv", actor="test", now=START)
    return rows


def grant_all(edition: EditionView, rows: list[EntityRow], now: dt.datetime = START, **changed: bool) -> Granted:
    return extend_many(edition, [row.id for row in rows], ENDS, REASON, actor="staff:1", now=now, **changed)


def test_each_gets_its_deadline_and_one_message_an_address(edition: EditionView, asked: list[EntityRow]) -> None:
    assert grant_all(edition, asked) == Granted(5, 5)
    assert own_ends(edition) == {row.id: ENDS for row in asked}
    sent = db.session.execute(sa.select(Delivery).where(Delivery.kind == "extension")).scalars().all()
    assert {one.recipient for one in sent} == {f"sindaco@{row.code}.example.org" for row in asked}
    assert len({one.message_id for one in sent} - {None}) == 5
    assert first_broken_entry() is None


def test_the_same_again_changes_nothing_and_tells_nobody(edition: EditionView, asked: list[EntityRow]) -> None:
    grant_all(edition, asked)
    assert grant_all(edition, asked, START + dt.timedelta(minutes=1)) == Granted(0, 0)
    assert db.session.execute(sa.select(sa.func.count(Delivery.id)).where(Delivery.kind == "extension")).scalar_one() == 5


def test_who_may_answer_longer_already_is_left_alone(edition: EditionView, asked: list[EntityRow]) -> None:
    first = asked[0]
    extend(edition.code, first.code, ENDS + dt.timedelta(days=9), REASON, actor="staff:1", now=START)
    judged = judge_extensions(edition, [row.id for row in asked], ENDS, START, reopening=False)
    assert judged.later == {first.id}
    assert grant_all(edition, asked).entities == 4
    assert own_ends(edition)[first.id] == ENDS + dt.timedelta(days=9)


def test_an_earlier_own_deadline_is_moved(edition: EditionView, asked: list[EntityRow]) -> None:
    extend(edition.code, asked[0].code, ENDS - dt.timedelta(days=2), REASON, actor="staff:1", now=START)
    assert grant_all(edition, asked).entities == 5
    assert own_ends(edition)[asked[0].id] == ENDS


def test_whose_time_is_over_is_reopened_only_if_asked(edition: EditionView, asked: list[EntityRow]) -> None:
    late = edition.closes_at + dt.timedelta(hours=1)
    assert grant_all(edition, asked, late) == Granted(0, 0)
    assert grant_all(edition, asked, late, reopening=True) == Granted(5, 5)
    kinds = db.session.execute(sa.select(Delivery.kind).distinct().where(Delivery.kind != "activation")).scalars().all()
    assert kinds == ["reopening"]
    assert not waiting_entities(edition.id)


@pytest.mark.parametrize(
    ("closes_at", "reason", "why"),
    [(START, REASON, "past"), (START + dt.timedelta(days=1), REASON, "earlier"), (ENDS, " ", "no_reason")],
)
def test_what_nobody_can_get_is_refused(
    edition: EditionView, asked: list[EntityRow], closes_at: dt.datetime, reason: str, why: str
) -> None:
    with pytest.raises(ExtensionRefusedError) as refused:
        extend_many(edition, [row.id for row in asked], closes_at, reason, actor="staff:1", now=START)
    assert refused.value.reason == why
    assert own_ends(edition) == {}
