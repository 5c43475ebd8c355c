"""Days on which offices are closed, and the same day in another year."""

from __future__ import annotations

import datetime as dt

import pytest

from app.editions.calendar import rest_day, same_day_in


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-12-18", ""),
        ("2026-12-19", ""),  # a Saturday
        ("2026-12-20", "sunday"),
        ("2026-12-08", "holiday"),
        ("2026-04-05", "sunday"),
        ("2026-04-06", "holiday"),  # Easter Monday
        ("2028-10-04", "holiday"),
        ("2024-10-04", ""),  # not yet Saint Francis' day
        ("2027-06-02", "holiday"),
        ("2038-04-26", "holiday"),  # the latest Easter Monday there can be
    ],
)
def test_sundays_and_holidays_are_told_from_other_days(day: str, why: str) -> None:
    assert rest_day(dt.date.fromisoformat(day)) == why


def test_a_leap_day_is_the_28th_where_there_is_none() -> None:
    assert same_day_in(2029, dt.date(2028, 2, 29)) == dt.date(2029, 2, 28)
    assert same_day_in(2032, dt.date(2028, 2, 29)) == dt.date(2032, 2, 29)
