"""What people wrote, as it goes on to the desk's mailbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email import message_from_bytes

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail.hooks import ClaimedDelivery, hook_of
from app.mail.messages import UnfitMessageError
from app.mail.models import Delivery
from app.mail.returns.handling import Taken
from app.mail.returns.models import ReturnContent
from app.mail.returns.redirecting import KIND, RedirectHook, forget_what_was_sent, register_redirect_hook
from app.mail.returns.reports import read_report
from tests.mail.returns.deliveries import sent
from tests.mail.returns.writing import mail

Take = Callable[..., Taken]


def going() -> ClaimedDelivery:
    row = db.session.execute(sa.select(Delivery).where(Delivery.kind == KIND)).scalar_one()
    texts = (row.language, row.subject, row.text, row.html, str(row.message_id))
    return ClaimedDelivery(row.id, row.kind, row.reference, row.recipient, *texts, row.attempts, row.created_at)


def test_a_message_goes_on_unchanged_behind_our_own_fields(take: Take, now: dt.datetime) -> None:
    raw = mail(sent(1, now), "persona@example.net", "Domanda", "Perché?")
    take(b"From persona@example.net Mon Mar 16\nReceived: from a\n\tby b\nReturn-Path: <persona@example.net>\n" + raw)
    delivery = going()
    hook = RedirectHook()
    assert hook.wanted(delivery, now) is None
    content = hook.fill(delivery, now).raw
    assert content is not None
    head, _, rest = content.partition(b"Received: from a\r\n\tby b\r\n")
    assert rest == raw.replace(b"\n", b"\r\n")
    told = message_from_bytes(head)
    assert (told["Resent-To"], told["Resent-Message-ID"]) == ("<segreteria@questionario.example>", delivery.message_id)
    assert told["Resent-From"] == "<rilevazione@questionario.example>"
    assert b"Return-Path" not in content
    assert take(content).new  # it came back all the same
    assert db.session.execute(sa.select(sa.func.count()).where(Delivery.kind == KIND)).scalar_one() == 1
    assert "ricognizione@questionario.example" in read_report(content).marks


@pytest.mark.parametrize(("state", "kept"), [("queued", 1), ("unknown", 1), ("bounced", 1), ("accepted", 0), ("cancelled", 0)])
def test_its_content_goes_once_it_has_arrived(take: Take, now: dt.datetime, state: str, kept: int) -> None:
    take(mail(sent(1, now), "persona@example.net", "Domanda", "?"))
    db.session.execute(sa.update(Delivery).where(Delivery.kind == KIND).values(state=state))
    db.session.commit()
    forget_what_was_sent()
    assert db.session.execute(sa.select(sa.func.count()).select_from(ReturnContent)).scalar_one() == kept
    if not kept:
        hook = RedirectHook()
        assert hook.wanted(going(), now) == "its content is no longer kept"
        with pytest.raises(UnfitMessageError):
            hook.fill(going(), now)


def test_every_process_that_sends_knows_the_hook(app: Flask) -> None:
    register_redirect_hook()
    assert isinstance(hook_of(KIND), RedirectHook)
