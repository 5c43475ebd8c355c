"""`/mappa` and its files: what they hold, for whom they may be kept, and that the page works without scripts."""

from __future__ import annotations

import html
import itertools
import json
import math
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db, table_of
from app.practices.map_data import pack
from app.practices.models import CENTRE, INITIATIVE, Practice, PublishedPractice
from app.practices.plane import on_plane
from app.practices.published import ENTRY
from app.practices.publishing import retract
from app.practices.record import PublicRecord
from app.public.map_page import region_shapes, shade_of
from tests.conftest import Clock
from tests.fill.person import Screen
from tests.practices.open_data import read_geojson
from tests.public.conftest import Stage
from tests.public.test_results import answer
from tests.public_practices import add_practices, practice_row, publish_all
from tests.registry_rows import add_municipalities

FIRENZE, BOLZANO = "048017", "021008"
CANONICAL = "http://127.0.0.1:8000/mappa"
Publish = Callable[[], list[str]]
ROWS: tuple[tuple[str, PublicRecord, dict[str, Any]], ...] = (
    (FIRENZE, PublicRecord("Sportello", "families", types=("desk",), recipients=("parents", "age02")), {}),
    (FIRENZE, PublicRecord("Nido «Più»", "childhood", latitude=43.8, longitude=11.3), {"year": 2025}),
    (BOLZANO, PublicRecord("Il Centro\ndi tutti"), {"kind": CENTRE}),
    (BOLZANO, PublicRecord("Iniziativa", "families", description="Perché sì"), {"kind": INITIATIVE}),
)


@pytest.fixture
def publish(app: Flask, clock: Clock, bring: Stage) -> Publish:
    def done() -> list[str]:
        with app.app_context():
            add_municipalities()
        bring("open")
        with app.app_context():
            codes = add_practices(practice_row(entity, record, clock(), **more) for entity, record, more in ROWS)
            publish_all(clock())
        return codes

    return done


def addresses(client: FlaskClient) -> dict[str, str]:
    """What the page's script loads."""
    return dict(re.findall(r'data-(points|titles|find)="([^"]+)"', client.get("/mappa").text))


def loaded(client: FlaskClient, address: str) -> Any:
    return json.loads(client.get(address).data)


def counts(page: Screen) -> dict[str, str]:
    """Region → the entries that its row of the table counts."""
    cells = page.page.all("th", "td")
    return {one.text: other.text for one, other in itertools.pairwise(cells) if one.attributes.get("scope") == "row"}


def test_before_the_first_publication_the_page_says_so_and_there_are_no_files(client: FlaskClient, bring: Stage) -> None:
    bring("open")
    page = client.get("/mappa")
    assert (page.status_code, "Non c'è ancora nulla di pubblicato." in page.text) == (200, True)
    assert "js/map.js" not in page.text
    for path in ("/mappa/dati.json", "/mappa/punti-1.0.json", "/mappa/titoli-1.0.json", "/mappa/trova-1.0.json?q=nido"):
        assert client.get(path).status_code == 404


def test_columns_say_of_each_entry_where_it_stands_and_what_filters_ask(client: FlaskClient, publish: Publish) -> None:
    codes = publish()
    found, titles = loaded(client, addresses(client)["points"]), loaded(client, addresses(client)["titles"])
    rows = found["codes"].split(" ")
    assert sorted(rows) == sorted(codes)
    assert sum(found["rows"]) <= len(rows)
    values = {
        name: [[column["values"][at] for at in column["sets"][of]] for of in column["of"]]
        for name, column in found["columns"].items()
    }
    at = {code: rows.index(code) for code in codes}
    assert [values["genere"][at[code]] for code in codes] == [["practice"], ["practice"], ["centre"], ["initiative"]]
    assert [values["area"][at[code]] for code in codes] == [["families"], ["childhood"], [], ["families"]]
    assert values["destinatari"][at[codes[0]]] == ["age02", "parents"]
    assert values["anno"][at[codes[1]]] == ["2025"]
    assert values["regione"][at[codes[2]]] == ["04"]
    lines = titles["titles"].split("\n")
    assert [lines[at[code]] for code in codes] == ["Sportello", "Nido «Più»", "Il Centro di tutti", "Iniziativa"]
    assert titles["entities"].split("\n")[titles["of"][at[codes[0]]]] == "Firenze (FI)"


def test_an_entry_with_an_address_of_its_own_stands_there(client: FlaskClient, publish: Publish) -> None:
    codes = publish()
    found = loaded(client, "/mappa/dati.json")
    places, x, y = [], 0, 0
    for right, down, rows in zip(found["x"], found["y"], found["rows"], strict=True):
        x, y = x + right, y + down
        places += [(x, y)] * rows
    assert places[found["codes"].split(" ").index(codes[1])] == on_plane(43.8, 11.3)


