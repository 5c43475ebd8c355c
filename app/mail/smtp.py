"""Sending over SMTP: one connection for a run, each command and each reply seen for itself.

Not for: when to try again (`app.mail.outbox`) or what the message says.
Holds always: the certificate of an encrypted connection is verified; what a reply means depends on the phase it came in,
which `smtplib`'s own exceptions do not tell: before DATA a lost connection has sent nothing, after it nobody knows.
Reply codes: RFC 5321 4.2, enhanced codes: RFC 3463.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from app.config import Settings
from app.mail.messages import envelope_recipient, mail_host
from app.mail.senders import LONGEST_REASON, LONGEST_REPLY, NotSent, NotSentError, nothing, one_line

BAD_ADDRESS: Final = re.compile(r"5\.1\.(?:[1236]|10)\b")
_CLOSING: Final = 421
_GO_AHEAD: Final = 354
_OK: Final = 250
_TAKEN: Final = (250, 251)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What becomes of a delivery, in one phase, after a 5xx and after a reply that makes no sense there."""

    permanent: str
    senseless: str
    of_address: bool = False
    stops: bool = False


_MAIL: Final = _Meaning("queued", "retry_wait", stops=True)  # it is the sender that is refused
_RCPT: Final = _Meaning("failed", "retry_wait", of_address=True)
_DATA: Final = _Meaning("failed", "unknown")


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server as the settings describe it. `security`: starttls, tls or none."""

    host: str
    port: int
    security: str
    username: str
    password: str


def ordinary_server(read: Settings) -> MailServer:
    """The one of `smtp_…`."""
    return MailServer(read.smtp_host, read.smtp_port, read.smtp_security, read.smtp_username, read.smtp_password)


def certified_server(read: Settings) -> MailServer:
    """The one of `pec_smtp_…`."""
    return MailServer(
        *(read.pec_smtp_host, read.pec_smtp_port, read.pec_smtp_security), read.pec_smtp_username, read.pec_smtp_password
    )


class SmtpSender:
    """A `Sender` that talks to a mail server, the ordinary one of the settings if none is named; it connects at its first
    offer."""

    def __init__(self, read: Settings, server: MailServer | None = None) -> None:
        self._read, self._where = read, server or ordinary_server(read)
        self._own_links = re.compile(re.escape(read.host) + r"(:\d+)?/\S+", re.IGNORECASE)
        self._server: smtplib.SMTP | None = None
        self._in_transaction = False
        self._announced = ""
        self._named = ""

    def announce(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """This message comes after the one that is sent next: it is named right behind that one's content, if the server
        listens so (RFC 2920). Raises UnfitMessageError."""
        if self._pipelines():
            self._announced = self._naming(recipient, return_path, eight_bit)

    def has_named(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> bool:
        """Whether MAIL and RCPT of this message were said behind the last one's content. Raises UnfitMessageError."""
        return self._named != "" and self._named == self._naming(recipient, return_path, eight_bit)

    def offer(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Connect where needed, MAIL and RCPT. Raises NotSentError, UnfitMessageError."""
        naming = self._naming(recipient, return_path, eight_bit)
        if self._named != naming:
            self._ready()
            naming = self._naming(recipient, return_path, eight_bit)  # what it offers is known only now
        server = self._connected()
        named, self._named = self._named == naming, ""
        try:
            self._in_transaction = True
            if named or self._pipelines():
                if not named:
                    server.send(naming)
                self._read_both(server)
                return
            mail, rcpt, _ = naming.split("\r\n")
            for line, meaning in ((mail, _MAIL), (rcpt, _RCPT)):
                code, said = server.docmd(line)
                if code not in _TAKEN:
                    self._refuse(code, said, meaning)
        except OSError as error:
            self._lost("retry_wait", "before DATA", error)

    def _naming(self, recipient: str, return_path: str, eight_bit: bool) -> str:
        """MAIL and RCPT, a line each."""
        body = " BODY=8BITMIME" if eight_bit and self._server is not None and self._server.has_extn("8bitmime") else ""
        return f"MAIL FROM:<{return_path}>{body}\r\nRCPT TO:<{envelope_recipient(recipient)}>\r\n"

    def _read_both(self, server: smtplib.SMTP) -> None:
        """The answers to MAIL and RCPT that were said in one breath (RFC 2920)."""
        code, said = server.getreply()
        if code not in _TAKEN:
            if code != _CLOSING:
                server.getreply()  # of RCPT, which means nothing without MAIL
            self._refuse(code, said, _MAIL)
        code, said = server.getreply()
        if code not in _TAKEN:
            self._refuse(code, said, _RCPT)

    def _pipelines(self) -> bool:
        return self._server is not None and self._server.has_extn("pipelining")

    def send(self, message_id: str, content: bytes, meanwhile: Callable[[], None] = nothing) -> str:
        """DATA, the message, and the server's last word on it; behind it what was announced. Raises NotSentError."""
        server = self._connected()
        following, self._announced = self._announced, ""
        try:
            code, said = server.docmd("DATA")
            if code != _GO_AHEAD:
                self._refuse(code, said, _DATA)
            server.send(_with_dots(content) + following.encode("ascii"))
            self._named = following
            meanwhile()
            code, said = server.getreply()
        except OSError as error:
            self._lost("unknown", "after DATA", error)
        self._in_transaction = bool(following)
        if not 200 <= code < 300:
            self._refuse(code, said, _DATA)
        return self._words(code, said)

    def close(self) -> None:
        """QUIT, if the server still listens."""
        server, self._server = self._server, None
        self._in_transaction, self._named, self._announced = False, "", ""
        if server is None:
            return
        try:
            server.quit()
        except OSError:
            server.close()  # it hung up first, which is as good a goodbye

    def _ready(self) -> None:
        """Have a connection without an open transaction."""
        if self._server is not None and self._in_transaction:
            try:
                for _answer in range(2 if self._named else 0):
                    self._server.getreply()
                code, _ = self._server.rset()
            except OSError:
                code = _CLOSING
            if code != _OK:
                self._hang_up()
        self._in_transaction, self._named = False, ""
        if self._server is None:
            self._server = self._connect()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            raise RuntimeError("send follows an offer")
        return self._server

    def _connect(self) -> smtplib.SMTP:
        """A new connection, encrypted and logged in as the settings say. A failure here is nobody's message's fault."""
        try:
            return self._dial()
        except smtplib.SMTPResponseException as error:
            permanent = 500 <= error.smtp_code < 600
            state = "queued" if permanent else "retry_wait"
            told = NotSent(state, self._words(error.smtp_code, error.smtp_error), "the server lets nobody in", stops=True)
        except smtplib.SMTPServerDisconnected as error:
            told = NotSent("retry_wait", reason=_reason("the connection was lost at its start", error), stops=True)
        except smtplib.SMTPException as error:
            told = NotSent("queued", reason=_reason("the server does not offer what the settings ask for", error), stops=True)
        except OSError as error:
            told = NotSent("retry_wait", reason=_reason("no connection", error), stops=True)
        raise NotSentError(told)

    def _dial(self) -> smtplib.SMTP:
        read, where = self._read, self._where
        server: smtplib.SMTP
        context = ssl.create_default_context()
        timeout, own_name = read.smtp_timeout_seconds, mail_host(read)
        if where.security == "tls":
            server = smtplib.SMTP_SSL(where.host, where.port, own_name, timeout=timeout, context=context)
        else:
            server = smtplib.SMTP(where.host, where.port, own_name, timeout=timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if where.security == "starttls":
                server.starttls(context=context)
            if where.username:
                server.login(where.username, where.password)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _refuse(self, code: int, said: bytes, after: _Meaning) -> NoReturn:
        """Raise what a reply means that did not let the message pass."""
        words = self._words(code, said)
        permanent = 500 <= code < 600
        state = after.permanent if permanent else "retry_wait" if 400 <= code < 500 else after.senseless
        if code == _CLOSING or not 400 <= code < 600:
            self._hang_up()  # it closes, or the two sides no longer speak of the same thing
        bad = permanent and after.of_address and BAD_ADDRESS.match(words[4:]) is not None
        raise NotSentError(NotSent(state, words, bad_address=bad, stops=permanent and after.stops))

    def _lost(self, state: str, where: str, error: OSError) -> NoReturn:
        self._hang_up()
        raise NotSentError(NotSent(state, reason=_reason(f"the connection was lost {where}", error), broken=True))

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server, self._in_transaction, self._named = None, False, ""

    def _words(self, code: int, said: bytes | str) -> str:
        """A reply as it may be stored: a filter that dislikes a link quotes it, and our links are secrets."""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return one_line(f"{code} {self._own_links.sub(f'{self._read.host}/…', text)}", LONGEST_REPLY)


def _with_dots(content: bytes) -> bytes:
    """The message as DATA sends it: a dot before each line that begins with one, a lone dot at the end."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _reason(what: str, error: OSError) -> str:
    return one_line(f"{what}: {error.strerror or error}" if str(error) else what, LONGEST_REASON)
