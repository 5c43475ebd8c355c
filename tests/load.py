"""A load of requests over raw sockets, one thread for all connections: each asks again as soon as it is answered.

Not for: what is asked (`saving.py`), or a measurement (`figures`).
Holds always: a connection has one request under way; an answer is read to its end before the next is asked; the time of the
generator's own process is told beside what it measures.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

END_OF_HEAD = b"\r\n\r\n"


class LoadError(RuntimeError):
    """The server answered something that is no answer, or closed a connection in the middle."""


@dataclass
class Connection:
    """One connection. `ask` gives the bytes of the next request; `answered` gets status and body of each answer."""

    host: str
    port: int
    ask: Callable[[], bytes]
    answered: Callable[[int, bytes], None]
    received: bytearray = field(default_factory=bytearray)
    wanted: int = 0

    def open(self) -> None:
        self.socket = socket.create_connection((self.host, self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self) -> None:
        self.received.clear()
        self.wanted = 0
        self.socket.sendall(self.ask())

    def receive(self) -> bool:
        """Read what is there; True when the answer is whole. Raises LoadError."""
        part = self.socket.recv(262_144)
        if not part:
            raise LoadError("the server closed the connection in the middle of an answer")
        self.received += part
        if not self.wanted:
            end = self.received.find(END_OF_HEAD)
            if end < 0:
                return False
            self.wanted = end + len(END_OF_HEAD) + _length(bytes(self.received[:end]))
        if len(self.received) < self.wanted:
            return False
        head, _end, body = bytes(self.received).partition(END_OF_HEAD)
        self.answered(int(head[9:12]), body)
        return True


def run(connections: Sequence[Connection], seconds: float) -> tuple[int, float, float]:
    """Ask over all of them for so long. (answers, seconds, seconds of this process's CPU)"""
    for connection in connections:
        connection.open()
    count = 0
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        began, cpu = time.perf_counter(), time.process_time()
        for connection in connections:
            connection.send()
        waiting = len(connections)
        while waiting:
            for key, _events in selector.select(30):
                if key.data.receive():
                    count += 1
                    if time.perf_counter() - began < seconds:
                        key.data.send()
                    else:
                        waiting -= 1
        taken, used = time.perf_counter() - began, time.process_time() - cpu
    for connection in connections:
        connection.socket.close()
    return count, taken, used


def request(method: str, path: str, host: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """The bytes of a request over a connection that is kept."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers)]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise LoadError("an answer without its length")
