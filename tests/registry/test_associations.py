"""Whom a lead answers for, and who leads a municipality's associations."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.registry.associations import association_rows, leads_of, members_of
from tests.registry.rows import add_association, add_entity, add_membership, end_entity

pytestmark = pytest.mark.usefixtures("db_session")
TODAY = dt.date(2026, 3, 16)
LAST_YEAR = dt.date(2025, 1, 1)


def codes(lead: int, on: dt.date = TODAY) -> list[str]:
    return [row.code for row in members_of(lead, on)]


def test_members_are_those_in_force_by_name_and_another_leads_are_not_among_them() -> None:
    lead, zeta, alfa, foreign = (
        add_entity(code, name) for code, name in (("1", "Lead"), ("2", "Zeta"), ("3", "Àlfa"), ("4", "Foreign"))
    )
    association = add_association("A1", lead, lead, zeta, alfa)
    add_association("A2", lead, alfa)
    add_association("A3", foreign, foreign, zeta)
    past = add_entity("5", "Past")
    add_membership(association, past, end=TODAY)
    future = add_entity("6", "Future")
    add_membership(association, future, start=TODAY + dt.timedelta(days=1))
    assert codes(lead) == ["3", "1", "2"]
    assert codes(lead, TODAY - dt.timedelta(days=1)) == ["3", "1", "5", "2"]
    assert codes(lead, TODAY + dt.timedelta(days=1)) == ["3", "6", "1", "2"]
    assert codes(foreign) == ["4", "2"]
    assert codes(zeta) == []


def test_successors_stand_in_the_place_of_members_and_leads() -> None:
    old_lead, new_lead, one, two, merged = (add_entity(str(number), f"E{number}") for number in range(5))
    add_association("A1", old_lead, one, two)
    end_entity(old_lead, LAST_YEAR, new_lead)
    end_entity(one, LAST_YEAR, merged)
    end_entity(two, LAST_YEAR, merged)
    assert codes(new_lead) == ["4"]
    assert codes(old_lead) == []
    assert [(row.entity_id, row.association_name) for row in leads_of(merged, TODAY)] == [(new_lead, "Ambito A1")]
    before = LAST_YEAR - dt.timedelta(days=1)
    assert codes(old_lead, before) == ["2", "3"]


def test_a_member_that_ended_without_successor_is_gone() -> None:
    lead, member = add_entity("1", "Lead"), add_entity("2", "Member")
    add_association("A1", lead, member)
    end_entity(member, LAST_YEAR, None)
    assert codes(lead) == []


def test_leads_of_a_member_and_never_itself() -> None:
    union, city, village = (
        add_entity("u", "Unione", "union"),
        add_entity("1", "Città", province_sign="PI"),
        add_entity("2", "Borgo"),
    )
    add_association("A1", city, city, village)
    add_association("A2", union, village, kind="union")
    add_association("A3", city, village, valid_to=LAST_YEAR)
    add_association("A4", None, village)
    found = leads_of(village, TODAY)
    assert [(row.code, row.label, row.association_name, row.association_kind) for row in found] == [
        ("1", "Città (PI)", "Ambito A1", "ambito"),
        ("u", "Unione", "Ambito A2", "union"),
    ]
    assert leads_of(city, TODAY) == []
    assert [(row.code, row.lead and row.lead.code) for row in association_rows(TODAY)] == [
        ("A1", "1"),
        ("A2", "u"),
        ("A4", None),
    ]


def test_however_many_are_asked_for_the_queries_are_as_many() -> None:
    lead = add_entity("0", "Lead")
    for number in range(1, 30):
        add_association(f"A{number}", lead, add_entity(str(number), f"E{number}"))
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    assert len(members_of(lead, TODAY)) == 29
    assert len(association_rows(TODAY)) == 29
    assert len(statements) == 8
