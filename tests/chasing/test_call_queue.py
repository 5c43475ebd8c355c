"""The queue of calls: its order, one Region alone, and one caller for an entity at a time."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Flask

from app.chasing.call_queue import Wanted, due_calls, queue_page, wall_time
from app.chasing.calls import NewCall, add_call
from app.chasing.claims import HELD, leave, take
from app.chasing.respondents import fresh_respondents, respondent_table
from app.editions.current import EditionView
from app.extensions import db
from app.registry.entities import find_by_code
from tests.accounts.few import at_once
from tests.conftest import START
from tests.desk.staff import add_member

FIRENZE, SAMONE = "048017", "022165"


def ids(code: str) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def queued(edition: EditionView, now: dt.datetime, region: str | None = None) -> list[tuple[str, str]]:
    return [(row.code, row.reason) for row in queue_page(edition, Wanted(), 1, now, region=region).rows]


def test_promises_come_first_when_their_time_has_come_and_who_has_sent_is_out(edition: EditionView) -> None:
    fresh_respondents(edition, START)
    staff = add_member("coordinator", START)
    call = NewCall("call_back", call_back_on=START.date(), call_back_time="11:00")
    add_call(edition.id, (ids(SAMONE), SAMONE), call, staff_id=staff, now=START)
    assert SAMONE not in dict(queued(edition, START))
    later = START + dt.timedelta(hours=1)
    assert queued(edition, later)[0] == (SAMONE, "call_back")
    assert (due_calls(edition, START), due_calls(edition, later), due_calls(edition, later, region="09")) == (0, 1, 0)
    assert queued(edition, later, "09") == [(FIRENZE, "unreachable")]
    db.session.execute(sa.update(respondent_table).values(state="submitted"))
    assert queued(edition, later) == []


def test_of_two_callers_at_once_one_has_the_entity(app: Flask, edition: EditionView) -> None:
    edition_id, whom = edition.id, (ids(FIRENZE), FIRENZE)
    one, other = add_member("coordinator", START), add_member("administrator", START)
    db.session.commit()
    deeds = [lambda who=who: take(edition_id, whom, staff_id=who, now=START) for who in (one, other)]
    won = at_once(app, deeds)
    assert sorted(map(str, won)) == ["False", "True"]
    assert not leave(edition_id, whom, staff_id=other if won[0] else one, now=START)
    assert take(edition_id, whom, staff_id=other if won[0] else one, now=START + HELD)


def test_an_hour_that_comes_twice_has_come() -> None:
    again = dt.datetime(2026, 10, 25, 1, 10, tzinfo=dt.UTC)
    assert wall_time(again) == (dt.date(2026, 10, 25), "02:59")
    assert wall_time(again - dt.timedelta(hours=1)) == (dt.date(2026, 10, 25), "02:10")
