"""What `/risultati` says of what was published: a year beside the year before, in numbers and as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db, table_of
from app.practices.models import CENTRE, WAITING, Practice
from app.practices.publishing import retract
from app.practices.record import PublicRecord
from tests.conftest import START, Clock
from tests.fill.person import Screen
from tests.public.conftest import Stage
from tests.public_practices import add_practices, practice_row, publish_all
from tests.registry_rows import add_municipalities

FAMILIES = PublicRecord(title="Sportello", area="families", recipients=("parents", "age02"), level="municipality")
NURSERY = PublicRecord(title="Nido", area="childhood", recipients=("age02",), level="ambito")
PLACE = PublicRecord(title="Centro", services=("info",))


def table(page: Screen, chart: str) -> dict[str, list[str]]:
    """Name → the numbers of a chart's table."""
    section = next(one for one in page.page.all("section") if one.attributes.get("aria-labelledby") == chart)
    rows: dict[str, list[str]] = {}
    name = ""
    for cell in [one for one in page.page.all("th", "td") if _within(one, section)]:
        if cell.attributes.get("scope") == "row":
            name = cell.text
            rows[name] = []
        elif cell.tag == "td":
            rows[name].append(cell.text)
    return rows


def _within(element: object, outer: object) -> bool:
    above = getattr(element, "parent", None)
    return above is outer or (above is not None and _within(above, outer))


@pytest.fixture
def published(app: Flask) -> dict[str, str]:
    """Three entries of 2026 of two municipalities, one of 2025, and one that waits; their codes by name."""
    with app.app_context():
        add_municipalities()
        rows = {
            "families": practice_row("048017", FAMILIES, START),
            "nursery": practice_row("022165", NURSERY, START),
            "centre": practice_row("048017", PLACE, START, kind=CENTRE),
            "last year": practice_row("048017", FAMILIES, START, year=2025, edition_label="2025"),
            "waits": practice_row("001235", PublicRecord(title="Attesa", area="families"), START, state=WAITING),
        }
        add_practices(rows.values())
        publish_all(START)
        return {name: row["code"] for name, row in rows.items()}


def test_before_a_publication_the_response_stands_alone(app: Flask, client: FlaskClient, bring: Stage) -> None:
    with app.app_context():
        add_municipalities()
    bring("open")
    page = Screen(client.get("/risultati"))
    assert "compaiono qui dopo la verifica" in page.text
    assert page.with_class("figures-chart") == []
    assert client.get("/risultati.csv").status_code == 404


def test_what_is_public_is_counted_beside_the_year_before_and_nothing_else(
    client: FlaskClient, published: dict[str, str]
) -> None:
    page = Screen(client.get("/risultati"))
    assert page.texts("figures-first") == [
        "2 Buone pratiche 1 nel 2025 1 Centri per le famiglie 0 nel 2025 0 Iniziative delle Regioni 0 nel 2025 "
        "2 Enti che le hanno pubblicate 1 nel 2025"
    ]
    areas = table(page, "area")
    assert sorted(areas.values()) == [["1", "0"], ["1", "1"]]
    assert table(page, "region") == {"Toscana": ["1", "1"], "Trentino-Alto Adige/Südtirol": ["1", "0"]}
    assert sorted(table(page, "recipients").values()) == [["1", "1"], ["2", "1"]]
    assert table(page, "centres") == {"Toscana": ["1", "0"]}
    assert list(table(page, "level").values()) == [["1", "1"], ["1", "0"]]
    assert "Attesa" not in page.html


def test_a_year_is_chosen_and_one_that_is_not_there_shows_the_latest(client: FlaskClient, published: dict[str, str]) -> None:
    page = Screen(client.get("/risultati?anno=2025"))
    assert table(page, "area") and set(map(tuple, table(page, "area").values())) == {("1",)}
    assert "Che cosa è stato pubblicato: 2025" in page.text
    for wrong in ("1999", "x", "99999999999999999999"):
        assert "Che cosa è stato pubblicato: 2026" in Screen(client.get(f"/risultati?anno={wrong}")).text


def test_what_is_taken_back_is_counted_no_more_at_once(app: Flask, client: FlaskClient, published: dict[str, str]) -> None:
    page = client.get("/risultati")
    with app.app_context():
        row = table_of(Practice).c
        taken = db.session.execute(sa.select(row.id).where(row.code == published["nursery"])).scalar_one()
        retract([taken], actor="test", now=START)
        db.session.commit()
    again = client.get("/risultati", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 200
    assert len(table(Screen(again), "area")) == 1


def test_the_file_holds_all_years_and_is_asked_again_with_its_etag(client: FlaskClient, published: dict[str, str]) -> None:
    file = client.get("/risultati.csv")
    assert (file.mimetype, file.headers["Access-Control-Allow-Origin"]) == ("text/csv", "*")
    assert "Set-Cookie" not in file.headers
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    numbers = {(row["year"], row["dimension"], row["code"]): row["entries"] for row in rows}
    assert numbers["2026", "kind", "practice"] == "2"
    assert numbers["2026", "recipients", "age02"] == "2"
    assert numbers["2025", "area", "families"] == "1"
    assert numbers["2026", "entities", ""] == "2"
    assert numbers["2026", "centres_by_region", "09"] == "1"
    again = client.get("/risultati.csv", headers={"If-None-Match": file.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert (again.headers["Access-Control-Allow-Origin"], again.headers["ETag"]) == ("*", file.headers["ETag"])
    assert file.headers["Content-Disposition"] == 'attachment; filename="risultati.csv"'
    assert "Set-Cookie" not in again.headers


def test_in_english_the_page_speaks_english(client: FlaskClient, published: dict[str, str]) -> None:
    client.get("/?lingua=en")
    page = Screen(client.get("/risultati"))
    assert "What was published: 2026" in page.text
    assert "2 Good practices" in page.text
    client.get("/?lingua=it")
    assert "2 Buone pratiche" in Screen(client.get("/risultati")).text


@pytest.mark.parametrize("address", ["/risultati", "/risultati.csv"])
def test_a_further_visit_costs_no_counting(
    app: Flask, client: FlaskClient, bring: Stage, published: dict[str, str], clock: Clock, address: str
) -> None:
    bring("open")
    client.get(address)
    made: list[str] = []

    def note(*about: Any) -> None:
        made.append(about[2])

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", note)
    client.get(address)
    with app.app_context():
        sa.event.remove(db.engine, "before_cursor_execute", note)
    read = [text for text in made if "SELECT" in text and "sqlite_" not in text]
    assert len(read) <= 3, read
    assert not any("published_practice" in text for text in read)
