"""The ways to send that the settings ask for: one sender a channel, each with its own server and connection.

Not for: the conversation (`smtp.py`, `files.py`), or whose turn it is.
Holds always: certified mail never goes through the ordinary server: without `pec_smtp_host` nobody sends it, but on a local
site without any server, where all mail becomes files.
"""

from __future__ import annotations

from app.config import Settings
from app.mail.files import FileSender
from app.mail.models import EMAIL, PEC
from app.mail.senders import Sender
from app.mail.smtp import SmtpSender, certified_server


def sends_certified(read: Settings) -> bool:
    """Whether the program itself can send certified mail."""
    return bool(read.pec_smtp_host) or _writes_files(read)


def senders_of(read: Settings) -> dict[str, Sender]:
    """By channel, in the order of their turns."""
    found: dict[str, Sender] = {EMAIL: SmtpSender(read) if read.smtp_host else FileSender(read)}
    if read.pec_smtp_host:
        found[PEC] = SmtpSender(read, certified_server(read))
    elif _writes_files(read):
        found[PEC] = FileSender(read)
    return found


def _writes_files(read: Settings) -> bool:
    return read.is_local and not read.smtp_host
