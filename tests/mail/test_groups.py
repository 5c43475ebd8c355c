"""Groups: queued at once, paused by a person or by the server, resumed at their pace, cancelled; a late one never bursts."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail import groups
from app.mail.claiming import claim_due
from app.mail.groups import GroupEndedError, GroupMessage
from app.mail.models import Delivery, DeliveryGroup
from app.mail.outbox import Tally
from tests.conftest import Clock
from tests.smtp_server import ALWAYS, SmtpServer

Run = Callable[..., Tally]
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def group(db_session: object, clock: Clock) -> Callable[..., int]:
    """Makes a group of that many messages, one a minute: `group(3)`."""

    def make(count: int = 3, *, key: str = "g", working_hours: bool = False) -> int:
        group_id = groups.open_group("Gruppo di prova", 60, clock(), working_hours=working_hours)
        messages = [
            GroupMessage(
                reference=f"entity:{number}",
                recipient=f"ufficio{number}@example.org",
                subject=f"Promemoria {number}",
                text="Buongiorno.",
                html=None,
                dedupe_key=f"{key}{number}",
                not_before=clock() + number * MINUTE,
            )
            for number in range(count)
        ]
        groups.queue_into(group_id, "notice", "it", messages, clock())
        db.session.commit()
        return group_id

    return make


def due(group_id: int) -> list[dt.datetime]:
    query = sa.select(Delivery.not_before).where(Delivery.group_id == group_id).order_by(Delivery.not_before)
    found = list(db.session.scalars(query))
    db.session.commit()
    return found


def counts(group_id: int) -> dict[str, int]:
    found = {state: number for state, number in groups.counts_of([group_id])[group_id].items() if number}
    db.session.commit()
    return found


def test_messages_go_out_one_after_the_other_each_with_an_id_of_its_own(
    group: Callable[..., int], run: Run, server: SmtpServer, clock: Clock
) -> None:
    made = group(3)
    assert run().accepted == 1
    clock.move(minutes=1)
    assert run().accepted == 1
    clock.move(minutes=1)
    assert run().accepted == 1
    assert server.recipients() == [f"ufficio{number}@example.org" for number in range(3)]
    assert len({taken.message_id for taken in server.taken}) == 3
    assert counts(made) == {"accepted": 3}


def test_nothing_of_a_paused_group_is_sent_and_others_are(group: Callable[..., int], run: Run, clock: Clock) -> None:
    paused, other = group(2), group(1, key="other")
    groups.pause_group(paused, "il testo è sbagliato", clock())
    db.session.commit()
    clock.move(minutes=5)
    assert run().accepted == 1
    assert (counts(paused), counts(other)) == ({"queued": 2}, {"accepted": 1})
    row = groups.group_by_id(paused)
    assert row is not None
    assert (row.pause_reason, row.paused_at) == ("il testo è sbagliato", clock() - 5 * MINUTE)


def test_a_resumed_group_goes_on_at_its_pace(group: Callable[..., int], run: Run, clock: Clock) -> None:
    made = group(4)
    run()
    groups.pause_group(made, "pausa", clock())
    db.session.commit()
    clock.move(hours=2)
    groups.resume_group(made, clock())
    db.session.commit()
    assert due(made)[1:] == [clock(), clock() + MINUTE, clock() + 2 * MINUTE]
    assert run().accepted == 1


def test_a_group_that_waits_for_its_day_is_not_brought_forward_by_a_pause(group: Callable[..., int], clock: Clock) -> None:
    made = group(2)
    start = clock() + dt.timedelta(days=1)
    db.session.execute(sa.update(Delivery).values(not_before=start))
    groups.pause_group(made, "pausa", clock())
    groups.resume_group(made, clock.move(hours=1))
    db.session.commit()
    assert due(made) == [start, start + MINUTE]


def test_pausing_takes_back_what_a_worker_has_in_hand(group: Callable[..., int], clock: Clock) -> None:
    made = group(1)
    assert len(claim_due("worker", 20, clock())) == 1
    groups.pause_group(made, "pausa", clock())
    db.session.commit()
    assert counts(made) == {"queued": 1}
    assert claim_due("other", 20, clock()) == []


def test_cancelling_is_for_good(group: Callable[..., int], run: Run, clock: Clock) -> None:
    made = group(3)
    run()
    assert groups.cancel_group(made, "annullato", clock()) == 2
    assert groups.cancel_group(made, "annullato", clock()) is None
    db.session.commit()
    assert counts(made) == {"accepted": 1, "cancelled": 2}
    for deed in (lambda: groups.pause_group(made, "no", clock()), lambda: groups.resume_group(made, clock())):
        with pytest.raises(GroupEndedError):
            deed()
        db.session.rollback()


@pytest.mark.parametrize(("phase", "answer"), [("mail", "550 5.7.1 sender refused"), ("mail", "553 no")])
def test_a_server_that_refuses_us_pauses_the_group_and_says_why(
    group: Callable[..., int], run: Run, server: SmtpServer, clock: Clock, phase: str, answer: str
) -> None:
    made = group(2)
    clock.move(minutes=5)
    server.fail(phase, answer, ALWAYS)
    assert answer in run().stopped
    row = groups.group_by_id(made)
    assert row is not None
    assert row.paused_at == clock()
    assert row.pause_reason == f"server: {answer}"
    server.mend()
    assert (run().claimed, counts(made)) == (0, {"queued": 2})
    groups.resume_group(made, clock.move(minutes=10))
    db.session.commit()
    assert run().accepted == 1


def test_a_refused_login_pauses_the_group(
    make_app: Callable[..., Flask], group: Callable[..., int], run: Run, server: SmtpServer
) -> None:
    made = group(1)
    server.fail("connect", "554 5.3.2 nobody gets in", ALWAYS)
    assert run().stopped
    row = groups.group_by_id(made)
    assert row is not None
    assert row.pause_reason.startswith("server: 554")


def test_after_hours_without_a_worker_nothing_bursts(group: Callable[..., int], run: Run, clock: Clock) -> None:
    made = group(5)
    clock.move(hours=3)
    assert run().accepted == 1
    assert due(made)[1:] == [clock() + number * MINUTE for number in range(1, 5)]
    assert run().accepted == 0
    clock.move(minutes=1)
    assert run().accepted == 1


def test_what_is_late_waits_for_working_hours_where_the_group_keeps_them(
    group: Callable[..., int], run: Run, clock: Clock
) -> None:
    made = group(3, working_hours=True)
    clock.set(dt.datetime(2026, 3, 16, 20, 0, tzinfo=dt.UTC))
    assert run().accepted == 0
    assert due(made)[0] == dt.datetime(2026, 3, 17, 7, 0, tzinfo=dt.UTC)


def test_a_message_that_cannot_travel_fails_alone(db_session: object, clock: Clock) -> None:
    group_id = groups.open_group("Gruppo", 60, clock(), working_hours=False)
    bad = GroupMessage("entity:1", "due@example.org, tre@example.org", "Oggetto", "Testo", None, "bad", clock())
    good = GroupMessage("entity:2", "uno@example.org", "Oggetto", "Testo", None, "good", clock())
    groups.queue_into(group_id, "notice", "it", [bad, good], clock())
    db.session.commit()
    assert counts(group_id) == {"failed": 1, "queued": 1}
    (trouble,) = groups.troubles_of(group_id, ("failed",))
    assert trouble.reason.startswith("the recipient should be one e-mail address")
    assert groups.groups_that_reached([group_id]) == {"entity:2": 1}


def test_a_pause_and_workers_at_once_leave_nothing_claimed(app: Flask, group: Callable[..., int], clock: Clock) -> None:
    made = group(40)
    clock.move(hours=0, minutes=40)
    together = threading.Barrier(3)

    def work(name: str) -> None:
        with app.app_context():
            together.wait()
            for _round in range(5):
                claim_due(name, 3, clock())

    def pause() -> None:
        with app.app_context():
            together.wait()
            groups.pause_group(made, "pausa", clock())
            db.session.commit()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")] + [threading.Thread(target=pause)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(made) == {"queued": 40}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DeliveryGroup)) == 1
