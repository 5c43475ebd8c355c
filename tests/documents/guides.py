"""The guides, and what somebody does who follows one: its commands run in their order, with the files that it shows."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.live_site import ROOT, clean_environment

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
ADMINISTRATOR = ROOT / "docs" / "administrator.md"
COORDINATOR = ROOT / "docs" / "coordinator.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE_YEAR = 2026


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


def follow(path: Path, folder: Path) -> None:
    """Run the commands of a guide in their order; each must work."""
    text = as_of_next_year(path.read_text())
    flask = [command for command in commands_of(text) if not command.startswith("make ")]
    files_of(text, folder)
    if flask:
        assert run("flask --app wsgi db upgrade", folder).returncode == 0
    for command in flask:
        done = run(command, folder)
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
