"""`/api/v1/…`: pages that follow one another, filters that are refused when they are none, and one practice by its code."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

import jsonschema
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.editions.current import EditionView
from app.extensions import db
from app.practices.finding import PARAMETERS
from app.practices.models import Practice
from app.practices.opendata.columns import COLUMN_NAMES
from app.practices.publishing import publish, retract
from app.practices.record import PublicRecord
from tests.practices.open_data import FULL, ROWS, publish_rows
from tests.public_practices import add_practices, practice_row
from tests.responses.people import FIRENZE

LINK = re.compile(r'<([^>]+)>; rel="([a-z-]+)"')


@pytest.fixture
def codes(edition: EditionView, now: dt.datetime) -> dict[str, str]:
    found = publish_rows(now)
    db.session.rollback()
    return found


def links(answer: TestResponse) -> dict[str, str]:
    return {name: address.removeprefix("http://127.0.0.1:8000") for address, name in LINK.findall(answer.headers["Link"])}


def names(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json["items"]]


def test_the_pages_follow_one_another_and_hold_every_practice_once(codes: dict[str, str], client: FlaskClient) -> None:
    answer = client.get("/api/v1/pratiche?quanti=2")
    found, pages = names(answer), 1
    assert set(links(answer)) == {"first", "next", "last", "license", "describedby", "service-desc"}
    assert (answer.json["total"], answer.json["pages"], answer.json["version"]) == (len(ROWS), 3, 1)
    last = links(answer)["last"]
    while "next" in links(answer):
        answer = client.get(links(answer)["next"])
        found += names(answer)
        pages += 1
    assert pages == 3
    assert sorted(found) == sorted(codes)
    assert answer.json == client.get(last).json
    assert names(client.get("/api/v1/pratiche?quanti=2&pagina=4")) == []
    assert urlsplit(links(answer)["prev"]).query == "quanti=2&pagina=2&versione=1"


def test_the_next_page_is_of_the_version_of_the_first(codes: dict[str, str], client: FlaskClient, now: dt.datetime) -> None:
    first = client.get("/api/v1/pratiche?quanti=3")
    add_practices([practice_row(FIRENZE, PublicRecord("Appena uscita"), now)])
    publish(actor="test", note="", now=now)
    second = client.get(links(first)["next"])
    assert sorted(names(first) + names(second)) == sorted(codes)
    assert "Appena uscita" in names(client.get("/api/v1/pratiche"))
    assert client.get("/api/v1/pratiche?versione=3").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=NIDI", [FULL.title]),
        ("area=families", ["=1+1", "Iniziativa"]),
        ("genere=centre&genere=initiative", ["Il Centro", "Iniziativa"]),
        ("regione=09&anno=2026", ["=1+1", FULL.title]),
        ("destinatari=age02&livello=ambito&fondi=municipal&tipo=education", [FULL.title]),
        ("anno=2018", []),
    ],
)
def test_the_filters_are_those_of_map_and_list(
    query: str, expected: list[str], codes: dict[str, str], client: FlaskClient
) -> None:
    assert sorted(names(client.get(f"/api/v1/pratiche?{query}"))) == sorted(expected)


@pytest.mark.parametrize(
    "query",
    [
        *("colore=blu", "regione=9", "anno=26", "genere=tutto", "area=Families", "area=", "pagina=0", "pagina=x", "pagina=1.0"),
        *("quanti=201", "quanti=-1", "pagina=1&pagina=2", "versione=0", "pagina=%D9%A1", "lingua=en", "quanti="),
    ],
)
def test_what_is_no_parameter_and_no_value_is_refused(query: str, codes: dict[str, str], client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/pratiche?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["status"] == 400
    assert query.partition("=")[0] in answer.json["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers


def test_a_practice_is_the_line_of_the_file_until_it_is_taken_back(
    codes: dict[str, str], client: FlaskClient, now: dt.datetime
) -> None:
    code = codes[FULL.title]
    answer = client.get(f"/api/v1/pratiche/{code}")
    assert answer.text in client.get("/dati/pratiche.jsonl").text.splitlines()
    assert client.get(f"/api/v1/pratiche/{code}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    (row,) = db.session.execute(sa.select(Practice.id).where(Practice.code == code)).all()
    retract([row.id], actor="test", now=now)
    db.session.commit()
    gone = client.get(f"/api/v1/pratiche/{code}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (gone.status_code, gone.mimetype, gone.json["status"]) == (410, "application/problem+json", 410)
    assert client.get("/api/v1/pratiche/ABCDEFGH").status_code == 404
    assert code not in client.get("/api/v1/pratiche?versione=1").text


def test_an_answer_has_an_etag_that_changes_with_the_version_and_the_question(
    codes: dict[str, str], client: FlaskClient, now: dt.datetime
) -> None:
    asked = ["", "?area=families", "?pagina=2&quanti=1", "?q=nidi"]
    tags = [client.get(f"/api/v1/pratiche{query}").headers["ETag"] for query in asked]
    assert len(set(tags)) == len(asked)
    for query, tag in zip(asked, tags, strict=True):
        again = client.get(f"/api/v1/pratiche{query}", headers={"If-None-Match": tag, "Accept-Encoding": "br"})
        assert (again.status_code, again.data) == (304, b"")
    add_practices([practice_row(FIRENZE, PublicRecord("Appena uscita"), now)])
    publish(actor="test", note="", now=now)
    assert client.get("/api/v1/pratiche", headers={"If-None-Match": tags[0]}).status_code == 200


def test_before_the_first_publication_there_is_nothing_and_no_error(edition: EditionView, client: FlaskClient) -> None:
    answer = client.get("/api/v1/pratiche?area=families")
    assert answer.json == {**answer.json, "version": 0, "total": 0, "items": [], "published": None}
    assert client.get("/api/v1/pratiche/ABCDEFGH").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/altro", 404), ("POST", "/api/v1/pratiche", 405), ("DELETE", "/api/v1/pratiche/ABCDEFGH", 405)],
)
def test_every_refusal_below_api_is_a_problem_that_a_program_reads(
    method: str, path: str, status: int, client: FlaskClient
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype, answer.json["status"]) == (status, "application/problem+json", status)


def test_the_description_names_every_column_and_every_filter(codes: dict[str, str], client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    said = answer.json
    assert list(said["components"]["schemas"]["Practice"]["properties"]) == list(COLUMN_NAMES)
    parameters = [one["name"] for one in said["paths"]["/api/v1/pratiche"]["get"]["parameters"]]
    assert parameters == [*PARAMETERS, "pagina", "quanti", "versione"]
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    schema = {"$ref": "#/components/schemas/Page", "components": said["components"]}
    jsonschema.Draft202012Validator(schema).validate(client.get("/api/v1/pratiche").json)
