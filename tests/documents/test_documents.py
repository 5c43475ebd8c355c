"""What the guides tell people to do can be done: commands run, targets and pages exist, links lead somewhere."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.live_site import ROOT, clean_environment

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FLASK = re.compile(r"flask --app wsgi ([a-z]+)(?: ([a-z]+))?|`flask ([a-z]+)(?: ([a-z]+))?")
MAKE = re.compile(r"`make ([a-z]+)|\$ make ([a-z]+)")
PAGE = re.compile(r"`(/[a-z/.]*[a-z](?:/…)?|/)`")
EXAMPLE_YEAR = 2026
OTHER_MACHINES = {"/etc", "/srv", "/var", "/tmp"}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands_of(text: str) -> list[str]:
    return [
        line.removeprefix("$ ").partition("#")[0].strip()
        for kind, _, body in BLOCK.findall(text)
        if kind == "console"
        for line in body.splitlines()
        if line.startswith("$ ")
    ]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a `flask` command as somebody would, on an installation of this test's own."""
    words = shlex.split(command)
    assert words[0] == "flask", f"a guide may only ask for flask and make commands: {command}"
    environment = clean_environment({"instance_path": str(folder)}) | {"PYTHONPATH": str(ROOT), "PATH": os.defpath}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def as_of_next_year(text: str) -> str:
    """The guide with its edition's dates still to come, whenever the tests run."""
    later = dt.datetime.now(dt.UTC).year + 1 - EXAMPLE_YEAR
    return re.sub(rf"\b({EXAMPLE_YEAR - 1}|{EXAMPLE_YEAR})\b", lambda year: str(int(year[0]) + later), text)


def files_of(text: str, folder: Path) -> None:
    """Write the files that a guide shows in full: blocks that name one."""
    for _, file, body in BLOCK.findall(text):
        if file:
            (folder / file).write_text(body)


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if commands_of(path.read_text())], ids=name)
def test_the_commands_of_a_guide_work_in_their_order(path: Path, tmp_path: Path) -> None:
    text = as_of_next_year(path.read_text())
    flask = [command for command in commands_of(text) if not command.startswith("make ")]
    files_of(text, tmp_path)
    if flask:
        assert run("flask --app wsgi db upgrade", tmp_path).returncode == 0
    for command in flask:
        done = run(command, tmp_path)
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"


def test_a_command_that_fails_is_seen(tmp_path: Path) -> None:
    assert run("flask --app wsgi edition load manca.yaml", tmp_path).returncode != 0
    with pytest.raises(AssertionError, match="may only ask"):
        run("rm -rf cartella", tmp_path)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_targets_of_make_exist(path: Path) -> None:
    assert {first or second for first, second in MAKE.findall(path.read_text())} <= TARGETS


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from app import create_app

    return create_app({"instance_path": str(tmp_path_factory.mktemp("instance"))})


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_flask_commands_exist(path: Path, application: Flask) -> None:
    missing = [words for words in _flask_words(path.read_text()) if not _is_command(application, words)]
    assert not missing


def _flask_words(text: str) -> Iterator[list[str]]:
    for found in FLASK.findall(text):
        yield [word for word in found if word]


def _is_command(application: Flask, words: list[str]) -> bool:
    command: Any = application.cli
    context = click.Context(command)
    for word in words:
        if not isinstance(command, click.Group):
            return True
        command = command.get_command(context, word)
        if command is None:
            return word == "run"
    return True


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_pages_exist(path: Path, application: Flask) -> None:
    adapter = application.url_map.bind("localhost")
    missing = []
    for page in PAGE.findall(path.read_text()):
        if any(page.startswith(other) for other in OTHER_MACHINES):
            continue
        try:
            adapter.match(page.replace("…", "x").rstrip("/") or "/")
        except HTTPException:
            missing.append(page)
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    missing = [
        target
        for target in LINK.findall(path.read_text())
        if not target.startswith(("http://", "https://", "mailto:")) and not (path.parent / target).exists()
    ]
    assert not missing


def test_the_catalogue_entry_of_the_program_is_complete() -> None:
    """The keys that publiccode.yml 0.4 requires, with the lengths it sets."""
    entry = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    required = {
        *("publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "description"),
        *("legal", "maintenance", "localisation"),
    }
    assert required <= entry.keys()
    assert entry["legal"]["license"] == "EUPL-1.2"
    assert set(entry["description"]) == set(entry["localisation"]["availableLanguages"])
    for described in entry["description"].values():
        assert len(described["shortDescription"]) <= 150
        assert 150 <= len(described["longDescription"]) <= 10_000
        assert described["features"]


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016")
    assert [f"\n{number}." in text for number in range(1, 16)] == [True] * 15
    assert text.rstrip().endswith("require the production of a new EUPL version.")
