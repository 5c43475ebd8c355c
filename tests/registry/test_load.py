"""Loading the registry: the shipped file whole, a wrong file not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.chain import current_head
from app.extensions import db
from app.registry.entities import find_by_code
from app.registry.load import SHIPPED, LoadReport, RegistryFileError, load_municipalities, read_municipalities
from app.registry.models import Entity, Variation

HEADER = SHIPPED.read_text(encoding="utf-8").splitlines()[0]
AGLIE = "001001,Agliè,,TO,Torino,01,Piemonte,A074,2558,355,45.36524,7.77825,1001"
ALDINO = "021001,Aldino,Aldein,BZ,Bolzano,04,Trentino-Alto Adige,A179,1639,329,46.36,11.35,21001"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "comuni.csv"
    file.write_bytes("\n".join([header, *rows, ""]).encode())
    return file


def rows() -> list[tuple[object, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(sa.select(*Entity.__table__.columns).order_by(Entity.code))]


def test_the_shipped_file_names_every_municipality() -> None:
    described = [values for _, values in read_municipalities(SHIPPED)]
    assert len(described) == 7896
    assert sum(values["population"] is None for values in described) == 9
    assert sum(values["latitude"] is None for values in described) == 6
    assert next(values["name"] for values in described if values["code"] == "001168") == "None"
    assert sum(values["province_sign"] == "NA" for values in described) > 80


def test_loading_twice_changes_nothing(db_session: object, now: dt.datetime) -> None:
    assert load_municipalities(now) == LoadReport(added=7896, changed=0, unchanged=0, not_in_file=0)
    before, head = rows(), current_head()
    assert load_municipalities(now) == LoadReport(added=0, changed=0, unchanged=7896, not_in_file=0)
    assert rows() == before
    assert current_head() == head
    found = find_by_code("001001")
    assert found is not None
    assert (found.name, found.label, found.population, found.latitude) == ("Agliè", "Agliè (TO)", 2558, 45.36524)


def test_a_correction_keeps_the_row(db_session: object, now: dt.datetime, tmp_path: Path) -> None:
    load_municipalities(now, write(tmp_path, AGLIE, ALDINO))
    before = find_by_code("001001")
    report = load_municipalities(now, write(tmp_path, AGLIE.replace("2558", "").replace("Agliè", "Agliè Nuova")))
    assert report == LoadReport(added=0, changed=1, unchanged=0, not_in_file=1)
    after = find_by_code("001001")
    assert before is not None
    assert after is not None
    assert (after.id, after.name, after.population) == (before.id, "Agliè Nuova", None)
    assert find_by_code("021001") is not None


WRONG = {
    "code": (AGLIE.replace("001001", "1001"), "istat_code should be six digits"),
    "name": (AGLIE.replace("Agliè", " "), "name should be"),
    "a letter that was lost": (AGLIE.replace("Agliè", "Agli?"), "name should be .* none of them broken"),
    "a byte of another encoding": (AGLIE.replace("Agliè", "Agli\x8a"), "name should be .* none of them broken"),
    "sign": (AGLIE.replace(",TO,", ",to,"), "province_sign should be two capital letters"),
    "population": (AGLIE.replace("2558", "2.558"), "population_2023 should be a whole number"),
    "latitude": (AGLIE.replace("45.36524", "145.36524"), "latitude should be degrees from 35 to 48"),
    "half a point": (AGLIE.replace("45.36524", ""), "latitude and longitude come together"),
    "more children than people": (AGLIE.replace("355", "3550"), "under_18_2023 is more"),
    "twice": (ALDINO, "istat_code 021001 stands in line 2 already"),
    "cadastral code twice": (AGLIE.replace("A074", "A179"), "cadastral_code A179 stands in line 2 already"),
    "too few fields": (AGLIE.rpartition(",")[0], "has 12 fields instead of 13"),
    "quotes": (AGLIE.replace("Agliè", '"Agl"iè'), "is not comma-separated text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_line_is_named_and_nothing_changes(db_session: object, now: dt.datetime, tmp_path: Path, case: str) -> None:
    load_municipalities(now, write(tmp_path, ALDINO))
    before = rows()
    row, message = WRONG[case]
    with pytest.raises(RegistryFileError, match=message) as caught:
        load_municipalities(now, write(tmp_path, ALDINO.replace("1639", "1700"), row))
    assert (caught.value.file, caught.value.line) == ("comuni.csv", 3)
    assert str(caught.value).startswith("comuni.csv:3: ")
    assert rows() == before


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryFileError, match="the columns should be istat_code,name") as caught:
        read_municipalities(write(tmp_path, AGLIE, header=HEADER.replace("name", "nome")))
    assert caught.value.line == 1
    with pytest.raises(RegistryFileError, match="names no municipality"):
        read_municipalities(write(tmp_path))
    with pytest.raises(RegistryFileError, match="cannot be read"):
        read_municipalities(tmp_path / "absent.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\n{ALDINO}\n{AGLIE}\n".encode("latin-1"))
    with pytest.raises(RegistryFileError, match="not written in UTF-8") as caught:
        read_municipalities(latin)
    assert caught.value.line == 3


def test_a_code_of_another_kind_of_entity_is_refused(db_session: object, now: dt.datetime, tmp_path: Path) -> None:
    db.session.execute(sa.insert(Entity).values(code="001001", kind="union", name="Unione", search_name="| unione |"))
    db.session.commit()
    before = rows()
    with pytest.raises(RegistryFileError, match="entity of kind union"):
        load_municipalities(now, write(tmp_path, ALDINO, AGLIE))
    assert rows() == before


def test_a_list_older_than_the_registry_is_refused(db_session: object, now: dt.datetime, tmp_path: Path) -> None:
    load_municipalities(now, write(tmp_path, AGLIE, ALDINO))
    renumbered = find_by_code("001001")
    assert renumbered is not None
    db.session.execute(sa.update(Entity).where(Entity.id == renumbered.id).values(code="999001"))
    told = {"kind": "AP", "effective_on": dt.date(2026, 1, 1), "before": '{"code":"001001"}', "after": '{"code":"999001"}'}
    db.session.execute(sa.insert(Variation).values(entity_id=renumbered.id, recorded_at=now, **told))
    db.session.commit()
    before = rows()
    with pytest.raises(RegistryFileError, match="001001 is a former code"):
        load_municipalities(now, write(tmp_path, ALDINO.replace("1639", "1700"), AGLIE))
    assert rows() == before


def test_the_command_loads_and_refuses(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    good = runner.invoke(args=["registry", "load", str(write(tmp_path, AGLIE))])
    assert (good.exit_code, good.output.startswith("municipalities: 1 added, 0 changed")) == (0, True)
    bad = runner.invoke(args=["registry", "load", str(write(tmp_path, AGLIE.replace("001001", "x")))])
    assert bad.exit_code == 1
    assert "comuni.csv:2: istat_code should be six digits" in bad.output
