"""What happens to bodies and pages: limits, compression, language, error pages."""

from __future__ import annotations

from collections.abc import Callable

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from app.accounts.permission_table import ANYBODY, PERMISSIONS


@pytest.fixture
def database_kind() -> str:
    """These do not depend on the database."""
    return "sqlite"


@pytest.mark.settings(max_body_kib=64)
def test_a_body_that_is_too_large_gets_a_page_that_says_what_to_do(
    make_app: Callable[..., Flask], add_probes: Callable[[Flask], Flask]
) -> None:
    app = add_probes(make_app(max_body_kib=64))
    app.test_client_class = FlaskClient
    visitor = app.test_client()
    token = visitor.get("/probe/form").text
    assert visitor.post("/probe/save", data={"csrf_token": token, "B01": "x" * 60_000}).status_code == 200
    refused = visitor.post("/probe/save", data={"csrf_token": token, "B01": "x" * 66_000})
    assert refused.status_code == 413
    assert "Hai inviato troppi dati in una volta" in refused.text
    assert "Nulla è stato salvato" in refused.text


def test_a_large_page_is_compressed_and_a_small_one_is_not(visitor: FlaskClient) -> None:
    large = visitor.get("/probe/big", headers={"Accept-Encoding": "gzip, br"})
    small = visitor.get("/probe/form", headers={"Accept-Encoding": "gzip, br"})
    assert large.headers["Content-Encoding"] == "br"
    assert brotli.decompress(large.data).decode() == "<p>" + "parole " * 400
    assert "Content-Encoding" not in small.headers
    assert "Content-Encoding" not in visitor.get("/probe/big").headers


def test_compression_can_be_left_to_the_proxy(make_app: Callable[..., Flask], add_probes: Callable[[Flask], Flask]) -> None:
    app = add_probes(make_app(compress=False))
    app.test_client_class = FlaskClient
    assert "Content-Encoding" not in app.test_client().get("/probe/big", headers={"Accept-Encoding": "br"}).headers


def test_a_language_link_stays_on_the_page_and_is_remembered(visitor: FlaskClient) -> None:
    switched = visitor.get("/probe/form?a=1&lingua=en&b=2")
    assert (switched.status_code, switched.location) == (303, "/probe/form?a=1&b=2")
    assert '<html lang="en">' in visitor.get("/non-esiste").text
    assert visitor.get("/probe/form?lingua=it").location == "/probe/form"
    assert '<html lang="it">' in visitor.get("/non-esiste").text


@pytest.mark.parametrize("code", ["xx", "", "en-x-très", "../it"])
def test_a_language_that_is_not_offered_changes_nothing(visitor: FlaskClient, code: str) -> None:
    visitor.get("/probe/form", query_string={"lingua": code})
    assert '<html lang="it">' in visitor.get("/non-esiste").text


def test_a_language_link_never_leads_to_another_site(visitor: FlaskClient) -> None:
    location = visitor.get("//evil.example/x?lingua=en").location
    assert location is None or location == "/"


@pytest.mark.parametrize("host_of_next", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"])
def test_the_language_form_never_leads_to_another_site(visitor: FlaskClient, host_of_next: str) -> None:
    token = visitor.get("/probe/form").text
    switched = visitor.post("/lingua", data={"csrf_token": token, "lingua": "en", "next": host_of_next})
    assert (switched.status_code, switched.location) == (303, "/")


def test_the_language_form_stays_on_the_page(visitor: FlaskClient) -> None:
    token = visitor.get("/probe/form").text
    switched = visitor.post("/lingua", data={"csrf_token": token, "lingua": "en", "next": "/probe/form?a=1"})
    assert (switched.status_code, switched.location) == (303, "/probe/form?a=1")
    assert '<html lang="en">' in visitor.get("/non-esiste").text


def test_a_database_that_does_not_answer_is_a_busy_page_and_not_a_fault(probed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked() -> str:
        raise OperationalError("UPDATE response SET x = ?", {}, Exception("database is locked"))

    monkeypatch.setitem(PERMISSIONS, "probe_locked", ANYBODY)
    probed.add_url_rule("/probe/locked", "probe_locked", locked)
    page = probed.test_client().get("/probe/locked")
    assert page.status_code == 503
    assert "L&#39;ultima operazione non è stata registrata" in page.text
    assert "locked" not in page.text


def test_a_refusal_keeps_the_headers_of_its_kind(probed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait() -> str:
        raise TooManyRequests(retry_after=30)

    monkeypatch.setitem(PERMISSIONS, "probe_wait", ANYBODY)
    probed.add_url_rule("/probe/wait", "probe_wait", wait)
    page = probed.test_client().get("/probe/wait")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "30")
    assert page.mimetype == "text/html"
    assert probed.test_client().get("/probe/save").headers["Allow"]


def test_a_page_nobody_put_in_the_table_is_closed(probed: Flask) -> None:
    probed.add_url_rule("/probe/forgotten", "probe_forgotten", lambda: "open")
    assert probed.test_client().get("/probe/forgotten").status_code == 500
