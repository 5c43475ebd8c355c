"""Charts' geometry, and numbers in words."""

from __future__ import annotations

import datetime as dt

import pytest

from app.web.charts import plane
from app.web.numbers import number_words

FIRST = dt.date(2026, 3, 1)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 10), (10, 10), (10.1, 20), (37, 40), (59, 60), (61, 80), (99, 100), (130, 100)]
)
def test_a_plane_is_as_high_as_what_it_shows(highest: float, top: int) -> None:
    drawn = plane(FIRST, day(10), [highest])
    assert (drawn.top, drawn.marks[0], drawn.marks[-1]) == (top, top, 0)
    assert (drawn.lines[0], drawn.lines[-1], len(drawn.lines)) == ("0", "1000", len(drawn.marks))


def test_days_and_percents_have_their_places_and_stay_inside() -> None:
    drawn = plane(FIRST, day(10), [100])
    assert [drawn.x(day(number)) for number in (-3, 0, 5, 10, 30)] == ["0", "0", "500", "1000", "1000"]
    assert [drawn.y(percent) for percent in (-1, 0, 25, 100, 120)] == ["1000", "1000", "750", "0", "0"]
    assert plane(FIRST, FIRST, []).x(FIRST) == "0"
    assert drawn.middle == day(5)


def test_what_holds_from_a_day_on_is_drawn_in_steps_and_a_plan_in_slopes() -> None:
    drawn = plane(FIRST, day(10), [100])
    points = [(day(2), 20.0), (day(4), 50.0)]
    assert drawn.steps(points, day(6)) == "M0 1000H200V800H400V500H600"
    assert drawn.slopes(points) == "M0 1000L200 800L400 500"
    assert (drawn.steps([], day(6)), drawn.slopes([])) == ("", "")


@pytest.mark.parametrize(
    ("language", "whole", "share", "percent"),
    [("it", "1.250", "8,4%", "25%"), ("en", "1,250", "8.4%", "25%"), ("fr", "1\u202f250", "8,4\xa0%", "25\xa0%")],
)
def test_numbers_are_written_as_their_language_does(language: str, whole: str, share: str, percent: str) -> None:
    words = number_words(language)
    assert (words.whole(1250), words.share(84, 1000), words.percent(25)) == (whole, share, percent)
    assert words.share(0, 0) == "–"
    assert number_words(language) is words
