"""Static files: kept for a year under an address that changes with their content, compressed, nothing else of the disk."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.test import Client

from app.web.static import KEPT, StaticFiles, digest_of, without_comments

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STYLE = b"body { color: #17324d }\n" * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of static files, with a file beside it that nobody may see."""
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    shown = tmp_path / "static"
    (shown / "css").mkdir(parents=True)
    (shown / "css" / "app.css").write_bytes(STYLE)
    (shown / "font.woff2").write_bytes(b"font")
    (shown / ".hidden").write_bytes(b"hidden")
    return shown


def _beyond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("404 NOT FOUND", [])
    yield b"beyond"


@pytest.fixture
def browser(folder: Path) -> Client:
    """A browser on these files alone."""
    return Client(StaticFiles(_beyond, folder, digest_of(folder), reload=False))


def test_the_present_address_may_be_kept_and_an_old_one_not(browser: Client, folder: Path) -> None:
    present, old = browser.get(f"/static/{digest_of(folder)}/css/app.css"), browser.get("/static/000000000000/css/app.css")
    assert (present.headers["Cache-Control"], old.headers["Cache-Control"]) == (KEPT, "no-cache")
    assert present.data == old.data == STYLE


SCRIPT = b"""// What it is for.
//
import { a } from "./a.js";

/** One line. */
export const one = "http://example.org/**"; // stays, for it shares its line
  /** Several lines,
   *  with a * and a / in them.
   */
export const two = a ?? 2;
"""


def test_a_script_travels_without_the_lines_of_its_comments_and_keeps_its_line_numbers() -> None:
    bare = without_comments(SCRIPT)
    assert [(number, line) for number, line in enumerate(bare.splitlines(), 1) if line] == [
        (3, b'import { a } from "./a.js";'),
        (6, b'export const one = "http://example.org/**"; // stays, for it shares its line'),
        (10, b"export const two = a ?? 2;"),
    ]


def test_our_scripts_are_served_bare_and_vendored_ones_as_they_came(folder: Path) -> None:
    (folder / "vendor").mkdir()
    for name in ("own.js", "vendor/foreign.js"):
        (folder / name).write_bytes(b"// a comment\nlet x;\n")
    browser = Client(StaticFiles(_beyond, folder, digest_of(folder), reload=False))
    assert browser.get("/static/x/own.js").data == b"\nlet x;\n"
    assert browser.get("/static/x/vendor/foreign.js").data == b"// a comment\nlet x;\n"


def test_the_address_changes_with_a_content_and_with_a_name(folder: Path) -> None:
    before = digest_of(folder)
    (folder / "css" / "app.css").write_bytes(STYLE + b" ")
    changed = digest_of(folder)
    (folder / "css" / "app.css").rename(folder / "css" / "other.css")
    assert len({before, changed, digest_of(folder)}) == 3


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("", None), ("identity", None)]
)
def test_text_is_sent_compressed_as_the_browser_can_take_it(browser: Client, accepted: str, encoding: str | None) -> None:
    response = browser.get("/static/x/css/app.css", headers={"Accept-Encoding": accepted})
    read = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert response.headers.get("Content-Encoding") == encoding
    assert read(response.data) == STYLE
    assert response.headers["Vary"] == "Accept-Encoding"
    assert int(response.headers["Content-Length"]) == len(response.data)


def test_a_font_is_not_compressed_again(browser: Client) -> None:
    response = browser.get("/static/x/font.woff2", headers={"Accept-Encoding": "br"})
    assert (response.data, response.headers.get("Content-Encoding"), response.mimetype) == (b"font", None, "font/woff2")


def test_head_has_the_headers_and_no_body(browser: Client) -> None:
    response = browser.head("/static/x/css/app.css")
    assert (response.data, response.headers["Content-Length"]) == (b"", str(len(STYLE)))


@pytest.mark.parametrize(
    "address",
    [
        "/static/x/../secret.txt",
        "/static/x/css/../../secret.txt",
        "/static/x/%2e%2e/secret.txt",
        "/static/x//etc/passwd",
        "/static/x/.hidden",
        "/static/x/css",
        "/static/x/",
        "/static/",
    ],
)
@pytest.mark.parametrize("reload", [False, True])
def test_nothing_outside_of_the_folder_is_served(folder: Path, address: str, reload: bool) -> None:
    response = Client(StaticFiles(_beyond, folder, "x", reload=reload)).get(address)
    assert (response.status_code, response.data) == (404, b"beyond")


def test_a_file_is_not_written_to(browser: Client) -> None:
    assert browser.post("/static/x/css/app.css").data == b"beyond"


def test_while_developing_a_change_shows_at_once(folder: Path) -> None:
    browser = Client(StaticFiles(_beyond, folder, digest_of(folder), reload=True))
    (folder / "css" / "app.css").write_bytes(b"changed")
    response = browser.get(f"/static/{digest_of(folder)}/css/app.css")
    assert (response.data, response.headers["Cache-Control"]) == (b"changed", "no-cache")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_url_for_names_the_present_address_and_the_file_sets_no_cookie(visitor: FlaskClient, probed: Flask) -> None:
    with probed.test_request_context():
        address = url_for("static", filename="favicon.svg")
    response = visitor.get(address)
    assert response.headers["Cache-Control"] == KEPT
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers["Vary"]
