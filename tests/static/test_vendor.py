"""The vendored files are what tools/vendor built, with their licences, and small enough for a bad line."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "app" / "static" / "vendor"


def _sums() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def test_every_vendored_file_has_its_checksum_and_no_other_is_listed() -> None:
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == _sums()


def test_licences_of_what_is_vendored_stand_beside_it() -> None:
    style = (VENDOR / "bootstrap-italia.css").read_text(encoding="utf-8")
    named = re.findall(r"\((LICENSE-[a-z-]+\.txt)\)", style[:400])
    assert named == ["LICENSE-bootstrap-italia.txt", "LICENSE-titillium-web.txt"]
    assert "Redistribution and use" in (VENDOR / named[0]).read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in (VENDOR / named[1]).read_text(encoding="utf-8")


def test_the_version_named_in_the_file_is_the_locked_one() -> None:
    lock = json.loads((ROOT / "tools" / "vendor" / "package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"]["node_modules/bootstrap-italia"]["version"]
    assert f"Bootstrap Italia {version}," in (VENDOR / "bootstrap-italia.css").read_text(encoding="utf-8")[:200]


def test_the_browser_database_is_the_locked_version_with_its_licence_and_a_small_module() -> None:
    lock = json.loads((ROOT / "tools" / "vendor" / "package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"]["node_modules/idb"]["version"]
    script = (VENDOR / "idb.js").read_bytes()
    assert script.startswith(f"/*! idb {version}, ISC (LICENSE-idb.txt). */\n".encode())
    assert "ISC License" in (VENDOR / "LICENSE-idb.txt").read_text(encoding="utf-8")
    assert len(brotli.compress(script)) <= 1_500


def test_purged_style_sheet_stays_within_ten_kilobytes_compressed() -> None:
    assert len(brotli.compress((VENDOR / "bootstrap-italia.css").read_bytes())) <= 10_000


def test_there_are_two_weights_of_the_font_and_each_is_small() -> None:
    fonts = sorted((VENDOR / "fonts").iterdir())
    assert [path.name.split(".")[0] for path in fonts] == ["titillium-web-bold", "titillium-web-regular"]
    assert all(path.stat().st_size <= 12_500 for path in fonts)


def test_fonts_are_swapped_in_and_every_file_that_a_style_sheet_names_exists() -> None:
    style = (VENDOR / "bootstrap-italia.css").read_text(encoding="utf-8")
    faces = re.findall(r"@font-face\{[^}]*\}", style)
    assert len(faces) == 2
    assert all("font-display:swap" in face for face in faces)
    named = [name for face in faces for name in re.findall(r"url\(\"?([^)\"]+)\"?\)", face)]
    assert len(named) == 2
    assert all((VENDOR / name).is_file() for name in named)


@pytest.mark.parametrize("name", ["vendor/bootstrap-italia.css", "css/app.css"])
def test_style_sheets_fetch_nothing_from_elsewhere(name: str) -> None:
    style = (VENDOR.parent / name).read_text(encoding="utf-8")
    addresses = [address for address in re.findall(r"url\(\"?([^)\"]+)", style) if not address.startswith(("data:", "fonts/"))]
    assert addresses == []
    assert "@import" not in style
