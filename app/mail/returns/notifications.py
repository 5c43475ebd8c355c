"""Delivery reports in the standard's form: multipart/report with message/delivery-status (RFC 3464).

Not for: reports that servers write in words alone (`old_reports.py`).
Holds always: pure; only the report's own parts are read, never those of a message that somebody has attached; a bounded number
of recipients.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from email import message_from_string
from email.message import Message
from typing import Final

from app.mail.returns.codes import refusal, status_in
from app.mail.returns.kinds import DELAYED, DELIVERED, RELAYED, Finding
from app.mail.returns.reading import Mail, decoded_text, header, ids_in, parts

MOST_RECIPIENTS: Final = 50
_FIELD_ADDRESS: Final = re.compile(r"[^\s<>;,\"]{1,64}@[^\s<>;,\"]{1,190}")
_DONE: Final = {"delivered": DELIVERED, "expanded": DELIVERED, "relayed": RELAYED}
"""RFC 3464 2.3.3: an expanded address has been delivered and sent on to several; a relayed one has left the world that
reports."""
_BY_CLASS: Final = {"2": "delivered", "4": "delayed", "5": "failed"}


def status_findings(message: Mail) -> list[Finding]:
    """What the report says of each recipient; empty where it is no such report."""
    found: list[Finding] = []
    for part in parts(message):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            for fields in _blocks(part)[: MOST_RECIPIENTS + 1]:
                finding = _finding(fields)
                if finding is not None:
                    found.append(finding)
    return found


def original_ids(message: Mail) -> list[str]:
    """The Message-IDs of the message that is sent back, whole or only its headers, inside of a report."""
    found: list[str] = []
    for part in parts(message):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global"):
            inside = part.get_payload()
            if isinstance(inside, list) and inside and isinstance(inside[0], Message):
                found += ids_in(header(inside[0], "Message-ID"))
        elif kind in ("text/rfc822-headers", "message/global-headers", "message/rfc822-headers"):
            text = decoded_text(part) or "\n".join(str(one) for one in _inside(part))
            found += ids_in(header(message_from_string(text.lstrip("\n")), "Message-ID"))
    return list(dict.fromkeys(found))


def _inside(part: Mail) -> list[Mail]:
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _blocks(part: Mail) -> list[Mail]:
    """The groups of fields, each as a message with headers alone; also of a part that is encoded, which the standard
    forbids."""
    blocks = _inside(part)
    encoding = header(part, "Content-Transfer-Encoding").lower()
    if encoding not in ("base64", "quoted-printable"):
        return blocks
    written = "\n\n".join(str(block) for block in blocks)
    try:
        content = base64.b64decode(written) if encoding == "base64" else quopri.decodestring(written.encode())
    except (binascii.Error, ValueError):
        return blocks
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return [message_from_string(block.lstrip("\n")) for block in text.split("\n\n")[: MOST_RECIPIENTS + 1]]


def _finding(fields: Mail) -> Finding | None:
    """One recipient's group of fields; None for the group that tells of the message."""
    recipient, original = _address(header(fields, "Final-Recipient")), _address(header(fields, "Original-Recipient"))
    status, action = status_in(header(fields, "Status")), header(fields, "Action").lower().split(" ")[0]
    if not (recipient or original) or not (status or action):
        return None
    action = action if action in ("failed", "delayed", *_DONE) else _BY_CLASS.get(status[:1], "failed")
    words = header(fields, "Diagnostic-Code") or header(fields, "X-Supplementary-Info")
    words = words.partition(";")[2].strip() if words.lower().startswith(("smtp", "x-")) and ";" in words else words
    if action in _DONE:
        return Finding(_DONE[action], recipient, original, status, words)
    if action == "delayed":
        return Finding(DELAYED, recipient, original, status, words, final=False)
    return refusal(recipient, status, words, original=original)


def _address(field: str) -> str:
    """The address of "rfc822; name@domain"."""
    found = _FIELD_ADDRESS.search(field)
    return found.group().strip("'") if found else ""
