"""The difference, its error and what it could show: by hand, by other ways of writing the formula, and at the edges."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from app.reminders.learning.comparing import Followed, compare_days, compare_regions, compare_variants
from app.reminders.learning.estimate import Counted, TooFewError, compare, joined, normal_quantile
from app.reminders.learning.power import EXPECTED, USEFUL, WITHOUT_PAST, base_rate, detectable, is_enough

DAY = dt.date(2026, 3, 16)


def test_one_stratum_by_hand() -> None:
    found = compare([Counted(100, 30, 50, 10)])
    assert (found.first_share, found.second_share) == (0.3, 0.2)
    assert found.value == pytest.approx(0.1)
    assert found.error == pytest.approx(math.sqrt(0.3 * 0.7 / 99 + 0.2 * 0.8 / 49))
    assert (found.low, found.high) == (pytest.approx(0.1 - 1.959964 * found.error), pytest.approx(0.1 + 1.959964 * found.error))
    assert not found.tells


def test_strata_are_weighted_by_their_entities_not_by_who_was_treated() -> None:
    """A large stratum that answers a lot, of which few were treated: without strata the sign would be another."""
    found = compare([Counted(20, 10, 180, 81), Counted(90, 9, 10, 0)])
    assert found.value == pytest.approx(200 / 300 * (0.5 - 0.45) + 100 / 300 * (0.1 - 0))
    assert 19 / 110 - 81 / 190 < 0 < found.value
    within = [0.25 / 19 + 0.45 * 0.55 / 179, 0.09 / 89 + 0]
    assert found.error == pytest.approx(math.sqrt((2 / 3) ** 2 * within[0] + (1 / 3) ** 2 * within[1]))


def test_nobody_is_left_out_where_a_stratum_is_too_small() -> None:
    small = [Counted(1, 1, 5, 0), Counted(4, 0, 1, 1)]
    assert joined(small) == [Counted(5, 1, 6, 1)]
    assert joined([Counted(50, 5, 50, 5), Counted(3, 1, 0, 0)]) == [Counted(53, 6, 50, 5)]
    assert joined([Counted(50, 5, 50, 5), *small]) == [Counted(50, 5, 50, 5), Counted(5, 1, 6, 1)]
    for none in ([], [Counted(1, 1, 5, 0)]):
        with pytest.raises(TooFewError):
            joined(none)


def test_several_intervals_hold_together() -> None:
    assert normal_quantile() == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(3) == pytest.approx(2.393980, abs=1e-6)


def test_what_could_be_shown_is_what_the_plan_of_the_survey_says() -> None:
    """A tenth of 7,900 entities later: 3.2 points; of a Region's 390: 14."""
    assert detectable(7_110, 790, 0.1) == pytest.approx(0.032, abs=0.0005)
    assert detectable(351, 39, 0.1) == pytest.approx(0.142, abs=0.0005)
    assert (detectable(0, 10, 0.1), detectable(1, 1, 0.5)) == (1.0, 1.0)


def test_small_numbers_tell_nothing() -> None:
    assert is_enough(7_110, 790, 0.1)
    assert not is_enough(351, 39, 0.1)
    enough = next(number for number in range(10_000) if detectable(number, number, 0.1) <= USEFUL)
    assert (is_enough(enough, enough, 0.1), is_enough(enough - 1, enough - 1, 0.1)) == (True, False)
    assert not is_enough(enough, enough, 0.1, comparisons=3)
    rare = EXPECTED / 5_000
    assert (is_enough(5_000, 5_000, rare), is_enough(4_999, 5_000, rare), is_enough(4_999, 5_000, 1 - rare)) == (
        True,
        False,
        False,
    )


def test_the_base_comes_from_the_edition_before_else_from_these_days_else_from_nothing() -> None:
    days = [(DAY, 100), (DAY + dt.timedelta(days=7), 280)]
    today = DAY + dt.timedelta(days=7)
    assert base_rate(1_000, days, today, 7) == pytest.approx(180 / 900)
    assert base_rate(1_000, days, DAY, 7, (1_000, days)) == pytest.approx(180 / 900)
    assert base_rate(1_000, days, today, 7, (500, [])) == pytest.approx(180 / 900)
    assert base_rate(1_000, [], today, 7) == WITHOUT_PAST
    assert base_rate(0, [], today, 7) == WITHOUT_PAST


def followed(*groups: tuple[int, str, int, int, int], was_open: bool = False) -> list[Followed]:
    """Of each: so many, their Region, day, variant, and how many of them sent something."""
    return [
        Followed(region, f"{region}/1/draft", day, variant, was_open, place < did, place < did)
        for number, region, day, variant, did in groups
        for place in range(number)
    ]


def test_the_last_day_is_beside_all_others() -> None:
    found = compare_days(followed((900, "03", 0, 0, 120), (900, "03", 1, 0, 90), (900, "03", 2, 0, 45)), 3, 0.1)
    assert (found.submitted.first, found.submitted.second) == (1_800, 900)
    assert found.submitted.difference is not None
    assert found.submitted.difference.value == pytest.approx(210 / 1_800 - 45 / 900)
    assert found.submitted.difference.tells


def test_who_had_opened_before_is_not_counted_among_those_who_open() -> None:
    late = followed((900, "03", 0, 0, 90), (900, "03", 1, 0, 45))
    found = compare_days([*late, *followed((500, "03", 0, 0, 0), was_open=True)], 2, 0.1)
    assert (found.opened.first, found.submitted.first) == (900, 1_400)


def test_each_text_is_beside_the_first_and_their_intervals_hold_together() -> None:
    told = compare_variants(followed(*((1_000, "03", 0, variant, 100 + 10 * variant) for variant in range(3))), 3, 0.1)
    differences = [one.submitted.difference for one in told]
    assert [one is not None and round(one.value, 3) for one in differences] == [0.01, 0.02]
    alone = compare([Counted(1_000, 110, 1_000, 100)])
    assert differences[0] is not None
    assert differences[0].high - differences[0].value == pytest.approx(alone.error * normal_quantile(2))


def test_a_small_region_is_told_nothing_of_whatever_it_did() -> None:
    rows = followed((1_000, "03", 0, 0, 100), (1_000, "03", 1, 0, 80), (200, "09", 0, 0, 200), (200, "09", 1, 0, 0))
    found = compare_regions(rows, 2, 0.1)
    assert (found["09"].submitted.difference, found["03"].submitted.difference is not None) == (None, True)
    other = compare_regions(followed((200, "09", 0, 0, 0), (200, "09", 1, 0, 0)), 2, 0.1)
    assert other["09"].submitted == found["09"].submitted


def test_of_two_large_regions_the_intervals_hold_together() -> None:
    rows = followed(*((2_000, region, day, 0, 200) for region in ("01", "03") for day in (0, 1)))
    found = compare_regions(rows, 2, 0.1)["03"].submitted.difference
    assert found is not None
    assert found.high == pytest.approx(normal_quantile(2) * found.error)
