"""Sending the log's lines to another system too: a syslog collector, in the format of RFC 5424.

Not for: what a line says (`log.py`), or keeping lines: what the collector does not take is lost there, and stays on standard
error.
Holds always: nobody who writes a line waits: it goes into a queue, which a thread of each process empties; a line that finds
the queue full, or the collector away, is dropped, and how many were is told in the next line that goes through. TCP and TLS
frames have their length before them (RFC 6587, RFC 5425); over TLS the collector's certificate is verified.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import os
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Final

MOST_WAITING: Final = 2_000
"""Lines in the queue: at the peak of the last day, several seconds of them."""
PATIENCE_SECONDS: Final = 5.0
"""For connecting and for sending."""
PAUSE_SECONDS: Final = 5.0
"""Before a collector that was away is tried again."""
LAST_SECONDS: Final = 1.0
"""How long the end of a process waits for lines that are still in the queue."""
SEVERITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_FACILITY: Final = 16  # local0
_APPLICATION: Final = "ricognizione"
_LOCAL_SOCKETS: Final = "/"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the collector listens. `way`: udp, tcp, tls or socket, whose `host` is a path."""

    way: str
    host: str
    port: int = 0


def address_of(written: str) -> Address:
    """The setting's text: `udp:host:port`, `tcp:host:port`, `tls:host:port` or the path of a socket. Raises ValueError."""
    if written.startswith(_LOCAL_SOCKETS):
        return Address("socket", written)
    way, _, rest = written.partition(":")
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if way not in {"udp", "tcp", "tls"} or not host or " " in host or not (port.isascii() and port.isdigit()):
        raise ValueError(written)
    if not 0 < int(port) < 65_536:
        raise ValueError(written)
    return Address(way, host, int(port))


class Collector:
    """Takes lines from any thread, and sends them on from its own, which begins with the first line after a fork."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._waiting: queue.Queue[bytes] = queue.Queue(MOST_WAITING)
        self._dropped = 0
        self._process = 0
        self._beginning = threading.Lock()
        self._socket: socket.socket | None = None
        self._host = socket.gethostname() or "-"

    def send(self, line: bytes, severity: str) -> None:
        """Have the line sent. Never waits and never fails."""
        if self._process != os.getpid():
            self._begin()
        try:
            self._waiting.put_nowait(self._message(line, severity))
        except queue.Full:
            self._dropped += 1

    def wait_until_sent(self, seconds: float) -> bool:
        """Wait until nothing waits any more, at most so long, and say whether: for the end of a process and for tests."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)
        return not self._waiting.unfinished_tasks

    def _begin(self) -> None:
        with self._beginning:
            if self._process != os.getpid():  # a fork has the parent's queue and socket, but not its thread
                self._waiting, self._socket, self._dropped = queue.Queue(MOST_WAITING), None, 0
                self._process = os.getpid()
                threading.Thread(target=self._work, name="log collector", daemon=True).start()
                atexit.register(self.wait_until_sent, LAST_SECONDS)

    def _message(self, line: bytes, severity: str) -> bytes:
        priority = _FACILITY * 8 + SEVERITIES.get(severity, SEVERITIES["info"])
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = f"<{priority}>1 {now} {self._host} {_APPLICATION} {os.getpid()} - - "
        return head.encode("ascii", "replace") + line

    def _work(self) -> None:
        away_until = 0.0
        while True:
            message = self._waiting.get()
            try:
                if time.monotonic() < away_until:
                    self._dropped += 1
                    continue
                self._tell_dropped()
                self._transmit(message)
            except OSError:  # away, or its certificate is not good: the doctor and the operator look, not the request
                self._close()
                self._dropped += 1
                away_until = time.monotonic() + PAUSE_SECONDS
            finally:
                self._waiting.task_done()

    def _tell_dropped(self) -> None:
        if self._dropped:
            told = self._dropped
            self._transmit(self._message(b'{"event":"lines dropped","count":%d}' % told, "warning"))
            self._dropped -= told

    def _transmit(self, message: bytes) -> None:
        if self._socket is None:
            self._socket = _connected(self._address)
        framed = b"%d %s" % (len(message), message) if self._address.way in {"tcp", "tls"} else message
        self._socket.sendall(framed)

    def _close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None


def _connected(address: Address) -> socket.socket:
    if address.way == "socket":
        there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        there.settimeout(PATIENCE_SECONDS)
        there.connect(address.host)
        return there
    if address.way == "udp":
        family, kind, number, _name, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
        there = socket.socket(family, kind, number)
        there.settimeout(PATIENCE_SECONDS)
        there.connect(where)
        return there
    there = socket.create_connection((address.host, address.port), timeout=PATIENCE_SECONDS)
    if address.way == "tls":
        return ssl.create_default_context().wrap_socket(there, server_hostname=address.host)
    return there
