"""A message as it travels: headers and texts become bytes; which addresses and subjects can travel at all.

Not for: what a message says.
Holds always: lines end with CR LF, everything is 7-bit (so that no server need promise more), and nothing that was queued or
filled in can add a header or a recipient.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from app.config import Settings
from app.mail.hooks import PLACEHOLDER, ClaimedDelivery, Filled

LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 300
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+\Z")
_NOT_ON_ONE_LINE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


class UnfitMessageError(ValueError):
    """A message that cannot travel; the text says what is wrong with it, and quotes nothing of it."""


def check_recipient(recipient: str) -> None:
    """Raises UnfitMessageError unless this is one plain address."""
    if len(recipient) > LONGEST_ADDRESS or not _ADDRESS.match(recipient):
        raise UnfitMessageError("the recipient should be one e-mail address, without name, spaces or line breaks")


def check_subject(subject: str) -> None:
    """Raises UnfitMessageError for a subject that is empty, too long or not on one line."""
    if not subject.strip() or len(subject) > LONGEST_SUBJECT or _NOT_ON_ONE_LINE.search(subject):
        raise UnfitMessageError(f"the subject should be one line of 1 to {LONGEST_SUBJECT} characters")


def mail_host(read: Settings) -> str:
    """The name by which this site calls itself in mail: its host, or localhost where that is only a number."""
    try:
        ipaddress.ip_address(read.host)
    except ValueError:
        return read.host
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
    return parseaddr(read.smtp_sender)[1] or f"ricognizione@{mail_host(read)}"


def envelope_recipient(recipient: str) -> str:
    """The address as SMTP takes it: the domain in ASCII. Raises UnfitMessageError where the name before @ is not ASCII."""
    name, _, domain = recipient.rpartition("@")
    try:
        return f"{name.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise UnfitMessageError("the recipient's address holds letters that mail servers do not take") from None


def message_bytes(delivery: ClaimedDelivery, filled: Filled, read: Settings, now: dt.datetime) -> bytes:
    """The whole message. Raises UnfitMessageError."""
    check_recipient(delivery.recipient)
    check_subject(filled.subject)
    if any(PLACEHOLDER in part for part in (filled.subject, filled.text, filled.html or "")):
        raise UnfitMessageError("the link was not filled in")
    message = EmailMessage(_POLICY)
    message["From"] = _sender(read)
    message["To"] = Address(addr_spec=envelope_recipient(delivery.recipient))
    if read.mail_reply_to:
        message["Reply-To"] = read.mail_reply_to
    message["Subject"] = filled.subject
    message["Date"] = format_datetime(now.astimezone(dt.UTC))
    message["Message-ID"] = delivery.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<ricognizione.{mail_host(read)}>"
    message.set_content(filled.text, cte="quoted-printable")
    if filled.html is not None:
        message.add_alternative(filled.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = delivery.language  # last: setting the content drops what describes it
    return message.as_bytes()


def _sender(read: Settings) -> Address:
    return Address(display_name=parseaddr(read.smtp_sender)[0], addr_spec=envelope_sender(read))
