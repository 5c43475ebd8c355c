"""Certified mail from the plan to the receipts: whom it reaches, its own limit, sent by the program and by hand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from email import message_from_bytes

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.chasing.respondents import fresh_respondents
from app.config import settings
from app.editions.current import EditionView
from app.extensions import db
from app.mail.by_hand import known_deliveries
from app.mail.groups import GroupEndedError
from app.mail.models import EMAIL, PEC, Delivery
from app.mail.outbox import Tally, deliver_due
from app.mail.returns.handling import take_return
from app.mail.returns.outcomes import count_silent, outcomes_of, silent
from app.mail.returns.uploads import MOST_EACH, MOST_RECEIPTS, UnfitUploadError, pack, unpack
from app.mail.ways import senders_of
from app.registry.entity_languages import choose_language
from app.reminders.audience import Choice, find_audience
from app.reminders.batches import BatchRow, ClosedChannelError, Plan, batch_of, cancel_batch, queue_batch
from app.reminders.by_hand import NotByHandError, NothingToSendError, hand_out_batch, mark_batch_sent
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC
from app.reminders.hand_files import write_file
from app.reminders.receipts import UnknownUploadError, judge_upload, keep_upload, take_upload
from app.reminders.reference_codes import code_of, codes_in, with_code
from app.reminders.schedule import FASTEST, Schedule
from app.reminders.template_files import add_file
from app.reminders.templates import create_template, shipped_template
from tests.conftest import START, Clock
from tests.mail.conftest import smtp_settings
from tests.mail.returns.writing import About, certificate, receipt
from tests.registry.rows import add_contact
from tests.responses.people import BOLZANO, FIRENZE, OWN, SAMONE_TN, SAMONE_TO, VALENTINO, People
from tests.smtp_server import SmtpServer

CODES = (FIRENZE, BOLZANO, SAMONE_TN, SAMONE_TO)
KINDS = {"accettazione": "ACCETTAZIONE", "avvenuta-consegna": "CONSEGNA", "errore-consegna": "AVVISO DI MANCATA CONSEGNA"}


@pytest.fixture
def app(make_app: Callable[..., Flask], server: SmtpServer) -> Flask:
    own = {"pec_smtp_host": "127.0.0.1", "pec_smtp_port": server.port, "pec_smtp_security": "none", "pec_per_minute": 6_000}
    return make_app(**smtp_settings(server), **own, pec_sender="rilevazione@pec.example.org")


@pytest.fixture
def certified(reachable: EditionView) -> EditionView:
    """The edition; four of its five municipalities have a certified address, one of them two."""
    for code in CODES:
        add_contact(People.entity(code).id, "pec", f"c{code}@pec.example.org")
    add_contact(People.entity(FIRENZE).id, "pec", f"protocollo.{FIRENZE}@pec.example.org")
    return reachable


def queue(edition: EditionView, channel: str, key: str = "k", *, beyond: bool = False, at: dt.datetime = START) -> BatchRow:
    schedule = Schedule(at, FASTEST, False, at_once=channel == BY_HAND)
    plan = Plan("Per PEC", Choice(beyond_limit=beyond), 0, schedule, channel=channel)
    return batch_of(edition.id, queue_batch(edition, plan, key=key, actor="staff:1", now=at))


def rows(channel: str = PEC) -> list[Delivery]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Delivery).where(Delivery.channel == channel).order_by(Delivery.recipient)))


def states() -> dict[str, str]:
    return {row.recipient.partition("@")[0]: row.state for row in rows()}


def send(clock: Clock) -> Tally:
    sender = senders_of(settings())[PEC]
    try:
        return deliver_due(clock, sender, limit=100, channel=PEC)
    finally:
        sender.close()


def written(kind: str, row: Delivery, *, message_id: str = "", subject: str = "", recipient: str = "") -> bytes:
    """A provider's receipt about a delivery."""
    whom = recipient or row.recipient
    about = About(whom, message_id or str(row.message_id), "x@example.org", row.id)
    error = "no-dest" if kind == "errore-consegna" else "nessuno"
    xml = certificate(about, kind, error, delivered=kind != "accettazione")
    xml = xml.replace("<oggetto>Promemoria</oggetto>", f"<oggetto>{subject or row.subject}</oggetto>")
    return receipt(about, kind, KINDS[kind], xml).replace(b"=_in", f"=_in{row.id}{kind}".encode())


