"""ISTAT's list of municipalities in force."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app.registry.entities import search_entities
from app.registry.load import load_municipalities
from tests.registry.imports.sources import apply, list_file, listed, plan, told
from tests.registry.rows import add_entity, end_entity, entity, everything

pytestmark = pytest.mark.usefixtures("db_session")
AGLIE = listed("001001", "Agliè", "A074")
ALDINO = listed(
    "021001", "Aldino", "A179", other="Aldein", region="04;Trentino-Alto Adige/Südtirol", province="Bolzano/Bozen;BZ"
)


def test_names_provinces_and_regions_are_added_and_corrected(tmp_path: Path) -> None:
    known = add_entity("001001", "Aglie", population=2558)
    shown = apply("istat-list", list_file(tmp_path, AGLIE, ALDINO))
    assert shown.counts() == {"added": 1, "changed": 1, "ended": 0, "unchanged": 0}
    aglie, aldino = entity("001001"), entity("021001")
    assert (aglie.id, aglie.name, aglie.province, aglie.province_sign, aglie.population) == (
        known,
        "Agliè",
        "Torino",
        "TO",
        2558,
    )
    assert (aglie.region_code, aglie.region, aglie.cadastral_code) == ("01", "Piemonte", "A074")
    assert (aldino.kind, aldino.name_other_language, aldino.province, aldino.region) == (
        "municipality",
        "Aldein",
        "Bolzano/Bozen",
        "Trentino-Alto Adige/Südtirol",
    )
    assert [row.code for row in search_entities("aldein")] == ["021001"]
    assert told(shown)[0][2].startswith("Aglie [001001]: name Aglie; province …; region …; province's sign …")


def test_the_list_of_a_loaded_registry_changes_nothing(tmp_path: Path, now: dt.datetime) -> None:
    load_municipalities(now)
    before = everything()
    shown = plan("istat-list", list_file(tmp_path, AGLIE, ALDINO))
    assert shown.counts() == {"added": 0, "changed": 0, "ended": 0, "unchanged": 2}
    assert [(line, message[:37]) for line, message in shown.notes] == [(0, "7894 municipalities in force are not ")]
    assert everything() == before


def test_the_line_of_a_row_is_counted_with_the_heading_that_spans_three(tmp_path: Path) -> None:
    shown = plan("istat-list", list_file(tmp_path, AGLIE))
    assert [change.line for change in shown.changes] == [4]


def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    add_entity("001002", "Airasca", cadastral_code="A109")
    gone = add_entity("001003", "Gone")
    end_entity(gone, dt.date(2020, 1, 1), None)
    rows = (
        AGLIE,
        AGLIE,
        AGLIE.replace("001001", "1001"),
        listed("001009", "Airasca", "A109"),
        listed("001003", "Gone", "A110"),
        listed("001004", "Quattro", "A1"),
        listed("001005", "", "A111"),
        listed("001006", "Sei", "A112", province="Torino;to"),
        "01;x",
    )
    shown = plan("istat-list", list_file(tmp_path, *rows))
    assert [line for line, _ in shown.problems] == [5, 6, 7, 8, 9, 10, 11, 12]
    assert "import ISTAT's variations first" in shown.problems[2][1]
    assert "its code is not used again" in shown.problems[3][1]
