"""The files of a publication: valid by their formats, alike in all, made once, and made anew without what is taken back."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import threading
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import ValidationError
from sqlalchemy.orm import Session, scoped_session

from app import config_data
from app.database import unit_of_work
from app.editions.current import EditionView
from app.extensions import db
from app.practices.models import Practice, PublicationFile
from app.practices.opendata import files
from app.practices.opendata.columns import COLUMN_NAMES, COLUMNS, JOINT
from app.practices.opendata.files import FILES, DataFile, Kind, file_of, list_files, make_files
from app.practices.opendata.licences import LICENCES
from app.practices.opendata.umap import POPUP
from app.practices.published import Version, version_of
from app.practices.publishing import retract
from app.practices.record import CHOICES, PublicRecord
from app.practices.vocabulary import labels
from tests.practices.open_data import FULL, GEOJSON, ROWS, UMAP, publish_rows, read_geojson, table, text, text_of, version
from tests.public_practices import add_practices, practice_row, publish_all


def numbered(number: int) -> Version:
    found = version_of(number)
    assert found is not None
    return found


TITLES = [record.title for _code, record, _more in ROWS]


@pytest.fixture
def codes(edition: EditionView, db_session: scoped_session[Session], now: dt.datetime) -> dict[str, str]:
    return publish_rows(now)


def test_the_geojson_is_geojson_with_flat_properties_as_umap_reads_them(codes: dict[str, str]) -> None:
    found = json.loads(text("pratiche.geojson"))
    jsonschema.Draft202012Validator(GEOJSON).validate(found)
    assert len(read_geojson(found).features) == len(ROWS)
    by_name = {one["properties"]["name"]: one for one in found["features"]}
    assert set(by_name) == set(TITLES)
    full = by_name[FULL.title]
    assert full["geometry"] == {"type": "Point", "coordinates": [11.25, 43.77]}
    assert full["id"] == full["properties"]["code"] == codes[FULL.title]
    assert full["properties"]["page_url"] == f"http://127.0.0.1:8000/pratiche/{codes[FULL.title]}"
    assert by_name["Il Centro"]["geometry"] is None
    assert by_name["=1+1"]["properties"]["position"] == "entity"
    assert (found["version"], found["license"]) == (1, LICENCES["cc-by-4.0"].url)


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "Features"},
        {"features": [{"type": "Feature", "properties": {}}]},
        {"features": [{"type": "Feature", "geometry": None}]},
        {"features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [11.25]}, "properties": {}}]},
        {"features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": ["a", "b"]}, "properties": {}}]},
        {"features": [{"type": "Feature", "id": ["x"], "geometry": None, "properties": {}}]},
    ],
)
def test_what_is_no_geojson_is_not_read_as_such(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_geojson({"type": "FeatureCollection", "features": []} | broken)


def test_codes_stand_beside_italian_labels_and_istat_codes_are_texts(codes: dict[str, str]) -> None:
    lines = [json.loads(line) for line in text("pratiche.jsonl").splitlines()]
    full = next(one for one in lines if one["name"] == FULL.title)
    assert full["types"] == ["education", "other"]
    assert full["types_label"][0] == "Sostegno alla gestione dei servizi educativi"
    assert full["types_other"] == "Teatro nei cortili"
    assert (full["area"], full["status_label"], full["kind_label"]) == ("childhood", "In corso", "Buona pratica")
    assert (full["municipality_istat"], full["province_istat"], full["region_istat"]) == ("048017", "048", "09")
    assert full["municipalities"] == ["048017", "001235"]
    assert (full["beneficiaries"], full["year"], full["lat"], full["lon"]) == (12, 2026, 43.77, 11.25)
    assert next(one for one in lines if one["name"] == "Iniziativa")["language"] == "de"


def test_the_csv_is_of_one_dialect_and_none_of_its_cells_is_a_formula(codes: dict[str, str]) -> None:
    written = text("pratiche.csv")
    rows = {row["code"]: row for row in table(written)}
    assert written[1:].partition("\r\n")[0] == ",".join(COLUMN_NAMES)
    assert len(rows) == len(ROWS)
    full, formula = rows[codes[FULL.title]], rows[codes["=1+1"]]
    assert (full["name"], full["description"]) == (FULL.title, FULL.description)
    assert (full["results"], full["phone"], formula["name"], formula["description"]) == (
        "'@SOMMA(A1)", "'+39 055 000", "'=1+1", "'+39\t-",
    )  # fmt: skip
    assert (full["lat"], full["lon"], full["municipality_istat"]) == ("43.77", "11.25", "048017")
    assert full["types"] == "education; other"
    assert not [cell for row in csv.reader(io.StringIO(written[1:])) for cell in row if re.match(r"\s*[=+\-@]", cell)]


def test_every_format_says_the_same(codes: dict[str, str]) -> None:
    """Lists joined, "" for what was not said, and the apostrophe before a formula aside."""
    lines = [json.loads(line) for line in text("pratiche.jsonl").splitlines()]
    features = {one["id"]: one for one in json.loads(text("pratiche.geojson"))["features"]}
    for line, row in zip(lines, table(text("pratiche.csv")), strict=True):
        said = {name: JOINT.join(value) if isinstance(value, list) else value for name, value in line.items()}
        assert {name: str(value) for name, value in said.items() if value != ""} == {
            name: re.sub(r"^'(?=[=+@-])", "", cell) for name, cell in row.items() if cell
        }
        point = features[line["code"]]["geometry"]
        assert {name: value for name, value in said.items() if name not in ("lat", "lon")} == features[line["code"]][
            "properties"
        ]
        assert (point and point["coordinates"]) == ([line["lon"], line["lat"]] if "lat" in line else None)


def test_the_codebook_explains_every_column_and_every_code_that_a_file_holds(codes: dict[str, str]) -> None:
    rows = table(text("codebook.csv"))
    explained = [row for row in rows if row["meaning_it"]]
    assert [row["column"] for row in explained] == list(COLUMN_NAMES)
    assert [row["column"] for row in explained if not row["meaning_en"] or row["meaning_en"] == row["meaning_it"]] == []
    known: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["code"]:
            known.setdefault(row["column"], {})[row["code"]] = row["label_it"]
    assert set(CHOICES) <= set(known)
    assert known["area"] == labels("it")["area"]
    assert next(row for row in rows if row["code"] == "age02")["label_en"] == labels("en")["recipients"]["age02"]
    types = {row["column"]: row["type"] for row in explained}
    patterns = {"integer": r"\d+", "number": r"-?\d+(\.\d+)?", "date": r"\d{4}(-\d\d(-\d\d)?)?"}
    for row in table(text("pratiche.csv")):
        for name, cell in row.items():
            if cell and types[name] in patterns:
                assert re.fullmatch(patterns[types[name]], cell), (name, cell)
            if name in known and cell and (name, cell) != ("area", "old_area"):
                assert set(cell.split(JOINT)) <= set(known[name]), (name, cell)


def test_the_umap_file_has_a_layer_for_each_area_and_kind_and_each_entry_with_a_place_in_one(codes: dict[str, str]) -> None:
    found = json.loads(text("pratiche.umap"))
    jsonschema.Draft202012Validator(UMAP).validate(found)
    for layer in found["layers"]:
        assert all(feature.geometry for feature in read_geojson(layer).features)
    named = {layer["_umap_options"]["name"]: layer for layer in found["layers"]}
    assert list(named) == [
        *labels("it")["area"].values(),
        "Centro per le famiglie",
        "Iniziativa della Regione",
        "Altre buone pratiche",
    ]
    assert len({layer["_umap_options"]["color"] for layer in found["layers"]}) == len(named)
    held = [(name, one["properties"]["name"]) for name, layer in named.items() for one in layer["features"]]
    area = labels("it")["area"]
    assert held == [(area["families"], "=1+1"), (area["childhood"], FULL.title), ("Altre buone pratiche", "Di una volta")]
    assert set(re.findall(r"{(\w+)", POPUP)) <= set(COLUMN_NAMES)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[[https://example.org|qui]]", "[ [https://example.org|qui] ]"),
        ("{{{https://example.org}}}", "{ { {https://example.org} } }"),
        ("{{https://example.org/a.png|40}}", "{ {https://example.org/a.png|40} }"),
        ("<iframe src=x></iframe><!-- <?", "< iframe src=x>< /iframe>< !-- < ?"),
        ("bambini < 5 anni [nido] {estivo}, 3<4", "bambini < 5 anni [nido] {estivo}, 3<4"),
    ],
)
def test_no_text_is_markup_in_a_popup_of_umap(
    edition: EditionView, db_session: scoped_session[Session], now: dt.datetime, written: str, shown: str
) -> None:
    record = PublicRecord(written, "families", description=f"Prima.\n{written}", address=written, latitude=43.7, longitude=11.2)
    add_practices([practice_row("048017", record, now)])
    publish_all(now)
    features = [one for layer in json.loads(text("pratiche.umap"))["layers"] for one in layer["features"]]
    (properties,) = [one["properties"] for one in features]
    assert (properties["name"], properties["description"], properties["address"]) == (shown, f"Prima.\n{shown}", shown)
    assert json.loads(text("pratiche.geojson"))["features"][0]["properties"]["name"] == written


@pytest.mark.parametrize(
    ("url", "website"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("javascript:alert(1)//https://example.org", None),
        ("data:text/html,x", None),
        ("//example.org", None),
        ("https://", None),
        ("https://example.org\njavascript:alert(1)", None),
    ],
)
def test_a_website_is_an_address_of_the_web_or_none(
    edition: EditionView, db_session: scoped_session[Session], now: dt.datetime, url: str, website: str | None
) -> None:
    add_practices([practice_row("048017", PublicRecord("Sportello", "families", url=url), now)])
    publish_all(now)
    assert json.loads(text("pratiche.jsonl")).get("website") == website
    assert json.loads(text("pratiche.geojson"))["features"][0]["properties"].get("website") == website
    assert table(text("pratiche.csv"))[0]["website"] == (website or "")


def test_before_the_first_publication_every_file_is_valid_and_empty(edition: EditionView) -> None:
    jsonschema.Draft202012Validator(GEOJSON).validate(json.loads(text("pratiche.geojson")))
    assert read_geojson(json.loads(text("pratiche.geojson"))).features == []
    jsonschema.Draft202012Validator(UMAP).validate(json.loads(text("pratiche.umap")))
    assert json.loads(text("pratiche.geojson"))["features"] == []
    assert table(text("pratiche.csv")) == []
    assert text("pratiche.jsonl") == ""
    assert len(table(text("codebook.csv"))) > len(COLUMNS)


def test_a_file_is_made_once_and_its_checksum_is_of_the_plain_content(
    codes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = make_files(version())
    assert [one.name for one in listed] == list(FILES)
    for one in listed:
        assert hashlib.sha256(text_of(file_of(version(), one.name)).encode()).hexdigest() == one.sha256
    monkeypatch.setattr(files, "_made", lambda *_arguments: pytest.fail("made again"))
    assert make_files(version()) == listed


def test_what_is_taken_back_leaves_the_files_of_every_version(codes: dict[str, str], now: dt.datetime) -> None:
    before = {one.name: one.sha256 for one in make_files(version())}
    (row,) = db.session.execute(sa.select(Practice.id).where(Practice.code == codes[FULL.title])).all()
    retract([row.id], actor="test", now=now)
    db.session.commit()
    old = numbered(1)
    assert list_files(old) == ()
    after = make_files(old)
    assert [one.name for one in after if one.sha256 == before[one.name]] == ["codebook.csv"]
    for name in set(FILES) - {"codebook.csv"}:
        for number in (1, 2):
            written = text_of(file_of(numbered(number), name))
            assert "cortili" not in written
            assert codes[FULL.title] not in written


def test_a_file_whose_version_changes_while_it_is_made_is_made_once_more(
    codes: dict[str, str], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of what was taken back is stored."""
    made, times = files._made, []

    def make(kind: Kind, about: Version | None) -> DataFile:
        found = made(kind, about)
        times.append(found.sha256)
        if len(times) == 1:
            db.session.rollback()
            (row,) = db.session.execute(sa.select(Practice.id).where(Practice.code == codes[FULL.title])).all()
            retract([row.id], actor="test", now=now)
            db.session.commit()
        return found

    monkeypatch.setattr(files, "_made", make)
    found = file_of(version(), "pratiche.csv")
    assert len(times) == 2
    assert found.sha256 == times[1]
    stored = db.session.execute(sa.select(PublicationFile.number, PublicationFile.revision, PublicationFile.sha256)).all()
    assert [tuple(row) for row in stored] == [(1, 1, times[1])]


