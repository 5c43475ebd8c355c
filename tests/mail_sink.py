"""A mail server that does nothing but take messages, as fast as Python lets it: the other side of a measurement.

`python -m tests.mail_sink` prints its port and listens on the loopback until it is ended; after each conversation it prints
`SECONDS MESSAGES`, from the greeting to the goodbye. Not for: faults or what was sent (`smtp_server.py`): it keeps nothing but
the last `KEPT` messages, which the command `XKEPT` gives back, one an answer, in base64.
"""

from __future__ import annotations

import base64
import socket
import time
from collections import deque
from typing import Final

KEPT: Final = 2_000
_END: Final = b"\r\n.\r\n"


class _Talk:
    """One conversation: what has come and was not read yet, and how many messages were taken."""

    def __init__(self, link: socket.socket, kept: deque[bytes]) -> None:
        self._link, self._kept, self._rest = link, kept, b""
        self.taken = 0

    def hold(self) -> None:
        """Answer until the other side goes."""
        self._link.sendall(b"220 sink ESMTP\r\n")
        while True:
            line = self._until(b"\r\n")
            if line is None:
                return
            word = line[:4].upper()
            if word == b"DATA":
                if not self._take():
                    return
            elif word == b"EHLO":
                self._link.sendall(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif word == b"XKEP":
                self._give_back()
            else:
                self._link.sendall(b"221 2.0.0 bye\r\n" if word == b"QUIT" else b"250 2.0.0 ok\r\n")
                if word == b"QUIT":
                    return

    def _take(self) -> bool:
        self._link.sendall(b"354 go ahead\r\n")
        content = self._until(_END)
        if content is None:
            return False
        self._kept.append(content)
        self.taken += 1
        self._link.sendall(b"250 2.0.0 taken\r\n")
        return True

    def _give_back(self) -> None:
        content = base64.b64encode(self._kept.popleft()) if self._kept else b""
        self._link.sendall(b"250 " + content + b"\r\n")

    def _until(self, end: bytes) -> bytes | None:
        start = 0
        while True:
            place = self._rest.find(end, start)
            if place >= 0:
                found, self._rest = self._rest[:place], self._rest[place + len(end) :]
                return found
            start = max(0, len(self._rest) - len(end))
            more = self._link.recv(65_536)
            if not more:
                return None
            self._rest += more


def main() -> None:
    """Serve one conversation after the other."""
    kept: deque[bytes] = deque(maxlen=KEPT)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            link, _ = listening.accept()
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with link:
                talk, began = _Talk(link, kept), time.perf_counter()
                talk.hold()
                print(f"{time.perf_counter() - began:.6f} {talk.taken}", flush=True)


if __name__ == "__main__":
    main()
