"""Lots: everybody has one, the same for the same key, evenly within strata, and any way of dealing as likely as any other."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from app.reminders.learning.lots import ANY, LEAST, MOST_DAYS, MOST_VARIANTS, Alike, deal, strata


def people(*groups: tuple[int, str, int, str]) -> list[Alike]:
    """So many of each Region, size class and text."""
    found: list[Alike] = []
    for number, region, size, audience in groups:
        found += [Alike(len(found) + place + 1, region, size, audience) for place in range(number)]
    return found


COUNTRY = people((400, "03", 1, "not_started"), (57, "03", 2, "draft"), (19, "03", 3, "draft"), (230, "09", 2, "not_started"))


def sizes(entities: list[Alike]) -> dict[str, int]:
    return dict(Counter(strata(entities).values()))


def test_a_stratum_is_a_region_a_size_and_a_text() -> None:
    assert sizes(people((20, "03", 1, "draft"), (21, "03", 2, "draft"), (22, "09", 1, "lead"))) == {
        "03/1/draft": 20,
        "03/2/draft": 21,
        "09/1/lead": 22,
    }


def test_what_is_too_small_is_put_together_step_by_step() -> None:
    entities = people(
        *[(12, "03", 1, "draft"), (12, "03", 2, "draft"), (30, "03", 3, "draft")],  # without the size: 24
        *[(11, "09", 1, "lead"), (11, "10", 1, "lead")],  # without the Region: 22
        *[(10, "11", 1, "draft"), (10, "12", 1, "not_started")],  # all that are left: 20
    )
    assert sizes(entities) == {"03/*/draft": 24, "03/3/draft": 30, "*/*/lead": 22, "*/*/*": 20}


def test_the_very_last_go_to_the_largest_and_a_small_batch_is_one_stratum() -> None:
    assert sizes(people((40, "03", 1, "draft"), (41, "09", 1, "draft"), (3, "10", 1, "lead"))) == {
        "03/1/draft": 40,
        "09/1/draft": 44,
    }
    assert sizes(people((5, "03", 1, "draft"))) == {f"{ANY}/{ANY}/{ANY}": 5}
    assert strata([]) == {}


@pytest.mark.parametrize(("days", "variants"), list(product(range(1, MOST_DAYS + 1), range(1, MOST_VARIANTS + 1))))
def test_days_and_variants_are_even_in_each_stratum_and_in_the_whole(days: int, variants: int) -> None:
    lots = deal(COUNTRY, "k", days=days, variants=variants)
    assert sorted(lot.entity_id for lot in lots) == [one.entity_id for one in COUNTRY]
    assert [lot.position for lot in lots] == list(range(len(lots)))
    for part in [lots, *([lot for lot in lots if lot.stratum == name] for name in {lot.stratum for lot in lots})]:
        by_day = Counter(lot.day for lot in part)
        by_variant = Counter(lot.variant for lot in part)
        assert set(by_day) == set(range(days))
        assert set(by_variant) == set(range(variants))
        assert max(by_day.values()) - min(by_day.values()) <= 1
        assert max(by_variant.values()) - min(by_variant.values()) <= 2
    cells = Counter((lot.day, lot.variant) for lot in lots)
    assert len(cells) == days * variants
    assert max(cells.values()) - min(cells.values()) <= 2


def test_two_of_each_group_stand_in_the_smallest_stratum() -> None:
    least = people((LEAST, "03", 1, "draft"))
    for days, variants in product(range(1, MOST_DAYS + 1), range(1, MOST_VARIANTS + 1)):
        lots = deal(least, "k", days=days, variants=variants)
        assert min(Counter(lot.day for lot in lots).values()) >= 2
        assert min(Counter(lot.variant for lot in lots).values()) >= 2


def test_the_same_key_deals_the_same_whatever_the_order_and_another_key_otherwise() -> None:
    first = deal(COUNTRY, "k", days=3, variants=2)
    assert deal(list(reversed(COUNTRY)), "k", days=3, variants=2) == first
    other = {lot.entity_id: (lot.day, lot.variant) for lot in deal(COUNTRY, "l", days=3, variants=2)}
    same = sum(other[lot.entity_id] == (lot.day, lot.variant) for lot in first)
    assert same < len(COUNTRY) / 3


def test_each_entity_falls_on_each_day_and_into_each_variant_alike() -> None:
    """4,000 keys: each share within five standard errors of what is even."""
    entities, keys = people((23, "03", 1, "draft")), 4_000
    met: Counter[tuple[int, int, int]] = Counter()
    together = 0
    for key in range(keys):
        dealt = {lot.entity_id: lot for lot in deal(entities, str(key), days=2, variants=2)}
        met.update((lot.entity_id, lot.day, lot.variant) for lot in dealt.values())
        together += dealt[1].day == dealt[2].day
    for entity in entities:
        for day, variant, even in ((0, 0, 6), (1, 1, 6), (1, 0, 5), (0, 1, 6)):
            share, error = even / 23, (0.25 * 0.75 / keys) ** 0.5
            assert abs(met[entity.entity_id, day, variant] / keys - share) < 5 * error, (entity, day, variant)
    assert abs(together / keys - (12 * 11 + 11 * 10) / (23 * 22)) < 5 * (0.25 / keys) ** 0.5


@pytest.mark.parametrize(("days", "variants"), [(0, 1), (MOST_DAYS + 1, 1), (1, 0), (1, MOST_VARIANTS + 1)])
def test_more_than_there_may_be_is_refused(days: int, variants: int) -> None:
    with pytest.raises(ValueError, match="days and"):
        deal(COUNTRY, "k", days=days, variants=variants)
