"""`/dati`: the files as they are sent, the catalogue, and the pages around them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import brotli
import pyshacl
import pytest
import rdflib
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from rdflib.compare import isomorphic
from werkzeug.test import TestResponse

from app.editions.current import EditionView
from app.extensions import db
from app.practices.models import Practice
from app.practices.opendata.files import FILES
from app.practices.publishing import publish, retract
from tests.practices.open_data import FULL, ROWS, publish_rows
from tests.public_practices import add_practices, practice_row
from tests.responses.people import FIRENZE

SHAPES = Path(__file__).parent / "dcat_ap_it.ttl"
DCAT, DCT = rdflib.Namespace("http://www.w3.org/ns/dcat#"), rdflib.Namespace("http://purl.org/dc/terms/")
Ask = Callable[..., TestResponse]


@pytest.fixture
def codes(edition: EditionView, now: dt.datetime) -> dict[str, str]:
    found = publish_rows(now)
    db.session.rollback()
    return found


def withdraw(code: str, now: dt.datetime) -> None:
    (row,) = db.session.execute(sa.select(Practice.id).where(Practice.code == code)).all()
    retract([row.id], actor="test", now=now)
    db.session.commit()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_sent_as_it_is_kept_or_plain_and_only_when_it_has_changed(
    name: str, codes: dict[str, str], client: FlaskClient
) -> None:
    plain = client.get(f"/dati/{name}")
    packed = client.get(f"/dati/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert (plain.status_code, plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (200, None, "br")
    assert brotli.decompress(packed.data) == plain.data
    assert plain.headers["Content-Type"] == packed.headers["Content-Type"] == FILES[name].media_type
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for answer, encodings in ((plain, {}), (packed, {"Accept-Encoding": "br"})):
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "Set-Cookie" not in answer.headers
        stem, _dot, end = name.rpartition(".")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="ricognizione-{stem}-v1.{end}"'
        for header, said in (
            ("If-None-Match", "ETag"),
            ("If-Modified-Since", "Last-Modified"),
        ):
            again = client.get(f"/dati/{name}", headers={**encodings, header: answer.headers[said]})
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == answer.headers["ETag"]
        head = client.head(f"/dati/{name}", headers=encodings)
        assert (head.data, head.headers["Content-Length"]) == (b"", answer.headers["Content-Length"])
    assert client.get(f"/dati/{name}", headers={"If-None-Match": '"another"'}).status_code == 200
    assert client.get(f"/dati/{name}", headers={"Accept-Encoding": "br;q=0"}).data == plain.data


def test_a_script_of_another_site_may_ask_beforehand_and_reads_refusals_too(
    app: Flask, codes: dict[str, str], client: FlaskClient
) -> None:
    question = {"Access-Control-Request-Method": "GET", "Origin": "https://umap.example.org"}
    asked = FlaskClient(app, app.response_class).options("/dati/pratiche.geojson", headers=question)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
    refused = client.get("/dati/99/pratiche.geojson")
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert client.get("/dati/pratiche.exe").status_code == 404
    assert "Access-Control-Allow-Origin" not in client.get("/dati").headers


def test_a_file_depends_on_no_language_and_sets_no_cookie(codes: dict[str, str], client: FlaskClient) -> None:
    answer = client.get("/dati/pratiche.csv?lingua=en")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.data == client.get("/dati/pratiche.csv").data


def test_a_version_keeps_its_address_and_its_checksums_are_of_its_files(
    codes: dict[str, str], client: FlaskClient, now: dt.datetime
) -> None:
    first = client.get("/dati/1/pratiche.jsonl").data
    add_practices([practice_row(FIRENZE, FULL, now, title="Nuova")])
    publish(actor="test", note="", now=now)
    assert client.get("/dati/1/pratiche.jsonl").data == first
    last = client.get("/dati/2/pratiche.jsonl").data
    assert last == client.get("/dati/pratiche.jsonl").data != first
    for number in (1, 2):
        for line in client.get(f"/dati/{number}/SHA256SUMS").text.splitlines():
            digest, _, name = line.partition("  ")
            assert hashlib.sha256(client.get(f"/dati/{number}/{name}").data).hexdigest() == digest
    assert client.get("/dati/3/SHA256SUMS").status_code == client.get(f"/dati/{2**70}/SHA256SUMS").status_code == 404


def test_what_is_taken_back_leaves_every_version_at_once_and_the_changelog_says_that(
    codes: dict[str, str], client: FlaskClient, now: dt.datetime
) -> None:
    before = client.get("/dati/1/pratiche.jsonl")
    withdraw(codes[FULL.title], now)
    for address in ("/dati/1/pratiche.jsonl", "/dati/pratiche.jsonl", "/dati/1/pratiche.umap"):
        assert codes[FULL.title] not in client.get(address, headers={"If-None-Match": before.headers["ETag"]}).text
    page = client.get("/dati/modifiche").text
    assert "File rifatti il" in page
    assert page.index('id="v2"') < page.index('id="v1"')
    assert FULL.title not in page


def test_the_page_lists_the_files_with_size_and_checksum_once_they_are_made(codes: dict[str, str], client: FlaskClient) -> None:
    assert "si prepara alla prima richiesta" in client.get("/dati").text
    sums = client.get("/dati/1/SHA256SUMS").text
    page = client.get("/dati").text
    assert "si prepara alla prima richiesta" not in page
    assert [line for line in sums.splitlines() if line.split()[0] not in page] == []
    assert "CC BY 4.0" in page
    assert f"{len(ROWS)} schede" in page


def test_before_the_first_publication_pages_and_files_are_there(edition: EditionView, client: FlaskClient) -> None:
    assert "Non è stato ancora pubblicato nulla" in client.get("/dati").text
    assert "Non è stato ancora pubblicato nulla" in client.get("/dati/modifiche").text
    answer = client.get("/dati/pratiche.geojson")
    assert answer.json == {**answer.json, "features": [], "version": 0}
    assert client.get("/dati/pratiche.geojson", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get("/dati/1/pratiche.geojson").status_code == 404
    assert conforms(graph(client, "rdf")) == ""


def graph(client: FlaskClient, form: str) -> rdflib.Graph:
    answer = client.get(f"/dati/catalogo.{form}")
    assert answer.status_code == 200
    return rdflib.Graph().parse(data=answer.text, format={"rdf": "xml", "jsonld": "json-ld"}[form])


def conforms(found: rdflib.Graph) -> str:
    good, _graph, said = pyshacl.validate(found, shacl_graph=str(SHAPES), inference="none")
    return "" if good else str(said)


def test_the_catalogue_says_the_same_in_both_forms_and_what_the_profile_asks_for(
    codes: dict[str, str], client: FlaskClient
) -> None:
    client.get("/dati/1/SHA256SUMS")
    xml, jsonld = graph(client, "rdf"), graph(client, "jsonld")
    assert isomorphic(xml, jsonld)
    assert len(xml) > 100
    assert conforms(xml) == ""
    (dataset,) = xml.subjects(rdflib.RDF.type, DCAT.Dataset)
    downloads = {str(one).rpartition("/")[2] for one in xml.objects(None, DCAT.downloadURL)}
    assert downloads == set(FILES)
    assert len(list(xml.objects(dataset, DCAT.distribution))) == len(FILES)
    sums = dict(line.split("  ")[::-1] for line in client.get("/dati/1/SHA256SUMS").text.splitlines())
    told = {str(one) for one in xml.objects(None, rdflib.URIRef("http://spdx.org/rdf/terms#checksumValue"))}
    assert told == set(sums.values())
    assert {str(one) for one in xml.objects(None, DCT.temporal)} == {"http://127.0.0.1:8000/dati#periodo"}


@pytest.mark.parametrize(
    "missing",
    [
        *(DCT.identifier, DCT.title, DCT.description, DCT.modified, DCT.rightsHolder, DCT.accrualPeriodicity, DCT.license),
        *(DCAT.theme, DCAT.distribution, DCAT.accessURL, DCAT.dataset, DCT["format"], DCT.publisher),
        *(rdflib.FOAF.name, rdflib.URIRef("http://www.w3.org/2006/vcard/ns#hasEmail")),
    ],
)
def test_the_shapes_find_what_is_missing(missing: rdflib.URIRef, codes: dict[str, str], client: FlaskClient) -> None:
    found = graph(client, "jsonld")
    found.remove((None, missing, None))
    assert conforms(found) != ""


@pytest.mark.settings(
    data_licence="cc0-1.0", data_holder_name="Ente di prova", data_holder_ipa="ente_prova", data_contact="dati@example.org"
)
def test_licence_holder_and_contact_are_settings(codes: dict[str, str], client: FlaskClient) -> None:
    found = json.loads(client.get("/dati/catalogo.jsonld").text)
    said = json.dumps(found, ensure_ascii=False)
    for words in ("Ente di prova", "ente_prova:buone-pratiche-famiglie", "mailto:dati@example.org", "A11_CCO10"):
        assert words in said
    assert "Ente di prova" in client.get("/dati").text
    assert "CC0" in client.get("/dati").text


def test_the_pages_read_well_in_english(codes: dict[str, str], client: FlaskClient, app: Flask) -> None:
    client.get("/dati?lingua=en")
    assert "Using them in uMap" in client.get("/dati").text
    assert "From the latest" in client.get("/dati/modifiche").text
