"""Batches: one for two clicks, whole or not at all, never to who has submitted; paused, resumed, cancelled on a real server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.resets import reset_login
from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery, DeliveryGroup
from app.mail.outbox import Tally
from app.reminders import batches
from app.reminders.audience import Choice
from app.reminders.batches import EmptyBatchError, GrownBatchError, OtherBatchError, Plan, UnknownBatchError, queue_batch
from app.reminders.models import Batch
from app.reminders.schedule import Schedule, ends_too_late
from tests.accounts.few import PASSWORD, activate, at_once
from tests.conftest import START, Clock
from tests.responses.people import BOLZANO, FIRENZE, OWN, SAMONE_TN, SAMONE_TO, VALENTINO, People, claiming, declaring
from tests.smtp_server import ALWAYS, SmtpServer

Run = Callable[[], Tally]
RACES = 100


def plan(**changes: object) -> Plan:
    given = {"name": "Primo promemoria", "choice": Choice(), "template_id": 0, "schedule": Schedule(START, 3_600, False)}
    return Plan(**{**given, **changes})


def queue(edition: EditionView, key: str = "k", **changes: object) -> int:
    return queue_batch(edition, plan(**changes), key=key, actor="staff:1", now=START)


def rows() -> list[Delivery]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Delivery).where(Delivery.kind == "reminder").order_by(Delivery.not_before)))


def states() -> dict[str, str]:
    """Address → state, with its reason where it has one."""
    return {row.recipient[1:7]: " – ".join(filter(None, (row.state, row.reason))) for row in rows()}


def number_of(table: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_batch_is_frozen_whole_with_no_secret_in_it(reachable: EditionView) -> None:
    batch = batches.batch_of(reachable.id, queue(reachable))
    db.session.rollback()
    found = rows()
    assert (batch.respondents, batch.deliveries, len(found)) == (5, 5, 5)
    assert (batch.starts_at, batch.ends_at) == (START, START + dt.timedelta(seconds=4))
    assert sorted(row.recipient for row in found) == sorted(
        f"u{code}@example.org" for code in (FIRENZE, BOLZANO, SAMONE_TN, SAMONE_TO, VALENTINO)
    )
    assert len({row.message_id for row in found}) == 5
    for row in found:
        assert row.text.count("{link}") == 1
        assert row.html is not None
        assert row.html.count("{link}") == 2
    firenze = next(row for row in found if FIRENZE in row.recipient)
    assert firenze.subject == "Firenze (FI): promemoria per Ricognizione 2026"
    assert "fino al 30 aprile 2026, 23:59: avete ancora 45 giorni" in firenze.text
    assert "Segreteria: segreteria@example.org" in firenze.text
    assert db.session.scalars(sa.select(AuditEntry.action)).all()[-1] == "batch_queued"


def test_of_two_clicks_at_once_one_queues_and_both_find_it(app: Flask, reachable: EditionView) -> None:
    db.session.rollback()
    for race in range(RACES):
        outcomes = at_once(app, [lambda key=f"k{race}": queue(reachable, key, choice=Choice(beyond_limit=True))] * 2)
        assert len(set(map(str, outcomes))) == 1, outcomes
        assert isinstance(outcomes[0], int)
    db.session.rollback()
    assert (number_of(Batch), number_of(DeliveryGroup), len(rows())) == (RACES, RACES, 5 * RACES)


def test_of_two_coordinators_who_confirm_a_form_each_one_queues(app: Flask, reachable: EditionView) -> None:
    db.session.rollback()
    for race in range(RACES):
        after = batches.latest_batch(reachable.id)
        db.session.rollback()
        whole = plan(choice=Choice(beyond_limit=True))

        def confirm(key: str, after: int = after, whole: Plan = whole) -> int:
            return queue_batch(reachable, whole, key=key, actor="staff:1", now=START, after=after)

        outcomes = at_once(app, [lambda key=f"{who}{race}", confirm=confirm: confirm(key) for who in "ab"])
        queued = [one for one in outcomes if isinstance(one, int)]
        others = [one for one in outcomes if isinstance(one, OtherBatchError)]
        assert (len(queued), [one.batch.id for one in others]) == (1, queued), outcomes
    db.session.rollback()
    assert (number_of(Batch), len(rows())) == (RACES, 5 * RACES)


def test_a_second_form_queues_once_its_reader_has_seen_the_first(reachable: EditionView) -> None:
    first = queue(reachable, "a")
    with pytest.raises(OtherBatchError):
        queue_batch(reachable, plan(), key="b", actor="staff:2", now=START, after=0)
    assert queue_batch(reachable, plan(), key="a", actor="staff:1", now=START, after=0) == first
    beyond = plan(choice=Choice(beyond_limit=True))
    assert queue_batch(reachable, beyond, key="b", actor="staff:2", now=START, after=first) > first


def test_a_title_with_a_placeholder_in_it_is_no_link(reachable: EditionView) -> None:
    titled = replace(reachable, title="Anno {link} e {ente}")
    queue(titled)
    for row in rows():
        assert "Anno (link) e {ente}" in row.subject
        assert row.text.count("{link}") == 1


def test_nobody_to_write_to_is_no_batch(reachable: EditionView) -> None:
    without = Choice(without=(FIRENZE, BOLZANO, SAMONE_TN, SAMONE_TO, VALENTINO))
    with pytest.raises(EmptyBatchError):
        queue(reachable, choice=without)
    with pytest.raises(GrownBatchError):
        queue_batch(reachable, plan(), key="k", actor="staff:1", now=START, seen=4)
    db.session.rollback()
    assert (number_of(Batch), rows()) == (0, [])


def test_a_failure_half_way_leaves_nothing(reachable: EditionView, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_more: object) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(batches, "record", fail)
    with pytest.raises(RuntimeError):
        queue(reachable)
    db.session.rollback()
    assert (number_of(Batch), number_of(DeliveryGroup), rows()) == (0, 0, [])


def test_who_submits_between_planning_and_claim_is_not_reached(
    reachable: EditionView, people: People, run: Run, clock: Clock
) -> None:
    queue(reachable)
    people.send(FIRENZE, claiming(SAMONE_TN))
    people.send(BOLZANO, declaring(VALENTINO))
    people.ends(SAMONE_TO, START.date(), None)
    clock.move(minutes=9)
    run()
    assert states() == {
        FIRENZE: "cancelled – the entity has submitted",
        SAMONE_TN: "cancelled – another entity has submitted for it",
        BOLZANO: "cancelled – another entity answers for it",
        SAMONE_TO: "cancelled – the entity no longer exists",
        VALENTINO: "accepted",
    }


def test_an_address_that_is_no_longer_the_entitys_gets_nothing(
    reachable: EditionView, people: People, run: Run, clock: Clock, server: SmtpServer
) -> None:
    queue(reachable)
    db.session.execute(
        sa.text("UPDATE contact_address SET ended_at = created_at WHERE email = :email"), {"email": f"u{FIRENZE}@example.org"}
    )
    db.session.commit()
    clock.move(seconds=10)
    run()
    assert states()[FIRENZE] == "cancelled – the address is no longer the entity's"
    assert len(server.taken) == 4


def test_nobody_is_written_to_after_its_deadline(reachable: EditionView, run: Run, clock: Clock, server: SmtpServer) -> None:
    queue(reachable)
    clock.set(reachable.closes_at)
    for _number in range(5):  # what is late goes out at the pace, so it takes its time to be cancelled as well
        run()
        clock.move(seconds=1)
    assert set(states().values()) == {"cancelled – its deadline has passed"}
    assert server.taken == []


def test_the_link_is_made_when_the_message_goes_and_fits_who_reads_it(
    reachable: EditionView, run: Run, clock: Clock, server: SmtpServer
) -> None:
    activate(FIRENZE, START, PASSWORD)
    queue(reachable)
    clock.move(seconds=10)
    run()
    texts = {taken.recipients[0][1:7]: taken.message.get_body(("plain",)).get_content() for taken in server.taken}
    assert f"/accedi?ente={FIRENZE}" in texts[FIRENZE]
    assert "/attiva/" in texts[BOLZANO]
    assert len({text.partition("/attiva/")[2][:43] for code, text in texts.items() if code != FIRENZE}) == 4
    assert all("/attiva/" not in row.text and "{link}" in row.text for row in rows())


def test_a_reminder_gives_no_link_for_a_password_that_a_reset_has_ended(
    reachable: EditionView, run: Run, clock: Clock, server: SmtpServer
) -> None:
    activate(FIRENZE, START, PASSWORD)
    queue(reachable)
    reset_login(FIRENZE, actor="staff:1", now=START)
    clock.move(seconds=10)
    run()
    texts = [str(taken.message) for taken in server.taken if taken.recipients[0][1:7] == FIRENZE]
    assert [("/attiva/" in text, "/accedi?ente" in text) for text in texts if "promemoria" in text] == [(False, True)]


def test_pause_resume_and_cancel_on_a_real_server(reachable: EditionView, run: Run, clock: Clock, server: SmtpServer) -> None:
    batch = queue(reachable, schedule=Schedule(START, 60, False))
    assert run().accepted == 1
    for _again in range(2):
        batches.pause_batch(reachable.id, batch, "il testo va corretto", actor="staff:1", now=clock())
    clock.move(minutes=30)
    assert run().claimed == 0
    for _again in range(2):
        batches.resume_batch(reachable.id, batch, actor="staff:1", now=clock())
    assert run().accepted == 1
    clock.move(minutes=1)
    assert run().accepted == 1
    assert batches.cancel_batch(reachable.id, batch, actor="staff:1", now=clock()) == 2
    assert batches.cancel_batch(reachable.id, batch, actor="staff:1", now=clock()) == 0
    clock.move(hours=1)
    assert (run().claimed, len(server.taken)) == (0, 3)
    told = sa.select(AuditEntry.action).where(AuditEntry.subject == f"batch:{batch}").order_by(AuditEntry.number)
    assert list(db.session.scalars(told)) == [
        "batch_queued",
        "batch_paused",
        "batch_resumed",
        "batch_cancelled",
    ]
    with pytest.raises(UnknownBatchError):
        batches.batch_of(reachable.id + 1, batch)


def test_a_server_that_refuses_the_sender_pauses_the_batch(
    reachable: EditionView, run: Run, clock: Clock, server: SmtpServer
) -> None:
    batch = queue(reachable)
    server.fail("mail", "550 5.7.1 not you", ALWAYS)
    clock.move(seconds=10)
    assert run().stopped
    group = db.session.get(DeliveryGroup, batches.batch_of(reachable.id, batch).group_id)
    assert group is not None
    assert (group.pause_reason, group.paused_at) == ("server: 550 5.7.1 not you", clock())
    db.session.rollback()
    assert run().claimed == 0


def test_order_is_drawn_by_lot_and_the_same_for_one_form(reachable: EditionView) -> None:
    orders = set()
    for number in range(6):
        queue(reachable, f"k{number}", choice=Choice(beyond_limit=True))
    for batch in db.session.scalars(sa.select(Batch.group_id)).all():
        query = sa.select(Delivery.recipient).where(Delivery.group_id == batch).order_by(Delivery.not_before)
        orders.add(tuple(db.session.scalars(query)))
    assert len(orders) > 1


def test_a_plan_that_ends_in_the_last_day_is_too_late(edition: EditionView) -> None:
    day = dt.timedelta(days=1)
    assert ends_too_late(edition.closes_at - day / 2, edition.closes_at)
    assert not ends_too_late(edition.closes_at - 2 * day, edition.closes_at)


def test_a_plan_over_a_weekend_and_a_change_of_the_clock_says_when_it_ends() -> None:
    friday = dt.datetime(2026, 3, 27, 16, 30, tzinfo=dt.UTC)  # 17:30 in Rome, which changes its clocks on Sunday
    first, last = Schedule(friday, 400).span(600)
    assert first == friday
    assert last == dt.datetime(2026, 3, 30, 6, 0, tzinfo=dt.UTC) + 399 * dt.timedelta(seconds=9)


def test_what_people_wrote_meanwhile_is_no_reason_to_stay_silent(
    reachable: EditionView, people: People, run: Run, clock: Clock, server: SmtpServer
) -> None:
    queue(reachable)
    people.write(FIRENZE, OWN)
    clock.move(minutes=9)
    run()
    assert f"u{FIRENZE}@example.org" in server.recipients() or states()[FIRENZE].startswith("queued")