def test_it_reaches_certified_addresses_alone_one_an_entity(certified: EditionView) -> None:
    fresh_respondents(certified, START)
    found = find_audience(certified, Choice(), START, START, channel=BY_PEC)
    emails = {one.code: one.emails for one in found.recipients}
    assert emails == {code: (f"c{code}@pec.example.org",) for code in CODES} | {
        FIRENZE: (f"protocollo.{FIRENZE}@pec.example.org",)
    }
    assert {one.code: one.reason for one in found.left_out} == {VALENTINO: "no_pec_address"}
    by_email = find_audience(certified, Choice(), START, START)
    assert all("@example.org" in email for one in by_email.recipients for email in one.emails)


def test_the_limits_of_the_two_channels_are_apart_and_by_hand_counts_as_certified(certified: EditionView) -> None:
    queue(certified, BY_EMAIL, "e1")
    queue(certified, BY_PEC, "p1")
    assert len(find_audience(certified, Choice(), START, START, channel=BY_HAND).recipients) == 4
    queue(certified, BY_HAND, "p2")
    for channel in (BY_PEC, BY_HAND):
        assert find_audience(certified, Choice(), START, START, channel=channel).by_reason()["enough_messages"] == 4
        assert len(find_audience(certified, Choice(beyond_limit=True), START, START, channel=channel).recipients) == 4
    queue(certified, BY_EMAIL, "e2")
    assert len(find_audience(certified, Choice(), START, START).recipients) == 5
    queue(certified, BY_EMAIL, "e3")
    assert find_audience(certified, Choice(), START, START).by_reason() == {"enough_messages": 5}


def test_without_a_server_the_program_takes_no_batch_by_certified_mail(
    make_app: Callable[..., Flask], server: SmtpServer, edition: EditionView
) -> None:
    with make_app(**smtp_settings(server)).app_context(), pytest.raises(ClosedChannelError):
        queue_batch(edition, Plan("x", Choice(), 0, Schedule(START, 1), channel=BY_PEC), key="k", actor="a", now=START)


def test_the_whole_way_of_certified_mail(certified: EditionView, clock: Clock, server: SmtpServer) -> None:
    batch = queue(certified, BY_PEC)
    clock.move(minutes=5)
    assert send(clock).accepted == 4
    assert {taken.sender for taken in server.taken} == {"rilevazione@pec.example.org"}
    one, two, three, _four = rows()
    for row in (one, two, three):
        take_return(written("accettazione", row), "pipe", clock())
    take_return(written("avvenuta-consegna", one), "pipe", clock())
    take_return(written("errore-consegna", two), "pipe", clock())
    counts = outcomes_of([batch.group_id], clock())[batch.group_id]
    assert counts == {"accepted": 3, "delivered": 1, "failed": 1, "silent": 0}
    assert sorted(states().values()) == ["accepted", "accepted", "bounced", "delivered"]
    clock.move(hours=25)
    assert outcomes_of([batch.group_id], clock())[batch.group_id]["silent"] == count_silent(clock()) == 2
    assert {bool(row.pec_accepted_at) for row in silent(clock())} == {True, False}
    for _hours in range(48):
        clock.move(hours=1)
        send(clock)
    assert len(server.taken) == 4, "a missing receipt never sends again"


