"""The envelope address of each delivery, to which its reports come back: name+17.0a1b2c3d4e@domain.

Not for: where people answer to (`mail_reply_to`).
Holds always: the mark is a keyed hash of the delivery's number, so that nobody can make a report about another message; it is
compared in constant time, and an address with a wrong one is nobody's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from email.utils import parseaddr
from typing import Final

from app.config import Settings
from app.mail.messages import envelope_sender

MARK_LENGTH: Final = 10
LONGEST_LOCAL: Final = 64
_EXTENSION: Final = re.compile(r"(\d{1,18})\.([0-9a-f]{10})")


def return_path(read: Settings, delivery_id: int) -> str:
    """The envelope sender of a delivery; the plain one of all mail where no return address is set, or no room is left in it."""
    if not read.mail_return_address:
        return envelope_sender(read)
    name, _, domain = parseaddr(read.mail_return_address)[1].rpartition("@")
    local = f"{name}+{delivery_id}.{_mark(delivery_id, read)}"
    return f"{local}@{domain}" if domain and len(local) <= LONGEST_LOCAL else envelope_sender(read)


def delivery_id_of(address: str, read: Settings) -> int | None:
    """The delivery whose envelope address this is; None for any other address. Case does not matter: some servers fold it."""
    name, _, domain = parseaddr(read.mail_return_address)[1].lower().rpartition("@")
    local, _, where = address.strip().lower().rpartition("@")
    if not domain or where != domain or not local.startswith(f"{name}+"):
        return None
    match = _EXTENSION.fullmatch(local[len(name) + 1 :])
    if match is None or not match.group(1).isascii():
        return None
    delivery_id = int(match.group(1))
    return delivery_id if hmac.compare_digest(match.group(2), _mark(delivery_id, read)) else None


def _mark(delivery_id: int, read: Settings) -> str:
    told = f"return-path|{delivery_id}".encode()
    return hmac.new(read.secret_key.encode(), told, hashlib.sha256).hexdigest()[:MARK_LENGTH]
