"""ISTAT's variations: institution, suppression, names and provinces, each on its day."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import find_by_code, resolve, search_entities
from app.registry.models import Variation
from app.registry.successors import former_codes, predecessors_of, successor_of
from tests.registry.imports.sources import apply, plan, told, variations_file, varied
from tests.registry.rows import add_entity, entity, everything

pytestmark = pytest.mark.usefixtures("db_session")
PLACE = {"province_sign": "VI", "province": "Vicenza", "region_code": "05", "region": "Veneto"}
MERGER = (
    varied("CS", "22/01/2024", "024128;Sovizzo", "024044;Gambugliano", "05"),
    varied("CS", "22/01/2024", "024128;Sovizzo", "024103;Sovizzo", "05"),
    varied("ES", "22/01/2024", "024044;Gambugliano", "024128;Sovizzo", "05"),
    varied("ES", "22/01/2024", "024103;Sovizzo", "024128;Sovizzo", "05"),
)
DAY = dt.date(2024, 1, 22)


@pytest.fixture
def province(db_session: object) -> None:
    add_entity("024044", "Gambugliano", **PLACE)
    add_entity("024103", "Sovizzo", **PLACE)
    add_entity("024001", "Agugliaro", **PLACE)


@pytest.mark.usefixtures("province")
def test_a_merger_makes_the_new_municipality_and_ends_the_old_ones(tmp_path: Path) -> None:
    file = variations_file(tmp_path, *reversed(MERGER))
    shown = plan("istat-variations", file)
    assert shown.problems == ()
    assert shown.counts() == {"added": 1, "changed": 0, "ended": 2, "unchanged": 0}
    before = everything()
    assert before["variation"] == []
    apply("istat-variations", file)
    new = entity("024128")
    assert (new.name, new.valid_from, new.province, new.region, new.search_name) == (
        "Sovizzo",
        DAY,
        "Vicenza",
        "Veneto",
        "| sovizzo |",
    )
    for code in ("024044", "024103"):
        old = entity(code)
        assert (old.valid_to, old.successor_id) == (DAY, new.id)
        assert successor_of(old.id) == find_by_code("024128")
    assert [row.code for row in predecessors_of(new.id)] == ["024044", "024103"]
    assert [row.code for row in search_entities("sovizzo")] == ["024128"]
    recorded = db.session.execute(
        sa.select(Variation.kind, Variation.effective_on, Variation.after).order_by(Variation.id)
    ).all()
    assert [(row.kind, row.effective_on) for row in recorded] == [("CS", DAY), ("ES", DAY), ("ES", DAY)]
    assert json.loads(recorded[1].after) == {"successor": "024128", "valid_to": "2024-01-22"}


@pytest.mark.usefixtures("province")
def test_a_suppression_without_a_known_successor_is_a_problem_of_its_line(tmp_path: Path) -> None:
    before = everything()
    rows = (
        varied("ES", "22/01/2024", "024044;Gambugliano", "024999;Altrove", "05"),
        varied("ES", "22/01/2024", "024103;Sovizzo", ";", "05"),
        varied("ES", "22/01/2024", "024001;Agugliaro", "024001;Agugliaro", "05"),
    )
    shown = plan("istat-variations", variations_file(tmp_path, *rows))
    assert [line for line, _ in shown.problems] == [2, 4, 6]
    assert {message.split(" is unknown")[0].split(" of ")[0] for _, message in shown.problems} == {"the successor"}
    assert everything() == before


@pytest.mark.usefixtures("province")
def test_a_chain_in_one_file_is_followed_whatever_the_order_of_its_lines(tmp_path: Path) -> None:
    rows = (
        varied("ES", "01/01/2025", "024103;Sovizzo", "024001;Agugliaro"),
        varied("ES", "01/01/2020", "024044;Gambugliano", "024103;Sovizzo"),
    )
    apply("istat-variations", variations_file(tmp_path, *rows))
    assert successor_of(entity("024044").id) == find_by_code("024001")
    wrong = variations_file(tmp_path, varied("CS", "01/01/2026", "024044;Gambugliano"))
    assert "its code is not used again" in plan("istat-variations", wrong).problems[0][1]


@pytest.mark.usefixtures("province")
def test_an_older_suppression_may_name_a_successor_that_ended_later(tmp_path: Path) -> None:
    apply("istat-variations", variations_file(tmp_path, varied("ES", "01/01/2025", "024103;Sovizzo", "024001;Agugliaro")))
    apply("istat-variations", variations_file(tmp_path, varied("ES", "01/01/2020", "024044;Gambugliano", "024103;Sovizzo")))
    assert successor_of(entity("024044").id) == find_by_code("024001")
    late = variations_file(tmp_path, varied("ES", "01/01/2026", "024001;Agugliaro", "024103;Sovizzo"))
    assert "before" in plan("istat-variations", late).problems[0][1]


@pytest.mark.usefixtures("province")
def test_a_municipality_changes_its_name_on_its_row(tmp_path: Path) -> None:
    before = entity("024001").id
    file = variations_file(tmp_path, varied("CD", "17/01/2023", "024001;Agugliaro", "024001;Agugliaro Terme/Bad"))
    assert told(plan("istat-variations", file)) == [("changed", 2, "Agugliaro (VI) [024001]: name Agugliaro → Agugliaro Terme")]
    apply("istat-variations", file)
    after = entity("024001")
    assert (after.id, after.name, after.name_other_language) == (before, "Agugliaro Terme", "Bad")
    assert [row.code for row in search_entities("agugliaro terme")] == ["024001"]


@pytest.mark.usefixtures("province")
def test_a_name_that_is_borne_already_is_only_recorded_and_another_one_is_left(tmp_path: Path) -> None:
    rows = (
        varied("CD", "17/01/2003", "024001;Vecchio", "024001;Agugliaro"),
        varied("CD", "17/01/2004", "024103;Primo", "024103;Secondo"),
    )
    shown = apply("istat-variations", variations_file(tmp_path, *rows))
    assert told(shown) == [("changed", 2, "Agugliaro (VI) [024001]: name, borne already: Vecchio → Agugliaro")]
    assert [line for line, _ in shown.notes] == [4]
    assert entity("024001").name == "Agugliaro"
    assert entity("024103").name == "Sovizzo"


@pytest.mark.usefixtures("province")
def test_a_change_of_province_gives_the_row_its_new_code(tmp_path: Path) -> None:
    add_entity("112002", "Vicino", province_sign="XX", province="Nuova", region_code="05", region="Veneto")
    before = entity("024001").id
    file = variations_file(tmp_path, varied("AP", "01/01/2026", "024001;Agugliaro", "112001;"))
    apply("istat-variations", file)
    after = entity("112001")
    assert (after.id, after.name, after.province, after.province_sign) == (before, "Agugliaro", "Nuova", "XX")
    assert former_codes() == {"024001": before}
    assert resolve("112001")[0].id == before
    assert plan("istat-variations", file).counts() == {"added": 0, "changed": 0, "ended": 0, "unchanged": 1}
    again = variations_file(tmp_path, varied("CS", "01/02/2026", "024001;Agugliaro"))
    assert "was the code of Agugliaro" in plan("istat-variations", again).problems[0][1]
    ending = variations_file(tmp_path, varied("ES", "01/02/2026", "024001;Agugliaro", "112002;Vicino"))
    assert plan("istat-variations", ending).counts()["ended"] == 1


@pytest.mark.usefixtures("province")
def test_a_province_that_nobody_is_in_yet_has_no_name(tmp_path: Path) -> None:
    rows = (
        varied("AP", "01/01/2026", "024001;Agugliaro", "112001;"),
        varied("AP", "01/01/2026", "024103;Sovizzo", "024044;"),
    )
    shown = plan("istat-variations", variations_file(tmp_path, *rows))
    assert [line for line, _ in shown.notes] == [2]
    assert [(line, message[:25]) for line, message in shown.problems] == [(4, "024044 is or was the code")]


@pytest.mark.usefixtures("province")
def test_what_concerns_nobody_here_is_told_and_left_out(tmp_path: Path) -> None:
    rows = (
        varied("CE", "01/01/2020", "024001;Agugliaro", "024103;Sovizzo"),
        varied("ES", "01/01/1992", "999001;Ignoto", "024103;Sovizzo"),
        varied("CS", "01/01/1993", "999002;Breve"),
        varied("ES", "01/01/1994", "999002;Breve", "024103;Sovizzo"),
        varied("AP", "30/06/2009", "015149;Altro", "024103;"),
        varied("ES", "01/01/2027", "024001;Agugliaro", "024103;Sovizzo"),
        varied("CD", "", "024001;Agugliaro", "024001;Nuovo"),
    )
    shown = plan("istat-variations", variations_file(tmp_path, *rows))
    assert (shown.problems, shown.changes) == ((), ())
    assert [line for line, _ in shown.notes] == [0, 4, 6, 8, 10, 12, 14]


@pytest.mark.usefixtures("province")
def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    rows = (
        varied("ES", "32/01/2024", "024044;Gambugliano", "024103;Sovizzo"),
        varied("ES", "", "024044;Gambugliano", "024103;Sovizzo"),
        varied("ES", "01/01/2024", "24044;Gambugliano", "024103;Sovizzo"),
        varied("CD", "01/01/2024", "024001;Agugliaro", "024001;"),
        varied("CD", "01/01/2024", "024001;Agugliaro", "024001;Nuovo"),
        varied("CD", "01/01/2024", "024001;Agugliaro", "024001;Nuovo"),
        varied("ES", "01/01/2024", "024044;Gambugliano", "024103;Sovizzo"),
        varied("ES", "01/01/2024", "024044;Gambugliano", "024001;Agugliaro"),
        "2024;ES",
        varied("CS", "01/01/2025", "024103;Sovizzo"),
        varied("ES", "01/01/2025", "024103;Sovizzo", "024001;Agugliaro"),
    )
    shown = plan("istat-variations", variations_file(tmp_path, *rows))
    assert [line for line, _ in shown.problems] == [2, 4, 6, 8, 12, 16, 18, 21]