def test_by_hand_nobody_sends_but_who_takes_the_export(
    certified: EditionView, clock: Clock, server: SmtpServer, people: People
) -> None:
    batch = queue(certified, BY_HAND)
    clock.move(hours=1)
    for channel in (EMAIL, PEC):
        deliver_due(clock, senders_of(settings())[channel], limit=100, channel=channel)
    assert server.taken == []
    with pytest.raises(NothingToSendError):
        mark_batch_sent(certified.id, batch.id, actor="staff:1", now=clock())
    people.send(BOLZANO, OWN)
    taken = hand_out_batch(certified.id, batch.id, "csv", actor="staff:1", now=clock())
    assert sorted(one.entity_code for one in taken) == sorted({*CODES} - {BOLZANO})
    assert all("/attiva/" in one.text and "{link}" not in one.text for one in taken)
    assert len({one.text.partition("/attiva/")[2][:43] for one in taken}) == 3
    assert all(codes_in(one.subject) == [one.reference] for one in taken)
    assert all("{link}" in row.text for row in rows())
    assert states()[f"c{BOLZANO}"] == "cancelled"
    assert mark_batch_sent(certified.id, batch.id, actor="staff:1", now=clock()) == 3
    with pytest.raises(NothingToSendError):
        hand_out_batch(certified.id, batch.id, "csv", actor="staff:1", now=clock())
    told = db.session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.subject == f"batch:{batch.id}").order_by(AuditEntry.number)
    ).all()
    assert list(told) == ["batch_queued", "batch_handed_out", "batch_sent_by_hand"]


def test_a_batch_of_the_program_is_not_handed_out_nor_one_that_was_cancelled(certified: EditionView, clock: Clock) -> None:
    batch = queue(certified, BY_PEC, "a")
    with pytest.raises(NotByHandError):
        hand_out_batch(certified.id, batch.id, "csv", actor="staff:1", now=clock())
    by_hand = queue(certified, BY_HAND, "b")
    cancel_batch(certified.id, by_hand.id, actor="staff:1", now=clock())
    with pytest.raises(GroupEndedError):
        hand_out_batch(certified.id, by_hand.id, "csv", actor="staff:1", now=clock())


def test_the_files_hold_the_same_and_run_nothing(certified: EditionView, clock: Clock) -> None:
    batch = queue(certified, BY_HAND)
    db.session.execute(sa.update(Delivery).where(Delivery.group_id == batch.group_id).values(subject="=1+1"))
    db.session.commit()
    taken = hand_out_batch(certified.id, batch.id, "csv", actor="staff:1", now=clock())
    with write_file("csv", taken, clock()) as file:
        content = file.read()
    assert content.startswith(b"\xef\xbb\xbfcodice;ente;indirizzo;oggetto;testo;riferimento;lingua\r\n")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert [line[2] for line in lines[1:]] == [one.recipient for one in taken]
    assert {line[3] for line in lines[1:]} == {"'=1+1"}
    with write_file("zip", taken, clock()) as file, zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == sorted(f"{one.reference}.eml" for one in taken)
        draft = archive.read(f"{taken[0].reference}.eml").decode()
    assert f"To: {taken[0].recipient}\r\n" in draft
    assert "X-Unsent: 1\r\n" in draft
    with write_file("xlsx", taken, clock()) as file:
        assert file.read(2) == b"PK"


def test_each_file_says_in_which_language_its_texts_are(certified: EditionView, clock: Clock) -> None:
    choose_language(People.entity(FIRENZE).id, "sl", actor="staff:1", now=clock())
    batch = queue(certified, BY_HAND)
    taken = hand_out_batch(certified.id, batch.id, "csv", actor="staff:1", now=clock())
    with write_file("csv", taken, clock()) as file:
        lines = list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig")), delimiter=";"))
    told = {line["codice"]: (line["lingua"], line["testo"].partition(",")[0]) for line in lines}
    assert told == {
        FIRENZE: ("sl", "Spoštovani"),
        BOLZANO: ("de", "Sehr geehrte Damen und Herren"),
        SAMONE_TN: ("it", "Gentile ufficio"),
        SAMONE_TO: ("it", "Gentile ufficio"),
    }
    with write_file("zip", taken, clock()) as file, zipfile.ZipFile(file) as archive:
        drafts = {one.entity_code: message_from_bytes(archive.read(f"{one.reference}.eml")) for one in taken}
    assert {code: draft["Content-Language"] for code, draft in drafts.items()} == {code: one[0] for code, one in told.items()}
    with write_file("xlsx", taken, clock()) as file, zipfile.ZipFile(file) as book:
        cells = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
    assert b">lingua<" in cells


