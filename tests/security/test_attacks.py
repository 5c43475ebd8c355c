"""Requests that no page of ours sends, as an attacker or a broken client sends them: none is a fault, none does anything.

Each was a defect once. Not for: who may see what (the table of all routes by role).
"""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.web.incoming import MOST_FIELDS
from tests.fill.conftest import NewPerson, Stored
from tests.fill.person import Person
from tests.fill.walk import begin

HUGE = ["2147483648", "9223372036854775808", "9" * 300]
MANY_DIGITS = "9" * 5_000  # more than Python turns into a number
MARK = "\ue000token\ue001"


def post(person: Person, path: str, fields: dict[str, str | list[str]], *, form: str = "/compila/B") -> TestResponse:
    """Post these fields with what the form at another address would send along: its token, its entity, its save's id."""
    hidden = person.get(form).form().fields
    along = {name: hidden[name] for name in ("csrf_token", "ente", "save_id")}
    return person.client.post(path, data=MultiDict(along | fields))


def new_sheet(person: Person) -> str:
    """The id of a sheet that the person has just added."""
    return person.press(person.get("/compila/P"), "Aggiungi una buona pratica").path.rpartition("/")[2]


@pytest.mark.parametrize("number", HUGE)
def test_numbers_that_no_database_holds_are_unknown_versions(person: Person, number: str) -> None:
    for path in (f"/ricevuta/{number}/copia", f"/storico?da={number}", f"/storico?da=1&a={number}"):
        assert person.client.get(path).status_code == 404


@pytest.mark.parametrize("seen", [MANY_DIGITS, "9" * 30, "1," * 50_000, "²"])
def test_odd_revisions_in_a_decision_are_left_out(person: Person, stored: Stored, seen: str) -> None:
    begin(person)
    item, before = new_sheet(person), stored().document.answers["B01"].value
    for action in ("tieni", "conferma-eliminazione"):
        assert post(person, f"/compila/P/schede/{item}/{action}", {"seen": seen}).status_code == 303
    shown = str(stored().document.answers["B01"].revision)
    page: dict[str, str | list[str]] = {"B01": "no", "B01.base": shown, "B01.scelta": "current", "B01.seen": seen}
    assert post(person, "/compila/B", page).status_code == 303
    assert stored().document.answers["B01"].value == before
    assert item in stored().document.live_items()["P"]


def test_the_character_that_no_keyboard_types_is_dropped_everywhere(person: Person, stored: Stored) -> None:
    begin(person)
    item = new_sheet(person)
    page: dict[str, str | list[str]] = {"P03": "Più\0 nidi\0", "P03.base": "0", "save_id": "\0a\0"}
    assert post(person, f"/compila/pratiche/{item}", page).status_code == 303
    assert stored().document.answers[f"{item}/P03"].value == "Più nidi"
    assert post(person, f"/compila/P/schede/{item}/sposta", {"before": "\0", "save_id": "\0b"}).status_code == 303
    assert post(person, "/ricevuta/parere", {"save_id": "\0c"}).status_code == 303
    assert post(person, "/compila/capofila/%00", {"risposta": "si"}).status_code == 303
    assert person.client.get("/ente/edizioni/%00").status_code == 404
    assert person.client.get("/compila/B?cerca=B02&testo=%00firenze%00").status_code == 200
    new = {"name": "Operatore\0 B", "office": "\0Servizi", "email": "b@example.org", "phone": "055 123456", "operator_id": ""}
    assert post(person, "/operatore", dict(new)).status_code == 303
    assert "Operatore B" in person.get("/operatore").html


@pytest.mark.parametrize("typed", ["\0", "\0 5", "9" * 400, "048017\0"])
def test_odd_names_do_not_break_signing_in(client: FlaskClient, edition: object, typed: str) -> None:
    assert client.get("/accedi", query_string={"ente": typed}).status_code == 200
    token = _token(client.get("/accedi"))
    shown = client.post("/accedi", data={"csrf_token": token, "entity": typed, "entity_code": typed, "password": "\0"})
    assert shown.status_code in {401, 422}


def _token(page: TestResponse) -> str:
    return page.text.partition('name="csrf_token" value="')[2].partition('"')[0]


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/json"])
def test_files_and_json_are_not_taken_for_typed_texts(client: FlaskClient, edition: object, content_type: str) -> None:
    token = _token(client.get("/accedi"))
    if content_type == "application/json":
        shown = client.post("/accedi", json={"entity": 5, "password": ["x"]}, headers={"X-CSRFToken": token})
    else:
        files = {"csrf_token": token, "entity": (io.BytesIO(b"Firenze"), "a.txt"), "password": (io.BytesIO(b"x"), "b")}
        shown = client.post("/accedi", data=files, content_type=content_type)
    assert shown.status_code == 422