def test_the_map_has_the_places_of_the_geojson_file(client: FlaskClient, publish: Publish) -> None:
    publish()
    features = read_geojson(json.loads(client.get("/dati/pratiche.geojson").data)).features
    expected = {
        one.id: on_plane(one.geometry.coordinates.latitude, one.geometry.coordinates.longitude)
        for one in features
        if one.geometry
    }
    found = loaded(client, "/mappa/dati.json")
    x, y = (list(itertools.accumulate(found[axis])) for axis in "xy")
    places = [place for place, rows in zip(zip(x, y, strict=True), found["rows"], strict=True) for _row in range(rows)]
    codes = found["codes"].split(" ")
    assert dict(zip(codes, places, strict=False)) == expected
    assert sorted(codes) == sorted(one.id for one in features)


@pytest.mark.parametrize("degrees", [(-90.0, 11.0), (90.0, 11.0), (math.nan, 11.0), (43.0, math.inf), (-math.inf, math.nan)])
def test_an_entry_off_the_plane_stands_nowhere_and_the_map_stays(degrees: tuple[float, float]) -> None:
    names = ("kind", "year", "region_code", "area", "level", "tags", "title", "entity_code", "entity_name")
    entry = dict.fromkeys(names, "")
    entries = [
        SimpleNamespace(**entry, province_sign="FI", code=code, latitude=latitude, longitude=longitude)
        for code, (latitude, longitude) in (("A", degrees), ("B", (43.8, 11.3)))
    ]
    found = json.loads(brotli.decompress(pack(entries).points))
    assert (found["codes"], found["rows"]) == ("B A", [1])
    assert (found["x"][0], found["y"][0]) == on_plane(43.8, 11.3)


def test_the_map_opens_though_a_published_entry_has_the_degrees_of_a_pole(
    app: Flask, client: FlaskClient, publish: Publish
) -> None:
    codes = publish()
    with app.app_context():
        db.session.execute(sa.update(PublishedPractice).where(ENTRY.code == codes[1]).values(latitude=-90.0, longitude=11.0))
        db.session.commit()
    found = loaded(client, "/mappa/dati.json")
    rows = found["codes"].split(" ")
    assert rows.index(codes[1]) >= sum(found["rows"])