def test_pdf_attachments_travel_in_certified_mail_whole(certified: EditionView, clock: Clock, server: SmtpServer) -> None:
    files = (b"%PDF-1.7\n" + bytes(range(256)) * 40, b"%PDF-1.4\r\n.\r\n..\n")
    shipped = shipped_template()
    template = create_template(certified.id, "Con lettera", shipped.texts, actor="staff:1", now=START, others=shipped.others)
    for number, content in enumerate(files, 1):
        add_file(certified.id, template, f"Lettera {number}.pdf", content, actor="staff:1", now=START)
    plan = Plan("Per PEC", Choice(), template, Schedule(START, FASTEST, False), channel=BY_PEC)
    queue_batch(certified, plan, key="k", actor="staff:1", now=START)
    clock.move(minutes=5)
    assert send(clock).accepted == 4
    for taken in server.taken:
        message = taken.message
        assert (message.get_content_type(), message["X-TipoRicevuta"]) == ("multipart/mixed", "sintetica")
        found = [(one.get_filename(), one.get_content_type(), one.get_content()) for one in message.iter_attachments()]
        assert found == [(f"lettera-{number}.pdf", "application/pdf", content) for number, content in enumerate(files, 1)]
        assert {one.get_content_disposition() for one in message.iter_attachments()} == {"attachment"}
        body = message.get_body(("plain",))
        assert body is not None
        assert "/attiva/" in body.get_content()
        assert (message.defects, [one.defects for one in message.walk() if one.defects]) == ([], [])
        assert taken.content.isascii(), "no server need promise more than 7 bits"
        assert max(map(len, taken.content.split(b"\r\n"))) <= 998
    assert {taken.message["Content-Language"] for taken in server.taken} == {"it", "de"}


def test_receipts_of_what_was_sent_by_hand_are_found_by_code_and_recipient(certified: EditionView, clock: Clock) -> None:
    batch = queue(certified, BY_HAND)
    hand_out_batch(certified.id, batch.id, "csv", actor="staff:1", now=clock())
    one, two, three, four = rows()
    foreign = "<abc@posta.example>"
    raws = {
        "a.eml": written("accettazione", one, message_id=foreign),
        "b.eml": written("avvenuta-consegna", one, message_id=foreign),
        "c.eml": written("errore-consegna", two, message_id=foreign),
        "../../etc/d\x1b.eml": written("avvenuta-consegna", three, message_id=foreign, recipient="altro@pec.example.org"),
        "e.eml": written("avvenuta-consegna", three, message_id=foreign, subject="Promemoria"),
        "f.eml": written("avvenuta-consegna", three, message_id=foreign, subject="Promemoria [Rif. ABCDEFGH]"),
        "g.eml": written("accettazione", four, subject="Promemoria"),
        "h.eml": b"From: a@b.it\r\nSubject: ciao\r\n\r\nciao\r\n",
        "i.eml": bytes(range(256)),
    }
    number = keep_upload(batch, [(name, io.BytesIO(raw)) for name, raw in raws.items()], actor="staff:1", now=clock())
    judged = judge_upload(batch, number, clock())
    assert [judged_one.verdict for judged_one in judged] == [
        *("found", "found", "found", "other_recipient", "no_code", "other_batch", "found", "no_receipt", "no_receipt")
    ]
    assert judged[3].name == "d .eml"
    assert states() == dict.fromkeys(states(), "queued"), "nothing is stored before it is confirmed"
    assert take_upload(batch, number, actor="staff:1", now=clock()) == 4
    assert [row.state for row in rows()] == ["delivered", "bounced", "queued", "accepted"]
    assert outcomes_of([batch.group_id], clock())[batch.group_id] == {"accepted": 2, "delivered": 1, "failed": 1, "silent": 0}
    assert take_upload(batch, number, actor="staff:1", now=clock()) == 0
    again = keep_upload(batch, [("x.eml", io.BytesIO(raws["b.eml"]))], actor="staff:1", now=clock())
    assert [one.verdict for one in judge_upload(batch, again, clock())] == ["known"]
    clock.move(hours=25)
    with pytest.raises(UnknownUploadError):
        judge_upload(batch, number, clock())


