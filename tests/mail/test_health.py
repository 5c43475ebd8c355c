"""How the outbox stands: each thing that can be wrong, alone and in the order of urgency; late only what could have gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.mail.groups import SERVER_SAYS, GroupMessage, cancel_group, hold_group, open_group, pause_group, queue_into
from app.mail.health import HELD, LATE_MAIL, NO_WORKER, OutboxHealth, outbox_alerts, outbox_health
from app.mail.holds import BY_HAND, hold
from app.mail.models import Delivery, MailWorker
from app.mail.outbox import Tally
from app.mail.returns.space import note_space, note_warning
from app.mail.workers import believe_clocks
from tests.conftest import Clock
from tests.smtp_server import ALWAYS, DROP, SmtpServer

Queue = Callable[..., list[int]]
Run = Callable[..., Tally]
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def add_worker(now: dt.datetime, *, machine: str = "posta", **more: object) -> None:
    """A worker that says now that it lives."""
    number = db.session.execute(sa.select(sa.func.count()).select_from(MailWorker)).scalar_one()
    values = {"id": f"{number:032}", "machine": machine, "boot": "b", "clock_offset": 0.0, "clock_ahead": 0.0}
    db.session.execute(
        sa.insert(MailWorker).values(**{**values, "started_at": now, "seen_at": now, "stopped_at": None, **more})
    )
    db.session.commit()


def add_group(now: dt.datetime, count: int = 1, *, key: str = "g", working_hours: bool = False) -> int:
    """A group of messages that are due now."""
    group_id = open_group(f"Gruppo {key}", 60, now, working_hours=working_hours)
    messages = [
        GroupMessage(f"entity:{n}", f"u{n}@example.org", "Promemoria", "Testo", None, f"{key}{n}", now) for n in range(count)
    ]
    queue_into(group_id, "notice", "it", messages, now)
    db.session.commit()
    return group_id


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    made: list[str] = []

    def note(*about: object) -> None:
        made.append(str(about[2]))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield made
    sa.event.remove(db.engine, "before_cursor_execute", note)


def look(now: dt.datetime) -> OutboxHealth:
    """How it stands; the alert of the pages says the same."""
    found = outbox_health(now)
    assert outbox_alerts(now) == tuple(word for word in found.problems if word in (NO_WORKER, LATE_MAIL, HELD))
    db.session.commit()
    return found


def test_an_empty_outbox_misses_nobody(db_session: object, now: dt.datetime) -> None:
    found = look(now)
    assert (found.problems, found.oldest_due, found.late_by, found.due, found.soon) == ((), None, dt.timedelta(), 0, 0)
    assert (sum(found.counts.values()), found.living, found.paused, found.refusal) == (0, [], [], None)


def test_all_of_it_is_few_statements_and_an_alert_is_one(db_session: object, now: dt.datetime) -> None:
    with statements() as made:
        outbox_health(now)
    assert len(made) == 7
    with statements() as made:
        outbox_alerts(now)
    assert len(made) == 1


def test_somebody_must_live_where_something_is_due_or_due_within_the_hour(queue: Queue, now: dt.datetime) -> None:
    queue(2, not_before=now + 2 * HOUR)
    assert look(now).problems == ()
    later = now + HOUR + MINUTE
    found = look(later)
    assert (found.problems, found.due, found.soon) == ((NO_WORKER,), 0, 2)
    add_worker(later)
    assert look(later).problems == ()
    assert [one.machine for one in look(later).living] == ["posta"]
    assert look(later + 3 * MINUTE).problems == (NO_WORKER,)
    assert look(later + HOUR).problems == (NO_WORKER,)


def test_a_worker_that_a_timer_starts_now_and_then_is_not_missed(queue: Queue, now: dt.datetime) -> None:
    queue(1, not_before=now + MINUTE)
    add_worker(now, stopped_at=now)
    found = look(now + 5 * MINUTE)
    assert (found.problems, found.living) == ((), [])
    assert look(now + 10 * MINUTE).problems == (NO_WORKER,)


def test_late_is_what_could_have_gone_ten_minutes_ago(queue: Queue, now: dt.datetime) -> None:
    queue(3)
    for minutes, problems in ((9, ()), (10, (LATE_MAIL,)), (600, (LATE_MAIL,))):
        then = now + minutes * MINUTE
        add_worker(then)
        found = look(then)
        assert (found.problems, found.oldest_due, found.late_by, found.due) == (problems, now, minutes * MINUTE, 3)


def test_what_a_killed_worker_has_left_is_due(queue: Queue, now: dt.datetime) -> None:
    queue(1)
    db.session.execute(sa.update(Delivery).values(state="claimed", lease_until=now + 10 * MINUTE))
    db.session.commit()
    assert look(now + 9 * MINUTE).due == 0
    assert look(now + 10 * MINUTE).problems == (NO_WORKER, LATE_MAIL)


@pytest.mark.parametrize("stop", [cancel_group, pause_group])
def test_a_group_that_is_paused_or_cancelled_is_not_due(
    db_session: object, now: dt.datetime, stop: Callable[..., object]
) -> None:
    group_id = add_group(now, 2)
    stop(group_id, "Il testo va corretto", now)
    db.session.commit()
    found = look(now + HOUR)
    assert (found.problems, found.oldest_due, found.due, found.soon) == ((), None, 0, 0)
    told = [(one.id, one.label, one.since, one.words, one.by_server) for one in found.paused]
    assert told == ([(group_id, "Gruppo g", now, "Il testo va corretto", False)] if stop is pause_group else [])


def test_a_group_that_keeps_working_hours_is_late_in_them_alone(db_session: object, now: dt.datetime) -> None:
    evening = now.replace(hour=16, minute=55)  # 17:55 in Rome
    add_group(evening, 2, working_hours=True)
    assert look(evening + 3 * MINUTE).problems == (NO_WORKER,)
    night = look(evening + 10 * MINUTE)
    assert (night.problems, night.oldest_due, night.due, night.soon) == ((), None, 0, 0)
    before_eight = look(evening + 13 * HOUR + 20 * MINUTE)
    assert (before_eight.problems, before_eight.due, before_eight.soon) == ((NO_WORKER,), 0, 2)
    opened = (evening + 15 * HOUR).replace(hour=7, minute=0)  # 8:00 in Rome
    assert look(opened).late_by == dt.timedelta()
    assert look(opened + 9 * MINUTE).problems == (NO_WORKER,)
    morning = look(opened + 10 * MINUTE)
    assert (morning.problems, morning.oldest_due) == ((NO_WORKER, LATE_MAIL), opened)


def test_while_all_is_held_nothing_is_late(queue: Queue, now: dt.datetime) -> None:
    queue(1)
    add_worker(now + HOUR)
    hold(BY_HAND, "prova di ripristino", now)
    db.session.commit()
    found = look(now + HOUR)
    assert (found.problems, found.due, [one.detail for one in found.holds]) == ((HELD,), 1, ["prova di ripristino"])


def test_a_clock_that_jumped_ahead_is_told_until_somebody_believes_it(db_session: object, now: dt.datetime) -> None:
    ahead = now + 2 * HOUR
    add_worker(ahead, machine="avanti", clock_ahead=7_200.0)
    add_worker(now, machine="giusta")
    for seen_by in (now, ahead):
        found = look(seen_by)
        assert (found.problems, [one.machine for one in found.clocks_ahead]) == (("clock_ahead",), ["avanti"])
    assert believe_clocks() == 1
    db.session.commit()
    assert look(ahead).problems == ()
    assert [one.machine for one in look(ahead).living] == ["avanti"]


def test_a_worker_that_died_in_the_future_does_not_live(queue: Queue, now: dt.datetime) -> None:
    queue(1)
    add_worker(now + 5 * HOUR, clock_ahead=7_200.0)
    found = look(now)
    assert (found.problems, found.living) == ((NO_WORKER,), [])
    assert len(found.workers) == 1


def test_a_group_that_the_server_has_paused_is_told_with_its_words(db_session: object, now: dt.datetime) -> None:
    hold_group(add_group(now), f"{SERVER_SAYS}535 5.7.8 login refused", now)
    db.session.commit()
    found = look(now)
    assert (found.problems, [one.words for one in found.refused]) == (("refused",), ["535 5.7.8 login refused"])


def test_messages_of_no_group_that_the_server_refuses_are_told(
    queue: Queue, run: Run, server: SmtpServer, clock: Clock
) -> None:
    queue(3)
    server.fail("mail", "550 5.7.1 sender refused", times=ALWAYS)
    run()
    add_worker(clock())
    found = look(clock())
    assert found.problems == ("refused",)
    assert found.refusal is not None
    assert (found.refusal.number, found.refusal.words) == (1, "550 5.7.1 sender refused")


def test_what_was_sent_is_counted_and_what_nobody_knows_is_told(
    queue: Queue, run: Run, server: SmtpServer, clock: Clock
) -> None:
    queue(4)
    server.fail("end", DROP)
    run()
    db.session.execute(sa.update(Delivery).where(Delivery.id == 2).values(state="delivered"))
    db.session.execute(sa.update(Delivery).where(Delivery.id == 3).values(state="bounced"))
    db.session.commit()
    found = look(clock())
    assert (found.problems, found.counts["unknown"], found.sent_hour, found.sent_day) == (("unknown",), 1, 3, 3)
    assert [found.counts[state] for state in ("accepted", "delivered", "bounced")] == [1, 1, 1]
    assert (look(clock() + 2 * HOUR).sent_hour, look(clock() + 2 * HOUR).sent_day) == (0, 3)
    assert look(clock() + 25 * HOUR).sent_day == 0


def test_a_mailbox_that_is_nearly_full_is_told(db_session: object, now: dt.datetime) -> None:
    note_space("imap", 10, 100, now)
    note_space("pec", 81, 100, now)
    db.session.commit()
    assert [one.name for one in look(now).full_mailboxes] == ["pec"]
    note_warning("imap", "casella quasi piena", now)
    db.session.commit()
    found = look(now)
    assert (found.problems, [one.name for one in found.full_mailboxes]) == (("mailbox_full",), ["imap", "pec"])


def test_the_most_urgent_is_told_first(queue: Queue, now: dt.datetime) -> None:
    queue(2)
    hold_group(add_group(now), f"{SERVER_SAYS}535 no", now)
    db.session.execute(sa.update(Delivery).where(Delivery.id == 2).values(state="unknown"))
    note_space("pec", 99, 100, now)
    db.session.commit()
    assert look(now + HOUR).problems == (NO_WORKER, LATE_MAIL, "refused", "unknown", "mailbox_full")