def test_the_files_of_a_publication_are_kept_by_browsers_alone_and_asked_for_by_their_tag(
    client: FlaskClient, publish: Publish
) -> None:
    publish()
    for name in ("points", "titles"):
        address = addresses(client)[name]
        whole = client.get(address, headers={"Accept-Encoding": "br"})
        assert whole.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert (whole.headers["Content-Encoding"], "Set-Cookie" in whole.headers) == ("br", False)
        assert json.loads(brotli.decompress(whole.data)) == loaded(client, address)
        again = client.get(address, headers={"If-None-Match": whole.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    now = client.get("/mappa/dati.json")
    assert now.headers["Cache-Control"] == "private, no-cache"
    assert client.get("/mappa/dati.json", headers={"If-None-Match": now.headers["ETag"]}).status_code == 304


def test_what_is_taken_back_is_in_no_file_and_the_address_that_had_it_is_gone(
    app: Flask, client: FlaskClient, publish: Publish, clock: Clock
) -> None:
    codes = publish()
    before = addresses(client)
    assert codes[0] in client.get(before["points"]).text
    with app.app_context():
        practice = table_of(Practice).c
        gone = db.session.execute(sa.select(practice.id).where(practice.code == codes[0])).scalar_one()
        retract([gone], actor="test", now=clock())
        db.session.commit()
    assert {client.get(address).status_code for address in before.values()} == {404}
    after = addresses(client)
    assert codes[0] not in client.get(after["points"]).text
    assert "Sportello" not in client.get(after["titles"]).text
    assert "Sportello" not in client.get("/mappa").text


def test_words_are_found_in_titles_descriptions_and_places_without_accents(client: FlaskClient, publish: Publish) -> None:
    codes = publish()
    address, rows = addresses(client)["find"], loaded(client, "/mappa/dati.json")["codes"].split(" ")

    def found(text: str) -> list[str] | None:
        answer = client.get(address, query_string={"q": text}).get_json()["rows"]
        return None if answer is None else sorted(rows[at] for at in answer)

    assert found("PERCHE") == [codes[3]]
    assert found("più") == [codes[1]]
    assert found("firenze") == sorted(codes[:2])
    assert found("firenze piu") == [codes[1]]
    assert found("ortello") == []
    assert found("%%") is None


def test_without_scripts_the_table_counts_what_is_asked_for_and_leads_to_the_list(
    client: FlaskClient, publish: Publish
) -> None:
    publish()
    page = Screen(client.get("/mappa"))
    assert (counts(page)["Toscana"], counts(page)["Piemonte"]) == ("2", "0")
    filtered = client.get("/mappa?area=families&genere=practice&q=sportello")
    assert counts(Screen(filtered))["Toscana"] == "1"
    assert 'href="/pratiche?q=sportello&amp;area=families&amp;regione=09&amp;genere=practice"' in filtered.text
    assert 'href="/pratiche?q=sportello&amp;area=families&amp;genere=practice"' in filtered.text
    assert ">1 scheda<" in filtered.text


def test_an_address_names_an_entry_that_the_page_opens(client: FlaskClient, publish: Publish) -> None:
    codes = publish()
    page = client.get(f"/mappa?scheda={codes[1].lower()}&anno=2026").text
    assert f'data-sheet="{codes[1]}"' in page
    assert re.findall(r'<h3 class="practice-name"><a href="([^"]+)"', page) == [f"/pratiche/{codes[1]}"]
    assert f'rel="canonical" href="{CANONICAL}"' in page
    assert f'href="/mappa?scheda={codes[1]}#map-main"' in client.get(f"/pratiche/{codes[1]}").text
    gone = client.get("/mappa?scheda=NESSUNA1").text
    assert ("La scheda indicata non c'è" in html.unescape(gone), "data-sheet" in gone, "practice-name" in gone) == (
        True,
        False,
        False,
    )
    assert "La scheda indicata" not in client.get("/mappa?scheda=%3Cb%3E").text


def test_an_entry_without_a_place_has_no_way_to_the_map(app: Flask, client: FlaskClient, publish: Publish) -> None:
    codes = publish()
    with app.app_context():
        db.session.execute(sa.update(PublishedPractice).where(ENTRY.code == codes[1]).values(latitude=None, longitude=None))
        db.session.commit()
    page = client.get(f"/pratiche/{codes[1]}").text
    assert "/mappa?scheda=" not in page
    assert "Vedi sulla mappa" not in page
    assert 'href=""' not in page


def test_a_value_that_nothing_has_stays_in_the_form(client: FlaskClient, publish: Publish) -> None:
    publish()
    page = client.get("/mappa?area=gardens").text
    assert re.search(r'name="area" value="gardens" checked', page)


def test_regions_are_shaded_by_the_numbers_of_the_results(app: Flask, client: FlaskClient, publish: Publish) -> None:
    publish()
    answer(app, FIRENZE)
    page = client.get("/mappa").text
    shades = dict(re.findall(r'data-region="(\d\d)"><path class="map-area map-shade-(\w+)"', page))
    assert (shades["09"], shades["01"]) == ("5", "0")
    assert re.search(r"<title>Toscana: 100,0%</title>", page)
    assert "1 su 1" in page
    assert "Comuni rappresentati nella rilevazione del 2026" in page
    assert "Ricognizione delle buone pratiche 2026. Dati del" in page


def test_provinces_that_the_map_shades_stand_in_a_table_by_name(app: Flask, client: FlaskClient, publish: Publish) -> None:
    publish()
    answer(app, FIRENZE)
    page = client.get("/mappa").text
    assert re.findall(r'data-province="(\w\w)" data-shade="(\d)"><th scope="row">([^<]+)<', page) == [
        ("BZ", "0", "Bolzano/Bozen"),
        ("FI", "5", "Firenze"),
        ("PE", "0", "Pescara"),
        ("TO", "0", "Torino"),
        ("TN", "0", "Trento"),
    ]
    row = next(row for row in re.findall(r"<tr data-province.*?</tr>", page) if "Firenze" in row)
    assert re.findall(r"<td[^>]*>([^<]*)", row) == ["Toscana", "1 su 1", "100,0%"]


def test_before_the_edition_opens_no_province_is_shaded(client: FlaskClient, app: Flask, clock: Clock) -> None:
    with app.app_context():
        add_municipalities()
        add_practices([practice_row(FIRENZE, PublicRecord("Sportello"), clock())])
        publish_all(clock())
    page = client.get("/mappa").text
    assert ("1 scheda" in page, "data-province=" in page, "map-shade-unknown" in page) == (True, False, True)


def test_shades_begin_at_their_bounds() -> None:
    assert [shade_of(number, 100) for number in (0, 1, 9, 10, 24, 25, 49, 50, 74, 75, 100)] == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert shade_of(1, 1500) == 1
    assert shade_of(0, 0) == 0


def test_the_page_is_the_same_for_everybody_and_may_be_asked_for_by_its_tag(client: FlaskClient, publish: Publish) -> None:
    publish()
    page = client.get("/mappa")
    assert (page.headers["Cache-Control"], "csrf_token" in page.text) == ("private, no-cache", False)
    assert client.get("/mappa", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert client.get("/mappa?anno=2025").headers["ETag"] != page.headers["ETag"]


def test_every_region_has_a_shape_on_the_plane() -> None:
    shapes = region_shapes()
    assert sorted(shapes) == [f"{code:02}" for code in range(1, 21)]
    assert all(re.fullmatch(r"(M\d+ \d+l[-\d ]+z)+", path) for path in shapes.values())


def test_sources_of_the_boundaries_are_named_on_the_page(client: FlaskClient, publish: Publish) -> None:
    publish()
    assert "© Openpolis, ISTAT" in client.get("/mappa").text
