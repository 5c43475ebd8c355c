"""`flask mail status`: each problem in words with what to do; `--check` is silent where nothing is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.extensions import db
from app.mail.groups import SERVER_SAYS, hold_group
from app.mail.health import PROBLEMS
from app.mail.holds import BY_HAND, hold
from app.mail.models import Delivery
from app.mail.returns.space import note_space, note_warning
from app.mail.status_command import _PROBLEMS
from tests.conftest import Clock
from tests.mail.test_health import add_group, add_worker
from tests.smtp_server import ALWAYS, DROP, SmtpServer

Queue = Callable[..., list[int]]


def status(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["mail", "status", *arguments])


def test_every_problem_has_its_words() -> None:
    assert tuple(_PROBLEMS) == PROBLEMS


def test_an_empty_outbox(app: Flask, db_session: object, server: SmtpServer) -> None:
    assert status(app).output.splitlines() == [
        f"messages go to 127.0.0.1:{server.port}",
        "nothing is wrong",
        "the outbox is empty",
        "nothing is due; within the hour: 0",
        "sent in the last hour: 0, in the last day: 0",
    ]
    silent = status(app, "--check")
    assert (silent.exit_code, silent.output) == (0, "")


def test_what_became_of_messages_and_who_sends(app: Flask, server: SmtpServer, queue: Queue, clock: Clock) -> None:
    queue(5)
    server.fail("rcpt", "550 5.7.1 policy")
    server.fail("rcpt", "450 4.2.0 greylisted")
    server.fail("end", DROP)
    app.test_cli_runner().invoke(args=["mail", "deliver", "--once"])
    db.session.rollback()
    sent = sa.select(sa.func.min(Delivery.id)).where(Delivery.state == "accepted").scalar_subquery()
    db.session.execute(sa.update(Delivery).where(Delivery.id == sent).values(state="bounced"))
    db.session.commit()
    add_worker(clock() - dt.timedelta(hours=3), machine="caduta")
    told = status(app).output.splitlines()
    assert told[1:8] == [
        "! messages of unknown fate: 1",
        "  → decide each in the page /gestione/consegne",
        "      1 waiting to be tried again",
        "      1 sent: the mail server has taken them",
        "      1 come back: they could not be delivered",
        "      1 failed: the mail server has refused them, or they could not be made",
        "      1 of unknown fate: the connection or the worker was lost while sending",
    ]
    assert told[8:10] == ["nothing is due; within the hour: 1", "sent in the last hour: 2, in the last day: 2"]
    assert told[10].endswith(", started at 2026-03-16 09:00 UTC: ended as told at 2026-03-16 09:00 UTC")
    silent = "silent since 2026-03-16 06:00 UTC: it was killed, or its machine is down"
    assert told[11:] == [f"worker on caduta, started at 2026-03-16 06:00 UTC: {silent}"]
    assert "example.org" not in "\n".join(told)


def test_each_problem_is_told_with_what_to_do(app: Flask, queue: Queue, clock: Clock) -> None:
    queue(2)
    db.session.execute(sa.update(Delivery).where(Delivery.id == 2).values(state="unknown"))
    hold_group(add_group(clock()), f"{SERVER_SAYS}535 5.7.8 login refused", clock())
    note_space("pec", 90, 100, clock())
    note_warning("imap", "quasi piena", clock())
    db.session.commit()
    clock.move(minutes=200)
    ended = status(app, "--check")
    assert ended.exit_code == 1
    assert ended.output.splitlines() == [
        "nobody sends (none in the last day); messages due: 1, more within the hour: 0 → start the service that runs: "
        "flask --app wsgi mail deliver --loop",
        "the oldest message that could have gone is 3 h 20 min late (due: 1) → look at what the service says (journalctl -u "
        "ricognizione-mail) and at mail_per_minute and mail_domain_per_minute; start more workers if one is too slow",
        "the mail server refuses us (Gruppo g: 535 5.7.8 login refused) → mend smtp_username, smtp_password or smtp_sender, or "
        "ask who runs the server; then resume the batches it has paused",
        "messages of unknown fate: 1 → decide each in the page /gestione/consegne",
        "a mailbox is nearly full (imap (quasi piena), pec (90 % full)) → make room in it: one that is full takes no reports "
        "and no receipts",
    ]
    told = status(app).output
    assert "due now: 1, the oldest since 2026-03-16 09:00 UTC, 3 h 20 min ago; more within the hour: 0" in told
    assert "paused by the mail server since 2026-03-16 09:00 UTC: Gruppo g: 535 5.7.8 login refused" in told
    assert "mailbox pec: 90 % full\n" in told
    assert "mailbox imap: its server does not say how full it is, its provider warned: quasi piena" in told


def test_a_hold_and_a_clock_name_the_command_that_helps(app: Flask, db_session: object, clock: Clock) -> None:
    hold(BY_HAND, "ripristino", clock())
    add_worker(clock(), machine="avanti", clock_ahead=7_200.0)
    ended = status(app, "--check")
    assert (ended.exit_code, ended.output.splitlines()) == (
        1,
        [
            "all sending is held (since 2026-03-16 09:00 UTC, by_hand: ripristino) → look with flask --app wsgi mail compare, "
            "on the machine that sends; then flask --app wsgi mail confirm",
            "a clock has jumped ahead (avanti by 2 h 0 min): what was planned for later waits → set it right; or, if it is "
            "right, flask --app wsgi mail clock --right",
        ],
    )
    assert (
        "worker on avanti, started at 2026-03-16 09:00 UTC: sends, last heard of at 2026-03-16 09:00 UTC" in status(app).output
    )


def test_single_messages_that_the_server_refuses(app: Flask, server: SmtpServer, queue: Queue, clock: Clock) -> None:
    queue(1)
    server.fail("mail", "550 5.7.1 sender refused", times=ALWAYS)
    app.test_cli_runner().invoke(args=["mail", "deliver", "--once"])
    assert "the mail server refuses us (messages of no batch, 1: 550 5.7.1 sender refused)" in status(app, "--check").output
