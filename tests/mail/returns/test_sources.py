"""Where returned messages come in: a pipe, a Maildir, and a mailbox of a real IMAP server; killed and cut off in between."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import imaplib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.config import settings
from app.extensions import db
from app.mail.models import Delivery
from app.mail.returns import handling
from app.mail.returns.imap import Mailbox, MailboxError, _quoted, boxes
from app.mail.returns.models import MailReturn
from app.mail.returns.space import mailbox_space
from tests.live_site import ROOT, clean_environment, free_port
from tests.mail.returns.deliveries import RETURN_SETTINGS, sent
from tests.mail.returns.mailbox_server import PASSWORD, USER, MailboxServer, mailbox_server
from tests.mail.returns.writing import About, certificate, dsn, mail, receipt
from tests.mail.suppressed import is_suppressed

BAD = "550 5.1.1 user unknown"
SECONDS = 60
KILLER = """
import os, signal, sys
from app import create_app
from app.mail.returns import imap, maildir
for source in (imap.Mailbox, maildir.Maildir):
    source.done = lambda *_given, **_more: os.kill(os.getpid(), signal.SIGKILL)
create_app().test_cli_runner().invoke(args=["mail", "fetch", *sys.argv[1:]])
"""


@pytest.fixture
def mailbox(request: pytest.FixtureRequest) -> Iterator[MailboxServer]:
    with mailbox_server(**getattr(request, "param", {})) as running:
        yield running


@pytest.fixture
def site(make_app: Callable[..., Flask], mailbox: MailboxServer) -> Iterator[Flask]:
    """An application that reads this mailbox."""
    app = make_app(**RETURN_SETTINGS, **mailbox.settings())
    with app.app_context():
        yield app
        db.session.rollback()


def fetch(app: Flask, *arguments: str, given: bytes | None = None) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["mail", *(arguments or ("fetch", "--imap"))], input=given)


def said(ended: Result) -> str:
    """What a command printed, without the lines of the log."""
    return "".join(f"{line}\n" for line in ended.output.splitlines() if not line.startswith("{"))


def rows() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(row.source, row.kind) for row in db.session.scalars(sa.select(MailReturn).order_by(MailReturn.id))]


def maildir(folder: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


def killed(app: Flask, url: str, folder: Path, settings: dict[str, Any], *arguments: str) -> int:
    """Run a fetch that is killed after its first commit; its exit code."""
    db.session.rollback()
    own = {"database_url": url, "instance_path": str(folder), **{name: str(value) for name, value in settings.items()}}
    command = [sys.executable, "-c", KILLER, *arguments]
    return subprocess.run(command, cwd=ROOT, env=clean_environment(own), timeout=SECONDS, check=False).returncode


# The pipe --------------------------------------------------------------------------------------------------------------


def test_the_pipe_takes_one_message_and_its_address(app: Flask, db_session: object, now: dt.datetime) -> None:
    about = sent(1, now)
    bare = About(about.recipient, "<other@example.net>", "ritorni@questionario.example", about.number)
    ended = fetch(app, "receive", "--recipient", about.back, given=dsn(bare, "failed", "5.1.1", BAD))
    assert (ended.exit_code, said(ended)) == (0, "hard\n")
    assert is_suppressed(about.recipient)
    again = fetch(app, "receive", given=dsn(bare, "failed", "5.1.1", BAD))
    assert (again.exit_code, said(again)) == (0, "hard, known already\n")


@pytest.mark.parametrize("given", [b"", b"\0\xff" * 999, b"Content-Type: multipart/mixed; boundary=b\n" + b"boundary" * 50])
def test_strange_content_is_never_sent_back(app: Flask, db_session: object, given: bytes) -> None:
    assert fetch(app, "receive", given=given).exit_code == 0
    assert rows() == [("pipe", "other")]


def test_the_pipe_says_try_again_while_the_database_is_away(make_app: Callable[..., Flask]) -> None:
    app = make_app(**RETURN_SETTINGS, database_url="postgresql://nobody@127.0.0.1:1/none")
    with app.app_context():
        assert fetch(app, "receive", given=b"Subject: a\n\nb").exit_code == 75


def test_the_pipe_says_try_again_at_a_defect(app: Flask, db_session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "find_delivery", lambda *_given: 1 / 0)
    assert fetch(app, "receive", given=b"Subject: a\n\nb").exit_code == 75
    assert rows() == []


# A Maildir -------------------------------------------------------------------------------------------------------------


def test_a_maildir_is_worked_off_into_cur(app: Flask, db_session: object, now: dt.datetime, tmp_path: Path) -> None:
    folder, about = maildir(tmp_path / "ritorni"), sent(1, now)
    (folder / "new" / "1.a.b").write_bytes(dsn(about, "delivered", "2.0.0"))
    (folder / "new" / "2.a.b").write_bytes(mail(about, "a@example.net", "Domanda", "?", to="segreteria@questionario.example"))
    ended = fetch(app, "fetch", "--maildir", str(folder))
    assert (ended.exit_code, said(ended)) == (0, "2 taken in, 1 of them about a delivery\n")
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["1.a.b:2,S", "2.a.b:2,"]
    assert list((folder / "new").iterdir()) == []
    assert said(fetch(app, "fetch", "--maildir", str(folder))) == ""


def test_a_folder_that_is_no_maildir_is_told(app: Flask, db_session: object, tmp_path: Path) -> None:
    ended = fetch(app, "fetch", "--maildir", str(tmp_path))
    assert (ended.exit_code, "a Maildir has new, cur and tmp" in said(ended)) == (1, True)


def test_a_defect_at_one_message_stops_no_other(
    app: Flask, db_session: object, now: dt.datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, about = maildir(tmp_path / "ritorni"), sent(1, now)
    (folder / "new" / "1").write_bytes(b"From: a@example.net\nSubject: poison\n\n")
    (folder / "new" / "2").write_bytes(dsn(about, "delivered", "2.0.0"))
    found = handling.find_delivery
    monkeypatch.setattr(
        handling, "find_delivery", lambda report, *more: 1 / 0 if report.subject == "poison" else found(report, *more)
    )
    ended = fetch(app, "fetch", "--maildir", str(folder))
    assert (ended.exit_code, "ZeroDivisionError" in said(ended)) == (1, True)
    assert [path.name for path in (folder / "new").iterdir()] == ["1"]
    assert rows() == [("maildir", "delivered")]


def test_killed_between_commit_and_rename_a_message_is_seen_again_and_does_nothing(
    app: Flask, db_session: object, now: dt.datetime, tmp_path: Path, database_url: str
) -> None:
    folder, about = maildir(tmp_path / "ritorni"), sent(1, now)
    (folder / "new" / "1").write_bytes(dsn(about, "failed", "5.2.2", "552 mailbox full"))
    assert killed(app, database_url, tmp_path, RETURN_SETTINGS, "--maildir", str(folder)) == -signal.SIGKILL
    assert rows() == [("maildir", "soft")]
    assert [path.name for path in (folder / "new").iterdir()] == ["1"]
    assert said(fetch(app, "fetch", "--maildir", str(folder))) == ""
    assert (rows(), list((folder / "new").iterdir())) == ([("maildir", "soft")], [])


# IMAP ------------------------------------------------------------------------------------------------------------------


def test_a_mailbox_is_worked_off_into_its_folder(site: Flask, mailbox: MailboxServer, now: dt.datetime) -> None:
    about = sent(1, now)
    mailbox.put("1.a.b", dsn(about, "failed", "5.1.1", BAD))
    mailbox.put("2.a.b", mail(about, "persona@example.net", "Domanda", "?"))
    ended = fetch(site)
    assert (ended.exit_code, said(ended)) == (0, "2 taken in, 2 of them about a delivery\n")
    assert rows() == [("imap", "hard"), ("imap", "person")]
    assert mailbox.names() == []
    assert len(mailbox.names("Elaborati")) == 2
    assert said(fetch(site)) == ""
    (space,) = mailbox_space()
    assert (space.name, space.limit_kib, space.is_alarming(now)) == ("imap", 10_000, False)


@pytest.mark.parametrize("mailbox", [{"capability": "IMAP4rev1 LITERAL+ UIDPLUS"}, {"capability": "IMAP4rev1"}], indirect=True)
def test_without_move_a_message_is_copied_first(site: Flask, mailbox: MailboxServer, now: dt.datetime) -> None:
    mailbox.put("1.a.b", dsn(sent(1, now), "delivered", "2.0.0"))
    assert fetch(site).exit_code == 0
    assert len(mailbox.names("Elaborati")) == 1
    assert (said(fetch(site)), len(mailbox.names("Elaborati"))) == ("", 1)
    assert [space.limit_kib for space in mailbox_space()] == [None]


def test_without_a_folder_a_message_is_marked_as_seen(
    make_app: Callable[..., Flask], mailbox: MailboxServer, now: dt.datetime
) -> None:
    app = make_app(**RETURN_SETTINGS, **mailbox.settings(return_imap_done_folder=""))
    with app.app_context():
        mailbox.put("1.a.b", dsn(sent(1, now), "delivered", "2.0.0"))
        assert said(fetch(app)).startswith("1 taken in")
        assert [name.partition(":2,")[2] for name in mailbox.names()] == ["S"]
        assert said(fetch(app)) == ""


def test_what_is_the_desks_own_stays_unread_and_is_fetched_once(
    site: Flask, mailbox: MailboxServer, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.put("1.a.b", mail(sent(1, now), "persona@example.net", "Domanda", "?", to="segreteria@questionario.example"))
    assert fetch(site).exit_code == 0
    assert rows() == [("imap", "person")]
    assert len(mailbox.names()) == 1
    assert "S" not in mailbox.names()[0].partition(":2,")[2]
    monkeypatch.setattr(handling, "digest_of", lambda *_given, **_more: 1 / 0)
    assert fetch(site).exit_code == 0


@pytest.mark.parametrize("mailbox", [{"quota": 40}], indirect=True)
def test_a_certified_mailbox_that_fills_up_raises_the_alarm(
    make_app: Callable[..., Flask], mailbox: MailboxServer, now: dt.datetime
) -> None:
    app = make_app(**RETURN_SETTINGS, **mailbox.settings("pec_imap"))
    with app.app_context():
        about = sent(1, now)
        mailbox.put("1.a.b", receipt(about, "accettazione", "ACCETTAZIONE", certificate(about, "accettazione")))
        mailbox.put("2.a.b", b"From: a@example.net\r\nSubject: lungo\r\n\r\n" + b"testo testo testo\r\n" * 1_850)
        assert fetch(app).exit_code == 0
        assert rows()[0] == ("pec", "pec_accepted")
        (space,) = mailbox_space()
        assert (space.name, space.is_alarming(now)) == ("pec", True)
        told = fetch(app, "space")
        assert (told.exit_code, "a mailbox is nearly full" in said(told)) == (1, True)


def test_killed_between_commit_and_move_a_message_is_seen_again_and_does_nothing(
    site: Flask, mailbox: MailboxServer, now: dt.datetime, tmp_path: Path, database_url: str
) -> None:
    mailbox.put("1.a.b", mail(sent(1, now), "persona@example.net", "Domanda", "?"))
    assert killed(site, database_url, tmp_path, {**RETURN_SETTINGS, **mailbox.settings()}, "--imap") == -signal.SIGKILL
    assert rows() == [("imap", "person")]
    assert len(mailbox.names()) == 1
    assert said(fetch(site)) == ""
    assert (rows(), mailbox.names(), len(mailbox.names("Elaborati"))) == ([("imap", "person")], [], 1)
    redirected = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.kind == "redirected")
    assert db.session.execute(redirected).scalar_one() == 1


def test_a_connection_that_is_lost_at_any_point_loses_nothing_and_takes_nothing_twice(
    make_app: Callable[..., Flask], mailbox: MailboxServer, now: dt.datetime
) -> None:
    direct = mailbox.settings()
    app = make_app(**RETURN_SETTINGS, **direct)
    with app.app_context():
        abouts = [sent(number, now) for number in range(1, 7)]
        for about in abouts:
            mailbox.put(f"{about.number}.a.b", dsn(about, "delivered", "2.0.0"))
        db.session.rollback()
        failures = 0
        for limit in (0, 150, 700, 1_100, 1_500, 2_500, 3_900, 6_000, 9_000):
            with cutting(mailbox.port, limit) as port:
                cut = make_app(**RETURN_SETTINGS, **{**direct, "return_imap_port": port})
                with cut.app_context():
                    failures += fetch(cut).exit_code
        assert failures >= 5
        assert fetch(app).exit_code == 0
        assert rows() == [("imap", "delivered")] * 6
        assert (mailbox.names(), len(mailbox.names("Elaborati"))) == ([], 6)


def test_a_number_of_a_folder_that_was_made_anew_moves_nothing_else(
    site: Flask, mailbox: MailboxServer, now: dt.datetime
) -> None:
    (box,) = boxes(settings())
    other = imaplib.IMAP4("127.0.0.1", mailbox.port)
    other.login(USER, PASSWORD)
    other.create("Ritorni")
    other.append("Ritorni", "", imaplib.Time2Internaldate(0), dsn(sent(1, now), "delivered", "2.0.0"))
    with Mailbox(dataclasses.replace(box, folder="Ritorni")) as opened:
        (waiting,) = opened.waiting()
        other.delete("Ritorni")
        other.create("Ritorni")
        other.append("Ritorni", "", imaplib.Time2Internaldate(0), b"Subject: another\r\n\r\n")
        with pytest.raises(MailboxError, match="made anew"):
            opened.done(waiting, left=False)
    other.select("Ritorni")
    assert other.uid("SEARCH", "ALL")[1] == [b"1"]
    other.logout()


def test_a_refused_login_is_told_without_its_password(
    make_app: Callable[..., Flask], mailbox: MailboxServer, now: dt.datetime
) -> None:
    app = make_app(**RETURN_SETTINGS, **mailbox.settings(return_imap_password="un'altra"))
    with app.app_context():
        ended = fetch(app)
    assert (ended.exit_code, "imap: sign in: error" in said(ended)) == (1, True)
    assert "altra" not in said(ended)


def test_a_service_ends_when_told(
    site: Flask, mailbox: MailboxServer, now: dt.datetime, tmp_path: Path, database_url: str
) -> None:
    mailbox.put("1.a.b", dsn(sent(1, now), "delivered", "2.0.0"))
    db.session.rollback()
    given = {"database_url": database_url, "instance_path": str(tmp_path), **RETURN_SETTINGS, **mailbox.settings()}
    own = {name: str(value) for name, value in given.items()}
    command = [sys.executable, "-u", "-m", "flask", "--app", "wsgi", "mail", "fetch", "--imap", "--loop"]
    process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(own), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        ended, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert said == ["fetching: what comes back is taken in\n", "1 taken in, 1 of them about a delivery\n"]
    assert "ended as told" in ended


def test_one_source_must_be_said(app: Flask, db_session: object) -> None:
    assert fetch(app, "fetch").exit_code == 2
    assert "no mailbox is set" in said(fetch(app, "fetch", "--imap"))


def test_folders_are_named_as_the_protocol_has_it() -> None:
    assert [_quoted(name) for name in ("INBOX", 'a"b', "Ricevute è già", "A&B")] == [
        '"INBOX"',
        '"a\\"b"',
        '"Ricevute &AOg- gi&AOA-"',
        '"A&-B"',
    ]


@contextmanager
def cutting(port: int, limit: int) -> Iterator[int]:
    """A relay to that port which lets so many bytes of the server through, then cuts the line."""
    own, stop = free_port(), threading.Event()
    listener = socket.create_server(("127.0.0.1", own))
    listener.settimeout(0.2)

    def carry(client: socket.socket) -> None:
        left = limit
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            sender = threading.Thread(target=_pump, args=(client, server))
            sender.start()
            while left > 0 and (data := server.recv(min(left, 4096))):
                client.sendall(data)
                left -= len(data)
            for line in (client, server):
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            sender.join()

    def serve() -> None:
        while not stop.is_set():
            try:
                client, _address = listener.accept()
            except TimeoutError:
                continue
            carry(client)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield own
    finally:
        stop.set()
        thread.join()
        listener.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)
