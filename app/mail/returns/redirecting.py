"""What people answered goes on to the desk's mailbox, unchanged, through the outbox as a delivery of kind `redirected`.

Not for: answering anybody.
Holds always: a message goes on once; what we have sent ourselves, what carries our mark and what came to the desk's mailbox
anyway goes nowhere, so that nothing runs in a circle; so many an hour and no more, the rest waits for a person; the message's
own lines are sent as they came, behind the fields that RFC 5322 3.6.6 asks of whoever resends.
"""

from __future__ import annotations

import datetime as dt
import re
from email.utils import format_datetime, parseaddr
from typing import Final

import sqlalchemy as sa

from app.config import Settings, settings
from app.extensions import db, table_of
from app.mail.hooks import ClaimedDelivery, Filled, register_hook
from app.mail.messages import LONGEST_SUBJECT, UnfitMessageError, envelope_sender, mail_host
from app.mail.models import Delivery
from app.mail.outbox import Message, queue_message
from app.mail.returns.addresses import delivery_id_of
from app.mail.returns.kinds import Report
from app.mail.returns.models import MailReturn, ReturnContent
from app.mail.returns.reading import without_envelope_line
from app.mail.returns.reports import MARK

KIND: Final = "redirected"
MOST_AN_HOUR: Final = 60
MOST_OF_ONE: Final = 10
HOUR: Final = dt.timedelta(hours=1)
AT_ONCE: Final = 200
REFERENCE: Final = "return:"
GONE: Final = "its content is no longer kept"
_DELIVERY: Final = table_of(Delivery).c
_RETURN: Final = table_of(MailReturn).c
_CONTENT: Final = table_of(ReturnContent).c
_SENT: Final = ("accepted", "delivered", "cancelled")
_RETURN_PATH: Final = re.compile(rb"\A(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?=Return-Path:)", re.I)


def desk_mailbox(read: Settings) -> str:
    """Where answers of people belong."""
    return parseaddr(read.mail_reply_to)[1] or envelope_sender(read)


def own_mark(read: Settings) -> str:
    """By which what went through here is known again."""
    return f"ricognizione@{mail_host(read)}"


def came_to_the_desk(report: Report, read: Settings) -> bool:
    """Whether it stands in the desk's mailbox already: our source is that very mailbox."""
    desk = desk_mailbox(read).lower()
    return any(address.lower() == desk for address in report.envelope)


def runs_in_a_circle(report: Report, read: Settings) -> bool:
    """Whether we have sent it ourselves, or sent it on before."""
    ours = {desk_mailbox(read).lower(), envelope_sender(read).lower(), parseaddr(read.mail_return_address)[1].lower()}
    sender, host = report.sender.lower(), f"@{mail_host(read)}>".lower()
    marked = any(mark.lower() == own_mark(read) or mark.lower().endswith(host) for mark in report.marks)
    return marked or sender in ours or delivery_id_of(sender, read) is not None


def is_too_much(sender: str, now: dt.datetime) -> bool:
    """Whether as much as may be was sent on in the last hour: of all, or of this sender."""
    recent = sa.select(sa.func.count()).select_from(Delivery).where(_DELIVERY.kind == KIND, _DELIVERY.created_at > now - HOUR)
    if db.session.execute(recent).scalar_one() >= MOST_AN_HOUR:
        return True
    of_one = (
        sa.select(sa.func.count()).select_from(MailReturn).where(_RETURN.sender == sender, _RETURN.received_at > now - HOUR)
    )
    return db.session.execute(of_one).scalar_one() >= MOST_OF_ONE


def queue_redirect(return_id: int, digest: str, subject: str, now: dt.datetime) -> None:
    """Queue it for the desk's mailbox; once, however often it is asked for. Flushes only."""
    told = Message(
        kind=KIND,
        reference=f"{REFERENCE}{return_id}",
        recipient=desk_mailbox(settings()),
        language="it",
        subject=subject[:LONGEST_SUBJECT] if subject.strip() else "–",
        text="",
        dedupe_key=f"{KIND}/{digest}",
    )
    queue_message(told, now)


def resent(content: bytes, delivery: ClaimedDelivery, read: Settings, now: dt.datetime) -> bytes:
    """The message as it goes on: our fields, then its own lines, their ends made CR LF."""
    own = without_envelope_line(content)
    if match := _RETURN_PATH.match(own):
        before, rest = match.group(), own[match.end() :]
        own = before + re.sub(rb"\A[^\n]*\n(?:[ \t][^\n]*\n)*", b"", rest)
    fields = [
        f"Resent-From: <{envelope_sender(read)}>",
        f"Resent-To: <{delivery.recipient}>",
        f"Resent-Date: {format_datetime(now.astimezone(dt.UTC))}",
        f"Resent-Message-ID: {delivery.message_id}",
        f"{MARK}: {own_mark(read)}",
    ]
    head = "".join(f"{field}\r\n" for field in fields).encode()
    return head + re.sub(rb"\r\n|\r|\n", b"\r\n", own)


class RedirectHook:
    """The hook of kind `redirected`: wanted while its content is kept, and sent as it came."""

    def wanted(self, delivery: ClaimedDelivery, now: dt.datetime) -> str | None:
        """None while the content is there."""
        return None if _content_of(delivery) is not None else GONE

    def fill(self, delivery: ClaimedDelivery, now: dt.datetime) -> Filled:
        """The whole content. Raises UnfitMessageError where it is gone."""
        content = _content_of(delivery)
        if content is None:
            raise UnfitMessageError(GONE)
        return Filled(delivery.subject, "", raw=resent(content, delivery, settings(), now))


def register_redirect_hook() -> None:
    """For every process that sends."""
    register_hook(KIND, RedirectHook())


def forget_what_was_sent() -> None:
    """Drop the contents that have gone on to the desk's mailbox. Commits."""
    kept = db.session.execute(sa.select(_CONTENT.return_id).order_by(_CONTENT.return_id).limit(AT_ONCE)).scalars().all()
    names = {f"{REFERENCE}{number}": number for number in kept}
    sent = sa.select(_DELIVERY.reference).where(
        _DELIVERY.kind == KIND, _DELIVERY.reference.in_(names), _DELIVERY.state.in_(_SENT)
    )
    done = [names[reference] for reference in db.session.execute(sent.order_by(_DELIVERY.id)).scalars()] if names else []
    if done:
        db.session.execute(sa.delete(ReturnContent).where(_CONTENT.return_id.in_(done)))
    db.session.commit()


def _content_of(delivery: ClaimedDelivery) -> bytes | None:
    number = delivery.reference.removeprefix(REFERENCE)
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return db.session.execute(sa.select(_CONTENT.content).where(_CONTENT.return_id == int(number))).scalar_one_or_none()
