"""Workers as they run for real: `flask mail deliver` in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.live_site import ROOT, clean_environment

Start = Callable[..., subprocess.Popen[str]]
SECONDS = 60


def start_worker(url: str, folder: Path, settings: dict[str, Any], *arguments: str) -> subprocess.Popen[str]:
    """`flask mail …` on this database with these settings, its output in pipes."""
    own = {"database_url": url, "instance_path": str(folder), **{name: str(value) for name, value in settings.items()}}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "mail", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(own), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