@pytest.mark.parametrize("path", ["/accedi", "/compila/B", "/operatore"])
def test_a_form_of_more_fields_than_any_page_has_is_refused_unread(client: FlaskClient, edition: object, path: str) -> None:
    body = "a=1&" * (MOST_FIELDS + 1)
    headers = {"Sec-Fetch-Site": "same-origin"}
    refused = client.post(path, data=body, content_type="application/x-www-form-urlencoded", headers=headers)
    assert refused.status_code == 413
    assert "Hai inviato troppi dati in una volta" in refused.text
    assert len(refused.data) < 20_000


def test_a_form_of_a_thousand_municipalities_is_read(person: Person, stored: Stored) -> None:
    begin(person)
    item = new_sheet(person)
    page: dict[str, str | list[str]] = {"P07": [f"{code:06d}" for code in range(1_000)], "P07.base": "0"}
    assert post(person, f"/compila/pratiche/{item}", page).status_code == 303
    assert len(stored().document.answers[f"{item}/P07"].value) == 1_000


def test_head_neither_saves_nor_sends_nor_says_anything(person: Person, stored: Stored) -> None:
    """A HEAD passes no check of a token, and yet may bring a form."""
    begin(person)
    item, before = new_sheet(person), stored().version
    form: dict[str, str | list[str]] = {"ente": "048017", "B01": "no", "B01.base": str(before), "P03": "x", "P03.base": "0"}
    form |= {"dichiarazione": "1", "versione": str(before)}
    for path in ("/compila/B", f"/compila/pratiche/{item}", "/compila/verifica", "/operatore", "/accedi"):
        answer = person.client.head(path, data=form)
        assert (answer.status_code, answer.data) == (303 if path == "/accedi" else 200, b"")
    assert (stored().version, stored().submissions) == (before, 0)
    assert person.get("/compila").alerts == []


@pytest.mark.parametrize(
    "address",
    [
        "//[",
        "http://[",
        "/\\[",
        "//a℀b.example",
        "/x\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "//evil.example",
        "/\\evil.example",
    ],
)
def test_the_language_switch_stays_on_the_site_whatever_it_is_asked(client: FlaskClient, edition: object, address: str) -> None:
    token = _token(client.get("/privacy"))
    asked = client.post("/lingua", data={"csrf_token": token, "lingua": "en", "next": address})
    assert (asked.status_code, asked.location) == (303, "/")


@pytest.mark.parametrize("came_from", ["http://[", "//[x", "http://evil.example/compila"])
def test_an_odd_referrer_leads_home(client: FlaskClient, edition: object, came_from: str) -> None:
    token = _token(client.get("/privacy"))
    asked = client.post("/lingua", data={"csrf_token": token, "lingua": "en"}, headers={"Referer": came_from})
    assert (asked.status_code, asked.location) == (303, "/")


@pytest.mark.parametrize("mount", ["//evil.example", "/evil"])
def test_nobody_mounts_the_site_elsewhere_for_himself_or_for_others(app: Flask, edition: object, mount: str) -> None:
    """Parts of pages are drawn once for all: a link bent for one visitor would be bent for everybody after."""
    bent = app.test_client().get("/privacy", environ_overrides={"SCRIPT_NAME": mount})
    after = app.test_client().get("/privacy")
    for page in (bent, after):
        assert page.status_code == 200
        assert "evil" not in page.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_an_older_browser_says_by_its_origin_that_another_site_sent_the_form(
    person: Person, stored: Stored, origin: str
) -> None:
    begin(person)
    before = stored().version
    for token in ({}, {"csrf_token": ""}):
        fields = dict(person.get("/compila/B").form().fields) | {"B01": ["no"]} | token
        refused = person.client.post("/compila/B", data=MultiDict(fields), headers={"Origin": origin})
        assert refused.status_code == 400
        assert "Richiesta arrivata da un altro sito" in refused.text
    assert stored().version == before


def test_a_name_that_looks_like_a_place_for_the_token_stays_a_name(new_person: NewPerson) -> None:
    person = new_person(f"Operatore {MARK}")
    page = person.get("/compila/B")
    assert MARK in page.html
    assert page.form().fields["csrf_token"][0] not in page.text


def test_another_municipality_finds_nothing_under_a_sheet_that_is_not_its_own(
    person: Person, new_person: NewPerson, stored: Stored
) -> None:
    begin(person)
    item, other = new_sheet(person), new_person("Operatore C", "022165")
    begin(other)
    before, others = stored().stored, stored("022165").stored
    assert other.client.get(f"/compila/pratiche/{item}").status_code == 404
    for action in ("duplica", "sposta", "elimina", "ripristina", "tieni", "conferma-eliminazione"):
        post(other, f"/compila/P/schede/{item}/{action}", {"base": "999999999"})
    assert (stored().stored, stored("022165").stored) == (before, others)
