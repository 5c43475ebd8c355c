"""The doctor sees each thing that can be wrong with an installation, says how to mend it, and fails only where it must."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app, doctor
from app.config import Settings, load_settings, settings
from app.doctor import Finding, State, check_python, examine, sqlite_has_wal_bug
from app.extensions import db


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Catalogues of this test's own, compiled, wherever the tests run."""
    root = tmp_path / "program" / "app"
    folder = root.parent / "translations" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    root.mkdir()
    (root / "wsgi.py").touch()
    (folder / "messages.po").touch()
    (folder / "messages.mo").touch()
    monkeypatch.setattr(doctor, "ROOT", root)
    return folder


@pytest.fixture
def good(app: Flask) -> Flask:
    """An application with nothing wrong: the tests' database files are copies, readable by others."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if url.get_backend_name() == "sqlite":
        Path(url.database).chmod(0o600)
    return app


def _findings(app: Flask, what: str) -> list[Finding]:
    with app.app_context():
        return [finding for finding in examine(settings()) if finding.what == what]


def _only(app: Flask, what: str) -> Finding:
    [finding] = _findings(app, what)
    return finding


def test_a_good_installation_has_nothing_wrong(good: Flask) -> None:
    ended = good.test_cli_runner().invoke(args=["doctor"])
    assert ended.exit_code == 0, ended.output
    assert "Nothing is wrong." in ended.output
    kind = "PostgreSQL 1" if good.config["SQLALCHEMY_DATABASE_URI"].get_backend_name() == "postgresql" else "SQLite 3."
    assert _findings(good, "Database")[0].saw.startswith(kind)
    assert _only(good, "Schema").state is State.OK
    assert _only(good, "Clock").state is State.OK


def test_something_wrong_makes_the_command_fail_and_says_how_to_mend_it(good: Flask, compiled: Path) -> None:
    (compiled / "messages.mo").unlink()
    ended = good.test_cli_runner().invoke(args=["doctor"])
    assert ended.exit_code == 1
    assert "not compiled: en" in ended.output
    assert "→ run: make catalogues" in ended.output
    assert "1 to mend." in ended.output


def test_every_finding_that_is_not_good_says_how_to_mend_it(app: Flask, compiled: Path) -> None:
    (compiled / "messages.mo").unlink()
    with app.app_context():
        assert all(bool(finding.mend) == (finding.state is not State.OK) for finding in examine(settings()))


@pytest.mark.parametrize(("version", "state"), [((3, 10, 9), State.WRONG), ((3, 11, 0), State.OK), ((3, 13, 2), State.OK)])
def test_the_interpreter(version: tuple[int, ...], state: State) -> None:
    assert [finding.state for finding in check_python(version)] == [state]


@pytest.mark.parametrize(
    ("version", "bug"),
    [("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.53.4", False)],
)
def test_the_range_of_the_wal_bug(version: str, bug: bool) -> None:
    assert sqlite_has_wal_bug(version) is bug


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_sqlite_with_the_bug_is_a_warning(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SQLITE_WAL_BUG", ((3, 0, 0), (9, 0, 0)))
    finding = _only(app, "Database")
    assert (finding.state, "can lose a commit" in finding.saw) == (State.WARNING, True)
    assert "pysqlite3" in finding.mend


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_sqlite_file_on_a_network_disk_is_wrong(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_file_system", lambda path: "nfs4")
    assert [finding.state for finding in _findings(app, "Database")] == [State.OK, State.WRONG]


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_an_old_postgresql_is_wrong(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_POSTGRESQL", 990_000)
    assert _findings(app, "Database")[0].state is State.WRONG


def test_a_database_that_does_not_answer_is_wrong_and_the_other_checks_still_run(tmp_path: Path) -> None:
    app = create_app({"TESTING": True, "instance_path": tmp_path, "database_url": "postgresql://nobody@127.0.0.1:1/none"})
    assert "does not answer" in _only(app, "Database").saw
    assert _only(app, "Schema").state is State.WRONG
    assert _only(app, "Translations").state is State.OK


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_schema_of_another_version_is_wrong(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = 'from_the_future'"))
        db.session.commit()
    finding = _only(app, "Schema")
    assert (finding.state, "newer than the program" in finding.saw) == (State.WRONG, True)


@pytest.mark.parametrize(("free", "state"), [(100 * 2**20, State.WRONG), (500 * 2**20, State.WARNING), (5 * 2**30, State.OK)])
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_room_on_the_disk(app: Flask, monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert _only(app, "Disk").state is state


def test_a_clock_that_is_not_the_databases_is_wrong(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fast(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime.fromtimestamp(super().now(tz).timestamp() + 3600, tz)

    monkeypatch.setattr(doctor.dt, "datetime", Fast)
    finding = _only(app, "Clock")
    assert (finding.state, "differs from" in finding.saw) == (State.WRONG, True)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_clock_before_the_programs_installation_is_wrong(app: Flask, compiled: Path) -> None:
    tomorrow = dt.datetime.now(dt.UTC).timestamp() + 3 * 86_400
    os.utime(compiled.parents[2] / "app" / "wsgi.py", (tomorrow, tomorrow))
    assert "before the program was installed" in _only(app, "Clock").saw


@pytest.mark.parametrize(
    ("base_url", "state"),
    [
        ("http://127.0.0.1:8000", State.WARNING),
        ("https://no-such-host.invalid", State.WRONG),
        ("https://known.example", State.OK),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_base_url(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, base_url: str, state: State) -> None:
    def resolve(host: str, _port: object) -> list[object]:
        if host != "known.example":
            raise socket.gaierror
        return []

    monkeypatch.setattr(doctor.socket, "getaddrinfo", resolve)
    assert _only(make_app(base_url=base_url), "Base URL").state is state


@dataclass
class MailServer:
    """A small SMTP server: it answers one connection as told and notes the commands."""

    refuse_login: bool = False
    seen: list[str] = field(default_factory=list)
    port: int = 0

    def serve(self) -> Iterator[MailServer]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        thread = threading.Thread(target=self._answer, args=(listener,), daemon=True)
        thread.start()
        yield self
        listener.close()
        thread.join(timeout=5)

    def _answer(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 ready\r\n")
            for line in iter(stream.readline, b""):
                command = line.split()[0].decode().upper()
                self.seen.append(command)
                answers = {"EHLO": b"250-hello\r\n250 AUTH PLAIN\r\n", "QUIT": b"221 bye\r\n"}
                refused = command == "AUTH" and self.refuse_login
                answer = b"535 no\r\n" if refused else b"235 in\r\n" if command == "AUTH" else b"250 ok\r\n"
                stream.write(answers.get(command, answer))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    yield from MailServer().serve()


def _mail(port: int, tmp_path: Path, **given: Any) -> Finding:
    mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_sender": "survey@example.it", "smtp_security": "none", **given}
    read: Settings = load_settings({"instance_path": tmp_path, **mail}, environment={})
    [finding] = doctor.check_mail(read)
    return finding


def test_a_mail_server_that_answers_is_good_and_nothing_is_sent(mail_server: MailServer, tmp_path: Path) -> None:
    finding = _mail(mail_server.port, tmp_path, smtp_username="survey", smtp_password="secret-word")
    assert finding.state is State.OK
    assert mail_server.seen == ["EHLO", "AUTH", "NOOP", "QUIT"]


def test_a_refused_login_says_so_and_not_the_password(mail_server: MailServer, tmp_path: Path) -> None:
    mail_server.refuse_login = True
    finding = _mail(mail_server.port, tmp_path, smtp_username="survey", smtp_password="secret-word")
    assert (finding.state, "refuses the login" in finding.saw) == (State.WRONG, True)
    assert "secret-word" not in str(finding)


def test_a_mail_server_that_cannot_encrypt_is_wrong_where_encryption_is_wanted(mail_server: MailServer, tmp_path: Path) -> None:
    assert _mail(mail_server.port, tmp_path, smtp_security="starttls").state is State.WRONG


def test_a_mail_server_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _mail(port, tmp_path).state is State.WRONG


def test_no_mail_server_is_a_warning(tmp_path: Path) -> None:
    [finding] = doctor.check_mail(load_settings({"instance_path": tmp_path}, environment={}))
    assert finding.state is State.WARNING


@pytest.mark.parametrize("name", ["secret_key", "config.toml", "ricognizione.sqlite3"])
def test_a_private_file_that_others_can_read_is_wrong(name: str, tmp_path: Path) -> None:
    app = create_app({"TESTING": True, "instance_path": tmp_path / "instance"})
    path = tmp_path / "instance" / name
    if name == "config.toml":
        path.write_text('smtp_password = "x"\nsmtp_username = "y"\n', encoding="utf-8")
    with app.app_context():
        db.session.execute(sa.text("SELECT 1"))  # makes the database file
        db.session.remove()
    path.chmod(0o644)
    finding = _only(app, "Instance")
    assert (finding.state, finding.mend) == (State.WRONG, f"chmod 600 {path}")


def test_a_config_file_without_secrets_may_be_read_by_others(tmp_path: Path) -> None:
    app = create_app({"TESTING": True, "instance_path": tmp_path})
    (tmp_path / "config.toml").write_text("workers = 3\n", encoding="utf-8")
    (tmp_path / "config.toml").chmod(0o644)
    assert _only(app, "Instance").state is State.OK


def test_a_folder_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    read = dataclasses.replace(load_settings({"instance_path": tmp_path}, environment={}), instance_path=tmp_path / "gone")
    [finding] = doctor.check_instance(read)
    assert (finding.state, "cannot be written to" in finding.saw) == (State.WRONG, True)
    assert "install -d -m 700" in finding.mend


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_misspelt_variable_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICOGNIZIONE_BASEURL", "https://survey.example.it")
    assert [finding.saw for finding in _findings(app, "Settings")] == ["RICOGNIZIONE_BASEURL is not a setting"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_catalogue_older_than_its_source_is_wrong(app: Flask, compiled: Path) -> None:
    os.utime(compiled / "messages.mo", (1, 1))
    assert _only(app, "Translations").state is State.WRONG
