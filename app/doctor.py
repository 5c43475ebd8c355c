"""`flask --app wsgi doctor`: looks at an installation and says what is wrong and how to mend it.

Not for: mending by itself, or watching all the time.
Holds always: every check runs, whatever the others found; nothing is changed; a finding that is not good says what to do.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import smtplib
import socket
import ssl
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.config import CONFIG_FILE, ENVIRONMENT_PREFIX, HIDDEN_NAMES, NAMES, SECRET_FILE, Settings, settings
from app.database import DurabilityError
from app.extensions import db
from app.findings import Finding, State
from app.mail.domain.advice import check_domain
from app.reminders.plans.standing import check_plan

ROOT = Path(__file__).resolve().parent
MIGRATIONS = ROOT / "migrations"
OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 140_000
SQLITE_WAL_BUG = ((3, 7, 0), (3, 51, 2))  # a WAL reset can lose a commit in a race of checkpoints
DISK_WRONG, DISK_LOW = 200 * 2**20, 2**30  # bytes
CLOCK_TOLERANCE = dt.timedelta(seconds=5)
CONNECT_SECONDS = 10
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})


def _ok(what: str, saw: str) -> Finding:
    return Finding(what, State.OK, saw)


def check_python(found: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    """The interpreter is one that the program is tested on."""
    version = ".".join(map(str, found))
    if found < OLDEST_PYTHON:
        yield Finding("Python", State.WRONG, version, "install Python 3.11 or later and run `make run` in a fresh clone")
    else:
        yield _ok("Python", version)


def check_database(read: Settings) -> Iterator[Finding]:
    """The database answers, keeps what it says it saved, and is of a good version."""
    kind = "PostgreSQL" if read.database_url.startswith("postgresql") else "SQLite"
    try:
        with db.engine.connect() as connection:
            checks = _check_postgresql if kind == "PostgreSQL" else _check_sqlite
            yield from checks(connection)
            yield from _check_clock(connection)
    except DurabilityError as error:
        yield Finding("Database", State.WRONG, str(error), "mend that setting; until then the site refuses to use the database")
    except (SQLAlchemyError, OSError) as error:
        mend = (
            "start the server, or mend the setting database_url"
            if kind == "PostgreSQL"
            else "make the file and its folder writable"
        )
        yield Finding("Database", State.WRONG, f"{kind} does not answer: {_first_line(error)}", mend)


def _check_sqlite(connection: sa.Connection) -> Iterator[Finding]:
    version = str(connection.scalar(sa.text("SELECT sqlite_version()")))
    saw = f"SQLite {version}, WAL, synchronous=FULL"
    if sqlite_has_wal_bug(version):
        mend = "install the pysqlite3 wheel of requirements.txt (its SQLite is newer), or use PostgreSQL"
        yield Finding("Database", State.WARNING, f"{saw}; this version can lose a commit when its WAL is reset", mend)
    else:
        yield _ok("Database", saw)
    file_system = _file_system(Path(str(connection.engine.url.database)))
    if file_system in NETWORK_FILE_SYSTEMS:
        yield Finding("Database", State.WRONG, f"its file is on {file_system}", "move it to a local disk, or use PostgreSQL")


def sqlite_has_wal_bug(version: str) -> bool:
    """Whether this version of SQLite is in the range of the WAL-reset bug (sqlite.org, release 3.51.3)."""
    first, last = SQLITE_WAL_BUG
    return first <= tuple(map(int, version.split("."))) <= last


def _check_postgresql(connection: sa.Connection) -> Iterator[Finding]:
    number = int(str(connection.scalar(sa.text("SHOW server_version_num"))))
    saw = f"PostgreSQL {connection.scalar(sa.text('SHOW server_version'))}, synchronous_commit=on"
    if number < OLDEST_POSTGRESQL:
        yield Finding("Database", State.WRONG, saw, "use PostgreSQL 14 or later")
    else:
        yield _ok("Database", saw)
    for name in ("fsync", "full_page_writes"):
        if connection.scalar(sa.text(f"SHOW {name}")) != "on":
            mend = f"set {name} = on in postgresql.conf: without it a power cut can lose the database"
            yield Finding("Database", State.WARNING, f"{name} is off", mend)


def _check_clock(connection: sa.Connection) -> Iterator[Finding]:
    """Against the database's clock where that is another machine's, else against the time of a file written now."""
    mend = "set the machine's clock (timedatectl set-ntp true): deadlines and links depend on it"
    if connection.dialect.name == "postgresql":
        other, whose = connection.scalar(sa.text("SELECT clock_timestamp()")), "the database's"
    else:
        with tempfile.NamedTemporaryFile(dir=settings().instance_path) as written:
            other, whose = dt.datetime.fromtimestamp(Path(written.name).stat().st_mtime, dt.UTC), "the disk's"
    here = dt.datetime.now(dt.UTC)
    newest = max(path.stat().st_mtime for path in ROOT.glob("*.py"))
    if not isinstance(other, dt.datetime) or abs(here - other) > CLOCK_TOLERANCE:
        yield Finding("Clock", State.WRONG, f"{here:%Y-%m-%d %H:%M:%S} UTC differs from {whose} clock, {other}", mend)
    elif here.timestamp() < newest - 86_400:
        yield Finding("Clock", State.WRONG, f"{here:%Y-%m-%d %H:%M:%S} UTC is before the program was installed", mend)
    else:
        yield _ok("Clock", f"{here:%Y-%m-%d %H:%M:%S} UTC, as {whose}")


def check_schema(_read: Settings) -> Iterator[Finding]:
    """The tables are those of this version of the program."""
    try:
        problem = schema_problem()
    except (SQLAlchemyError, OSError, DurabilityError):
        yield Finding("Schema", State.WRONG, "not known while the database does not answer", "mend the database first")
        return
    if problem:
        yield Finding("Schema", State.WRONG, problem, "stop the site, make a backup, run: flask --app wsgi db upgrade")
    else:
        yield _ok("Schema", "up to date")


def schema_problem() -> str:
    """What is wrong with the database's schema, empty if nothing. Raises SQLAlchemyError, DurabilityError."""
    wanted = set(ScriptDirectory(str(MIGRATIONS)).get_heads())
    with db.engine.connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    if found == wanted:
        return ""
    if not found:
        return "The database has no tables yet. Run: flask --app wsgi db upgrade"
    known = {revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if found <= known:
        return "The database is older than the program. Run: flask --app wsgi db upgrade"
    return "The database is newer than the program. Install the program's newer version"


def check_disk(read: Settings) -> Iterator[Finding]:
    """There is room for a survey's answers where the installation keeps its files."""
    free = shutil.disk_usage(_existing(read.instance_path)).free
    saw = f"{free / 2**30:.1f} GiB free at {read.instance_path}"
    mend = "free some space: with a full disk nothing can be saved"
    state = State.WRONG if free < DISK_WRONG else State.WARNING if free < DISK_LOW else State.OK
    yield Finding("Disk", state, saw, "" if state is State.OK else mend)


def check_base_url(read: Settings) -> Iterator[Finding]:
    """The site's address is one that people can reach."""
    if read.is_local:
        mend = "for a site that others use, set base_url to its https address"
        yield Finding("Base URL", State.WARNING, f"{read.base_url} works on this machine only", mend)
        return
    try:
        socket.getaddrinfo(read.host, None)
    except OSError:
        mend = "mend the setting base_url, or enter the name in the DNS"
        yield Finding("Base URL", State.WRONG, f"{read.base_url}: nobody knows the host {read.host}", mend)
    else:
        yield _ok("Base URL", read.base_url)


def check_mail(read: Settings) -> Iterator[Finding]:
    """The mail server lets the site in. Nothing is sent."""
    if not read.smtp_host:
        yield Finding("Mail", State.WARNING, "not configured", "set smtp_host and smtp_sender to send mail")
        return
    where = f"{read.smtp_host}:{read.smtp_port}"
    try:
        _greet(read)
    except smtplib.SMTPAuthenticationError:
        yield Finding("Mail", State.WRONG, f"{where} refuses the login", "mend smtp_username and smtp_password")
    except (OSError, smtplib.SMTPException) as error:
        mend = "mend smtp_host, smtp_port and smtp_security, or ask who runs the server"
        yield Finding("Mail", State.WRONG, f"{where} does not answer as it should: {_first_line(error)}", mend)
    else:
        yield _ok("Mail", f"{where} answers ({read.smtp_security}), sender {read.smtp_sender}")


def _greet(read: Settings) -> None:
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if read.smtp_security == "tls":
        server = smtplib.SMTP_SSL(read.smtp_host, read.smtp_port, timeout=CONNECT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(read.smtp_host, read.smtp_port, timeout=CONNECT_SECONDS)
    with server:
        if read.smtp_security == "starttls":
            server.starttls(context=context)
        if read.smtp_username:
            server.login(read.smtp_username, read.smtp_password)
        server.noop()


def check_instance(read: Settings) -> Iterator[Finding]:
    """The installation can write to its folder, and its secrets and its data can be read by their owner alone."""
    folder = read.instance_path
    if not os.access(folder, os.W_OK | os.X_OK):
        mend = f"make it and give it to the user that runs the program: install -d -m 700 {folder}"
        yield Finding("Instance", State.WRONG, f"{folder} cannot be written to", mend)
        return
    open_files = [path for path in _private_files(read) if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in open_files:
        yield Finding("Instance", State.WRONG, f"{path} can be read by others", f"chmod 600 {path}")
    if not open_files:
        yield _ok("Instance", f"{folder} is writable, its private files are private")


def _private_files(read: Settings) -> Iterator[Path]:
    yield read.instance_path / SECRET_FILE
    config = read.instance_path / CONFIG_FILE
    if config.exists() and any(name in config.read_text(encoding="utf-8") for name in HIDDEN_NAMES):
        yield config
    if read.database_url.startswith("sqlite"):
        yield Path(str(sa.make_url(read.database_url).database))


def check_environment(_read: Settings) -> Iterator[Finding]:
    """No variable of ours is misspelt: an unknown one would change nothing and be missed by nobody."""
    for variable in sorted(os.environ):
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if variable.startswith(ENVIRONMENT_PREFIX) and name not in NAMES and not name.startswith("test_"):
            yield Finding(
                "Settings", State.WARNING, f"{variable} is not a setting", "correct its name: docs/operations.md lists all"
            )


def check_translations(read: Settings) -> Iterator[Finding]:
    """Each language offered has its compiled catalogue, not older than its source."""
    missing = []
    for code in read.languages:
        source = ROOT.parent / "translations" / code / "LC_MESSAGES" / "messages.po"
        compiled = source.with_suffix(".mo")
        if code != "it" and not (
            compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime)
        ):
            missing.append(code)
    if missing:
        mend = "run: make catalogues (or take the language out of the setting languages)"
        yield Finding("Translations", State.WRONG, f"not compiled: {', '.join(missing)}", mend)
    else:
        yield _ok("Translations", ", ".join(read.languages))


def check_reminders(_read: Settings) -> Iterator[Finding]:
    """The plan of the present edition goes, and waits for nobody."""
    try:
        yield from check_plan(now())
        db.session.rollback()
    except SQLAlchemyError:
        db.session.rollback()  # the checks of the database and of its tables say what is wrong


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    lambda _read: check_python(),
    check_database,
    check_schema,
    check_disk,
    check_base_url,
    check_mail,
    check_domain,
    check_instance,
    check_environment,
    check_translations,
    check_reminders,
)


def examine(read: Settings) -> list[Finding]:
    """All findings, in the order of the checks."""
    return [finding for check in CHECKS for finding in check(read)]


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Say what is wrong with this installation and how to mend it; exit code 1 if something is."""
    findings = examine(settings())
    for finding in findings:
        click.echo(f"{finding.state.value:8} {finding.what:13} {finding.saw}")
        if finding.mend:
            click.echo(f"{'':22} → {finding.mend}")
    wrong = sum(finding.state is State.WRONG for finding in findings)
    if wrong:
        click.echo(f"\n{wrong} to mend.")
        sys.exit(1)
    click.echo("\nNothing is wrong.")


def _first_line(error: BaseException) -> str:
    """The first line of the cause's text, without the statement that SQLAlchemy adds."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().partition("\n")[0] or type(cause).__name__


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _file_system(path: Path) -> str:
    """The kind of the file system that holds `path`, as Linux names it; empty elsewhere."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _device, mounted, kind, *_rest = line.split()
        if path.is_relative_to(mounted) and len(mounted) >= len(best[0]):
            best = (mounted, kind)
    return best[1]
