"""When the steps of a plan are due: shifted off closed days, in working hours, through the changes of the clock."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.pace import ROME, is_working_time
from app.mail.working_days import is_working_day, national_holidays
from app.reminders.plans.resolving import Due, Frame, Timing, last_chance, resolve

NINE = 9 * 60


def rome(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=ROME)


def frame(opens: tuple[int, ...] = (2026, 3, 2, 9, 0), deadline: tuple[int, ...] = (2026, 4, 30, 23, 59)) -> Frame:
    return Frame(rome(*opens), rome(*deadline) + dt.timedelta(minutes=1))


def due(kind: str, days: int, given: Frame, *, minute: int = NINE, moved_to: dt.date | None = None) -> Due:
    return resolve(Timing(kind, days, minute, moved_to), given)


@pytest.mark.parametrize(
    ("deadline", "days", "goes"),
    [
        ((2026, 4, 30, 23, 59), 21, (2026, 4, 9)),
        ((2026, 4, 30, 23, 59), 2, (2026, 4, 28)),
        ((2026, 4, 13, 23, 59), 7, (2026, 4, 3)),  # Easter Monday → Good Friday, a working day
        ((2026, 4, 6, 23, 59), 0, (2026, 4, 3)),
        ((2026, 10, 11, 23, 59), 7, (2026, 10, 2)),  # 4 October 2026, a Sunday and Saint Francis' day
        ((2027, 10, 11, 23, 59), 7, (2027, 10, 1)),  # 4 October 2027, a Monday
        ((2025, 10, 10, 23, 59), 6, (2025, 10, 3)),  # 4 October 2025, a Saturday
        ((2026, 5, 8, 23, 59), 7, (2026, 4, 30)),  # 1 May
        ((2027, 1, 8, 23, 59), 2, (2027, 1, 5)),  # Epiphany
    ],
)
def test_a_reminder_goes_on_its_day_or_on_the_working_day_before(
    deadline: tuple[int, ...], days: int, goes: tuple[int, int, int]
) -> None:
    found = due("reminder", days, frame(deadline=deadline))
    assert found.at == rome(*goes, 9, 0)
    assert found.is_shifted is (found.wanted != dt.date(*goes))


def test_a_deadline_at_midnight_counts_from_the_day_that_is_over() -> None:
    assert due("reminder", 2, Frame(rome(2026, 3, 2), rome(2026, 5, 1))).wanted == dt.date(2026, 4, 28)


@pytest.mark.parametrize(
    ("opens", "days", "goes"),
    [
        ((2026, 3, 2, 9, 0), 0, (2026, 3, 2, 9, 0)),
        ((2026, 3, 2, 9, 30), 0, (2026, 3, 2, 9, 30)),  # the form opens later than the step's time
        ((2026, 3, 2, 17, 30), 0, (2026, 3, 3, 9, 0)),
        ((2026, 3, 2, 23, 0), 0, (2026, 3, 3, 9, 0)),
        ((2026, 3, 7, 9, 0), 0, (2026, 3, 9, 9, 0)),  # opened on a Saturday
        ((2026, 4, 1, 9, 0), 3, (2026, 4, 7, 9, 0)),  # Thursday, Friday, over Easter, Tuesday
        ((2026, 4, 30, 9, 0), 1, (2026, 5, 4, 9, 0)),
    ],
)
def test_an_invitation_goes_so_many_working_days_after_the_opening_and_never_before(
    opens: tuple[int, ...], days: int, goes: tuple[int, ...]
) -> None:
    assert due("invitation", days, frame(opens, (2026, 6, 30, 23, 59))).at == rome(*goes)


def test_a_letter_goes_before_the_opening_and_is_shifted_away_from_it() -> None:
    assert due("letter", -10, frame()).day == dt.date(2026, 2, 16)
    assert due("letter", 0, frame((2026, 4, 6, 9, 0))).day == dt.date(2026, 4, 3)
    assert due("letter", -1, frame((2026, 4, 7, 9, 0))).day == dt.date(2026, 4, 3)


@pytest.mark.parametrize(
    ("deadline", "hour"),
    [((2026, 3, 30, 23, 59), 7), ((2026, 3, 29, 23, 59), 8), ((2026, 10, 26, 23, 59), 8), ((2026, 10, 25, 23, 59), 7)],
)
def test_nine_o_clock_is_nine_in_rome_on_both_sides_of_a_change_of_the_clock(deadline: tuple[int, ...], hour: int) -> None:
    found = due("reminder", 0, frame(deadline=deadline)).at
    assert (found.astimezone(ROME).hour, found.astimezone(dt.UTC).hour) == (9, hour)


@pytest.mark.parametrize(("minute", "shown"), [(0, "08:00"), (8 * 60, "08:00"), (17 * 60, "17:00"), (23 * 60, "17:00")])
def test_a_time_outside_of_working_hours_becomes_one_inside(minute: int, shown: str) -> None:
    assert due("reminder", 7, frame(), minute=minute).at.astimezone(ROME).strftime("%H:%M") == shown


def test_a_hand_moved_day_holds_and_is_shifted_like_any_other() -> None:
    assert due("reminder", 7, frame(), moved_to=dt.date(2026, 4, 21)).day == dt.date(2026, 4, 21)
    assert due("reminder", 7, frame(), moved_to=dt.date(2026, 4, 25)).day == dt.date(2026, 4, 24)
    assert due("invitation", 0, frame(), moved_to=dt.date(2026, 4, 25)).day == dt.date(2026, 4, 27)


def test_the_last_chance_is_the_end_of_the_next_working_day() -> None:
    assert last_chance(rome(2026, 4, 3, 9, 0)) == rome(2026, 4, 7, 18, 0)
    assert last_chance(rome(2026, 4, 8, 17, 0)) == rome(2026, 4, 9, 18, 0)


def test_saint_francis_is_a_holiday_from_2026_on_and_easter_monday_each_year() -> None:
    assert dt.date(2025, 10, 4) not in national_holidays(2025)
    assert [dt.date(year, 10, 4) in national_holidays(year) for year in (2026, 2027, 2040)] == [True] * 3
    assert [dt.date(*day) in national_holidays(day[0]) for day in ((2024, 4, 1), (2026, 4, 6), (2038, 4, 26))] == [True] * 3


@settings(max_examples=400, deadline=None)
@given(
    minutes=st.integers(0, 6 * 365 * 24 * 60),
    span=st.integers(1, 200),
    kind=st.sampled_from(["letter", "invitation", "reminder", "certified"]),
    days=st.integers(-30, 60),
    minute=st.integers(0, 24 * 60 - 1),
)
def test_whatever_the_dates_a_step_begins_in_working_hours_and_a_reminder_not_after_its_day(
    minutes: int, span: int, kind: str, days: int, minute: int
) -> None:
    opens = rome(2026, 1, 1) + dt.timedelta(minutes=minutes)
    given_frame = Frame(opens, opens + dt.timedelta(days=span))
    found = due(kind, days, given_frame, minute=minute)
    assert is_working_time(found.at)
    assert is_working_day(found.day)
    if kind == "invitation":
        assert found.day >= found.wanted
        assert days < 0 or found.at >= given_frame.opens_at
    else:
        assert found.day <= found.wanted
