"""Associations and their members from a CSV file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app.registry.associations import leads_of, members_of
from tests.registry.imports.sources import apply, plan, told, write
from tests.registry.rows import add_association, add_entity, add_membership, entity, everything

pytestmark = pytest.mark.usefixtures("db_session")
HEADING = "association;kind;name;lead;member;valid_from;valid_to;lead_kind;lead_name"
TODAY = dt.date(2026, 3, 16)


@pytest.fixture(autouse=True)
def three(db_session: object) -> tuple[int, ...]:
    return tuple(add_entity(f"00100{number}", f"Comune {number}") for number in (1, 2, 3))


def rows(folder: Path, *lines: str) -> Path:
    return write(folder, [HEADING, *(f"{line}{';' * (8 - line.count(';'))}" for line in lines)])


def spans() -> list[tuple[dt.date | None, dt.date | None]]:
    return [row[3:5] for row in everything()["membership"]]


def test_an_association_with_its_members(tmp_path: Path, three: tuple[int, ...]) -> None:
    file = rows(
        tmp_path,
        "A1;ambito;Ambito Uno;001001;001001",
        "A1;ambito;Ambito Uno;001001;001002;2020-01-01",
        "A1;ambito;Ambito Uno;001001;1003;01/01/2020;31/12/2025",
    )
    shown = apply("associations", file)
    assert shown.counts() == {"added": 4, "changed": 0, "ended": 0, "unchanged": 0}
    assert [row.code for row in members_of(three[0], TODAY)] == ["001001", "001002"]
    assert [row.code for row in members_of(three[0], dt.date(2025, 12, 30))] == ["001001", "001002", "001003"]
    assert plan("associations", file).counts() == {"added": 0, "changed": 0, "ended": 0, "unchanged": 3}


def test_a_lead_that_is_not_in_the_registry_becomes_an_entity(tmp_path: Path, three: tuple[int, ...]) -> None:
    line = "U1;unione;Unione Uno;UNI1;00100{};;;union;Unione dei Comuni Uno"
    shown = apply("associations", rows(tmp_path, line.format(1), line.format(2)))
    assert told(shown)[0] == ("added", 2, "Unione dei Comuni Uno [uni1]: entity (union) Unione dei Comuni Uno")
    lead = entity("uni1")
    assert (lead.kind, lead.ipa_code, lead.search_name) == ("union", "uni1", "| unione dei comuni uno |")
    assert [row.code for row in members_of(lead.id, TODAY)] == ["001001", "001002"]
    assert [row.label for row in leads_of(three[0], TODAY)] == ["Unione dei Comuni Uno"]


def test_a_membership_ends_and_may_begin_again(tmp_path: Path, three: tuple[int, ...]) -> None:
    apply("associations", rows(tmp_path, "A1;ambito;Uno;001001;001002"))
    shown = apply("associations", rows(tmp_path, "A1;ambito;Uno;001001;001002;;2025-01-01"))
    assert told(shown) == [("ended", 2, "A1 Uno: member Comune 2 [001002] … – … → … – 2025-01-01")]
    assert members_of(three[0], TODAY) == []
    again = rows(tmp_path, "A1;ambito;Uno;001001;001002;;2025-01-01", "A1;ambito;Uno;001001;001002;2026-01-01")
    assert apply("associations", again).counts() == {"added": 1, "changed": 0, "ended": 0, "unchanged": 1}
    assert spans() == [(None, dt.date(2025, 1, 1)), (dt.date(2026, 1, 1), None)]
    assert [row.code for row in members_of(three[0], TODAY)] == ["001002"]


def test_a_beginning_that_was_unknown_is_filled_in(tmp_path: Path) -> None:
    apply("associations", rows(tmp_path, "A1;ambito;Uno;001001;001002"))
    assert apply("associations", rows(tmp_path, "A1;ambito;Uno;001001;001002;2020-01-01")).counts()["changed"] == 1
    assert apply("associations", rows(tmp_path, "A1;ambito;Uno;001001;001002")).counts()["unchanged"] == 1
    assert spans() == [(dt.date(2020, 1, 1), None)]


def test_another_lead_and_name(tmp_path: Path, three: tuple[int, ...]) -> None:
    add_association("A1", three[0], three[1])
    shown = apply("associations", rows(tmp_path, "A1;other;Nuovo;001003;001002"))
    assert told(shown) == [("changed", 2, "A1: association ambito, Ambito A1, 001001 → other, Nuovo, 001003")]
    assert [row.code for row in members_of(three[2], TODAY)] == ["001002"]


def test_every_wrong_line_is_named_and_nothing_changes(tmp_path: Path, three: tuple[int, ...]) -> None:
    add_entity("u", "Unione", "union")
    other = add_association("A2", three[0])
    add_membership(other, three[1], start=dt.date(2020, 1, 1))
    before = everything()
    lines = (
        "A1;ambito;Uno;001001;001002",
        "A1;ambito;Uno;001001;001002",
        "A1;ambito;Due;001001;001003",
        "A1;ambito;Uno;001001;999999",
        "A1;ambito;Uno;001001;u",
        "A1;ambito;Uno;001001;001003;2026-01-01;2026-01-01",
        "A1;ambito;Uno;001001;001003;2026-02-30",
        "A3;club;Tre;001001;001003",
        "A 3;ambito;Tre;001001;001003",
        "A3;ambito;;001001;001003",
        "A3;ambito;Tre;unknown;001003",
        "A3;ambito;Tre;999999;001003;;;union;Unione Nuova",
        "A2;ambito;Ambito A2;001001;001002;2021-01-01",
    )
    shown = plan("associations", rows(tmp_path, *lines))
    assert [line for line, _ in shown.problems] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    assert "stands in line 2 already" in shown.problems[0][1]
    assert "differ from line 2" in shown.problems[1][1]
    assert everything() == before
