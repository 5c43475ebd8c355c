"""A message as it travels: headers and texts become bytes; which addresses and subjects can travel at all.

Not for: what a message says.
Holds always: lines end with CR LF, everything is 7-bit (so that no server need promise more), and nothing that was queued or
filled in can add a header or a recipient. What is the same for all messages of a site is put together once; the standard
library's object of a whole message costs ten times what is written here (RFC 5322, 2045, 2047).
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from app.config import Settings
from app.mail.hooks import PLACEHOLDER, ClaimedDelivery, Filled
from app.mail.models import PEC

LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 300
CRLF = "\r\n"
CERTIFIED_HEADERS = ("X-TipoRicevuta: sintetica",)
"""What is asked of the receipt of delivery (decree of 2 November 2005, 6.5.2): who got it and when, without the message: in a
complete or a brief one our own links would come back, and lie in the certified mailbox."""
_ENCODED_BYTES = 42
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+\Z")
_NOT_ON_ONE_LINE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


class UnfitMessageError(ValueError):
    """A message that cannot travel; the text says what is wrong with it, and quotes nothing of it."""


def check_recipient(recipient: str) -> None:
    """Raises UnfitMessageError unless this is one plain address."""
    if len(recipient) > LONGEST_ADDRESS or not _ADDRESS.match(recipient):
        raise UnfitMessageError("the recipient should be one e-mail address, without name, spaces or line breaks")


def domain_of(recipient: str) -> str:
    """The recipient's domain, by which the pace is kept; empty where there is none."""
    return recipient.rpartition("@")[2].lower() if "@" in recipient else ""


def check_subject(subject: str) -> None:
    """Raises UnfitMessageError for a subject that is empty, too long or not on one line."""
    if not subject.strip() or len(subject) > LONGEST_SUBJECT or _NOT_ON_ONE_LINE.search(subject):
        raise UnfitMessageError(f"the subject should be one line of 1 to {LONGEST_SUBJECT} characters")


def mail_host(read: Settings) -> str:
    """The name by which this site calls itself in mail: its host, or localhost where that is only a number."""
    return _mail_host(read.host)


@lru_cache(maxsize=8)
def _mail_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return "localhost"


def message_id_of(delivery_id: int, dedupe_key: str, created_at: dt.datetime, host: str) -> str:
    """The Message-ID of a row: the same at each try, and another one for a row with this id in another database."""
    row = f"{delivery_id}|{dedupe_key}|{created_at.astimezone(dt.UTC).isoformat()}"
    return f"<{delivery_id}.{hashlib.sha256(row.encode()).hexdigest()[:16]}@{host}>"


def message_id_of_key(dedupe_key: str, created_at: dt.datetime, host: str) -> str:
    """The same for a row of a group, whose id is not known when many are written at once: its key is unique as well."""
    row = f"{dedupe_key}|{created_at.astimezone(dt.UTC).isoformat()}"
    return f"<{hashlib.sha256(row.encode()).hexdigest()[:32]}@{host}>"


def envelope_sender(read: Settings) -> str:
    """The bare address that mail comes from."""
    return _bare_address(read.smtp_sender) or f"ricognizione@{mail_host(read)}"


@lru_cache(maxsize=8)
def _bare_address(address: str) -> str:
    return parseaddr(address)[1]


def envelope_recipient(recipient: str) -> str:
    """The address as SMTP takes it: the domain in ASCII. Raises UnfitMessageError where the name before @ is not ASCII."""
    name, _, domain = recipient.rpartition("@")
    try:
        return f"{name.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise UnfitMessageError("the recipient's address holds letters that mail servers do not take") from None


@dataclass(frozen=True, slots=True, repr=False)
class WithFiles:
    """A message with attachments, which many messages share: put together only when it goes."""

    head: bytes
    files: tuple[bytes, ...]
    boundary: bytes

    def whole(self) -> bytes:
        """The message."""
        between = b"\r\n--" + self.boundary
        return b"".join((self.head, *(b"".join((between, b"\r\n", file)) for file in self.files), between, b"--\r\n"))


def message_to_send(delivery: ClaimedDelivery, filled: Filled, read: Settings, now: dt.datetime) -> bytes | WithFiles:
    """The message, ready to go. Raises UnfitMessageError."""
    if not filled.files:
        return message_bytes(delivery, filled, read, now)
    boundary, opened = _mixed(delivery.message_id)
    return WithFiles(message_bytes(delivery, replace(filled, files=()), read, now, opened), filled.files, boundary)


