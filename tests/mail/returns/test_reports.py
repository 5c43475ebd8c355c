"""What a returned message is: each of the corpus, damaged ones and hostile ones."""

from __future__ import annotations

import contextlib
import random
import time

import pytest

from app.mail.returns.kinds import KINDS, UnreadableReturnError
from app.mail.returns.matching import finding_for
from app.mail.returns.reports import read_report, words_of
from tests.mail.returns.corpus import CORPUS, Case
from tests.mail.returns.writing import OWN_HOST, About, dsn, mail

ABOUT = About("ufficio1@example.org", "<1.0123456789abcdef@questionario.example>", f"ritorni+1.0a1b2c3d4e@{OWN_HOST}")


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_each_of_the_corpus_is_what_it_is(case: Case) -> None:
    report = read_report(case.write(ABOUT))
    finding, own = finding_for(report, ABOUT.recipient)
    assert (finding.kind if finding else report.kind) == case.kind
    assert case.kind in KINDS
    held = bool(finding and own and finding.bad_address and finding.final)
    assert held == case.held
    assert ABOUT.message_id in (*report.message_ids, *report.references) or ABOUT.back in report.envelope


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_damaged_bytes_are_read_or_refused(case: Case) -> None:
    raw, chance = case.write(ABOUT), random.Random(case.name)
    for _ in range(15):
        damaged = bytearray(raw)
        for _ in range(chance.randint(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        cut = bytes(damaged[: chance.randrange(len(damaged))])
        for one in (bytes(damaged), cut):
            with contextlib.suppress(UnreadableReturnError):
                assert read_report(one).kind in KINDS
            words_of(one)


def nested(depth: int) -> bytes:
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(depth))
    return b"From: a@example.net\n" + heads + b"\n" * 50_000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 5_000,
        nested(12),
        nested(2_000),
        b"Subject: " + b"=?utf-8?q?" * 50_000,
        b"From: " + b"a@b," * 200_000,
        b"From: a@example.net\nContent-Type: text/html\n\n" + b"<" * 900_000,
        b"From: mailer-daemon@example.net\nSubject: failure notice\n\n" + b"a@b.it " * 120_000,
        b"From: mailer-daemon@example.net\nSubject: undeliverable\n\n" + b"user " * 160_000,
        b"From: mailer-daemon@example.net\nSubject: undeliverable\n\n" + b"x" * 900_000,
        b"From: a@example.net\nContent-Type: text/plain; charset=nonsense\n\n\xff\xfe",
        b"From: a@example.net\nContent-Type: message/delivery-status\n\n"
        + b"Final-Recipient: rfc822; a@b\nAction: failed\n\n" * 9_000,
    ],
    ids=range(12),
)
def test_hostile_bytes_cost_little_and_raise_nothing_else(raw: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(UnreadableReturnError):
        read_report(raw)
    assert time.process_time() - began < 10


def test_an_entity_in_a_certificate_is_refused_and_not_expanded() -> None:
    from tests.mail.returns.writing import receipt

    entities = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
    bomb = f'<!DOCTYPE p [{entities}]><postacert tipo="avvenuta-consegna"><dati>&b;</dati></postacert>'
    report = read_report(receipt(ABOUT, "", "CONSEGNA", bomb, header=False))
    assert report.kind != "pec_delivered"


def test_a_code_in_an_answers_text_refuses_nobody() -> None:
    text = f"<{ABOUT.recipient}>: 550 5.1.1 user unknown"
    assert read_report(mail(ABOUT, "persona@example.net", "Re: Promemoria", text)).findings == ()


def test_the_worst_of_several_recipients_names_the_kind() -> None:
    more = "\nFinal-Recipient: rfc822; altro@example.net\nAction: failed\nStatus: 5.1.1\n"
    report = read_report(dsn(ABOUT, "delivered", "2.0.0", more_blocks=more))
    assert report.kind == "hard"
    finding, own = finding_for(report, ABOUT.recipient)
    assert finding is not None
    assert (finding.kind, own) == ("delivered", True)
