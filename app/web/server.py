"""gunicorn's worker, which lets nobody hold one of its threads by sending or taking a request ever so slowly.

gunicorn's own waits without an end for headers, for a body, and for a client that does not take its answer: as many such
connections as there are threads, and the site stands still. Here a request has some seconds to arrive, and a second more for
each `BYTES_A_SECOND` that came, so that a long form over a bad line is not cut; the same holds for what is sent.
Not for: the number of connections of one client, nor encryption in gunicorn itself: both are the reverse proxy's work.
Which process takes a new connection: `sharing.py`.
Holds always: time begins anew with each request of a connection; who is too slow is treated as one whose line broke: headers
that do not end get no answer, a body that does not end is a bad request and reaches no view; the process's own loop, which
takes in all connections, waits for none of them.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from gunicorn.workers.gthread import ThreadWorker

from app.web.sharing import Turn

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BYTES_A_SECOND: Final = 2_000
LINGER_SECONDS: Final = 2
LINGER_BYTES: Final = 65_536


class SlowClientError(ConnectionResetError):
    """The other side took too long; gunicorn passes over it as over a line that broke."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "too slow")


class PacedSocket(socket.socket):
    """A connection whose requests must come, and whose answers must go, at a pace."""

    seconds: float
    _began: float
    _received: int
    _lingered: bool = False

    def begin(self, seconds: float) -> None:
        """A new request is awaited from now on; `seconds` is what any may take."""
        self.seconds = seconds
        self._began = time.monotonic()
        self._received = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Bytes of the request; none after `linger`. Raises SlowClientError when its time is over."""
        if self._lingered:
            return b""
        left = self._began + self.seconds + self._received / BYTES_A_SECOND - time.monotonic()
        if left <= 0:
            raise SlowClientError
        outer = self.gettimeout()  # gunicorn sets a shorter one where it throws a rest away
        if outer is not None and outer <= left:
            data = super().recv(size, flags)
        elif outer is not None or (data := self._there_already(size, flags)) is None:
            data = self._awaited(size, flags, left, outer)
        self._received += len(data)
        return data

    def _there_already(self, size: int, flags: int) -> Any:
        """What has come, without a wait: nearly always the whole request, and three calls of the system fewer."""
        try:
            return super().recv(size, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def _awaited(self, size: int, flags: int, left: float, outer: float | None) -> bytes:
        try:
            self.settimeout(left)
            return super().recv(size, flags)
        except TimeoutError:
            raise SlowClientError from None
        finally:
            self.settimeout(outer)

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """Send all of it, which gunicorn expects where it says "100 Continue". Raises SlowClientError when nobody takes it."""
        self.sendall(data, flags)
        return memoryview(data).nbytes

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """Send a part of the answer. Raises SlowClientError when nobody takes it."""
        rest = memoryview(data)
        size = rest.nbytes
        try:
            sent = super().send(rest, flags | socket.MSG_DONTWAIT)  # nearly always all of it fits into the line's buffer
        except BlockingIOError:
            sent = 0
        if sent == size:
            return
        outer = self.gettimeout()
        try:
            self.settimeout(self.seconds + size / BYTES_A_SECOND)
            super().sendall(rest.cast("B")[sent:], flags)
        except TimeoutError:
            raise SlowClientError from None
        finally:
            self.settimeout(outer)

    def linger(self) -> None:
        """Say that the answer was all, and take what the client still sends until it closes too, or for so long: an answer
        is lost where a connection is closed with something unread. gunicorn's own wait ends at once after this."""
        end, left = time.monotonic() + LINGER_SECONDS, LINGER_BYTES
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_WR)
            while left > 0 and (rest := end - time.monotonic()) > 0:
                self.settimeout(rest)
                data = self.recv(4_096)
                if not data:
                    break
                left -= len(data)
        self._lingered = True


class PacedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's worker with threads, its connections paced, new ones shared with the other processes."""

    seconds: float = 30
    turn: Turn | None = None

    def accept(self, listener: Any) -> None:
        """A new connection is there: take it, unless another process that holds fewer should."""
        if self.turn is None or self.turn.takes(self.nr_conns, time.monotonic()):
            super().accept(listener)
            if self.turn is not None:
                self.turn.hold(self.nr_conns)
        else:
            self.set_accept_enabled(False)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Look for new connections or not; gunicorn's loop asks for it at each turn."""
        super().set_accept_enabled(enabled and not self._waits())

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait until something happens, or it is this process's turn to look for new connections."""
        super().wait_for_and_dispatch_events(self._waits() or timeout)

    def _waits(self) -> float:
        return 0.0 if self.turn is None else self.turn.wait(self.nr_conns, time.monotonic())

    def enqueue_req(self, conn: Any) -> None:
        """A new connection, or a request on one that was kept."""
        if not conn.initialized and not isinstance(conn.sock, PacedSocket):
            plain = conn.sock
            conn.sock = PacedSocket(plain.family, plain.type, plain.proto, plain.detach())
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """In a thread: read one request and answer it, and see the client off where that was the last."""
        conn.sock.begin(self.seconds)
        kept = super().handle(conn)
        if kept is False:
            conn.sock.linger()  # gunicorn would, on the main thread, where everybody waits
        return kept
