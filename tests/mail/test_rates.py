"""What may leave in a minute: of the site, to a domain, in working hours; for several workers together."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail.claiming import claim_due
from app.mail.groups import GroupMessage, open_group, queue_into
from app.mail.models import Delivery
from app.mail.outbox import Tally
from tests.conftest import Clock
from tests.mail.conftest import smtp_settings
from tests.smtp_server import SmtpServer

Queue = Callable[..., list[int]]
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def paced(make_app: Callable[..., Flask], server: SmtpServer) -> Callable[..., Flask]:
    """An application with these paces."""
    return lambda **paces: make_app(**smtp_settings(server, **paces))


def _claims(clock: Clock, minutes: int, limit: int = 50) -> list[dt.datetime]:
    """When what was claimed was claimed, one look every ten seconds."""
    found: list[dt.datetime] = []
    for _look in range(minutes * 6):
        found += [clock()] * len(claim_due("t", limit, clock()))
        clock.move(seconds=10)
    return found


def _most_in_a_minute(times: list[dt.datetime]) -> int:
    return max(sum(first <= other < first + MINUTE for other in times) for first in times)


@pytest.mark.parametrize("per_minute", [1, 12, 60])
def test_no_more_leave_in_any_minute_than_the_setting_says(
    paced: Callable[..., Flask], queue: Queue, clock: Clock, per_minute: int
) -> None:
    with paced(mail_per_minute=per_minute).app_context():
        assert _claims(clock, 1) == [], "to look in vain uses nothing up"
        queue(150)
        times = _claims(clock, 4)
        assert _most_in_a_minute(times) <= per_minute
        assert len(times) >= min(150, 4 * per_minute * 0.8)
        db.session.rollback()


def test_a_domain_gets_its_share_and_the_others_pass(
    paced: Callable[..., Flask], queue: Queue, clock: Clock, now: dt.datetime
) -> None:
    with paced(mail_domain_per_minute=10).app_context():
        queue(40)
        queue(1, recipient="a@Example.net", dedupe_key="other")
        first = claim_due("t", 50, clock())
        assert Counter(one.recipient.partition("@")[2] for one in first) == {"example.org": 10, "Example.net": 1}
        times = [clock()] * 10 + _claims(clock, 6)
        assert (len(times), _most_in_a_minute(times) <= 10) == (40, True)


def test_a_clock_that_was_set_back_stops_nobody(paced: Callable[..., Flask], queue: Queue, clock: Clock) -> None:
    with paced(mail_per_minute=60, mail_domain_per_minute=60).app_context():
        queue(6)
        assert len(claim_due("t", 2, clock())) == 2
        clock.move(days=-1)
        db.session.execute(sa.update(Delivery).values(not_before=clock()))
        db.session.commit()
        assert len(claim_due("t", 2, clock())) == 2


@pytest.mark.parametrize(
    ("hours", "keeps", "goes"), [(0, True, True), (12, True, False), (12, False, True), (24 * 5, True, False)], ids=str
)
def test_a_group_that_keeps_working_hours_goes_in_them_alone(
    db_session: object, clock: Clock, now: dt.datetime, hours: int, keeps: bool, goes: bool
) -> None:
    """The clock stands at Monday 10 in Rome."""
    group = open_group("g", 400, now, working_hours=keeps)
    queue_into(group, "notice", "it", [GroupMessage("entity:1", "a@example.org", "s", "t", None, "k", now)], now)
    db.session.commit()
    clock.move(hours=hours)
    assert len(claim_due("t", 5, clock())) == int(goes)


def test_what_was_put_off_is_sent_when_its_time_comes(
    paced: Callable[..., Flask], queue: Queue, run: Callable[..., Tally], clock: Clock, server: SmtpServer
) -> None:
    with paced(mail_domain_per_minute=5).app_context():
        queue(12)
        for _minute in range(4):
            run()
            clock.move(minutes=1)
    assert len(server.taken) == len(set(server.recipients())) == 12
