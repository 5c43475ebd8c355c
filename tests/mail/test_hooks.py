"""Hooks: asked after the claim; what they write precedes the sending; what they fill in is stored nowhere; one fails alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import get_locale
from sqlalchemy.exc import IntegrityError, OperationalError

from app.accounts.links import UnknownEntityError
from app.extensions import db
from app.mail.hooks import ClaimedDelivery, Filled, register_hook
from app.mail.models import Delivery
from app.mail.outbox import Tally
from app.mail.suppressions import lift_suppression, suppress
from tests.conftest import Clock
from tests.smtp_server import SmtpServer

Queue = Callable[..., list[int]]
Run = Callable[..., Tally]
Row = Callable[[int], Delivery]
SECRET = "https://ricognizione.example.it/attiva/segreto-di-prova"


@dataclass
class LinkHook:
    """Fills in a link, as the hooks of activation and reset do, and notes it in a table."""

    unwanted: str | None = None
    failure: Exception | None = None
    asked: list[int] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def wanted(self, delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
        self.asked.append(delivery.id)
        return self.unwanted

    def fill(self, delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
        self.languages.append(str(get_locale()))
        suppress(f"nota{delivery.id}@example.org", "", now)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        html = None if delivery.html is None else delivery.html.replace("{link}", SECRET)
        return Filled(delivery.subject, delivery.text.replace("{link}", SECRET), html)


def _notes() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.text("SELECT email FROM mail_suppression ORDER BY email")))


def test_what_is_filled_in_travels_and_is_stored_nowhere(
    app: Flask, server: SmtpServer, queue: Queue, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    register_hook("activation", LinkHook())
    [only] = queue(1, kind="activation", text="Apri {link} per entrare.\n", html='<p><a href="{link}">Entra</a></p>')
    assert run().accepted == 1
    sent = server.taken[0].message
    plain, html = (sent.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == [f"Apri {SECRET} per entrare."]
    assert SECRET in html.get_content()
    stored = db.session.execute(sa.text(f"SELECT * FROM delivery WHERE id = {only}")).one()
    assert "segreto-di-prova" not in repr(tuple(stored))
    assert "{link}" in stored.text
    written = "".join(capfd.readouterr())
    assert '"delivery":1' in written
    assert "segreto-di-prova" not in written
    assert "example.org" not in written


def test_a_kind_without_a_hook_is_sent_as_it_is(server: SmtpServer, queue: Queue, run: Run) -> None:
    register_hook("activation", LinkHook(unwanted="no"))
    queue()
    assert run().accepted == 1


def test_a_text_whose_link_nobody_filled_in_is_not_sent(server: SmtpServer, queue: Queue, run: Run, row: Row) -> None:
    [only] = queue(1, kind="news", text="Apri {link}")
    assert run().failed == 1
    assert (row(only).state, row(only).reason) == ("failed", "the link was not filled in")
    assert server.taken == []


def test_an_unwanted_message_is_cancelled_with_its_reason_and_nothing_is_filled_in(
    server: SmtpServer, queue: Queue, run: Run, row: Row
) -> None:
    register_hook("reminder", LinkHook(unwanted="submitted"))
    [only] = queue(1, kind="reminder")
    assert run().cancelled == 1
    assert (row(only).state, row(only).reason, row(only).attempts) == ("cancelled", "submitted", 0)
    assert (_notes(), server.seen) == ([], [])


def test_what_happened_between_queueing_and_the_claim_is_seen(
    app: Flask, server: SmtpServer, queue: Queue, run: Run, now: dt.datetime
) -> None:
    """The hook reads in a transaction that began after the claim: a submission committed before is never chased."""

    class Submitted(LinkHook):
        def wanted(self, delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
            found = db.session.scalar(sa.text("SELECT count(*) FROM mail_suppression WHERE reply = 'submitted'"))
            return "submitted" if found else None

    register_hook("reminder", Submitted())
    queue(2, kind="reminder", text="Promemoria")

    def submit(phase: str) -> None:
        if phase == "mail" and not server.taken:
            with app.app_context():
                suppress("altro@example.org", "submitted", now)
                db.session.commit()

    server.at = submit
    tally = run()
    assert (tally.accepted, tally.cancelled) == (1, 1)


def test_the_hook_writes_in_a_transaction_that_is_committed_before_the_server_is_spoken_to(
    app: Flask, server: SmtpServer, queue: Queue, run: Run
) -> None:
    register_hook("activation", LinkHook())
    queue(1, kind="activation", text="{link}")
    engine, seen = db.engine, []

    def look(phase: str) -> None:
        with engine.connect() as other:
            seen.append(other.exec_driver_sql("SELECT count(*) FROM mail_suppression").scalar_one())

    server.at = look
    run()
    assert seen == [1] * len(server.seen)


def test_a_retry_fills_in_anew_under_the_same_message_id(
    server: SmtpServer, queue: Queue, run: Run, clock: Clock, row: Row
) -> None:
    hook = LinkHook()
    register_hook("activation", hook)
    [only] = queue(1, kind="activation", text="{link}")
    message_id = row(only).message_id
    server.fail("end", "451 later")
    run()
    clock.move(minutes=1)
    run()
    assert hook.asked == [only, only]
    assert [taken.message_id for taken in server.taken] == [message_id]


@pytest.mark.parametrize("language", ["it", "en", "de"])
def test_a_hook_speaks_the_recipients_language(queue: Queue, run: Run, language: str) -> None:
    hook = LinkHook()
    register_hook("activation", hook)
    queue(1, kind="activation", text="{link}", language=language)
    run()
    assert hook.languages == [language]


def test_a_language_that_does_not_exist_costs_its_own_message_only(queue: Queue, run: Run) -> None:
    register_hook("activation", LinkHook())
    queue(1, kind="activation", text="{link}", language="no-such", dedupe_key="odd")
    queue(1, kind="activation", text="{link}")
    tally = run()
    assert (tally.accepted, tally.retry_wait) == (1, 1)


def test_a_refusal_of_the_programs_own_fails_the_message_and_undoes_what_the_hook_wrote(
    server: SmtpServer, queue: Queue, run: Run, row: Row
) -> None:
    register_hook("activation", LinkHook(failure=UnknownEntityError("048017")))
    ids = queue(2, kind="activation", text="{link}")
    assert (run().failed, len(server.taken)) == (1, 1)
    assert (row(ids[0]).state, row(ids[0]).reason) == ("failed", "UnknownEntityError: 048017")
    assert row(ids[1]).state == "accepted"
    assert _notes() == [f"nota{ids[1]}@example.org"]


@pytest.mark.parametrize("failure", [KeyError(SECRET), IntegrityError("x", None, ValueError(SECRET))])
def test_a_defect_is_tried_again_and_logged_without_its_text(
    queue: Queue, run: Run, row: Row, clock: Clock, capfd: pytest.CaptureFixture[str], failure: Exception
) -> None:
    register_hook("activation", LinkHook(failure=failure))
    ids = queue(2, kind="activation", text="{link}")
    tally = run()
    assert (tally.retry_wait, tally.accepted, tally.stopped) == (1, 1, "")
    assert row(ids[0]).reason == f"a defect of the program: {type(failure).__name__}"
    written = "".join(capfd.readouterr())
    assert f"delivery {ids[0]}" in written
    assert "segreto" not in written
    clock.move(minutes=1)
    assert run().accepted == 1


def test_a_subject_that_a_hook_breaks_is_not_sent(server: SmtpServer, queue: Queue, run: Run, row: Row) -> None:
    class Breaking(LinkHook):
        def fill(self, delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
            return Filled("Avviso\r\nBcc: tutti@example.org", "testo")

    register_hook("activation", Breaking())
    [only] = queue(1, kind="activation")
    assert run().failed == 1
    assert "one line" in row(only).reason
    assert server.taken == []


def test_a_database_that_goes_away_in_a_hook_ends_the_run_and_blames_no_message(
    queue: Queue, run: Run, row: Row, clock: Clock
) -> None:
    register_hook("activation", LinkHook(failure=OperationalError("x", None, ValueError())))
    [only] = queue(1, kind="activation", text="{link}")
    with pytest.raises(OperationalError):
        run()
    assert row(only).state == "claimed"
    clock.move(minutes=11)
    assert run().accepted == 1


def test_a_suppressed_address_gets_nothing_until_it_is_allowed_again(
    server: SmtpServer, queue: Queue, run: Run, row: Row, now: dt.datetime
) -> None:
    suppress("Ufficio1@Example.org", "550 5.1.1 no such user", now)
    db.session.commit()
    [only] = queue()
    assert run().cancelled == 1
    assert (row(only).state, row(only).reason, server.seen) == ("cancelled", "the address is known as bad", [])
    assert lift_suppression("ufficio1@example.org") is True
    assert lift_suppression("ufficio1@example.org") is False
    db.session.commit()
    queue(1, dedupe_key="another")
    assert run().accepted == 1


def test_a_filled_message_says_nothing_of_itself() -> None:
    assert SECRET not in repr(Filled("Oggetto", SECRET, SECRET))
