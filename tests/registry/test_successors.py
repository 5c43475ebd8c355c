"""Chains of entities that took each other's place."""

from __future__ import annotations

import datetime as dt

import pytest

from app.registry.successors import predecessors_of, read_succession, successor_of
from tests.registry.rows import add_entity, end_entity

pytestmark = pytest.mark.usefixtures("db_session")
FIRST, SECOND = dt.date(2019, 1, 1), dt.date(2024, 1, 22)


def test_a_chain_is_followed_to_its_end() -> None:
    old, middle, new, other = (add_entity(code, name) for code, name in (("1", "A"), ("2", "B"), ("3", "C"), ("4", "D")))
    end_entity(old, FIRST, middle)
    end_entity(middle, SECOND, new)
    end_entity(other, FIRST, new)
    successor = successor_of(old)
    assert successor is not None
    assert successor.code == "3"
    assert successor_of(new) is None
    assert [row.code for row in predecessors_of(new)] == ["1", "4", "2"]
    assert [row.code for row in predecessors_of(middle)] == ["1"]
    assert predecessors_of(old) == []


def test_on_its_last_day_an_entity_still_stands_for_itself() -> None:
    old, new = add_entity("1", "A"), add_entity("2", "B")
    end_entity(old, FIRST, new)
    succession = read_succession()
    assert succession.standing_on(old, FIRST - dt.timedelta(days=1)) == old
    assert succession.standing_on(old, FIRST) == new


def test_an_end_without_successor_and_a_circle_lead_to_nobody() -> None:
    alone, one, two = add_entity("1", "A"), add_entity("2", "B"), add_entity("3", "C")
    end_entity(alone, FIRST, None)
    end_entity(one, FIRST, two)
    end_entity(two, FIRST, one)
    assert successor_of(alone) is successor_of(one) is None
    assert {row.code for row in predecessors_of(one)} == {"3"}
