"""Messages that wait in a mailbox on an IMAP server: moved to a folder, or marked as seen, once their row is committed.

Not for: what they are. The standard library's `imaplib` speaks; a library on top of it would hide the one thing that matters
here, which command was answered before the connection was lost.
Holds always: a UID is used only while the folder is open in which it was found, so that it never means another message; nothing
is deleted that was not copied first; a connection that is lost at any point loses nothing, and what is seen again is known.
Sources: RFC 3501, RFC 6851 (MOVE), RFC 4315 (UIDPLUS), RFC 9208 (QUOTA).
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.config import Settings
from app.mail.returns.kinds import MOST_BYTES

SECONDS: Final = 60
AT_ONCE: Final = 200
KEYWORD: Final = "$RicognizioneLetto"
"""Marks what stays in the folder because it is the desk's own."""
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_QUOTA: Final = re.compile(rb"\bSTORAGE (\d+) (\d+)", re.I)


class MailboxError(Exception):
    """The server or the connection failed; the text says at what, and quotes no password."""


@dataclass(frozen=True, slots=True)
class Box:
    """One of our mailboxes, as the settings have it. `name`: imap or pec, which is the source of its messages."""

    name: str
    host: str
    port: int
    security: str
    username: str
    password: str
    folder: str
    done_folder: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message that waits. `uid` holds while the folder stays open."""

    uid: str
    size: int
    content: bytes


def boxes(read: Settings) -> list[Box]:
    """The mailboxes that are to be read."""
    found = []
    for name, prefix in (("imap", "return_imap"), ("pec", "pec_imap")):
        values = [getattr(read, f"{prefix}_{part}") for part in Box.__slots__[1:]]
        if values[0]:
            found.append(Box(name, *values))
    return found


class Mailbox:
    """A connection with the folder open. Use it in `with`. Raises MailboxError."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._server: Any = None
        self._validity = b""
        self._can: frozenset[str] = frozenset()

    def __enter__(self) -> Mailbox:
        try:
            self._server = _tried(self._connect, "the connection")
            self._call("sign in", "login", self.box.username, self.box.password)
            told = self._call("ask what it can", "capability")
            self._can = frozenset(told[-1].decode("ascii", "replace").upper().split()) if told and told[-1] else frozenset()
            if self.box.done_folder:
                self._make_folder(self.box.done_folder)
            self._validity = self._open()
        except MailboxError:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye. Never raises."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.logout()
            except (OSError, imaplib.IMAP4.error):
                server.shutdown()

    def waiting(self) -> Iterator[Fetched]:
        """What waits, the oldest first, some hundreds at most."""
        unread = () if self.box.done_folder else ("UNSEEN",)
        found = self._uid("search", "SEARCH", None, "UNDELETED", "UNKEYWORD", KEYWORD, *unread)
        for uid in b" ".join(one for one in found if isinstance(one, bytes)).split()[:AT_ONCE]:
            fetched = self._fetch(uid.decode("ascii"))
            if fetched is not None:
                yield fetched

    def done(self, fetched: Fetched, *, left: bool) -> None:
        """It was taken in: it is moved to the other folder, or marked as seen; what is `left` for people only gets our mark."""
        if self._open() != self._validity:
            raise MailboxError("the folder was made anew meanwhile; its messages are found again")
        if left:
            self._uid("mark", "STORE", fetched.uid, "+FLAGS.SILENT", f"({KEYWORD})", may_fail=True)
        elif not self.box.done_folder:
            self._uid("mark", "STORE", fetched.uid, "+FLAGS.SILENT", "(\\Seen)")
        elif "MOVE" in self._can:
            self._uid("move", "MOVE", fetched.uid, _quoted(self.box.done_folder))
        else:
            self._uid("copy", "COPY", fetched.uid, _quoted(self.box.done_folder))
            self._uid("mark", "STORE", fetched.uid, "+FLAGS.SILENT", "(\\Deleted \\Seen)")
            if "UIDPLUS" in self._can:
                self._uid("remove", "EXPUNGE", fetched.uid)

    def quota(self) -> tuple[int | None, int | None]:
        """(KiB used, KiB there are) of the folder's storage, None where the server does not say."""
        if not any(one.startswith("QUOTA") for one in self._can):
            return None, None
        try:
            _kind, (_roots, quotas) = self._server.getquotaroot(_quoted(self.box.folder))
        except (OSError, EOFError) as error:
            raise MailboxError(f"quota: {type(error).__name__}") from error
        except (imaplib.IMAP4.error, ValueError):
            return None, None
        for line in quotas or []:
            if isinstance(line, bytes) and (match := _QUOTA.search(line)):
                return int(match.group(1)), int(match.group(2))
        return None, None

    def _fetch(self, uid: str) -> Fetched | None:
        """None where it is gone meanwhile."""
        parts = self._uid("fetch", "FETCH", uid, f"(RFC822.SIZE BODY.PEEK[]<0.{MOST_BYTES}>)")
        for part in parts:
            if isinstance(part, tuple):
                told = b" ".join(one if isinstance(one, bytes) else one[0] for one in parts)
                size = _SIZE.search(told)
                return Fetched(uid, int(size.group(1)) if size else len(part[1]), part[1])
        return None

    def _connect(self) -> Any:
        box, context = self.box, ssl.create_default_context()
        if box.security == "tls":
            return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=SECONDS)
        server = imaplib.IMAP4(box.host, box.port, timeout=SECONDS)
        if box.security == "starttls":
            try:
                server.starttls(context)
            except BaseException:
                server.shutdown()
                raise
        return server

    def _make_folder(self, name: str) -> None:
        """Make it where it is missing; that it is there already is no failure."""
        _tried(lambda: self._server.create(_quoted(name)), f"make the folder {name}")

    def _open(self) -> bytes:
        """Open the folder, anew where it is open, and give the number that makes its UIDs its own: a server may go on showing a
        folder that is open, although another stands under its name by now."""
        self._call(f"open the folder {self.box.folder}", "select", _quoted(self.box.folder))
        _kind, told = self._server.response("UIDVALIDITY")
        last = [one for one in told or [] if isinstance(one, bytes)]
        return last[-1] if last else b""

    def _uid(self, what: str, *words: str | None, may_fail: bool = False) -> list[Any]:
        return self._call(what, "uid", *words, may_fail=may_fail)

    def _call(self, what: str, command: str, *words: str | None, may_fail: bool = False) -> list[Any]:
        kind, data = _tried(lambda: getattr(self._server, command)(*words), what)
        if kind != "OK" and not may_fail:
            raise MailboxError(f"{what}: the server says {kind}")
        return list(data or [])


def _tried(act: Callable[[], Any], what: str) -> Any:
    """Raises MailboxError where the server refuses or the connection is lost."""
    try:
        return act()
    except (imaplib.IMAP4.error, OSError, EOFError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise MailboxError(f"{what}: {said}") from error


def _quoted(folder: str) -> str:
    """A folder's name as the protocol takes it (RFC 3501 5.1.3: other letters in modified UTF-7)."""
    folder = re.sub(r"[^\x20-\x7e]+", lambda match: _utf7(match.group()), folder.replace("&", "&-"))
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _utf7(letters: str) -> str:
    coded = letters.encode("utf-7").decode("ascii")
    return "&" + coded.removeprefix("+").removesuffix("-").replace("/", ",") + "-"
