"""Each answer of a mail server, in each phase, leaves the delivery in the right state; nothing goes twice or in the clear."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import Tally, queue_message
from tests.conftest import Clock
from tests.mail.conftest import message, smtp_settings
from tests.mail.suppressed import is_suppressed
from tests.smtp_server import ALWAYS, CERTIFICATE, DROP, HANG, SmtpServer, smtp_server

Queue = Callable[..., list[int]]
Run = Callable[..., Tally]
Row = Callable[[int], Delivery]


@dataclass(frozen=True)
class Case:
    """A fault, and what becomes of the message: its state, whether the address is suppressed, whether the run ends."""

    phase: str
    answer: str
    state: str
    suppressed: bool = False
    stops: bool = False
    times: int = 1


CASES = [
    Case("connect", "421 4.3.2 busy", "retry_wait", stops=True),
    Case("connect", "554 5.3.2 no mail here", "queued", stops=True),
    Case("connect", DROP, "retry_wait", stops=True),
    Case("connect", HANG, "retry_wait", stops=True),
    Case("ehlo", "550 5.7.1 not you", "queued", stops=True, times=2),
    Case("ehlo", DROP, "retry_wait", stops=True),
    Case("mail", "451 4.7.1 later", "retry_wait"),
    Case("mail", "421 4.7.0 goodbye", "retry_wait"),
    Case("mail", "550 5.7.1 sender refused", "queued", stops=True),
    Case("mail", DROP, "retry_wait"),
    Case("mail", HANG, "retry_wait"),
    Case("rcpt", "450 4.2.0 greylisted", "retry_wait"),
    Case("rcpt", "550 5.7.1 policy", "failed"),
    Case("rcpt", "550 no such user", "failed"),
    Case("rcpt", "552 5.2.2 mailbox full", "failed"),
    Case("rcpt", "550 5.1.1 no such user", "failed", suppressed=True),
    Case("rcpt", "550 5.1.2 no such host", "failed", suppressed=True),
    Case("rcpt", "553 5.1.3 no such address", "failed", suppressed=True),
    Case("rcpt", "550 5.1.6 moved", "failed", suppressed=True),
    Case("rcpt", "556 5.1.10 null MX", "failed", suppressed=True),
    Case("rcpt", DROP, "retry_wait"),
    Case("data", "451 4.3.0 later", "retry_wait"),
    Case("data", "554 5.5.1 no valid recipients", "failed"),
    Case("data", DROP, "unknown"),
    Case("data", HANG, "unknown"),
    Case("body", DROP, "unknown"),
    Case("end", "451 4.3.0 later", "retry_wait"),
    Case("end", "554 5.7.1 spam", "failed"),
    Case("end", "550 5.1.1 no such user", "failed"),
    Case("end", "354 what", "unknown"),
    Case("end", DROP, "unknown"),
    Case("end", HANG, "unknown"),
]


def _name(case: Case) -> str:
    return f"{case.phase}-{case.answer[:9]}".replace(" ", "-")


@pytest.fixture
def hasty(make_app: Callable[..., Flask], server: SmtpServer) -> Flask:
    return make_app(**smtp_settings(server, smtp_timeout_seconds=1))


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_fault_leaves_its_message_in_the_right_state(
    hasty: Flask, server: SmtpServer, clock: Clock, case: Case, run: Run, row: Row
) -> None:
    _meets(case, hasty, server, clock, run, row)


@pytest.mark.parametrize("case", [case for case in CASES if case.phase in ("mail", "rcpt")], ids=_name)
def test_so_does_one_of_a_server_that_takes_one_command_at_a_time(
    hasty: Flask, server: SmtpServer, clock: Clock, case: Case, run: Run, row: Row
) -> None:
    server.pipelining = False
    _meets(case, hasty, server, clock, run, row)


def _meets(case: Case, hasty: Flask, server: SmtpServer, clock: Clock, run: Run, row: Row) -> None:
    server.fail(case.phase, case.answer, case.times)
    with hasty.app_context():
        queue_message(message(), clock())
        db.session.commit()
        tally = run()
        found = row(1)
        assert (found.state, tally.claimed, getattr(tally, case.state)) == (case.state, 1, 1)
        assert is_suppressed("UFFICIO1@example.org") is case.suppressed
        assert bool(tally.stopped) is case.stops
        assert found.attempts == (0 if case.state == "queued" else 1)
        if case.answer not in (DROP, HANG):
            assert found.reply == case.answer
        assert (found.reply or found.reason) != ""
        assert found.claim_token is None or case.state == "unknown"
        _ends_well(case, server, clock, run, row)


def _ends_well(case: Case, server: SmtpServer, clock: Clock, run: Run, row: Row) -> None:
    """What waits is sent once the server is well; what has its fate is never touched again."""
    taken = len(server.taken)
    server.mend()
    run()
    assert len(server.taken) == taken, "sent again before its time"
    clock.move(days=1)
    run()
    waits = case.state in ("queued", "retry_wait")
    assert row(1).state == ("accepted" if waits else case.state)
    assert len(server.taken) == taken + waits


@pytest.mark.parametrize("case", [case for case in CASES if case.phase in ("mail", "rcpt")], ids=_name)
def test_a_fault_of_one_that_was_named_behind_another_leaves_it_in_the_same_state(
    hasty: Flask, server: SmtpServer, clock: Clock, case: Case, run: Run, row: Row
) -> None:
    """Its data phase is committed by then, while the server reads MAIL and RCPT."""
    server.at = lambda phase: server.fail(case.phase, case.answer, case.times) if phase == "end" else None
    with hasty.app_context():
        for number in (1, 2):
            queue_message(message(number), clock())
        db.session.commit()
        tally = run()
        server.at = None
        assert (row(1).state, row(2).state, tally.claimed) == ("accepted", case.state, 2)
        found = row(2)
        assert is_suppressed("UFFICIO2@example.org") is case.suppressed
        assert bool(tally.stopped) is case.stops
        assert (found.attempts, found.claim_token) == (0 if case.state == "queued" else 1, None)
        if case.answer not in (DROP, HANG):
            assert found.reply == case.answer
        server.mend()
        clock.move(days=1)
        run()
        assert row(2).state == ("accepted" if case.state in ("queued", "retry_wait") else case.state)


@pytest.mark.parametrize("answer", ["550 5.7.1 policy", "450 4.2.0 greylisted", DROP])
def test_a_fault_of_one_message_is_not_the_next_ones(server: SmtpServer, queue: Queue, run: Run, row: Row, answer: str) -> None:
    ids = queue(3)
    server.at = lambda phase: server.fail("rcpt", answer) if server.seen.count("mail") == 2 and phase == "mail" else None
    run()
    assert [row(each).state == "accepted" for each in ids] == [True, False, True]
    assert server.recipients() == ["ufficio1@example.org", "ufficio3@example.org"]
    assert server.connections == (2 if answer == DROP else 1)


def test_one_connection_serves_a_run(server: SmtpServer, queue: Queue, run: Run) -> None:
    queue(20)
    assert run().accepted == 20
    assert (server.connections, len(server.taken)) == (1, 20)


def test_a_server_that_lets_nobody_in_is_asked_once_and_costs_one_message_its_turn(
    server: SmtpServer, queue: Queue, run: Run, row: Row
) -> None:
    ids = queue(5)
    server.fail("connect", "554 5.3.2 closed for today", ALWAYS)
    tally = run()
    assert (server.connections, tally.queued) == (1, 1)
    assert "closed for today" in tally.stopped
    assert [(row(each).state, row(each).claim_token, row(each).attempts) for each in ids] == [("queued", None, 0)] * 5


def test_a_server_that_loses_every_message_after_data_gets_no_more_than_three(
    server: SmtpServer, queue: Queue, run: Run, row: Row
) -> None:
    ids = queue(10)
    server.fail("end", DROP, ALWAYS)
    tally = run()
    assert (tally.unknown, bool(tally.stopped)) == (3, True)
    assert [row(each).state for each in ids] == ["unknown"] * 3 + ["queued"] * 7


def test_nobody_listens(server: SmtpServer, make_app: Callable[..., Flask], clock: Clock, run: Run, row: Row) -> None:
    with smtp_server() as gone:
        pass
    with make_app(**smtp_settings(gone)).app_context():
        queue_message(message(), clock())
        db.session.commit()
        assert "no connection" in run().stopped
        assert row(1).state == "retry_wait"


def test_the_state_is_data_while_the_message_travels(app: Flask, server: SmtpServer, queue: Queue, run: Run) -> None:
    [only] = queue()
    seen = {}

    def look(phase: str) -> None:
        with db_engine.connect() as connection:
            seen[phase] = connection.exec_driver_sql(f"SELECT state FROM delivery WHERE id = {only}").scalar_one()

    db_engine = db.engine
    server.at = look
    run()
    assert seen == {
        **{"connect": "claimed", "ehlo": "claimed", "mail": "claimed", "rcpt": "claimed"},
        **{"data": "data", "body": "data", "end": "data"},
    }


def test_a_reply_that_quotes_our_link_is_kept_without_it(server: SmtpServer, queue: Queue, run: Run, row: Row) -> None:
    [only] = queue()
    server.fail("end", "554 5.7.1 see https://help.example.org/x: http://127.0.0.1:8000/attiva/abcDEF123 is listed")
    run()
    assert row(only).reply == "554 5.7.1 see https://help.example.org/x: http://127.0.0.1/… is listed"


def _secure(make_app: Callable[..., Flask], server: SmtpServer, clock: Clock, **more: object) -> Flask:
    app = make_app(**smtp_settings(server, **{"smtp_host": "localhost", **more}))
    with app.app_context():
        queue_message(message(), clock())
        db.session.commit()
    return app


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_connection_with_login(
    make_app: Callable[..., Flask], clock: Clock, run: Run, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with smtp_server(security=security, username="ricognizione", password="parola segreta") as server:
        login = {"smtp_security": security, "smtp_username": "ricognizione", "smtp_password": "parola segreta"}
        with _secure(make_app, server, clock, **login).app_context():
            assert run().accepted == 1
        assert server.recipients() == ["ufficio1@example.org"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_message(
    make_app: Callable[..., Flask], clock: Clock, run: Run, row: Row, security: str
) -> None:
    with smtp_server(security=security, username="ricognizione", password="parola segreta") as server:
        login = {"smtp_security": security, "smtp_username": "ricognizione", "smtp_password": "parola segreta"}
        with _secure(make_app, server, clock, **login).app_context():
            tally = run()
            assert "certificate" in tally.stopped.lower()
            assert (row(1).state, tally.retry_wait) == ("retry_wait", 1)
        assert "auth" not in server.seen
        assert "mail" not in server.seen


def test_a_certificate_of_another_host_is_refused(
    make_app: Callable[..., Flask], clock: Clock, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with smtp_server(security="starttls") as server:
        with _secure(make_app, server, clock, smtp_security="starttls", smtp_host="127.0.0.1").app_context():
            assert "certificate" in run().stopped.lower()
        assert "mail" not in server.seen


def test_a_server_without_encryption_where_it_is_wanted_gets_nothing(
    make_app: Callable[..., Flask], server: SmtpServer, clock: Clock, run: Run, row: Row
) -> None:
    with _secure(make_app, server, clock, smtp_security="starttls").app_context():
        assert "does not offer" in run().stopped
        assert row(1).state == "queued"
    assert "mail" not in server.seen


@pytest.mark.parametrize(
    ("answer", "state"), [("535 5.7.8 wrong password", "queued"), ("454 4.7.0 not now", "retry_wait"), (DROP, "retry_wait")]
)
def test_a_login_that_fails_ends_the_run(
    make_app: Callable[..., Flask], clock: Clock, run: Run, row: Row, answer: str, state: str
) -> None:
    with smtp_server(username="ricognizione", password="giusta") as server:
        server.fail("auth", answer, ALWAYS)
        login = {"smtp_username": "ricognizione", "smtp_password": "parola segreta"}
        with _secure(make_app, server, clock, **login).app_context():
            tally = run()
            assert row(1).state == state
            assert tally.stopped
            assert "parola segreta" not in tally.stopped + row(1).reply + row(1).reason
        assert server.taken == []


def test_a_wrong_password_is_told_as_the_server_tells_it(
    make_app: Callable[..., Flask], clock: Clock, run: Run, row: Row
) -> None:
    with smtp_server(username="ricognizione", password="giusta") as server:
        login = {"smtp_username": "ricognizione", "smtp_password": "sbagliata"}
        with _secure(make_app, server, clock, **login).app_context():
            assert "535" in run().stopped
            assert row(1).state == "queued"


def test_a_stranger_on_the_line_is_no_mail_server(server: SmtpServer, queue: Queue, run: Run, row: Row) -> None:
    [only] = queue()
    server.fail("connect", "HTTP/1.1 400 Bad Request")
    assert run().retry_wait == 1
    assert row(only).state == "retry_wait"


def test_a_server_answers_as_the_tests_say() -> None:
    """The scripted server itself: what it took after a lost answer counts as taken, what it refused does not."""
    with smtp_server() as server:
        server.fail("end", "451 no")
        server.fail("end", DROP)
        client = smtplib.SMTP("127.0.0.1", server.port)
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("a@example.org", ["b@example.org"], "Subject: 1\r\n\r\nx")
        assert server.taken == []
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail("a@example.org", ["b@example.org"], "Subject: 2\r\n\r\nx")
        assert [taken.message["Subject"] for taken in server.taken] == ["2"]