def test_two_that_need_a_file_at_once_get_the_same(app: Flask, codes: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As two processes would: without the lock that threads of one share."""
    together, made = threading.Barrier(2, timeout=20), files._made
    found: list[str] = []

    def make(kind: Kind, about: Version | None) -> DataFile:
        one = made(kind, about)
        together.wait()
        return one

    def ask() -> None:
        with app.app_context(), unit_of_work(writes=False):
            found.append(files._make_and_keep(version(), FILES["pratiche.csv"])[0].sha256)
            db.session.remove()

    monkeypatch.setattr(files, "_made", make)
    db.session.rollback()
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert db.session.execute(sa.select(sa.func.count()).select_from(PublicationFile)).scalar_one() == 1


def test_the_licences_are_those_of_the_setting() -> None:
    (field,) = [one for one in config_data.DataSettings.__dataclass_fields__.values() if one.name == "data_licence"]
    assert [field.metadata["read"](name) for name in LICENCES] == list(LICENCES)
    assert field.default in LICENCES


def test_the_command_makes_the_files_and_says_their_checksums(codes: dict[str, str], app: Flask) -> None:
    run: Callable[..., str] = lambda *arguments: app.test_cli_runner().invoke(args=["practices", *arguments]).output  # noqa: E731
    lines = [line.split("\t") for line in run("files").splitlines()]
    assert [(line[0], line[3]) for line in lines] == [("1", name) for name in FILES]
    assert [line[2] for line in lines] == [one.sha256 for one in list_files(version())]
    assert [line.split("\t")[2] for line in run("files", "--all", "--again").splitlines()] == [line[2] for line in lines]


def test_the_command_without_a_publication_says_so(edition: EditionView, app: Flask) -> None:
    assert "nothing has been published" in app.test_cli_runner().invoke(args=["practices", "files"]).output
