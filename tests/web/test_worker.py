"""The service worker is served at the root, is asked for anew each time, and names the files that there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.worker import kept_files, worker_script

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
STATIC = Path(__file__).parents[2] / "app" / "static"


def build_of(script: str) -> dict[str, object]:
    build: dict[str, object] = json.loads(script.split("const BUILD = ", 1)[1].split(";\n", 1)[0])
    return build


def test_it_stands_at_the_root_and_is_never_stale(client: FlaskClient) -> None:
    response = client.get("/sw.js")
    assert (response.status_code, response.mimetype) == (200, "text/javascript")
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Service-Worker-Allowed"] == "/"
    assert "Set-Cookie" not in response.headers


def test_it_names_the_static_files_of_this_release(client: FlaskClient, app: Flask) -> None:
    build = build_of(client.get("/sw.js").get_data(as_text=True))
    assert build == {"static": f"{app.static_url_path}/", "files": kept_files(STATIC)}
    assert {"css/app.css", "js/draft.js", "js/offline.js", "vendor/idb.js"} <= set(kept_files(STATIC))
    assert all(client.get(f"{app.static_url_path}/{name}").status_code == 200 for name in kept_files(STATIC))


def test_neither_itself_nor_pictures_licences_or_the_desk_are_kept(tmp_path: Path, database_kind: str) -> None:
    for name in (
        "sw.js",
        "js/page.js",
        "js/desk.js",
        "icons/icon.png",
        "vendor/LICENSE.txt",
        "vendor/SHA256SUMS",
        "css/.hidden.css",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert kept_files(tmp_path) == ["js/page.js"]


def test_a_script_without_a_place_for_the_list_is_a_defect(tmp_path: Path, database_kind: str) -> None:
    (tmp_path / "sw.js").write_text("nothing to fill in")
    with pytest.raises(ValueError, match="no line to fill in"):
        worker_script(tmp_path, "/static/x")
