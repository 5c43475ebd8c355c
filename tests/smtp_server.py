"""A real mail server for tests and figures: it keeps what it takes, and fails where and as often as it is told to.

Not for: the program. It listens on the loopback only, in a thread of its own; workers that are killed are other processes.
Holds always: a message is kept exactly if its last dot arrived and the answer to it was not a refusal, so that what was
lost on the way back shows as taken; `certificate()` is good for localhost, and trusted by who names it in SSL_CERT_FILE.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CERTIFICATE = Path(__file__).parent / "fixtures" / "mail" / "localhost.pem"
PHASES = ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "end")
DROP, HANG = "drop", "hang"
ALWAYS = 1_000_000
HANG_SECONDS = 30.0


def certificate() -> ssl.SSLContext:
    """The server's side of an encrypted connection; nobody trusts its certificate by itself."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


@dataclass(frozen=True)
class Taken:
    """A message that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class _Fault:
    phase: str
    answer: str
    times: int


@dataclass
class SmtpServer:
    """The server, running. `port`; `taken`: its messages in their order; `seen`: the phases as they were reached.

    `at(phase)`, if set, is called in the server's thread each time a phase is reached, before its answer. `together`: no last
    dot is answered before so many have connected, so that workers overlap however slowly one of them starts. `pipelining`:
    whether it says that it takes several commands in one breath.
    """

    port: int = 0
    connections: int = 0
    taken: list[Taken] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    at: Callable[[str], None] | None = None
    together: int = 0
    pipelining: bool = True
    _faults: list[_Fault] = field(default_factory=list)

    def fail(self, phase: str, answer: str, times: int = 1) -> None:
        """At the next `times` arrivals in this phase answer so: a reply line ("451 4.7.1 later"), DROP or HANG.

        `data` answers the command DATA; `body` follows the server's 354 to it; `end` answers its last dot.
        """
        if phase not in PHASES:
            raise ValueError(f"{phase} is not one of {PHASES}")
        self._faults.append(_Fault(phase, answer, times))

    def mend(self) -> None:
        """Forget the faults that were told."""
        self._faults.clear()

    def recipients(self) -> list[str]:
        """To whom the taken messages went, in their order."""
        return [recipient for taken in self.taken for recipient in taken.recipients]

    def reached(self, phase: str) -> str | None:
        """Note that a phase was reached; how it shall fail, None for well."""
        self.seen.append(phase)
        if self.at is not None:
            self.at(phase)
        for fault in self._faults:
            if fault.phase == phase and fault.times > 0:
                fault.times -= 1
                return fault.answer
        return None


class _Conversation(SMTP):
    """aiosmtpd's own, with a fault in each phase that has one."""

    def __init__(self, told: SmtpServer, **options: Any) -> None:
        self._told = told
        super().__init__(_Handler(told), hostname="localhost", timeout=120, **options)

    async def _failed(self, phase: str) -> bool:
        answer = self._told.reached(phase)
        if answer is None:
            return False
        if answer == HANG:
            await asyncio.sleep(HANG_SECONDS)
        if answer in (HANG, DROP):
            self._drop()
        else:
            await self.push(answer)
            if answer.startswith("421") or phase == "connect":
                self._drop(politely=True)
        return True

    def _drop(self, *, politely: bool = False) -> None:
        if self.transport is not None:
            (self.transport.close if politely else self.transport.abort)()

    async def _handle_client(self) -> None:
        if self.session is not None and self.session.ssl is None:
            self._told.connections += 1
            if await self._failed("connect"):
                return
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 — aiosmtpd's names
        if not await self._failed("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        if not await self._failed("ehlo"):
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if not await self._failed("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        if not await self._failed("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not await self._failed("data"):
            await super().smtp_DATA(arg)

    async def push(self, status: Any) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        await super().push(status)
        if str(status).startswith("354"):
            await self._failed("body")

    async def answer_to_end(self, envelope: Envelope) -> str:
        """The last dot arrived."""
        answer = self._told.reached("end")
        while self._told.connections < self._told.together:
            await asyncio.sleep(0.01)
        assert isinstance(envelope.original_content, bytes)
        if answer in (None, DROP, HANG):
            self._told.taken.append(Taken(str(envelope.mail_from), tuple(envelope.rcpt_tos), envelope.original_content))
        if answer == HANG:
            await asyncio.sleep(HANG_SECONDS)
        if answer in (DROP, HANG):
            self._drop()
        return answer or f"250 2.0.0 taken as {len(self._told.taken)}"


class _Handler:
    def __init__(self, told: SmtpServer) -> None:
        self._told = told

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self._told.pipelining else responses

    async def handle_DATA(self, server: _Conversation, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await server.answer_to_end(envelope)


class _Listener(threading.Thread):
    """The loop in which the conversations take place."""

    def __init__(self, told: SmtpServer, options: dict[str, Any], tls: ssl.SSLContext | None) -> None:
        super().__init__(daemon=True)
        self._told, self._options, self._tls = told, options, tls
        self._loop = asyncio.new_event_loop()
        self.listening = threading.Event()

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        make = self._loop.create_server(lambda: _Conversation(self._told, **self._options), "127.0.0.1", 0, ssl=self._tls)
        server = self._loop.run_until_complete(make)
        self._told.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        self._loop.run_forever()
        server.close()
        running = asyncio.all_tasks(self._loop)
        for task in running:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*running, return_exceptions=True))
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join(timeout=10)


@contextmanager
def smtp_server(*, security: str = "none", username: str = "", password: str = "") -> Iterator[SmtpServer]:
    """A server on a free port; `security` as the setting `smtp_security`; with a user name, it asks for a login."""
    told = SmtpServer()

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (username.encode(), password.encode()), handled=False)

    options: dict[str, Any] = {}
    if security == "starttls":
        options |= {"tls_context": certificate(), "require_starttls": True}
    if username:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    listener = _Listener(told, options, certificate() if security == "tls" else None)
    listener.start()
    assert listener.listening.wait(10), "the mail server did not start"
    try:
        yield told
    finally:
        listener.stop()


class Latch:
    """An event at the n-th arrival in a phase: `server.at = Latch("end", 3, event.set)`."""

    def __init__(self, phase: str, count: int, call: Callable[[], None]) -> None:
        self._phase, self._left, self._call = phase, count, call
        self._lock = threading.Lock()

    def __call__(self, phase: str) -> None:
        with self._lock:
            if phase == self._phase:
                self._left -= 1
                if self._left == 0:
                    self._call()
