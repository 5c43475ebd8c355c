"""The program as it runs for real: gunicorn in processes of its own on a database of its own, for browser tests and figures.

Not for: tests of one room, which use the application in their own process.
Holds always: the site is local, knows nothing of the environment it was started from, and is gone after `stop`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa
from flask import Flask

from app import create_app
from tests.databases import Databases, start_postgres

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS_FILE = "demo-accounts.json"
START_SECONDS = 60
STOP_SECONDS = 15
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py")


class SiteError(RuntimeError):
    """A command of the site failed or it did not start; the message holds what it said."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment without anybody's own installation, plus these settings by their lower-case names."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RICOGNIZIONE_", "FLASK_"))}
    return kept | {f"RICOGNIZIONE_{name.upper()}": value for name, value in settings.items()}


@dataclass(frozen=True)
class DemoAccount:
    """A municipality of the demo, as `flask demo load` wrote it down."""

    code: str
    label: str
    password: str


@dataclass
class Site:
    """A site on one database. `settings` are the program's own, by their lower-case names."""

    folder: Path
    database_url: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    program: Path = ROOT
    """The folder of the release that it runs."""
    wsgi: str = "wsgi:app"
    """What of it gunicorn and the `flask` command load."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "site.log"

    @property
    def accounts(self) -> list[DemoAccount]:
        """The demo's municipalities that can sign in."""
        return [DemoAccount(**account) for account in json.loads((self.folder / ACCOUNTS_FILE).read_text())]

    def environment(self) -> dict[str, str]:
        own = {
            "base_url": self.url,
            "bind": f"127.0.0.1:{self.port}",
            "database_url": self.database_url,
            "instance_path": str(self.folder),
        }
        return clean_environment(own | self.settings)

    def flask(self, *arguments: str) -> str:
        """Run `flask --app wsgi:app …` and give what it printed. Raises SiteError when it fails."""
        command = [*FLASK[:-1], self.wsgi, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            raise SiteError(f"flask {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def application(self) -> Flask:
        """The same application in this process, to prepare and to read what the site stores."""
        given = {"base_url": self.url, "database_url": self.database_url, "instance_path": str(self.folder)}
        return create_app({**given, **self.settings})

    def start(self) -> Site:
        """Start gunicorn and wait until it answers. Raises SiteError with its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*GUNICORN, self.wsgi],
                cwd=self.program,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise SiteError(f"the site did not start:\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/privacy", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def stop(self) -> None:
        """Ask gunicorn to finish its requests and go; after a while, make it."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None

    def kill(self) -> None:
        """End gunicorn and its workers at once, whatever they are doing, as a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def cpu_seconds(self) -> float:
        """CPU that gunicorn and its workers have used, the ended ones included."""
        assert self.process is not None
        return cpu_of_tree(self.process.pid)


def cpu_of_tree(pid: int) -> float:
    """User and system seconds of a process, of its living descendants, and of those that have ended and been waited for."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def build_demo(folder: Path, url: str) -> None:
    """An empty database becomes the demo: schema, registry and an open edition, by the commands that `make run` uses."""
    site = build_schema(folder, url)
    site.flask("demo", "load")


def build_schema(folder: Path, url: str) -> Site:
    """An empty database gets its tables. The site that has it."""
    site = Site(folder, url)
    if any((ROOT / "app" / "migrations" / "versions").glob("*.py")):
        site.flask("db", "upgrade")
    else:
        from app.extensions import db

        with site.application().app_context():
            db.create_all()
            db.engine.dispose()
    return site


@dataclass
class Demos:
    """Sites that show the demo, or nothing yet, each on a database of its own.

    The first of each kind takes seconds, the next a moment.
    """

    folder: Path
    databases: Databases

    @contextmanager
    def site(self, kind: str, **settings: str) -> Iterator[Site]:
        """A running site; `settings` are the program's own. Gone, with its database, at the end."""
        with self.place(kind) as (folder, url):
            site = Site(folder, url, dict(settings))
            try:
                yield site.start()
            finally:
                site.stop()

    @contextmanager
    def place(self, kind: str) -> Iterator[tuple[Path, str]]:
        """The instance folder and the database of a site that whoever asks starts and stops."""
        url = self.databases.fresh(kind)
        folder = Path(tempfile.mkdtemp(prefix="site-", dir=self.folder))
        if (accounts := self.folder / kind / ACCOUNTS_FILE).exists():
            shutil.copy(accounts, folder)
        try:
            yield folder, url
        finally:
            self.databases.drop(url)

    def database_cpu_seconds(self, kind: str) -> float | None:
        """CPU that the database's own processes have used; None where it works inside the application (SQLite)."""
        server = self.databases.server if kind == "postgresql" else None
        return cpu_of_tree(server.process.pid) if server is not None and server.process is not None else None


@contextmanager
def demo_sites(*, durable: bool, empty: bool = False) -> Iterator[Demos]:
    """Where sites are started; `durable` keeps PostgreSQL's fsync on, as in production; `empty`: without the demo."""
    folder = Path(tempfile.mkdtemp(prefix="ricognizione-demo-"))

    def build(url: str) -> None:
        instance = folder / sa.make_url(url).get_backend_name()
        instance.mkdir(exist_ok=True)
        (build_schema if empty else build_demo)(instance, url)

    databases = Databases(folder, build, lambda: start_postgres(durable=durable))
    try:
        yield Demos(folder, databases)
    finally:
        databases.close()
        shutil.rmtree(folder, ignore_errors=True)
