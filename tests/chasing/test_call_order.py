"""The order of calls against a plain judgement in Python over generated rows; call-backs in an hour that spring skips; cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from app.chasing.call_queue import PAGE, Wanted, due_calls, next_free, queue_page, wall_time
from app.chasing.calls import NewCall, add_call
from app.chasing.models import OUTCOMES, Call
from app.chasing.respondents import fresh_respondents, respondent_table
from app.editions.current import EditionView
from app.editions.files import ROME
from app.extensions import db
from app.registry.models import Entity
from app.responses.models import Response, Submission, TelephoneCopy
from tests.chasing.test_call_queue import SAMONE, ids
from tests.conftest import START
from tests.desk.staff import add_member

HOURS, DAYS = dt.timedelta(hours=1), dt.timedelta(days=1)
FIRST = 6_000
AT = (
    START,
    dt.datetime(2026, 3, 29, 0, 59, tzinfo=dt.UTC),  # a minute before the clocks are put forward
    dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 4, 20, 22, 30, tzinfo=dt.UTC),  # after midnight in Rome
    dt.datetime(2026, 5, 3, 9, 0, tzinfo=dt.UTC),  # after the deadline
)


@dataclass(frozen=True)
class OneCall:
    """A call, so long before the instant that is looked from. `back`: of which day from today, and from what time on."""

    ago: dt.timedelta
    outcome: str
    back: tuple[int, str] | None
    removed: bool


@dataclass(frozen=True)
class Office:
    """An entity as a test draws it. Spans are before the instant that is looked from."""

    region: str
    state: str
    progress: int
    flags: frozenset[str]
    members: int
    population: int | None
    size_class: int
    activity: dt.timedelta | None
    message: dt.timedelta | None
    closes: dt.timedelta | None
    contested: bool
    calls: tuple[OneCall, ...]


FLAGS = ("covered", "claimed", "declared", "is_lead", "no_address", "bounced", "answered_before")
SPANS = (HOURS, 9 * HOURS, 26 * HOURS, 3 * DAYS, 3 * DAYS - HOURS, 5 * DAYS, 7 * DAYS, 7 * DAYS - HOURS, 15 * DAYS)
TIMES = ("", "00:30", "01:59", "02:30", "03:00", "09:00", "10:00", "10:01", "11:00", "23:59")
ROWS = 40


def drawn(seed: int) -> list[Office]:
    """Offices by lot, few values of each so that many tie."""
    draw = Random(seed)
    return [office(draw) for _number in range(draw.randrange(1, ROWS))]


def office(draw: Random) -> Office:
    calls = [one_call(draw) for _number in range(draw.choice((0, 0, 1, 2)))]
    return Office(
        region=draw.choice(("03", "09")),
        state=draw.choice(("never", "opened", "draft", "draft", "submitted")),
        progress=draw.choice((0, 40, 69, 70, 71, 99)),
        flags=frozenset(draw.sample((*FLAGS, "is_lead", "answered_before"), draw.choice((0, 0, 1, 2)))),
        members=draw.choice((0, 1, 7)),
        population=draw.choice((None, 0, 800, 20_000, 20_000, 90_000)),
        size_class=draw.randrange(6),
        activity=draw.choice((None, *SPANS)),
        message=draw.choice((None, *SPANS)),
        closes=draw.choice((None, -DAYS, DAYS, 9 * DAYS)),
        contested=draw.random() < 0.1,
        calls=tuple(calls),
    )


def one_call(draw: Random) -> OneCall:
    back = (draw.choice((-2, -1, 0, 0, 0, 1)), draw.choice(TIMES)) if draw.random() < 0.5 else None
    outcome = draw.choice((*OUTCOMES, *["call_back"] * 9))
    return OneCall(draw.choice(SPANS), outcome, back, removed=draw.random() < 0.2)


QUIET = Office("09", "opened", 0, frozenset(), 0, 900, 1, DAYS, None, None, contested=False, calls=())
EACH = [
    replace(QUIET, calls=(OneCall(DAYS, "call_back", (0, ""), removed=False),)),
    replace(QUIET, state="submitted", contested=True),
    replace(QUIET, flags=frozenset({"is_lead"}), members=3),
    replace(QUIET, state="draft", progress=80),
    replace(QUIET, flags=frozenset({"bounced"})),
    replace(QUIET, flags=frozenset({"answered_before"})),
    replace(QUIET, size_class=5, population=90_000),
    replace(QUIET, activity=15 * DAYS, message=7 * DAYS),
]
"""One for each reason, in their order."""


@pytest.fixture
def staff(edition: EditionView) -> int:
    number = add_member("coordinator", START)
    db.session.execute(sa.delete(respondent_table))
    db.session.commit()
    return number


def write(edition: EditionView, offices: Sequence[Office], at: dt.datetime, staff: int) -> None:
    """The offices as rows, in a transaction that is not committed."""
    for number, one in enumerate(offices):
        entity_id = FIRST + number
        shared = {"kind": "municipality", "region_code": one.region, "province_sign": "AA"}
        own = {"id": entity_id, "code": code(number), "name": f"Ente {number}", "search_name": f"| ente {number} |"}
        db.session.execute(sa.insert(Entity).values(**shared, **own))
        row: dict[str, Any] = shared | dict.fromkeys(("answered", "doubly_claimed"), False)
        row |= {flag: flag in one.flags for flag in FLAGS if flag != "no_address"}
        row["has_address"] = "no_address" not in one.flags
        row |= {"edition_id": edition.id, "entity_id": entity_id, "state": one.state, "progress": one.progress}
        row |= {"size_class": one.size_class, "population": one.population, "waiting_members": one.members}
        row |= {"last_activity": before(at, one.activity), "last_message_at": before(at, one.message)}
        row |= {"closes_at": None if one.closes is None else at + one.closes}
        db.session.execute(sa.insert(respondent_table).values(**row))
        for call in one.calls:
            made = {"edition_id": edition.id, "entity_id": entity_id, "staff_id": staff, "at": at - call.ago}
            made |= {"outcome": call.outcome, "removed_at": at if call.removed else None}
            if call.back is not None:
                made |= {"call_back_on": at.astimezone(ROME).date() + call.back[0] * DAYS, "call_back_time": call.back[1]}
            db.session.execute(sa.insert(Call).values(**made))
        if one.contested:
            contest(edition, entity_id, at)


def contest(edition: EditionView, entity_id: int, at: dt.datetime) -> None:
    """What was sent by telephone, and is not right."""
    response = {"edition_id": edition.id, "entity_id": entity_id, "definition_id": edition.definition_id, "document": "{}"}
    response |= {"status": "submitted", "progress": 100, "opened_at": at, "last_activity": at, "submissions": 1}
    number = db.session.execute(sa.insert(Response).values(**response).returning(Response.id)).scalar_one()
    sent = {"response_id": number, "number": 1, "receipt": f"r{entity_id}", "version": 0, "document": "{}"}
    sent |= {"definition_id": edition.definition_id, "submitted_at": at}
    submission = db.session.execute(sa.insert(Submission).values(**sent).returning(Submission.id)).scalar_one()
    copy = {"submission_id": submission, "response_id": number, "created_at": at, "addresses": 1, "note": ""}
    db.session.execute(sa.insert(TelephoneCopy).values(**copy, contested_at=at))


def code(number: int) -> str:
    return f"8{(number * 7_919) % 100_000:05}"


def before(at: dt.datetime, span: dt.timedelta | None) -> dt.datetime | None:
    return None if span is None else at - span


# The judgement, as the docstring of `call_queue.py` has it -------------------------------------------------------------------


def judged(edition: EditionView, offices: Sequence[Office], at: dt.datetime) -> list[tuple[str, str]]:
    """(code, reason) in order."""
    found = []
    for number, one in enumerate(offices):
        reason = reason_of(edition, one, at)
        if reason:
            first = ORDER.index(reason)
            residents = -1 if one.population is None else one.population
            found.append(((first, *within(one, reason), -residents, code(number)), code(number), reason))
    return [(told, reason) for _place, told, reason in sorted(found)]


ORDER = ["call_back", "contested", "silent_lead", "draft", "unreachable", "before", "large", "reminded"]


def within(one: Office, reason: str) -> tuple[Any, ...]:
    if reason == "call_back":
        last = last_call(one)
        assert last is not None
        assert last.back is not None
        return last.back
    if reason == "reminded":
        assert one.message is not None
        return (-one.message,)
    return {"silent_lead": (-one.members,), "draft": (-one.progress,)}.get(reason, ())


def last_call(one: Office) -> OneCall | None:
    standing = [call for call in one.calls if not call.removed]
    return standing[-1] if standing else None


def reason_of(edition: EditionView, one: Office, at: dt.datetime) -> str:
    last, local = last_call(one), at.astimezone(ROME)
    answered_for = one.state == "submitted" or bool(one.flags & {"covered", "claimed", "declared"})
    if (answered_for and not one.contested) or (last is not None and last.outcome in {"refused", "merged", "through_lead"}):
        return ""
    if last is not None and last.back is not None:
        day, time = last.back
        shown = f"{local.hour:02}:{local.minute:02}"
        return "call_back" if day < 0 or (day == 0 and time <= shown) else ""
    if last is not None and spoken(last, at):
        return ""
    if one.contested:
        return "contested"
    own_time = one.closes is not None and one.closes > dt.timedelta()
    return why_now(one) if edition.opens_at <= at < edition.closes_at or own_time else ""


def spoken(last: OneCall, at: dt.datetime) -> bool:
    """Called today, or an answer was promised in the last three days."""
    today = (at - last.ago).astimezone(ROME).date() == at.astimezone(ROME).date()
    return today or (last.outcome == "will_answer" and last.ago < 3 * DAYS)


def why_now(one: Office) -> str:
    if "is_lead" in one.flags and one.members:
        return "silent_lead"
    if one.state == "draft" and (one.progress >= 70 or (one.activity is not None and one.activity >= 7 * DAYS)):
        return "draft"
    if one.flags & {"bounced", "no_address"}:
        return "unreachable"
    if "answered_before" in one.flags:
        return "before"
    if one.size_class >= 4:
        return "large"
    silent = one.message is not None and (one.activity is None or one.activity > one.message)
    return "reminded" if silent and one.message is not None and one.message >= 5 * DAYS else ""


def test_the_queue_is_what_a_plain_judgement_gives(edition: EditionView, staff: int) -> None:
    seen: set[str] = set()

    @trials(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @example(-1, START)
    @given(st.integers(0, 2**32), st.sampled_from(AT))
    def holds(seed: int, at: dt.datetime) -> None:
        offices = EACH if seed < 0 else drawn(seed)
        db.session.rollback()
        write(edition, offices, at, staff)
        expected = judged(edition, offices, at)
        seen.update(reason for _code, reason in expected)
        shown = queue_page(edition, Wanted(), 1, at)
        assert [(row.code, row.reason) for row in shown.rows] == expected
        assert shown.total == len(expected)
        of = {code(number): one.region for number, one in enumerate(offices)}
        here = queue_page(edition, Wanted(), 1, at, region="09").rows
        assert [row.code for row in here] == [told for told, _reason in expected if of[told] == "09"]
        drafts = queue_page(edition, Wanted(reason="draft"), 1, at).rows
        assert [row.code for row in drafts] == [told for told, reason in expected if reason == "draft"]
        assert due_calls(edition, at) == sum(reason == "call_back" for _code, reason in expected)
        assert [told for _id, told in next_free(edition, Wanted(), at, region=None, most=3)] == [
            told for told, _reason in expected[:3]
        ]

    holds()
    assert seen == set(ORDER)


def test_a_call_promised_on_the_day_that_is_an_hour_shorter_comes_at_its_wall_time(edition: EditionView) -> None:
    fresh_respondents(edition, START)
    staff, sunday = add_member("coordinator", START), dt.date(2026, 3, 29)
    before_it = dt.datetime(2026, 3, 29, 0, 59, tzinfo=dt.UTC)
    assert wall_time(before_it) == (sunday, "01:59")
    assert wall_time(before_it + dt.timedelta(minutes=1)) == (sunday, "03:00")
    for promised, due in (
        ("02:30", before_it + dt.timedelta(minutes=1)),
        ("09:00", dt.datetime(2026, 3, 29, 7, tzinfo=dt.UTC)),
    ):
        call = NewCall("call_back", call_back_on=sunday, call_back_time=promised)
        add_call(edition.id, (ids(SAMONE), SAMONE), call, staff_id=staff, now=START)
        assert due_calls(edition, due - dt.timedelta(minutes=1)) == 0, promised
        assert due_calls(edition, due) == 1, promised


def test_a_time_that_clocks_show_twice_is_due_at_the_first_and_stays_due(edition: EditionView) -> None:
    fresh_respondents(edition, START)
    staff, sunday = add_member("coordinator", START), dt.date(2026, 10, 25)
    call = NewCall("call_back", call_back_on=sunday, call_back_time="02:30")
    add_call(edition.id, (ids(SAMONE), SAMONE), call, staff_id=staff, now=START)
    first = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    due = [due_calls(edition, first + minutes * dt.timedelta(minutes=1)) for minutes in (-1, 0, 29, 30, 59, 60, 90)]
    assert due == [0, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("rows", [3, PAGE * 2])
def test_a_page_costs_two_queries_whatever_its_rows_and_the_next_one_costs_one(
    app: Flask, edition: EditionView, staff: int, rows: int
) -> None:
    write(edition, [replace(QUIET, state="draft", progress=90)] * rows, START, staff)
    asked: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    page = queue_page(edition, Wanted(), 1, START)
    assert (len(page.rows), page.total, len(asked)) == (min(rows, PAGE), rows, 2)
    asked.clear()
    next_free(edition, Wanted(), START, region=None, most=20)
    assert len(asked) == 1
    asked.clear()
    due_calls(edition, START)
    assert len(asked) == 1
