"""A mail server that takes messages and does nothing with them: the other side of a measurement.

`python -m tests.mail_sink` prints its port and listens on the loopback until it is ended; after each conversation it prints
`SECONDS MESSAGES`, from the greeting to the goodbye. It speaks SMTP by the same library as the tests' server, and says that it
takes several commands in one breath, as the servers that are in use do.
Not for: faults or what was sent (`smtp_server.py`): it keeps nothing but the last `KEPT` messages, which the command `XKEPT`
gives back, one an answer, in base64.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from typing import Any, ClassVar, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT: Final = 2_000


class _Talk(SMTP):
    """One conversation at a time: how long it took, and how many messages it brought."""

    kept: ClassVar[deque[bytes]] = deque(maxlen=KEPT)

    def __init__(self) -> None:
        super().__init__(_Taking(), hostname="sink", timeout=600)
        self.began, self.taken = time.perf_counter(), 0

    async def smtp_XKEPT(self, _arg: str) -> None:  # noqa: N802 — the library's names
        content = base64.b64encode(self.kept.popleft()).decode() if self.kept else ""
        await self.push(f"250 {content}")

    def connection_lost(self, error: Exception | None) -> None:
        print(f"{time.perf_counter() - self.began:.6f} {self.taken}", flush=True)
        super().connection_lost(error)


class _Taking:
    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: _Talk, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        server.taken += 1
        if isinstance(envelope.original_content, bytes):
            server.kept.append(envelope.original_content)
        return "250 2.0.0 taken"


async def _serve() -> None:
    listening = await asyncio.get_running_loop().create_server(_Talk, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
