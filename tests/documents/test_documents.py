"""What the guides name exists: commands, targets and pages; links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.documents.guides import DOCUMENTS, name
from tests.live_site import ROOT

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FLASK = re.compile(r"flask --app wsgi ([a-z]+)(?: ([a-z]+))?|`flask ([a-z]+)(?: ([a-z]+))?")
MAKE = re.compile(r"`make ([a-z]+)|\$ make ([a-z]+)")
PAGE = re.compile(r"`(/[a-z/.]*[a-z](?:/…)?|/)`")
OTHER_MACHINES = {"/etc", "/srv", "/var", "/tmp"}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


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


def test_the_proxy_is_told_not_to_log_any_address_that_holds_a_secret(application: Flask) -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    found = re.search(r"location ~ (\^/\(\S+\)/) \{ access_log off", text)
    assert found is not None
    paths = [rule.rule for rule in application.url_map.iter_rules()]
    secret = [path for path in paths if "<token>" in path] + ["/gestione/sso/ritorno"]
    assert len(secret) > 7
    assert [path for path in secret if not re.match(found[1], path)] == []
