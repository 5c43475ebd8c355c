"""Without a mail server, messages become files that one can open with any mail program.

Not for: a site that others use: whoever reads the folder reads the links.
Holds always: a file is its owner's alone, stands under its name only when whole, and is on the disk when said to be.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from app.config import Settings
from app.mail.senders import LONGEST_REASON, NotSent, NotSentError, nothing, one_line

FOLDER = "mail"
REPLY = "file"


def folder_of(read: Settings) -> Path:
    """Where the files of this installation are."""
    return read.instance_path / FOLDER


class FileSender:
    """A `Sender` that writes `<Message-ID>.eml`; the same message again replaces its file."""

    def __init__(self, read: Settings) -> None:
        self._folder = folder_of(read)

    def offer(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Make the folder, mode 700. Raises NotSentError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotSentError(self._told(error)) from error

    def announce(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Files need no hint."""

    def has_named(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> bool:
        """Nobody was told."""
        return False

    def send(self, message_id: str, content: bytes, meanwhile: Callable[[], None] = nothing) -> str:
        """Write the file. Raises NotSentError, and then there is none."""
        name = message_id.strip("<>")
        draft = self._folder / f".{name}.{secrets.token_hex(4)}"
        try:
            try:
                _write(draft, content)
                draft.replace(self._folder / f"{name}.eml")
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as error:
            raise NotSentError(self._told(error)) from error
        meanwhile()
        return REPLY

    def close(self) -> None:
        """Nothing is held open."""

    def _told(self, error: OSError) -> NotSent:
        return NotSent("retry_wait", reason=one_line(f"{self._folder}: {error.strerror}", LONGEST_REASON), stops=True)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
