"""What a returned message brings about, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail.models import Delivery
from app.mail.returns.corrections import (
    UnknownCorrectionError,
    corrections,
    count_corrections,
    settle_correction,
)
from app.mail.returns.evidence import (
    UnknownReturnError,
    count_by_kind,
    count_waiting_returns,
    returns_of,
    send_on,
    settle_return,
    waiting_returns,
)
from app.mail.returns.handling import Taken, digest_of, take_return
from app.mail.returns.models import MailReturn, ReturnContent
from app.mail.returns.space import mailbox_space, note_space
from app.mail.suppressions import lift_suppression, suppress
from tests.conftest import Clock
from tests.mail.returns.corpus import CORPUS
from tests.mail.returns.deliveries import sent, state_of
from tests.mail.returns.writing import About, certificate, dsn, mail, receipt
from tests.mail.suppressed import is_suppressed

Take = Callable[..., Taken]
BAD = "550 5.1.1 user unknown"


def rows() -> list[MailReturn]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(MailReturn).order_by(MailReturn.id)))


def contents() -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(ReturnContent)).scalar_one()


def redirected() -> list[Delivery]:
    return list(db.session.scalars(sa.select(Delivery).where(Delivery.kind == "redirected").order_by(Delivery.id)))


def test_the_corpus_has_its_effects(take: Take, now: dt.datetime) -> None:
    told = []
    for number, case in enumerate(CORPUS, start=1):
        about = sent(number, now)
        taken = take(case.write(about), "pec" if case.name.startswith("pec") else "pipe")
        found = (taken.kind, taken.matched, state_of(about), is_suppressed(about.recipient))
        if found != (case.kind, case.matched, case.state, case.held):
            told.append((case.name, found))
    assert told == []
    assert sum(count_by_kind(now).values()) == len(CORPUS)


def test_the_same_message_from_pipe_and_maildir_is_taken_once(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    raw = dsn(about, "failed", "5.1.1", BAD)
    traced = b"From MAILER-DAEMON Mon Mar 16\r\nDelivered-To: x@y.example\r\nReceived: from a\r\n\tby b\r\n" + raw.replace(
        b"\n", b"\r\n"
    )
    assert take(raw).new
    lift_suppression(about.recipient)
    db.session.commit()
    again = take(traced, "maildir")
    assert (again.new, again.kind) == (False, "hard")
    assert not is_suppressed(about.recipient)
    assert len(rows()) == 1


def test_two_processes_that_take_the_same_message_at_once_take_it_once(app: Flask, take: Take, now: dt.datetime) -> None:
    raw = mail(sent(1, now), "persona@example.net", "Re: Promemoria", "Buongiorno")
    db.session.rollback()
    started, found = threading.Barrier(4), []

    def one() -> None:
        with app.app_context():
            started.wait()
            found.append(take_return(raw, "pipe", now).new)
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    assert (len(rows()), len(redirected())) == (1, 1)


@pytest.mark.parametrize("state", ["queued", "claimed", "data", "accepted", "retry_wait", "unknown"])
def test_a_report_of_delivery_ends_what_is_on_its_way(take: Take, now: dt.datetime, state: str) -> None:
    about = sent(1, now, state=state)
    take(dsn(about, "delivered", "2.0.0"))
    assert state_of(about) == "delivered"
    row = db.session.execute(sa.select(Delivery.claim_token).where(Delivery.id == about.number)).scalar_one()
    assert row is None


@pytest.mark.parametrize("state", ["failed", "cancelled", "bounced"])
def test_a_report_of_delivery_changes_nothing_that_has_ended(take: Take, now: dt.datetime, state: str) -> None:
    about = sent(1, now, state=state)
    take(dsn(about, "delivered", "2.0.0"))
    assert state_of(about) == state


@pytest.mark.parametrize("name", ["person", "outlook-italian", "tmda", "postfix-delayed", "relayed", "forwarding-refused"])
def test_anything_that_comes_back_proves_that_it_left(take: Take, now: dt.datetime, name: str) -> None:
    case = next(case for case in CORPUS if case.name == name)
    about = sent(1, now, state="unknown")
    take(case.write(about))
    assert state_of(about) == "accepted"


def test_a_bounce_after_a_delivery_wins(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    take(dsn(about, "delivered", "2.0.0"))
    take(dsn(about, "failed", "5.2.2", "552 mailbox full"))
    assert state_of(about) == "bounced"
    take(dsn(about, "delivered", "2.0.0", number=2))
    assert state_of(about) == "bounced"


def test_a_bad_address_is_held_back_and_listed_with_what_the_server_said(take: Take, now: dt.datetime) -> None:
    about = sent(7, now)
    take(dsn(about, "failed", "5.1.1", f"{BAD}; see https://questionario.example/attiva/segreto"))
    assert is_suppressed(about.recipient)
    (row,) = corrections()
    assert (row.email, row.reason, row.reference, row.held) == (about.recipient, "bad_address", "entity:7", True)
    assert "segreto" not in row.diagnostic
    (told,) = returns_of([about.number])[about.number]
    assert (told.kind, told.own, told.status) == ("hard", True, "5.1.1")
    assert "segreto" not in told.diagnostic


def test_a_wrong_mark_matches_nothing_and_holds_nothing_back(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    forged = About(about.recipient, "<other@example.net>", about.back.replace(".", ".0", 1)[:-1], about.number)
    taken = take(dsn(forged, "failed", "5.1.1", BAD))
    assert (taken.kind, taken.matched) == ("hard", False)
    assert not is_suppressed(about.recipient)
    assert (state_of(about), count_waiting_returns()) == ("accepted", 1)


def test_the_address_of_the_pipe_is_enough(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    bare = About(about.recipient, "<other@example.net>", "ritorni@questionario.example", about.number)
    assert take(dsn(bare, "failed", "5.1.1", BAD), envelope=[about.back]).matched
    assert is_suppressed(about.recipient)


def test_forwarding_holds_nothing_back_and_is_listed_with_the_mailbox_behind(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    take(dsn(about, "failed", "5.1.1", BAD, final="persona@altrove.example"))
    assert (is_suppressed(about.recipient), state_of(about)) == (False, "accepted")
    (row,) = corrections()
    assert (row.reason, row.email, row.held) == ("forwarded", about.recipient, False)
    assert row.diagnostic.startswith("persona@altrove.example")


def test_full_on_three_days_is_listed_and_not_held_back(take: Take, now: dt.datetime, clock: Clock) -> None:
    for day in range(1, 4):
        for again in range(2):
            about = sent(day * 10 + again, clock(), recipient="ufficio@example.org")
            take(dsn(about, "failed", "5.2.2", "552 mailbox full"))
        assert count_corrections() == (1 if day == 3 else 0)
        clock.move(days=1)
    assert [row.reason for row in corrections()] == ["often"]
    assert not is_suppressed("ufficio@example.org")
    settle_correction("Ufficio@example.org", actor="staff:1", now=clock())
    clock.move(minutes=1)
    take(dsn(sent(99, clock(), recipient="ufficio@example.org"), "failed", "5.2.2", "552 full quota exceeded"))
    assert count_corrections() == 0


def test_what_was_corrected_is_listed_again_when_it_comes_back_again(take: Take, now: dt.datetime, clock: Clock) -> None:
    take(dsn(sent(1, now, recipient="ufficio@example.org"), "failed", "5.4.1", "550 5.4.1 denied"))
    settle_correction("ufficio@example.org", actor="staff:1", now=clock.move(minutes=1))
    assert count_corrections() == 0
    with pytest.raises(UnknownCorrectionError):
        settle_correction("ufficio@example.org", actor="staff:1", now=clock())
    take(dsn(sent(2, now, recipient="ufficio@example.org"), "failed", "5.4.1", "550 5.4.1 denied"))
    assert [row.reason for row in corrections()] == ["bounced"]


def test_an_address_refused_while_sending_is_listed_too(take: Take, now: dt.datetime, clock: Clock) -> None:
    suppress("ufficio@example.org", "550 5.1.1 unknown", now)
    db.session.commit()
    (row,) = corrections()
    assert (row.email, row.reason, row.held, row.diagnostic) == (
        "ufficio@example.org",
        "bad_address",
        True,
        "550 5.1.1 unknown",
    )
    settle_correction("ufficio@example.org", actor="staff:1", now=clock.move(minutes=1))
    assert count_corrections() == 0
    assert is_suppressed("ufficio@example.org")


def test_a_persons_answer_goes_on_to_the_desk_once(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    raw = mail(about, "persona@example.net", "Re: Promemoria", "Buongiorno", f"In-Reply-To: {about.message_id}")
    assert take(raw).matched
    take(raw, "maildir")
    (going,) = redirected()
    assert (going.recipient, going.subject, going.text) == ("segreteria@questionario.example", "Re: Promemoria", "")
    assert [row.waits for row in rows()] == [False]


@pytest.mark.parametrize(
    "more",
    [("X-Loop: ricognizione@questionario.example",), ("Resent-Message-ID: <1.0@questionario.example>",)],
)
def test_what_we_have_sent_on_ourselves_goes_nowhere(take: Take, now: dt.datetime, more: tuple[str, ...]) -> None:
    take(mail(sent(1, now), "persona@example.net", "Re: Promemoria", "Buongiorno", *more))
    assert (redirected(), count_waiting_returns()) == ([], 1)


@pytest.mark.parametrize("sender", ["segreteria@questionario.example", "rilevazione@questionario.example"])
def test_our_own_addresses_start_no_circle(take: Take, now: dt.datetime, sender: str) -> None:
    take(mail(sent(1, now), sender, "Re: Promemoria", "Buongiorno"))
    assert redirected() == []


def test_what_came_to_the_desk_anyway_is_left_there(take: Take, now: dt.datetime) -> None:
    taken = take(mail(sent(1, now), "persona@example.net", "Domanda", "Buongiorno", to="segreteria@questionario.example"))
    assert (taken.left, redirected(), count_waiting_returns()) == (True, [], 0)


def test_a_flood_waits_for_a_person(take: Take, now: dt.datetime, clock: Clock) -> None:
    about = sent(1, now)
    for number in range(14):
        take(mail(about, "persona@example.net", f"Domanda {number}", "Buongiorno"))
    assert (len(redirected()), count_waiting_returns()) == (10, 4)
    clock.move(hours=2)
    take(mail(about, "persona@example.net", "Ancora", "Buongiorno"))
    assert len(redirected()) == 11


def test_what_waits_shows_its_words_without_our_links_and_is_settled(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    text = "Please confirm your message at https://filter.example/c (https://questionario.example/attiva/segreto)"
    take(mail(about, about.recipient, "Sender verification", text, "Auto-Submitted: auto-replied"))
    (waiting,) = waiting_returns()
    assert (waiting.kind, waiting.can_go_on) == ("challenge", False)
    assert "https://filter.example/c" in waiting.words
    assert "segreto" not in waiting.words
    with pytest.raises(UnknownReturnError):
        send_on(waiting.id, actor="staff:1", now=now)
    settle_return(waiting.id, actor="staff:1", now=now)
    assert (count_waiting_returns(), contents()) == (0, 0)
    with pytest.raises(UnknownReturnError):
        settle_return(waiting.id, actor="staff:1", now=now)


def test_a_persons_message_that_was_held_back_is_sent_on_by_hand(take: Take, now: dt.datetime) -> None:
    take(mail(sent(1, now), "segreteria@questionario.example", "Domanda", "Buongiorno"))
    (waiting,) = waiting_returns()
    assert waiting.can_go_on
    send_on(waiting.id, actor="staff:1", now=now)
    assert (len(redirected()), count_waiting_returns()) == (1, 0)


def test_a_bounce_of_what_was_sent_on_waits_and_holds_no_desk_back(take: Take, now: dt.datetime) -> None:
    about = sent(1, now, kind="redirected", recipient="segreteria@questionario.example")
    take(dsn(about, "failed", "5.1.1", BAD))
    assert (state_of(about), is_suppressed(about.recipient), count_corrections()) == ("bounced", False, 0)
    assert count_waiting_returns() == 1


def test_receipts_of_certified_mail_stand_in_fields_of_their_own(take: Take, now: dt.datetime) -> None:
    about = sent(1, now)
    take(receipt(about, "accettazione", "ACCETTAZIONE", certificate(about, "accettazione")), "pec")
    row = db.session.execute(sa.select(Delivery).where(Delivery.id == about.number)).scalar_one()
    assert (row.state, row.pec_accepted_at) == ("accepted", dt.datetime(2026, 3, 16, 9, 31, 5, tzinfo=dt.UTC))
    assert (row.pec_delivered_at, row.pec_failed_at, row.pec_error) == (None, None, "")
    late = certificate(about, "errore-consegna", "altro", extended="5.2.2 - casella piena", delivered=True)
    take(receipt(about, "errore-consegna", "AVVISO DI MANCATA CONSEGNA", late), "pec")
    db.session.rollback()
    row = db.session.execute(sa.select(Delivery).where(Delivery.id == about.number)).scalar_one()
    assert (row.state, row.pec_error) == ("bounced", "altro – 5.2.2 - casella piena")
    assert row.pec_failed_at is not None


def test_a_warning_of_a_full_mailbox_counts_until_there_is_room(take: Take, now: dt.datetime, clock: Clock) -> None:
    text = "La casella ha superato la soglia."
    take(mail(sent(1, now), "postmaster@pec.example", "Avviso: casella quasi piena", text, to="rilevazione@pec.example"), "pec")
    (row,) = mailbox_space()
    assert (row.name, row.percent, row.is_alarming(now)) == ("pec", None, True)
    note_space("pec", 900, 1_000, now)
    db.session.commit()
    assert [(one.percent, one.is_alarming(now + dt.timedelta(days=90))) for one in mailbox_space()] == [(90, True)]
    note_space("pec", 100, 1_000, now)
    db.session.commit()
    assert [one.is_alarming(now) for one in mailbox_space()] == [False]


def test_what_cannot_be_read_and_what_is_too_long_is_kept_and_waits(take: Take, now: dt.datetime) -> None:
    assert take(b"Content-Type: multipart/mixed; boundary=x\n" + b"boundary " * 40).kind == "other"
    long = mail(sent(1, now), "persona@example.net", "Lungo", "Buongiorno")
    taken = take(long, size=50_000_000)
    assert taken.kind == "person"
    assert redirected() == []
    assert [(row.cut, row.waits, row.size) for row in rows()][1] == (True, True, 50_000_000)
    assert [row.can_go_on for row in waiting_returns()] == [False, False]


def test_a_digest_does_not_depend_on_the_way() -> None:
    raw = b"Subject: a\nTo: b\n\ntext\n"
    assert digest_of(raw) == digest_of(b"Return-Path: <>\r\nReceived: x\r\n y\r\nSubject: a\r\nTo: b\r\n\r\ntext\r\n\r\n")
    assert digest_of(raw) != digest_of(b"Subject: a\nTo: b\n\ntexts\n")
