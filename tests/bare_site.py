"""A bare Flask application in a gunicorn of its own: the unit in which the costs of the program are told."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from tests.live_site import clean_environment, cpu_of_tree, free_port

SOURCE = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def page():
    return "<!DOCTYPE html><html lang=it><title>Ciao</title><h1>Ciao</h1></html>"
"""


class BareSite:
    """Runs while the `with` lasts, with as many processes and threads as the program's own server."""

    def __init__(self, workers: int = 2, threads: int = 4) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="bare-")
        (Path(self.folder.name) / "bare.py").write_text(SOURCE, encoding="utf-8")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = [sys.executable, "-m", "gunicorn", "--worker-class=gthread", f"--workers={workers}"]
        self.command += [f"--threads={threads}", f"--bind=127.0.0.1:{self.port}", "--log-level=warning", "bare:app"]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> BareSite:
        self.process = subprocess.Popen(self.command, cwd=self.folder.name, env=clean_environment({}))
        end = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(self.url, timeout=2):
                    return self
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=15)
        self.folder.cleanup()

    def cpu_seconds(self) -> float:
        """CPU that its server and workers have used."""
        assert self.process is not None
        return cpu_of_tree(self.process.pid)
