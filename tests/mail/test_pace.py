"""The pace of many messages: even, in working hours where asked, over nights, holidays and changes of the clock."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from app.mail.pace import ROME, is_working_day, spread


def rome(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=ROME)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (dt.date(2026, 4, 3), True),
        (dt.date(2026, 4, 4), False),  # a Saturday
        (dt.date(2026, 4, 6), False),  # Easter Monday
        (dt.date(2027, 3, 29), False),
        (dt.date(2038, 4, 26), False),
        (dt.date(2026, 6, 2), False),
        (dt.date(2026, 12, 24), True),
        (dt.date(2026, 12, 25), False),
    ],
)
def test_offices_work_from_monday_to_friday_but_for_holidays(day: dt.date, works: bool) -> None:
    assert is_working_day(day) is works


def test_the_pace_is_even_and_holds_through_the_night_where_it_may() -> None:
    times = spread(rome(2026, 3, 16, 23, 30), 401, 400, working_hours=False)
    assert times[400] - times[0] == dt.timedelta(hours=1)
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {dt.timedelta(seconds=9)}


def test_working_hours_skip_nights_weekends_and_holidays() -> None:
    times = spread(rome(2026, 4, 3, 17, 0), 900, 400, working_hours=True)  # Good Friday, an hour before offices close
    shown = [time.astimezone(ROME) for time in times]
    assert sum(time.date() == dt.date(2026, 4, 3) for time in shown) == 400
    assert shown[400] == rome(2026, 4, 7, 8, 0)  # after the weekend and Easter Monday
    assert all(dt.time(8) <= time.time() < dt.time(18) for time in shown)
    assert shown[899] == rome(2026, 4, 7, 8, 0) + 499 * dt.timedelta(seconds=9)


@pytest.mark.parametrize(("friday", "monday"), [((2026, 3, 27), (2026, 3, 30)), ((2026, 10, 23), (2026, 10, 26))])
def test_the_morning_after_a_change_of_the_clock_begins_at_eight_in_rome(
    friday: tuple[int, int, int], monday: tuple[int, int, int]
) -> None:
    times = spread(rome(*friday, 17, 59), 10, 100, working_hours=True)
    assert times[2].astimezone(ROME) == rome(*monday, 8, 0)


@pytest.mark.parametrize("night", [(2026, 3, 29), (2026, 10, 25)])
def test_an_hour_that_clocks_skip_or_repeat_changes_no_pace(night: tuple[int, int, int]) -> None:
    times = spread(rome(*night, 1, 0), 1_000, 200, working_hours=False)
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {dt.timedelta(seconds=18)}


def test_a_start_outside_of_working_hours_waits_for_them() -> None:
    assert spread(rome(2026, 3, 14, 12, 0), 1, 400, working_hours=True) == [rome(2026, 3, 16, 8, 0)]
    assert spread(rome(2026, 3, 16, 18, 0), 1, 400, working_hours=True) == [rome(2026, 3, 17, 8, 0)]
    assert spread(rome(2026, 3, 16, 10, 0), 0, 400, working_hours=True) == []