def _mixed(message_id: str) -> tuple[bytes, bytes]:
    """The boundary between a message's text and its files, and what stands before the text."""
    boundary = f"=_m{hashlib.sha256(f'{message_id}|files'.encode()).hexdigest()[:32]}"
    return boundary.encode(), _lines(f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"', "", f"--{boundary}")


def message_bytes(delivery: ClaimedDelivery, filled: Filled, read: Settings, now: dt.datetime, opened: bytes = b"") -> bytes:
    """The whole message without attachments. `opened`: what stands before the content. Raises UnfitMessageError."""
    check_recipient(delivery.recipient)
    if filled.raw is not None:
        return filled.raw
    check_subject(filled.subject)
    if any(PLACEHOLDER in part for part in (filled.subject, filled.text, filled.html or "")):
        raise UnfitMessageError("the link was not filled in")
    certified = delivery.channel == PEC
    own = (
        *(CERTIFIED_HEADERS if certified else ()),
        _to(envelope_recipient(delivery.recipient)),
        _subject(filled.subject),
        f"Date: {format_datetime(now.astimezone(dt.UTC))}",
        f"Message-ID: {delivery.message_id}",
        f"Content-Language: {delivery.language}",
        *(_one_click(filled.stop) if filled.stop else ()),
    )
    who = (read.pec_sender or envelope_sender(read), "") if certified else (read.smtp_sender, read.mail_reply_to)
    return b"".join((_site_headers(*who, mail_host(read)), _lines(*own), opened, _content(delivery, filled)))


def _one_click(address: str) -> tuple[str, str]:
    """How a mail program offers to end such messages (RFC 2369, 8058)."""
    return f"List-Unsubscribe:\r\n <{address}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def certified_sender(read: Settings) -> str:
    """The bare certified address: sender of the envelope and of the message, which providers want to be the same."""
    return parseaddr(read.pec_sender)[1] or envelope_sender(read)


def draft_bytes(
    message_id: str,
    recipient: str,
    subject: str,
    text: str,
    read: Settings,
    files: Sequence[bytes] = (),
    *,
    language: str,
) -> bytes:
    """A message that somebody sends by hand, as mail programs open a draft (`X-Unsent`). `files`: attachments, as parts.

    Raises UnfitMessageError.
    """
    sender = parseaddr(read.pec_sender)[1]
    heads = [f"From: {sender}"] if sender else []
    heads += [*CERTIFIED_HEADERS, _to(envelope_recipient(recipient)), _subject(subject), f"Message-ID: {message_id}"]
    heads.append(f"Content-Language: {language}")
    head = _lines(*heads, "X-Unsent: 1", "MIME-Version: 1.0")
    if not files:
        return head + _part("plain", text)
    boundary, opened = _mixed(message_id)
    return WithFiles(head + opened + _part("plain", text), tuple(files), boundary).whole()


def _content(delivery: ClaimedDelivery, filled: Filled) -> bytes:
    """The headers of the content, and the content."""
    if filled.html is None:
        return _part("plain", filled.text)
    boundary = f"=_{hashlib.sha256(delivery.message_id.encode()).hexdigest()[:32]}"  # "=_" is nowhere in quoted-printable
    opened, between, closed = (
        f"--{boundary}\r\n".encode(),
        f"\r\n--{boundary}\r\n".encode(),
        f"\r\n--{boundary}--\r\n".encode(),
    )
    head = _lines(f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"', "")
    return b"".join((head, opened, _part("plain", filled.text), between, _part("html", filled.html), closed))


def _part(subtype: str, text: str) -> bytes:
    head = _lines(f'Content-Type: text/{subtype}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable", "")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    ended = lines if lines.endswith("\n") else lines + "\n"
    return head + binascii.b2a_qp(ended.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _to(address: str) -> str:
    return f"To: {address}" if len(address) < 70 else f"To:\r\n {address}"


@lru_cache(maxsize=1_024)
def _subject(subject: str) -> str:
    if subject.isascii() and len(subject) <= 66 and "=?" not in subject:
        return f"Subject: {subject}"
    words, word = [], ""
    for letter in subject:
        if len((word + letter).encode("utf-8", "replace")) > _ENCODED_BYTES:
            words.append(word)
            word = ""
        word += letter
    return f"Subject: {f'{CRLF} '.join(_encoded_word(word) for word in (*words, word))}"


def _encoded_word(text: str) -> str:
    """A part of a header that is not ASCII (RFC 2047): whole letters, 75 characters at most."""
    return f"=?utf-8?b?{binascii.b2a_base64(text.encode('utf-8', 'replace'), newline=False).decode()}?="


@lru_cache(maxsize=8)
def _site_headers(smtp_sender: str, reply_to: str, host: str) -> bytes:
    """The headers that every message of this site has, without the empty line that ends them."""
    name, address = parseaddr(smtp_sender)
    message = EmailMessage(_POLICY)
    message["From"] = Address(display_name=name, addr_spec=address or f"ricognizione@{host}")
    if reply_to:
        message["Reply-To"] = reply_to
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<ricognizione.{host}>"
    message["MIME-Version"] = "1.0"
    return message.as_bytes().removesuffix(b"\r\n")
