"""A message as it arrives: its headers, both texts letter for letter, seven bits, and no header that somebody slipped in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.config import SettingError, Settings, load_settings
from app.extensions import db
from app.mail.hooks import ClaimedDelivery, Filled
from app.mail.messages import Outgoing, UnfitMessageError, envelope_sender
from app.mail.outbox import Tally, queue_message
from tests.mail.conftest import message, smtp_settings
from tests.smtp_server import SmtpServer

TEXT = "Perché è così:\n.\n..\n.punto\n" + "parola " * 400 + "\nFine — «grazie» 😀\n\n\nultima riga senza a capo"
HTML = "<p>Perché è <b>così</b></p>\n.\n" + "<p>lungo</p>" * 300


def _read(folder: Path, **given: object) -> Settings:
    return load_settings({"instance_path": folder, "base_url": "https://ricognizione.example.it", **given}, environment={})


def _delivery(**changes: Any) -> ClaimedDelivery:
    given: dict[str, Any] = {
        **{"id": 1, "kind": "notice", "reference": "entity:1", "recipient": "ufficio1@example.org", "language": "it"},
        **{"subject": "Avviso", "text": "testo", "html": None, "message_id": "<1.ab@example.it>", "attempts": 0},
        "created_at": dt.datetime(2026, 3, 16, tzinfo=dt.UTC),
    }
    return ClaimedDelivery(**{**given, **changes})


@pytest.mark.parametrize("html", [None, HTML], ids=["text", "text and html"])
def test_texts_arrive_letter_for_letter(
    server: SmtpServer, run: Callable[..., Tally], now: dt.datetime, html: str | None
) -> None:
    subject = "Perché rispondere: «Città» e 😀, " + "una parola dopo l'altra " * 8
    queue_message(message(subject=subject.strip(), text=TEXT, html=html), now)
    db.session.commit()
    assert run().accepted == 1
    [taken] = server.taken
    assert taken.message["Subject"] == subject.strip()
    plain = taken.message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == TEXT.splitlines()
    if html is not None:
        rich = taken.message.get_body(("html",))
        assert rich is not None
        assert rich.get_content().splitlines() == html.splitlines()
        assert taken.message.get_content_type() == "multipart/alternative"


def test_what_travels_has_seven_bits_short_lines_and_whole_line_ends(
    server: SmtpServer, run: Callable[..., Tally], now: dt.datetime
) -> None:
    queue_message(message(subject="Città " * 20, text=TEXT, html=HTML), now)
    db.session.commit()
    run()
    content = server.taken[0].content
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(len(line) for line in content.split(b"\r\n")) <= 78


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_headers(make_app: Callable[..., Flask], server: SmtpServer, run: Callable[..., Tally], now: dt.datetime) -> None:
    more = {"smtp_sender": "Città e famiglie <survey@example.it>", "mail_reply_to": "Assistenza <aiuto@example.it>"}
    with make_app(**smtp_settings(server, base_url="https://ricognizione.example.it", **more)).app_context():
        queue_message(message(language="en"), now)
        db.session.commit()
        assert run().accepted == 1
    [taken] = server.taken
    sent = taken.message
    assert (taken.sender, taken.recipients) == ("survey@example.it", ("ufficio1@example.org",))
    assert {name: sent[name] for name in ("From", "To", "Reply-To", "Subject", "Auto-Submitted", "List-Id")} == {
        "From": "Città e famiglie <survey@example.it>",
        "To": "ufficio1@example.org",
        "Reply-To": "Assistenza <aiuto@example.it>",
        "Subject": "Avviso n. 1",
        "Auto-Submitted": "auto-generated",
        "List-Id": "<ricognizione.ricognizione.example.it>",
    }
    assert sent["Content-Language"] == "en"
    assert parsedate_to_datetime(sent["Date"]) == now
    assert taken.message_id.startswith("<1.")
    assert taken.message_id.endswith("@ricognizione.example.it>")


def test_a_domain_with_accents_travels_in_ascii(tmp_path: Path, now: dt.datetime) -> None:
    content = Outgoing(_delivery(recipient="ufficio@città.example.org"), Filled("Avviso", "x"), _read(tmp_path), now).whole()
    assert b"\r\nTo: ufficio@xn--citt-3na.example.org\r\n" in content


@pytest.mark.parametrize(
    ("recipient", "filled", "problem"),
    [
        ("città@example.org", Filled("Avviso", "x"), "letters that mail servers do not take"),
        ("ufficio@" + "x" * 70 + ".org", Filled("Avviso", "x"), "letters that mail servers do not take"),
        ("uno@example.org,due@example.org", Filled("Avviso", "x"), "one e-mail address"),
        ("uno@example.org", Filled("Avviso\nBcc: x", "x"), "one line"),
        ("uno@example.org", Filled("", "x"), "one line"),
        ("uno@example.org", Filled("Avviso", "apri {link}"), "not filled in"),
        ("uno@example.org", Filled("Avviso", "x", "<a href='{link}'>"), "not filled in"),
        ("uno@example.org", Filled("{link}", "x"), "not filled in"),
    ],
)
def test_what_cannot_travel_is_refused(tmp_path: Path, now: dt.datetime, recipient: str, filled: Filled, problem: str) -> None:
    with pytest.raises(UnfitMessageError, match=problem):
        Outgoing(_delivery(recipient=recipient), filled, _read(tmp_path), now)


def test_without_a_sender_mail_comes_from_the_sites_host(tmp_path: Path) -> None:
    assert envelope_sender(_read(tmp_path)) == "ricognizione@ricognizione.example.it"
    assert envelope_sender(_read(tmp_path, base_url="http://127.0.0.1:8000")) == "ricognizione@localhost"


@pytest.mark.parametrize("name", ["smtp_sender", "mail_reply_to"])
@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("survey@example.it", True),
        ("Città e famiglie <survey@example.it>", True),
        ("", True),
        ("survey", False),
        ("Survey <survey@example.it", False),
        ("a@example.it, b@example.it", False),
        ("Survey, Italia <survey@example.it>", False),
        ("città@example.it", False),
        ("survey@example.it\nBcc: x@example.it", False),
    ],
)
def test_an_address_of_the_settings_is_one_address(tmp_path: Path, name: str, value: str, good: bool) -> None:
    if good:
        assert getattr(_read(tmp_path, **{name: value}), name) == value
        return
    with pytest.raises(SettingError, match="an e-mail address") as refusal:
        _read(tmp_path, **{name: value})
    assert refusal.value.name == name
