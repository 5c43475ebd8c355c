"""A batch over days and in variants, from the lot to its report, on both databases."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery
from app.reminders.audience import Choice
from app.reminders.batches import Plan, batch_of, queue_batch
from app.reminders.learning.arms import ArmRow, arms_of, comparison_of
from app.reminders.learning.estimate import Counted, compare
from app.reminders.learning.power import WITHOUT_PAST
from app.reminders.learning.report import Report, report_of
from app.reminders.learning.turns import LateDaysError
from app.reminders.models import Arm, Batch, Comparison
from app.reminders.schedule import CrowdedDaysError, Schedule, ends_too_late
from app.reminders.templates import create_template, shipped_template
from app.responses.first_steps import first_steps
from tests.conftest import START
from tests.reminders.learning.crowd import crowd, did, each

ROME = ZoneInfo("Europe/Rome")
NUMBER = 1_200
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def crowded(edition: EditionView) -> EditionView:
    crowd(NUMBER)
    return edition


def other_template(edition: EditionView) -> int:
    texts = {name: text.__class__(f"Ancora {text.subject}", text.body) for name, text in shipped_template().texts.items()}
    return create_template(edition.id, "Secondo", texts, actor="staff:1", now=START)


def queue(
    edition: EditionView,
    *,
    days: int = 3,
    others: tuple[int, ...] = (),
    per_hour: int = 3_600,
    key: str = "k",
    now: dt.datetime = START,
) -> int:
    schedule = Schedule(START + HOUR, per_hour, True, days=days)
    plan = Plan("Promemoria", Choice(), 0, schedule, others=others)
    return queue_batch(edition, plan, key=key, actor="staff:1", now=now)


def report(edition: EditionView, batch_id: int, at: dt.datetime) -> Report:
    db.session.rollback()
    return report_of(edition, batch_of(edition.id, batch_id), at)


def arms(batch_id: int) -> list[ArmRow]:
    db.session.rollback()
    return arms_of(batch_id)


def test_everybody_is_written_to_on_the_day_of_its_lot_in_the_words_of_its_variant(crowded: EditionView) -> None:
    batch_id = queue(crowded, days=3, others=(other_template(crowded),))
    found, deliveries = arms(batch_id), db.session.scalars(sa.select(Delivery).where(Delivery.kind == "reminder")).all()
    by_entity = {int(one.reference.removeprefix("entity:")): one for one in deliveries}
    assert len(found) == len(by_entity) == len(deliveries) == NUMBER
    days = [START + HOUR, START + HOUR + DAY, START + HOUR + 2 * DAY]
    for arm in found:
        message = by_entity[arm.entity_id]
        assert message.not_before == arm.planned_at
        assert days[arm.day] <= arm.planned_at < days[arm.day] + HOUR
        assert message.subject.startswith("Ancora ") == (arm.variant == 1)
    assert set(Counter((arm.day, arm.variant) for arm in found).values()) == {NUMBER // 6}
    comparison = comparison_of(batch_id)
    assert comparison is not None
    assert comparison.days_base == WITHOUT_PAST
    batch = batch_of(crowded.id, batch_id)
    assert (batch.variant_names, batch.starts_at) == ([shipped_template().name, "Secondo"], days[0])


def test_the_order_within_a_day_tells_nothing_of_the_stratum(crowded: EditionView) -> None:
    first = sorted((arm for arm in arms(queue(crowded)) if arm.day == 0), key=lambda arm: arm.planned_at)
    assert sum(one.stratum == other.stratum for one, other in pairwise(first)) < len(first) / 3


def test_an_ordinary_batch_is_sent_in_the_order_of_the_tickets_and_keeps_no_lots(crowded: EditionView) -> None:
    batch_id = queue(crowded, days=1)
    assert (arms(batch_id), comparison_of(batch_id)) == ([], None)
    assert report(crowded, batch_id, START + HOUR).days is None


def test_days_that_cannot_be_kept_are_refused_and_nothing_is_stored(crowded: EditionView) -> None:
    with pytest.raises(CrowdedDaysError):
        queue(crowded, days=3, per_hour=30)
    late = Schedule(crowded.closes_at - 2 * DAY, 3_600, False, days=3)
    with pytest.raises(LateDaysError):
        queue_batch(crowded, Plan("P", Choice(), 0, late), key="l", actor="staff:1", now=START)
    db.session.rollback()
    assert [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Batch, Comparison, Arm)] == [0, 0, 0]


def test_days_are_working_days_at_the_same_time_of_day_also_when_the_clocks_change() -> None:
    friday = dt.datetime(2026, 3, 27, 9, 30, tzinfo=ROME)
    starts = [at.astimezone(ROME) for at in Schedule(friday, 400, True, days=3).day_starts()]
    assert [(at.day, at.hour, at.minute) for at in starts] == [(27, 9, 30), (30, 9, 30), (31, 9, 30)]
    assert [at.astimezone(ROME).day for at in Schedule(friday, 400, False, days=3).day_starts()] == [27, 28, 29]
    evening = Schedule(dt.datetime(2026, 3, 27, 21, 0, tzinfo=ROME), 400, True, days=2).day_starts()
    assert [(at.astimezone(ROME).day, at.astimezone(ROME).hour) for at in evening] == [(30, 8), (31, 8)]


def test_a_day_may_go_on_into_the_next_morning_as_long_as_it_ends_before_the_next_begins() -> None:
    afternoon = Schedule(dt.datetime(2026, 3, 16, 16, 0, tzinfo=ROME), 100, True, days=2)
    first, second = afternoon.times_by_day([1_000, 10])
    assert (first[-1] < second[0], len(first), len(second)) == (True, 1_000, 10)
    with pytest.raises(CrowdedDaysError):
        afternoon.times_by_day([1_001, 10])
    assert afternoon.times(5) == [at for part in afternoon.times_by_day([3, 2]) for at in part]
    assert not ends_too_late(afternoon.span(5)[1], dt.datetime(2026, 3, 18, 16, 1, tzinfo=ROME))


def played(edition: EditionView, batch_id: int) -> dict[int, ArmRow]:
    """Of the reached 30 in 100 send something and ten more only open; of those not yet 15, and ten; some too early or too
    late."""
    found = arms(batch_id)
    batch, at = batch_of(edition.id, batch_id), min(arm.planned_at for arm in found if arm.day == 2)
    within = batch.starts_at + HOUR
    opened: dict[int, dt.datetime] = {}
    submitted: dict[int, dt.datetime] = {}
    for day in range(3):
        ids = sorted(arm.entity_id for arm in found if arm.day == day)
        sent = len(ids) * (15 if day == 2 else 30) // 100
        submitted |= each(ids[:sent], within) | each(ids[-10:], at) | each(ids[-20:-10], batch.starts_at - HOUR / 2)
        opened |= each(ids[: sent + 40], within) | each(ids[-10:], at) | each(ids[-20:-10], batch.starts_at - HOUR / 2)
    did(edition, opened, submitted)
    return {arm.entity_id: arm for arm in found}


def test_the_comparison_counts_from_the_beginning_to_the_instant_and_by_lot_alone(crowded: EditionView) -> None:
    batch_id = queue(crowded)
    lots = played(crowded, batch_id)
    at = min(arm.planned_at for arm in lots.values() if arm.day == 2)
    values = {"state": "cancelled", "reason": "the entity has submitted"}
    some = [f"entity:{entity_id}" for entity_id, arm in lots.items() if arm.day == 1][:50]
    db.session.execute(sa.update(Delivery).where(Delivery.reference.in_(some)).values(**values))
    db.session.commit()
    days = report(crowded, batch_id, at + 30 * DAY).days
    assert days is not None
    assert (days.at, days.first.entities, days.second.entities) == (at, 780, 390)
    assert (days.first.submitted, days.second.submitted) == (240, 60)
    assert (days.first.opened, days.second.opened) == (320, 100)
    assert days.answers is not None
    found = days.answers.submitted.difference
    assert found is not None
    assert (found.tells, found.low < 0.154 < found.high) == (True, True)
    assert found == compare(_by_hand(lots, report_of_ids(crowded, lots)))
    assert report(crowded, batch_id, at + 60 * DAY).days == days


def report_of_ids(edition: EditionView, lots: dict[int, ArmRow]) -> dict[int, bool | None]:
    """Entity → whether it sent something in time, None: before the beginning."""
    steps, at = first_steps(edition.id, START), min(arm.planned_at for arm in lots.values() if arm.day == 2)
    begins = min(arm.planned_at for arm in lots.values())
    told: dict[int, bool | None] = {}
    for entity_id in lots:
        sent = steps[entity_id].submitted_at if entity_id in steps else None
        told[entity_id] = False if sent is None else None if sent < begins else sent < at
    return told


def _by_hand(lots: dict[int, ArmRow], sent: dict[int, bool | None]) -> list[Counted]:
    strata: dict[str, list[int]] = {}
    for entity_id, arm in lots.items():
        if (in_time := sent[entity_id]) is not None:
            numbers = strata.setdefault(arm.stratum, [0, 0, 0, 0])
            numbers[0 if arm.day < 2 else 2] += 1
            numbers[1 if arm.day < 2 else 3] += in_time
    return [Counted(*strata[name]) for name in sorted(strata)]


def test_nothing_is_compared_before_its_instant(crowded: EditionView) -> None:
    batch_id = queue(crowded, days=2, others=(other_template(crowded),))
    at = min(arm.planned_at for arm in arms(batch_id) if arm.day == 1)
    before, then = (report(crowded, batch_id, instant) for instant in (at - dt.timedelta(seconds=1), at))
    assert before.days is not None
    assert then.days is not None
    assert (before.days.answers, before.days.regions, before.days.enough) == (None, {}, True)
    assert then.days.answers is not None
    assert then.variants is not None
    assert (then.variants.answers, then.variants.enough) == ([], True)
    ends = batch_of(crowded.id, batch_id).ends_at
    assert then.variants.at == ends + 7 * DAY
    later = report(crowded, batch_id, ends + 7 * DAY)
    assert later.variants is not None
    assert len(later.variants.answers) == 1


def test_a_small_region_is_not_told_and_a_small_batch_neither(edition: EditionView) -> None:
    crowd(240)
    batch_id = queue(edition, days=2)
    days = report(edition, batch_id, START + 20 * DAY).days
    assert days is not None
    assert days.answers is not None
    assert (days.enough, days.answers.submitted.difference, days.answers.opened.difference) == (False, None, None)
    assert {one.submitted.difference for one in days.regions.values()} == {None}


def test_who_got_nothing_in_time_is_told_of_beside_and_stays_where_it_is(crowded: EditionView) -> None:
    batch_id = queue(crowded, days=2)
    days = report(crowded, batch_id, START + 20 * DAY).days
    assert days is not None
    assert (days.first.entities, days.late) == (600, 600)
    sent = {"state": "accepted", "claimed_at": Delivery.not_before}
    db.session.execute(sa.update(Delivery).where(Delivery.kind == "reminder").values(**sent))
    db.session.commit()
    days = report(crowded, batch_id, START + 20 * DAY).days
    assert days is not None
    assert (days.first.sent, days.second.sent, days.late) == (600, 600, 0)


def test_the_statements_do_not_grow_with_the_entities(app: Flask, edition: EditionView) -> None:
    made: list[str] = []

    def number_of(work: Callable[[], object]) -> int:
        made.clear()
        work()
        return len(made)

    crowd(100)
    sa.event.listen(db.engine, "before_cursor_execute", lambda *about: made.append(about[2]))
    few = number_of(lambda: queue(edition, days=2, key="few"))
    few_read = number_of(lambda: report_of(edition, batch_of(edition.id, 1), START))
    db.session.rollback()
    db.session.execute(sa.text("UPDATE entity SET code = 'x' || code WHERE code >= '900000'"))
    db.session.commit()
    crowd(700)
    many = number_of(lambda: queue(edition, days=2, key="many", now=START + HOUR / 2))
    many_read = number_of(lambda: report_of(edition, batch_of(edition.id, 2), START))
    assert (len(arms(2)) > 600, few_read, many_read) == (True, few_read, few_read)
    assert many <= few + 12  # the respondents anew, and a thousand rows a statement
