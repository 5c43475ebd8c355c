"""The send journal: which messages a machine's workers were about to send and what became of them, in files outside of the
database, so that a database that was brought back from a backup is found out before it sends anything twice.

Not for: comparing it with the database (`comparing.py`), or reading who was written to: it names no address.
Holds always:
- a message's Message-ID is on the disk before the first word of its DATA, and after the commit in which its claim was counted
  (`tries_noted`): so the journal never knows of a try that its database does not know of;
- what became of a try is noted after it was committed; that note is on the disk with the next message's, not before;
- lines are only ever added, whole, also by several workers at once; a last line that a power cut has torn is no line.
A file a month. They may be deleted when they are older than the oldest backup that anybody would bring back.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from app.config import Settings
from app.mail.files import sync_folder
from app.mail.hooks import ClaimedDelivery
from app.secret_files import SecretFileError, read_or_make_secret

FOLDER: Final = "mail-journal"
_NAME: Final = "name"
_BEGIN: Final = b'{"at":'
_TORN: Final = b"#torn\n"


class JournalError(Exception):
    """The journal cannot be written or read; the text says where and why. Nothing is sent then."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One note. `state` empty: about to be sent for the time number `tries`; else what became of it.

    The others are what tells a person, or the same database brought back, which message it was.
    """

    at: dt.datetime
    message_id: str
    tries: int
    state: str = ""
    delivery: int = 0
    kind: str = ""
    reference: str = ""
    dedupe_key: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two lines: in the file of a month, after so many bytes. `file_number`: the file's own in its file
    system, another one after the file was copied back."""

    month: str = ""
    offset: int = 0
    file_number: int = 0

    def __str__(self) -> str:
        return f"{self.month}:{self.offset}:{self.file_number}" if self.month else ""

    @classmethod
    def read(cls, text: str) -> Position:
        """The position that `str` wrote."""
        if not text:
            return cls()
        month, offset, number = text.split(":")
        return cls(month, int(offset), int(number))


class Journal:
    """This machine's journal, open for one worker. `seen`: up to where its database knew it last, None before it was asked."""

    seen: Position | None = None

    def __init__(self, folder: Path) -> None:
        """Raises JournalError where the folder cannot be made or written."""
        self._folder = folder
        self._handle: int | None = None
        self._month = ""
        self._waiting = b""
        self._encode = msgspec.json.Encoder().encode
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.id = read_or_make_secret(folder / _NAME)[:32]
        except OSError as error:
            raise self._failed(error) from error
        except SecretFileError as error:
            raise JournalError(str(error)) from error

    def note_tries(self, deliveries: Sequence[ClaimedDelivery], now: dt.datetime) -> None:
        """Note that these are about to be sent, and come back when it is on the disk. Raises JournalError."""
        for one in deliveries:
            self._add(Line(now, one.message_id, one.tries, "", one.id, one.kind, one.reference, one.dedupe_key))
        self._write(now, lasting=True)

    def note_end(self, delivery: ClaimedDelivery, state: str, now: dt.datetime) -> None:
        """Note what became of one; it is written with the next tries, or by `flush`."""
        self._add(Line(now, delivery.message_id, delivery.tries, state))

    def flush(self, now: dt.datetime) -> None:
        """Write what waits, without waiting for the disk. Raises JournalError."""
        if self._waiting:
            self._write(now, lasting=False)

    def end(self) -> Position:
        """The place behind the last line. Raises JournalError."""
        try:
            months = self._months()
            if not months:
                return Position()
            found = (self._folder / months[-1]).stat()
        except OSError as error:
            raise self._failed(error) from error
        return Position(months[-1], found.st_size, found.st_ino)

    def is_whole(self, position: Position) -> bool:
        """Whether what stood before this place is there still, in the same file. Raises JournalError."""
        if not position.month:
            return True
        try:
            found = (self._folder / position.month).stat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._failed(error) from error
        return found.st_size >= position.offset and found.st_ino == position.file_number

    def lines(self, position: Position) -> Iterator[Line]:
        """The lines after this place, the oldest first. Raises JournalError, also for a line in the middle that is none."""
        decode = msgspec.json.Decoder(Line).decode
        for month in self._months():
            if month < position.month:
                continue
            try:
                with (self._folder / month).open("rb") as file:
                    file.seek(position.offset if month == position.month else 0)
                    for raw in file:
                        if raw.endswith(b"\n") and not raw.endswith(_TORN):
                            yield decode(raw[max(0, raw.rfind(_BEGIN)) :])
            except OSError as error:
                raise self._failed(error) from error
            except msgspec.DecodeError as error:
                raise JournalError(f"{self._folder / month}: a line after the last comparison is damaged") from error

    def close(self) -> None:
        """Let the file go. What waits is lost: `flush` first."""
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None

    def _add(self, line: Line) -> None:
        self._waiting += self._encode(line) + b"\n"

    def _write(self, now: dt.datetime, *, lasting: bool) -> None:
        month = f"{now.astimezone(dt.UTC):%Y-%m}.jsonl"
        try:
            handle = self._open(month) if self._handle is None or self._month < month else self._handle
            self._waiting, waiting = b"", self._waiting
            if os.write(handle, waiting) != len(waiting):
                raise JournalError(f"{self._folder}: the disk is full")
            if lasting:
                os.fdatasync(handle)
        except OSError as error:
            raise self._failed(error) from error

    def _open(self, month: str) -> int:
        """The month's file, or the last there is: a clock that goes back begins no older one."""
        self.close()
        self._month = max([month, *self._months()[-1:]])
        path = self._folder / self._month
        fresh = not path.exists()
        handle = self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if fresh:
            sync_folder(self._folder)
        elif _is_torn(path):
            os.write(handle, _TORN)
        return handle

    def _months(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("*.jsonl"))

    def _failed(self, error: OSError) -> JournalError:
        return JournalError(f"the send journal in {self._folder} cannot be used: {error.strerror or error}")


def folder_of(read: Settings) -> Path:
    """Where the journal of this installation is."""
    return read.instance_path / FOLDER


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return False
        file.seek(size - 1)
        return file.read(1) != b"\n"