def test_a_receipt_that_came_by_mail_before_is_settled_by_the_upload(certified: EditionView, clock: Clock) -> None:
    batch = queue(certified, BY_HAND)
    raw = written("avvenuta-consegna", rows()[0], message_id="<abc@posta.example>")
    assert take_return(raw, "pec", clock()).matched is False
    number = keep_upload(batch, [("x.eml", io.BytesIO(raw))], actor="staff:1", now=clock())
    assert take_upload(batch, number, actor="staff:1", now=clock()) == 1
    assert rows()[0].state == "delivered"
    assert take_return(raw, "imap", clock()).new is False


def test_an_upload_is_of_its_batch_alone(certified: EditionView, clock: Clock) -> None:
    first, second = queue(certified, BY_HAND, "a"), queue(certified, BY_HAND, "b")
    raw = written(
        "avvenuta-consegna", next(row for row in rows() if row.group_id == first.group_id), message_id="<a@b.example>"
    )
    number = keep_upload(second, [("x.eml", io.BytesIO(raw))], actor="staff:1", now=clock())
    assert [one.verdict for one in judge_upload(second, number, clock())] == ["other_batch"]
    with pytest.raises(UnknownUploadError):
        judge_upload(first, number, clock())


def _zip(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _names(content: bytes, name: str = "x") -> list[str]:
    return [piece.name for piece in unpack(pack([(name, io.BytesIO(content))]))]


def test_a_zip_and_an_mbox_are_taken_apart_whatever_their_names() -> None:
    assert _names(_zip({"a/b.eml": b"A: b\n\nc", "../../etc/passwd": b"A: b\n\nc", "z.zip": _zip({"q": b"q"})})) == [
        "b.eml",
        "passwd",
    ]
    mbox = b"From a@b Mon\nA: 1\n\nx\n>From y\n\nFrom c@d Tue\nA: 2\n\nz\n"
    pieces = list(unpack(pack([("r.mbox", io.BytesIO(mbox))])))
    assert [piece.raw for piece in pieces] == [b"A: 1\n\nx\nFrom y\n\n", b"A: 2\n\nz\n"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (_zip({"a": b"0" * (MOST_EACH + 1)}), "large"),
        (_zip({f"{number}": b"0" * MOST_EACH for number in range(40)}), "large"),
        (_zip({f"{number}": b"x" for number in range(MOST_RECEIPTS + 1)}), "many"),
        (_zip({"a": b"A: b\n\nc" * 100})[:60], "damaged"),
        (b"0" * (MOST_EACH + 1), "large"),
        (b"From a\n\nx\n\n" * (MOST_RECEIPTS + 1), "many"),
    ],
    ids=["empty", "bomb", "many-bombs", "many", "damaged", "long", "long-mbox"],
)
def test_what_would_do_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnfitUploadError) as refused:
        pack([("x", io.BytesIO(content))])
    assert refused.value.reason == reason


def test_a_code_is_never_cut_and_is_read_again() -> None:
    subject = with_code("x" * 400, "key")
    assert len(subject) == 300
    assert codes_in(f"CONSEGNA: {subject}") == [code_of("key")]
    assert codes_in("nessuno [Rif. 123]") == []


def test_a_group_is_known_whole(certified: EditionView) -> None:
    batch = queue(certified, BY_HAND)
    assert len({code_of(one.dedupe_key) for one in known_deliveries(batch.group_id)}) == 4
